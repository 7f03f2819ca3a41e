/** The way into a call. */
import type { App } from "../app";
import { callingOf } from "./calling";
import "./call";

/** Shows the check of devices; from there the call is asked for, in the open conversation or a new one. */
export async function startCall(app: App, media: "voice" | "video"): Promise<void> {
  const calling = callingOf(app);
  if (!calling.running) calling.begin(media, calling.stage === "rung" ? "answer" : "ask");
  else if (media === "video" && !calling.cameraOn) await calling.camera(true);
  app.openPanel();
}
