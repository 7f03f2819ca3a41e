/** Every state of a call is one of few, and each of them has its words. */
import { describe, expect, it } from "vitest";
import type { Call, Entry } from "../../protocol";
import { endedBy, nameOf, outcome, others, running, stageOf, type Ended, type Leg, type Stage } from "./states";
import { endedWords, queueWords, stageWords } from "./words";

const ME = "cust_1";
const RITA = "rep_1";
const here = { has: true, restoring: false };
const away = { has: false, restoring: false };

function leg(person: string, state: string, more: Partial<Leg> = {}): Leg {
  return { id: `leg_${person}_${state}`, person_id: person, role: person === ME ? "customer" : "rep", state, held: false, muted: false, screen: false, supervising: null, reason: null, until: null, ...more };
}
function call(state: string, legs: Leg[], more: Partial<Call> = {}): Call {
  return { id: "call_1", conversation_id: "conv_1", media: "voice", state, customer_id: ME, requested_by: ME, rep_id: RITA, payment_step: false, legs, transfer: null, recording: null, created_at: "", answered_at: null, connected_at: null, ended_at: null, end_reason: null, ...more };
}

describe("the state of a call", () => {
  const cases: [string, Call | null, typeof here, Stage][] = [
    ["there is none", null, away, "none"],
    ["it has ended", call("ended", [leg(ME, "left")]), here, "none"],
    ["it was asked for and rings at the rep", call("ringing", [leg(ME, "joining"), leg(RITA, "ringing")]), here, "asked"],
    ["it was asked for, nobody was found yet", call("requested", [leg(ME, "joining")]), here, "asked"],
    ["it waits in the queue", call("queued", [leg(ME, "joining")]), here, "queued"],
    ["a rep rings here", call("ringing", [leg(ME, "ringing"), leg(RITA, "ringing")], { requested_by: RITA }), away, "rung"],
    ["it is taken", call("connecting", [leg(ME, "joining"), leg(RITA, "joining")]), here, "connecting"],
    ["both are there", call("active", [leg(ME, "joined"), leg(RITA, "joined")]), here, "active"],
    ["another tab has it", call("active", [leg(ME, "joined"), leg(RITA, "joined")]), away, "elsewhere"],
    ["on hold", call("held", [leg(ME, "joined", { held: true }), leg(RITA, "joined")]), here, "held"],
    ["the server has lost somebody", call("reconnecting", [leg(ME, "away"), leg(RITA, "joined")]), here, "reconnecting"],
    ["this browser has lost the connection first", call("active", [leg(ME, "joined"), leg(RITA, "joined")]), { has: true, restoring: true }, "reconnecting"],
    ["who came back has a new leg", call("active", [leg(ME, "left"), leg(ME, "joined"), leg(RITA, "joined")]), here, "active"],
  ];
  it.each(cases)("%s", (_, given, tab, stage) => {
    expect(stageOf(given, ME, tab)).toBe(stage);
  });

  it("has words for each", () => {
    for (const stage of ["asked", "queued", "rung", "connecting", "active", "held", "reconnecting", "elsewhere"] as const) {
      expect(stageWords(stage, "Rita", null)).not.toBe("");
    }
    expect(stageWords("active", "", null)).toContain("Our team");
    expect(stageWords("held", "Rita", null)).toBe("On hold, with music");
  });

  it("runs once it is taken", () => {
    expect((["asked", "queued", "rung", "elsewhere", "none"] as const).some(running)).toBe(false);
    expect((["connecting", "active", "held", "reconnecting"] as const).every(running)).toBe(true);
  });
});

describe("the queue in words", () => {
  it("says the position and the wait", () => {
    expect(queueWords({ position: 1, eta_s: null })).toBe("You are next in line.");
    expect(queueWords({ position: 3, eta_s: 130 })).toBe("You are number 3 in line. About 3 minutes.");
    expect(queueWords(null)).not.toBe("");
  });
});

describe("the end of a call", () => {
  const ended = (reason: string, more: Partial<Ended> = {}): Ended => ({ callId: "call_1", reason, talkedMs: 0, media: "voice", repId: RITA, own: true, ...more });
  it.each([
    ["declined", {}, "declined", "callback"],
    ["declined", { own: false }, "you_declined", "chat"],
    ["no_answer", {}, "no_answer", "callback"],
    ["no_answer", { own: false }, "missed", "again"],
    ["waited_too_long", {}, "no_answer", "callback"],
    ["rep_cancelled", { own: false }, "rep_cancelled", "again"],
    ["customer_cancelled", {}, "cancelled", "again"],
    ["callback", {}, "callback", "chat"],
    ["customer_lost", { talkedMs: 5000 }, "lost", "again"],
    ["customer_left", { talkedMs: 5000 }, "by_you", "rate"],
    ["rep_left", { talkedMs: 5000 }, "by_rep", "rate"],
    ["something_new", {}, "over", "again"],
  ] as const)("%s %o", (reason, more, words, first) => {
    const found = outcome(ended(reason, more));
    expect(found.words).toBe(words);
    expect(found.steps[0]).toBe(first);
    expect(endedWords(ended(reason, more), "Rita").title).not.toBe("");
  });

  it("says how long it was", () => {
    expect(endedWords(ended("rep_left", { talkedMs: 125_000 }), "Rita").detail).toMatch(/^You talked for 2 minutes/);
  });

  it("is read from the timeline", () => {
    const entry = { type: "call.ended", data: { call_id: "call_9", reason: "rep_left", media: "video", talked_ms: 713, rep_id: RITA } } as unknown as Entry;
    expect(endedBy(entry, false)).toEqual({ callId: "call_9", reason: "rep_left", talkedMs: 713, media: "video", repId: RITA, own: false });
  });
});

describe("who is in it", () => {
  it("names the rep first, and nobody who has left", () => {
    const sue = leg("rep_9", "joined", { supervising: "barge" });
    const found = others(call("active", [leg(ME, "joined"), sue, leg(RITA, "joined"), leg("rep_3", "left")]), ME);
    expect(found.map((each) => each.person_id)).toEqual([RITA, "rep_9"]);
  });

  it("takes names from what people did last", () => {
    const entries = [{ actor: { kind: "rep", id: RITA, name: "Rita" } }, { actor: { kind: "rep", id: RITA, name: "" } }, {}] as unknown as Entry[];
    expect(nameOf(entries, RITA)).toBe("Rita");
    expect(nameOf(entries, "rep_7")).toBe("");
  });
});
