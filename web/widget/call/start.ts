/** The way into a call. */
import type { App } from "../app";

/** Asks for a call in the open conversation; one is begun where there is none. */
export async function startCall(app: App, media: "voice" | "video"): Promise<void> {
  const log = await app.ensureConversation();
  app.call?.put(await app.link.ask("call.request", { conversation_id: log.id, media }));
  app.show("call");
}
