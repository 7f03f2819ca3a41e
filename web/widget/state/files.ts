/**
 * Files on their way: up with progress, down as blobs with the token, since links and pictures carry none.
 */
import { Problem, type Answer } from "../../protocol";
import type { App } from "../app";

export type Uploaded = Answer<"attachment.upload"> & { id: string; name: string };

/** As the server takes them; it looks into the bytes, this only spares a visitor the wait. */
export const BYTES_MOST = 10 * 1024 * 1024;
export const ACCEPTED = ["image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf", "text/plain"] as const;

/** Sends a file; `progress` is told shares between 0 and 1. fetch() does not tell how far it got, so this is the older way. */
export async function upload(app: App, conversationId: string, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<Uploaded> {
  const token = await app.token();
  return await new Promise<Uploaded>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", app.rest.url(`/v1/conversations/${conversationId}/attachments?name=${encodeURIComponent(file.name.slice(0, 255))}`));
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      const answer = request.response as Record<string, unknown> | null;
      if (request.status < 300 && answer) resolve(answer as unknown as Uploaded);
      else reject(new Problem({ code: "http", detail: `The server answered ${request.status}.`, ...answer, status: request.status }));
    };
    request.onerror = () => reject(new Problem({ status: 0, code: "unreachable", detail: "The server cannot be reached." }));
    request.onabort = () => reject(new DOMException("The upload was given up.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** A file of the conversation, for whoever may read it. */
export async function download(app: App, conversationId: string, attachmentId: string, signal?: AbortSignal): Promise<Blob> {
  const response = await app.rest.fetch(`/v1/conversations/${conversationId}/attachments/${attachmentId}`, { token: await app.token(), ...(signal ? { signal } : {}) });
  return await response.blob();
}

/** Hands a file over to the browser, which keeps it where it keeps what is downloaded. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun by the next turn; longer would hold the bytes.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
