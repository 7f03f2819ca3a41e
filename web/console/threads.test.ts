import { expect, it } from "vitest";
import type { Actor, Entry, Message } from "../protocol";
import { items } from "./threads";

const ana: Actor = { kind: "customer", id: "cust_1", name: "Ana" };
const rita: Actor = { kind: "rep", id: "rep_1", name: "Rita" };

const message = (seq: number | null, at: string, actor: Actor, more: Partial<Message> = {}): Message => ({
  id: `msg_${seq ?? at}`, seq, at, actor, text: "x", blocks: [], attachments: [], reply_to: null, system: null, edited: false, deleted: false, state: seq === null ? "sending" : "sent", problem: null, ...more,
});
const entry = (seq: number, type: string, data: Record<string, unknown> = {}): Entry => ({ conversation_id: "c", seq, type, at: "2026-03-01T10:00:30", actor: rita, data });
const drawn = (messages: Message[], entries: Entry[] = []): string[] =>
  items(messages, entries).map((item) => (item.kind === "said" ? `${item.message.actor.name}${item.first ? " first" : ""}${item.last ? " last" : ""}` : item.kind));

it("puts together what one person says in a row, within a few minutes", () => {
  const said = [message(1, "2026-03-01T10:00:00", ana), message(2, "2026-03-01T10:01:00", ana), message(3, "2026-03-01T10:01:30", rita), message(4, "2026-03-01T10:09:00", rita)];
  expect(drawn(said)).toEqual(["day", "Ana first", "Ana last", "Rita first last", "Rita first last"]);
});

it("begins each day with its name", () => {
  expect(drawn([message(1, "2026-03-01T10:00:00", ana), message(2, "2026-03-02T10:00:00", ana)])).toEqual(["day", "Ana first last", "day", "Ana first last"]);
});

it("puts notes and what happened where they were, and what is on its way last", () => {
  const said = [message(1, "2026-03-01T10:00:00", ana), message(4, "2026-03-01T10:00:40", ana), message(null, "2026-03-01T10:00:50", rita)];
  expect(drawn(said, [entry(2, "note.created", { text: "n" }), entry(3, "call.connected"), entry(5, "call.track_published")])).toEqual(
    ["day", "Ana first last", "note", "event", "Ana first last", "Rita first last"],
  );
});

it("leaves out announcements that an event tells already", () => {
  expect(drawn([message(2, "2026-03-01T10:00:31", rita, { system: "closed" })], [entry(1, "conversation.closed")])).toEqual(["day", "event"]);
});
