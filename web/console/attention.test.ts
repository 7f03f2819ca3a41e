import { describe, expect, it } from "vitest";
import type { Conversation, Place } from "../protocol";
import { rows, share, urgency, type Heard, type Known } from "./attention";

const AT = Date.parse("2026-03-01T10:00:00Z");
const ago = (seconds: number): string => new Date(AT - seconds * 1000).toISOString();

const conversation = (id: string, more: Partial<Conversation> = {}): Conversation =>
  ({ id, seq: 1, status: "open", channel: "chat", customer_id: "c", customer_name: id, rep_id: null, locale: "en", cart_id: null, csat_score: null, created_at: ago(60), updated_at: ago(60), closed_at: null, ...more }) as Conversation;
const place = (conversationId: string, more: Partial<Place> = {}): Place =>
  ({ id: `tick_${conversationId}`, conversation_id: conversationId, call_id: null, channel: "chat", queue_id: "que_1", state: "waiting", position: 1, eta_s: null, entered_at: ago(10), rep_id: null, callback: false, callback_offered: false, reason: null, outcome: "", opens_at: null, priority: 0, ...more }) as Place;
const heard = (more: Partial<Heard> = {}): Heard => ({ unread: 0, said: "", typing: false, unansweredSince: null, lastAt: AT, ...more });

function known(conversations: Conversation[], more: Partial<Known> & { hears?: Record<string, Heard> } = {}): Known {
  return {
    me: "rita",
    conversations: new Map(conversations.map((each) => [each.id, each])),
    work: [],
    lobby: [],
    offerEnds: new Map(),
    threshold: () => 20,
    heard: (id) => more.hears?.[id] ?? null,
    ...more,
  };
}
const order = (of: Known): string[] => rows(of).map((row) => `${row.kind} ${row.conversationId}`);

describe("the order of the left column", () => {
  it("puts offers first, then one's own, then who waits, then what is nobody's", () => {
    const all = [conversation("free"), conversation("wait"), conversation("own", { rep_id: "rita" }), conversation("offer"), conversation("rolfs", { rep_id: "rolf" })];
    const work = [place("offer", { state: "offered", rep_id: "rita" })];
    expect(order(known(all, { work, lobby: [place("wait"), ...work] }))).toEqual(["offer offer", "mine own", "waiting wait", "unclaimed free"]);
  });

  it("says of everybody by how much a supervisor has raised them", () => {
    const found = rows(known([conversation("a"), conversation("b")], { lobby: [place("a", { priority: 5 }), place("b")] }));
    expect(found.map((row) => row.boost)).toEqual([5, 0]);
  });

  it("puts the offer that ends soonest on top", () => {
    const work = [place("a", { state: "offered" }), place("b", { state: "offered" })];
    const offerEnds = new Map([["tick_a", AT + 20_000], ["tick_b", AT + 5000]]);
    expect(order(known([conversation("a"), conversation("b")], { work, offerEnds }))).toEqual(["offer b", "offer a"]);
  });

  it("puts who has waited longest for an answer before the others, and these by what happened last", () => {
    const all = ["calm", "new", "late", "calmer"].map((id) => conversation(id, { rep_id: "rita", updated_at: ago(id === "calmer" ? 5 : 50) }));
    const hears = { late: heard({ unansweredSince: AT - 90_000 }), new: heard({ unansweredSince: AT - 4000 }) };
    expect(order(known(all, { hears }))).toEqual(["mine late", "mine new", "mine calmer", "mine calm"]);
  });

  it("keeps the queue's own order, which counts priorities", () => {
    const lobby = [place("boosted", { entered_at: ago(5) }), place("older", { entered_at: ago(500) })];
    expect(order(known([], { lobby }))).toEqual(["waiting boosted", "waiting older"]);
  });

  it("lists a customer of one's own once, who waits for a call besides", () => {
    const all = [conversation("own", { rep_id: "rita" })];
    expect(order(known(all, { lobby: [place("own", { channel: "voice" })] }))).toEqual(["mine own"]);
  });
});

describe("how long somebody waits", () => {
  it("is measured against what the queue promises", () => {
    const [row] = rows(known([], { lobby: [place("a", { entered_at: ago(15) })] }));
    expect(share(row!, AT)).toBeCloseTo(0.75);
    expect(urgency(row!, AT)).toBe("warning");
    expect(urgency(row!, AT + 5000)).toBe("danger");
  });

  it("is nothing where nobody waits", () => {
    const [row] = rows(known([conversation("own", { rep_id: "rita" })]));
    expect([share(row!, AT), urgency(row!, AT)]).toEqual([0, "calm"]);
  });
});
