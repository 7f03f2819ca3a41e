/** The transcript as a file on the visitor's device, or by mail. */
import type { App } from "../app";
import { save } from "./files";

const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export async function downloadTranscript(app: App, format: "text" | "html"): Promise<void> {
  const { log } = app;
  if (!log) return;
  const query = new URLSearchParams({ format, zone: zone() });
  const response = await app.rest.fetch(`/v1/conversations/${log.id}/transcript?${query}`, { token: await app.token() });
  save(await response.blob(), `transcript.${format === "html" ? "html" : "txt"}`);
}

export async function mailTranscript(app: App, to: string): Promise<void> {
  if (app.log) await app.link.ask("transcript.mail", { conversation_id: app.log.id, to, zone: zone() });
}
