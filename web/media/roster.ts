/**
 * Whose sound and pictures lie on the lines of a WHEP session: `GET {session}/tracks`, which answers when it is another list than the one of
 * `If-None-Match`, or after a while 304. A server without it leaves the list unknown, which one person in the call can do without.
 */
import { request } from "./http";
import type { Resource } from "./session";

/** The least time between two requests, should the server answer each at once. */
const LEAST_MS = 300;
const PAUSES_MS = [500, 1000, 2000, 5000];
/** Longer than the server waits: then the answer is not coming. */
const ANSWER_MS = 40_000;

/** `index`: which line of its kind, in the order of the offer. */
export interface Seat {
  kind: "audio" | "video";
  index: number;
  identity: string;
}

/** `mix`: who is in the mix on the first audio line; null where each voice has a line of its own. */
export interface Seats {
  seats: Seat[];
  mix: string[] | null;
}

export class Roster {
  #following: AbortController | null = null;

  constructor(
    readonly onSeats: (seats: Seats | null) => void,
    readonly onGone: () => void,
  ) {}

  /** Follows this session, and no other one any more. */
  follow(resource: Resource): void {
    this.stop();
    const following = (this.#following = new AbortController());
    void this.#follow(resource, following.signal);
  }

  stop(): void {
    this.#following?.abort();
    this.#following = null;
  }

  async #follow(resource: Resource, stopped: AbortSignal): Promise<void> {
    const url = new URL(resource.url);
    url.pathname += "/tracks";
    let etag: string | null = null;
    let failures = 0;
    while (!stopped.aborted) {
      let pause = LEAST_MS;
      try {
        const headers: Record<string, string> = { Authorization: resource.authorization };
        if (etag) headers["If-None-Match"] = etag;
        const response: Response = await request(url, { headers, cache: "no-store" }, ANSWER_MS, stopped);
        if (response.status === 200) {
          const seats = seatsOf(await response.json());
          if (stopped.aborted) return;
          this.onSeats(seats);
          etag = response.headers.get("ETag");
          failures = 0;
        } else if (response.status !== 304) {
          if ([401, 403, 404, 405].includes(response.status)) {
            if (etag) this.onGone();
            else this.onSeats(null);
            return;
          }
          pause = PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)] ?? 0;
        }
      } catch {
        // The network is away; the session repairs itself, and the list follows.
        pause = PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)] ?? 0;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Takes only what it understands of an answer. */
export function seatsOf(body: unknown): Seats {
  const answer = (body ?? {}) as { tracks?: unknown; mix?: unknown };
  const seats = (Array.isArray(answer.tracks) ? answer.tracks : []).filter(
    (one): one is Seat => (one?.kind === "audio" || one?.kind === "video") && Number.isInteger(one.index) && typeof one.identity === "string",
  );
  return { seats, mix: Array.isArray(answer.mix) ? answer.mix.filter((one) => typeof one === "string") : null };
}
