/**
 * What a person is told about their connection, and why. Plain functions of the figures; `QualityJudge` adds that nothing flickers: another
 * judgement counts when two samples running agree on it. Only a connection that is being repaired is said at once.
 */
import type { Direction, Figures, MediaState, Quality, QualityReason } from "./types";

/** What else must be known to judge. */
export interface Circumstances {
  state: MediaState;
  /** Somebody's sound or picture should be arriving. */
  expecting: boolean;
  /** We send a picture. */
  showing: boolean;
  /** Since the connection stands. The first seconds are the bandwidth estimate's, which begins low. */
  connected_ms: number;
}

export interface Judgement {
  level: Quality["level"];
  reason: QualityReason | null;
}

/** Shares, ms, bits/s: from where on people notice (fair), and from where on they complain (poor). ITU-T G.114 for the delay. */
export const LIMITS = {
  loss: { fair: 0.03, poor: 0.1 },
  rtt_ms: { fair: 300, poor: 600 },
  jitter_ms: { fair: 60, poor: 120 },
  /** The least for a small moving picture, and for one at all. */
  available_bps: { fair: 250_000, poor: 100_000 },
  /** Share of the time with a frozen picture or made-up sound. */
  gaps: { fair: 0.08, poor: 0.25 },
} as const;
const WARM_UP_MS = 10_000;
const GOOD: Judgement = { level: "good", reason: null };

function above(value: number | null | undefined, limit: { fair: number; poor: number }): Quality["level"] {
  return (value ?? 0) >= limit.poor ? "poor" : (value ?? 0) >= limit.fair ? "fair" : "good";
}

function worse(a: Quality["level"], b: Quality["level"]): Quality["level"] {
  return a === "poor" || b === "poor" ? "poor" : a === "fair" || b === "fair" ? "fair" : "good";
}

/** The share of the last interval that was missing in what we received. */
function gaps(now: Direction, last: Direction): number {
  const seconds = (now.at_ms - last.at_ms) / 1000;
  if (seconds <= 0) return 0;
  const frozen = (now.freezeSeconds ?? 0) - (last.freezeSeconds ?? 0);
  const samples = (now.samplesReceived ?? 0) - (last.samplesReceived ?? 0);
  const concealed = samples > 0 ? ((now.concealedSamples ?? 0) - (last.concealedSamples ?? 0)) / samples : 0;
  // A freeze is counted when it is over; one longer than the interval was a camera that had been turned off.
  return Math.max(frozen > 0 && frozen <= seconds ? frozen / seconds : 0, concealed < 1 ? concealed : 0);
}

/** One sample judged on its own: the worst that is the matter, the cause before its consequences. */
export function judge(now: Figures, last: Figures | null, about: Circumstances): Judgement {
  if (about.state === "reconnecting") return { level: "poor", reason: "reconnecting" };
  const { receiving, sending } = now;
  const found: [QualityReason, Quality["level"]][] = [
    ["loss_out", above(sending?.loss, LIMITS.loss)],
    ["loss_in", above(receiving?.loss, LIMITS.loss)],
    ["delay", above(Math.max(receiving?.rtt_ms ?? 0, sending?.rtt_ms ?? 0), LIMITS.rtt_ms)],
  ];
  if (about.expecting && receiving && last?.receiving && receiving.bytes === last.receiving.bytes) found.unshift(["no_media", "poor"]);
  const warm = about.connected_ms >= WARM_UP_MS;
  if (warm && about.showing && sending) {
    const available = sending.available_bps;
    if (available !== null && available < LIMITS.available_bps.poor) found.push(["bandwidth_out", "poor"]);
    else if ((available !== null && available < LIMITS.available_bps.fair) || sending.limitedBy === "bandwidth") found.push(["bandwidth_out", "fair"]);
  }
  if (warm && receiving && last?.receiving) found.push(["bandwidth_in", above(gaps(receiving, last.receiving), LIMITS.gaps)]);
  if (warm && about.showing && sending?.limitedBy === "cpu") found.push(["cpu", "fair"]);
  found.push(["delay", worse(above(receiving?.jitter_ms, LIMITS.jitter_ms), above(sending?.jitter_ms, LIMITS.jitter_ms))]);
  if ([receiving?.path, sending?.path].includes("tcp")) found.push(["path", "fair"]);
  for (const level of ["poor", "fair"] as const) {
    const cause = found.find(([, its]) => its === level);
    if (cause) return { level, reason: cause[0] };
  }
  return GOOD;
}

/** See the module. */
export class QualityJudge {
  #told: Judgement | null = null;
  #next: Judgement | null = null;
  #last: Figures | null = null;

  /** Takes a sample; gives what is to be told now. */
  take(figures: Figures, about: Circumstances): Quality {
    const found = judge(figures, this.#last, about);
    this.#last = figures;
    const again = this.#next?.level === found.level && this.#next.reason === found.reason;
    const steady = this.#told?.level === found.level && this.#told.reason === found.reason;
    if (found.reason === "reconnecting" || again || steady || (!this.#told && found.level === "good")) this.#told = found;
    this.#next = found;
    return { ...(this.#told ?? GOOD), figures };
  }
}
