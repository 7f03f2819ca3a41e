/** `startCall(opened, "voice" | "video")`: rings at a conversation's customer; what follows is shown by `<console-call>`. */
import type { Opened } from "../opened";
import { callingOf } from "./calling";

export function startCall(opened: Opened, media: "voice" | "video"): Promise<void> {
  return callingOf(opened.app).start(opened, media);
}

/** Whether this conversation's customer can be rung now: it is this rep's, open, and nobody talks. */
export function canCall(opened: Opened): boolean {
  return opened.open && (opened.mine || opened.app.supervises) && !opened.call.value && !callingOf(opened.app).active;
}
