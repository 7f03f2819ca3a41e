/** What is said of a call's end and of connections, as keys of texts: from data alone. */
import type { Quality, QualityReason } from "../../media";
import type { Call } from "../../protocol";
import type { LegQuality } from "./active";
import type { TextKey } from "./texts";

const ENDS = new Set([
  "declined",
  "no_answer",
  "customer_cancelled",
  "rep_cancelled",
  "customer_left",
  "rep_left",
  "removed",
  "customer_not_joined",
  "rep_not_joined",
  "customer_lost",
  "rep_lost",
  "server_restart",
  "nobody_available",
]);
/** The customer may well be reached on a second try. */
const AGAIN = new Set(["declined", "no_answer", "customer_not_joined", "rep_not_joined", "customer_lost", "rep_lost", "server_restart"]);

/** Why a call is over for this person: because it is over, or because it goes on without them. `again`: worth another try. */
export function endWords(call: Call, me: string): { key: TextKey; again: boolean } {
  if (call.state !== "ended") {
    // The last part counts: who handed the call over may have been in it again since.
    const reason = call.legs.findLast((leg) => leg.person_id === me)?.reason ?? "";
    if (reason === "transferred") return { key: "transferred.completed", again: false };
    const key = reason === "removed" || reason === "rep_lost" || reason === "rep_not_joined" ? (`end.${reason}` as TextKey) : "end.handed_over";
    return { key, again: false };
  }
  const reason = call.end_reason ?? "";
  return { key: ENDS.has(reason) ? (`end.${reason}` as TextKey) : "end.other", again: AGAIN.has(reason) };
}

const LEVELS: Record<Quality["level"], TextKey> = { good: "quality.good", fair: "quality.fair", poor: "quality.poor" };
export const levelWords = (level: Quality["level"]): TextKey => LEVELS[level];
export const reasonWords = (reason: QualityReason): TextKey => `reason.${reason}`;

/** Thresholds of the server's `quality.py`: beyond these a figure is why a connection is not good. */
const LOSS_PERCENT = 2;
const RTT_MS = 300;

/** Why somebody else's connection is not good, by the server's figures; null: it is. */
export function legReason(quality: LegQuality | null): "loss" | "late" | null {
  if (!quality || quality.level === "good") return null;
  if (quality.loss_percent > LOSS_PERCENT) return "loss";
  return quality.rtt_ms > RTT_MS ? "late" : "loss";
}
