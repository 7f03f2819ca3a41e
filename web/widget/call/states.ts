/**
 * What the customer's call is at this moment, from what the server says and what this tab has: a few words for a state, never two at once.
 *
 * Plain functions; who acts on it is calling.ts, who says it is words.ts.
 */
import type { Call, Entry } from "../../protocol";

export type Leg = Call["legs"][number];
/**
 * asked: it rings at the rep. queued: it waits for one. rung: a rep rings here. connecting: taken, not everybody is there. elsewhere: another tab
 * has it, or none has yet.
 */
export type Stage = "none" | "asked" | "queued" | "rung" | "connecting" | "active" | "held" | "reconnecting" | "elsewhere";

/** What this tab has of the call's media. */
export interface Here {
  /** It has it, or is about to. */
  has: boolean;
  /** The connection is being restored. */
  restoring: boolean;
}

const ENTERED = new Set(["joining", "joined", "away"]);
const BEFORE = new Set(["requested", "queued", "ringing"]);
const RUNNING: Readonly<Record<string, Stage>> = { connecting: "connecting", active: "active", held: "held", reconnecting: "reconnecting" };

/** A person's part in the call that is not over: who came back has a new one. */
export function legOf(call: Call | null, personId: string | undefined): Leg | null {
  return call?.legs.findLast((leg) => leg.person_id === personId && (leg.state === "ringing" || ENTERED.has(leg.state))) ?? null;
}

/** Whether this person is to be in the call's room now. */
export const joinable = (call: Call | null, personId: string | undefined): boolean => call !== null && !BEFORE.has(call.state) && call.state !== "ended" && entered(legOf(call, personId));

export const entered = (leg: Leg | null): boolean => leg !== null && ENTERED.has(leg.state);

export function stageOf(call: Call | null, me: string | undefined, here: Here): Stage {
  if (!call || call.state === "ended") return "none";
  const leg = legOf(call, me);
  // Who asks for a call has a part in it from the beginning; there is nothing to join before somebody takes it.
  if (BEFORE.has(call.state)) return call.requested_by === me ? (call.state === "queued" ? "queued" : "asked") : leg?.state === "ringing" ? "rung" : "none";
  if (!entered(leg)) return "none";
  if (!here.has) return "elsewhere";
  const stage = RUNNING[call.state] ?? "connecting";
  // What this browser feels counts before the server has noticed it.
  return here.restoring && stage !== "connecting" ? "reconnecting" : stage;
}

/** Whether it runs, here: there is somebody to talk to, or will be again. */
export const running = (stage: Stage): boolean => stage === "connecting" || stage === "active" || stage === "held" || stage === "reconnecting";

/** The others who are in it, the call's rep first. */
export function others(call: Call, me: string | undefined): Leg[] {
  const there = call.legs.filter((leg) => leg.person_id !== me && (leg.state === "joined" || leg.state === "away"));
  return there.sort((one, other) => Number(other.person_id === call.rep_id) - Number(one.person_id === call.rep_id));
}

/** The name somebody last did something under. */
export function nameOf(entries: readonly Entry[], personId: string | null | undefined): string {
  return (personId && entries.findLast((entry) => entry.actor?.id === personId && entry.actor.name)?.actor.name) || "";
}

/** How a call was over. */
export interface Ended {
  callId: string;
  reason: string;
  /** Of a time when both were in it. */
  talkedMs: number;
  media: "voice" | "video";
  repId: string | null;
  /** Whether the customer had asked for it. */
  own: boolean;
}

export type NextStep = "again" | "callback" | "message" | "rate" | "chat";

/** Reasons of which it is nobody's fault but the connection's. */
const LOST = new Set(["customer_lost", "rep_lost", "server_restart", "customer_not_joined", "rep_not_joined"]);
const NOBODY = new Set(["no_answer", "waited_too_long", "nobody_available", "declined", "closed", "offline_message", "voicemail"]);

/** Which words say it (a key behind `ended.`), and what can be done next, the likeliest first. */
export function outcome({ reason, talkedMs, own }: Ended): { words: string; steps: NextStep[] } {
  if (LOST.has(reason)) return { words: "lost", steps: ["again", "chat"] };
  if (reason === "callback") return { words: "callback", steps: ["chat"] };
  if (talkedMs > 0) return { words: reason === "customer_left" ? "by_you" : reason === "removed" ? "removed" : "by_rep", steps: ["rate", "chat"] };
  if (reason === "customer_cancelled" || reason === "customer_left") return { words: "cancelled", steps: ["again", "chat"] };
  if (!own) return reason === "declined" ? { words: "you_declined", steps: ["chat"] } : { words: reason === "rep_cancelled" || reason === "rep_left" ? "rep_cancelled" : "missed", steps: ["again", "chat"] };
  if (reason === "declined") return { words: "declined", steps: ["callback", "message", "again"] };
  if (NOBODY.has(reason)) return { words: "no_answer", steps: ["callback", "message", "again"] };
  return { words: "over", steps: ["again", "chat"] };
}

/** What a `call.ended` entry tells; `own` is known by who saw the call. */
export function endedBy(entry: Entry, own: boolean): Ended {
  const { call_id, reason, talked_ms, media, rep_id } = entry.data as { call_id: string; reason: string; talked_ms: number; media: string; rep_id: string | null };
  return { callId: call_id, reason, talkedMs: talked_ms ?? 0, media: media === "video" ? "video" : "voice", repId: rep_id ?? null, own };
}
