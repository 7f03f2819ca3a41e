/** Files of conversations: uploaded, and fetched with the session's token, since a plain address would need none. */
import { Problem, type Attachment } from "../protocol";
import type { App } from "./app";
import type { Opened } from "./opened";

/** What the server takes, for the file chooser. */
export const TAKEN = "image/jpeg,image/png,image/webp,image/gif,application/pdf,text/plain,.txt,.pdf";
export const BYTES_MOST = 10 * 1024 * 1024;

export async function upload(opened: Opened, file: File, signal: AbortSignal): Promise<Attachment> {
  const { app } = opened;
  if (file.size > BYTES_MOST) throw new Problem({ status: 413, code: "too_large", detail: "The file is too large." });
  const name = encodeURIComponent(file.name.slice(0, 255) || "file");
  return await app.rest.json<Attachment>(`/v1/conversations/${opened.id}/attachments?name=${name}`, { method: "POST", file, token: await app.token(), signal });
}

const kept = new Map<string, Promise<string>>();

/** An address of the file that this page may show; made once. */
export function address(app: App, conversationId: string, attachmentId: string): Promise<string> {
  let found = kept.get(attachmentId);
  if (!found) {
    found = fetched(app, `/v1/conversations/${conversationId}/attachments/${attachmentId}`);
    kept.set(attachmentId, found);
    found.catch(() => kept.delete(attachmentId));
  }
  return found;
}

async function fetched(app: App, path: string): Promise<string> {
  const response = await app.rest.fetch(path, { token: await app.token() });
  return URL.createObjectURL(await response.blob());
}

/** Has the browser save what an address of this page's holds. */
export function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** A transcript, saved. */
export async function saveTranscript(app: App, conversationId: string, format: "text" | "html" | "json"): Promise<void> {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const url = await fetched(app, `/v1/conversations/${conversationId}/transcript?format=${format}&zone=${encodeURIComponent(zone)}`);
  save(url, `${conversationId}.${format === "text" ? "txt" : format}`);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
