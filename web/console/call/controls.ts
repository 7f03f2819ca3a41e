/**
 * What somebody may do in a call now, and how the call stands, from the call alone: no page, no socket, no media.
 *
 * The server decides; this keeps buttons from offering what it would refuse, and says why in a word that has a text (`why.*`).
 * Follows the tables of docs/calls.md.
 */
import type { Call, Schemas } from "../../protocol";

export type Leg = Schemas["LegView"];
export type Transfer = Schemas["TransferView"];

export const ACTS = ["mute", "camera", "screen", "hold", "resume", "transfer", "add", "record", "stop_recording", "hang_up", "remove", "mute_other"] as const;
export type Act = (typeof ACTS)[number];
/** Why something cannot be done at the moment. `absent`: it makes no sense here, so it is not shown at all. */
export type Hindrance = "absent" | "connecting" | "reconnecting" | "transfer" | "supervising" | "payment" | "no_consent" | "full" | "held";
export type Allowed = true | Hindrance;

/** The state in one word, for which there is a text (`state.*`). */
export type Standing =
  | "requested"
  | "queued"
  | "ringing"
  | "joining"
  | "customer_joining"
  | "talking"
  | "listening"
  | "whispering"
  | "barging"
  | "on_hold"
  | "i_wait"
  | "transferring"
  | "consulting"
  | "swapped"
  | "customer_away"
  | "rep_away"
  | "ended";

export interface Controls {
  standing: Standing;
  own: Leg | null;
  customer: Leg | null;
  /** Those who talk besides me and the customer, or are rung to. */
  others: Leg[];
  /** A transfer that is under way. */
  transfer: Transfer | null;
  can: Record<Act, Allowed>;
}

/** A call's reps at most; the server's `REPS_MOST`. */
const REPS_MOST = 6;
export const ENTERED = new Set(["joining", "joined", "away"]);
export const PENDING = new Set(["waiting", "ringing", "connecting", "consulting", "swapped"]);
const BEFORE = new Set(["requested", "queued", "ringing"]);

export const isOpen = (leg: Leg): boolean => leg.state === "ringing" || ENTERED.has(leg.state);
/** This person's part that has not ended. */
export const legOf = (call: Call, personId: string): Leg | null => call.legs.findLast((leg) => leg.person_id === personId && isOpen(leg)) ?? null;
export const pendingTransfer = (call: Call): Transfer | null => (call.transfer && PENDING.has(call.transfer.state) ? call.transfer : null);
/** Whether the call is one that somebody has accepted and that goes on. */
export const runs = (call: Call): boolean => !BEFORE.has(call.state) && call.state !== "ended";

/** `consent`: whether the customer agrees to a recording, as the conversation's timeline tells. */
export function controls(call: Call, me: string, consent = false): Controls {
  const own = legOf(call, me);
  const customer = call.legs.findLast((leg) => leg.role === "customer") ?? null;
  const others = call.legs.filter((leg) => leg.role !== "customer" && leg.person_id !== me && isOpen(leg));
  const transfer = pendingTransfer(call);
  return { standing: standing(call, own, customer, transfer), own, customer, others, transfer, can: allowed(call, own, transfer, consent) };
}

function standing(call: Call, own: Leg | null, customer: Leg | null, transfer: Transfer | null): Standing {
  if (call.state === "ended") return "ended";
  if (BEFORE.has(call.state)) return call.state as Standing;
  if (call.state === "connecting") return own && own.state === "joining" ? "joining" : "customer_joining";
  if (call.state === "reconnecting") return customer?.state === "away" ? "customer_away" : "rep_away";
  if (own?.role === "supervisor") return own.supervising === "barge" ? "barging" : own.supervising === "whisper" ? "whispering" : "listening";
  if (own?.held) return "i_wait";
  if (transfer) return transfer.state === "consulting" ? "consulting" : transfer.state === "swapped" ? "swapped" : "transferring";
  return call.state === "held" ? "on_hold" : "talking";
}

function allowed(call: Call, own: Leg | null, transfer: Transfer | null, consent: boolean): Record<Act, Allowed> {
  const none = Object.fromEntries(ACTS.map((act) => [act, "absent"])) as Record<Act, Allowed>;
  if (!own || call.state === "ended") return none;
  if (!ENTERED.has(own.state) || BEFORE.has(call.state)) return { ...none, hang_up: true };
  if (own.role === "supervisor") return { ...none, hang_up: true, mute: own.supervising === "monitor" ? "absent" : true };
  const settled = call.state === "active" || call.state === "held";
  // What a call must be in one piece for.
  const whole: Allowed = settled ? true : call.state === "reconnecting" ? "reconnecting" : "connecting";
  const alone: Allowed = whole === true && transfer ? "transfer" : whole;
  const reps = call.legs.filter((leg) => leg.role === "rep" && isOpen(leg)).length;
  return {
    mute: true,
    camera: true,
    screen: own.screen ? true : whole,
    hold: call.state === "held" && !transfer ? "absent" : alone,
    resume: call.state === "held" && !transfer ? true : "absent",
    transfer: alone,
    add: alone === true && reps >= REPS_MOST ? "full" : alone,
    record: call.recording ? "absent" : whole !== true ? whole : consent ? true : "no_consent",
    stop_recording: call.recording ? true : "absent",
    hang_up: true,
    remove: whole === "connecting" ? "connecting" : true,
    mute_other: true,
  };
}
