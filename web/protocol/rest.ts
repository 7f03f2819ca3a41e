/** The REST door, for what the socket does not carry: sessions, files, transcripts. */
import { Problem, unreachable } from "./problem";

export interface Request {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** JSON, or a file as it is. */
  body?: unknown;
  file?: Blob;
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Rest {
  readonly #origin: string;

  /** `origin`: where the server is, such as https://help.example. */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The address of a path at the server, for links and pictures. */
  url(path: string): string {
    return new URL(path, this.#origin).href;
  }

  /** The JSON that is answered; null where there is no content. Problem when refused, with status 0 when nothing answers. */
  async json<T>(path: string, request: Request = {}): Promise<T> {
    const response = await this.fetch(path, request);
    return (response.status === 204 ? null : await response.json()) as T;
  }

  /** The answer itself, once it is a good one. */
  async fetch(path: string, { method, body, file, token, headers, signal }: Request = {}): Promise<Response> {
    const all: Record<string, string> = { ...headers };
    if (token) all["Authorization"] = `Bearer ${token}`;
    if (body !== undefined) all["Content-Type"] = "application/json";
    else if (file) all["Content-Type"] ??= file.type || "application/octet-stream";
    let response: Response;
    try {
      response = await fetch(this.url(path), {
        method: method ?? (body !== undefined || file ? "POST" : "GET"),
        headers: all,
        body: body !== undefined ? JSON.stringify(body) : (file ?? null),
        signal: signal ?? null,
        credentials: "omit",
        cache: "no-store",
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw unreachable();
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

async function refusal(response: Response): Promise<Problem> {
  const fallback = { status: response.status, code: "http", detail: response.statusText || `The server answered ${response.status}.` };
  try {
    const details: unknown = await response.json();
    if (details && typeof details === "object") return new Problem({ ...fallback, ...details, status: response.status });
  } catch {
    // Not a problem document: the status speaks for itself.
  }
  return new Problem(fallback);
}
