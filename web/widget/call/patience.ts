/** Whether a poor picture has been poor for so long that sound alone would be better. Time is passed in. */
import type { Quality } from "../../media";

/** Shorter ones pass by themselves; longer ones make people hang up. */
const POOR_FOR_MS = 15_000;
/** Who has said no is left alone for a while. */
const REST_MS = 120_000;

export class Patience {
  #since: number | null = null;
  #restUntil = 0;

  /** Whether to suggest it now. */
  take(level: Quality["level"] | null, nowMs: number): boolean {
    if (level !== "poor") {
      this.#since = null;
      return false;
    }
    this.#since ??= nowMs;
    return nowMs - this.#since >= POOR_FOR_MS && nowMs >= this.#restUntil;
  }

  refuse(nowMs: number): void {
    this.#restUntil = nowMs + REST_MS;
  }
}
