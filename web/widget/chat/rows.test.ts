/** How a log becomes rows. */
import { expect, test } from "vitest";
import type { Entry, Message } from "../../protocol";
import { rows } from "./rows";

const ANA = { kind: "customer" as const, id: "cust_1", name: "Ana" };
const RITA = { kind: "rep" as const, id: "rep_1", name: "Rita" };
const at = (minutes: number): string => new Date(Date.UTC(2026, 2, 3, 12, minutes)).toISOString();
const message = (seq: number | null, actor: Message["actor"], minutes: number, more: Partial<Message> = {}): Message => ({
  id: `msg_${seq}_${minutes}`, seq, at: at(minutes), actor, text: "x", blocks: [], attachments: [], reply_to: null, system: null, edited: false, deleted: false, state: "sent", problem: null, ...more,
});
const entry = (seq: number, type: string, minutes: number, data: Record<string, unknown> = {}): Entry => ({ conversation_id: "conv_1", seq, type, at: at(minutes), actor: RITA, data });
const kinds = (entries: Entry[], messages: Message[]): string[] => rows(entries, messages).map((row) => (row.kind === "group" ? `${row.actor.name}×${row.messages.length}` : row.kind));

test("messages of one author within five minutes stand together", () => {
  expect(kinds([], [message(1, ANA, 0), message(2, ANA, 2), message(3, RITA, 3), message(4, ANA, 4), message(5, ANA, 30)])).toEqual(["day", "Ana×2", "Rita×1", "Ana×1", "Ana×1"]);
});

test("what happened stands where it happened, what is on its way at the end", () => {
  const entries = [entry(2, "call.ended", 1), entry(4, "queue.entered", 2)];
  expect(kinds(entries, [message(1, ANA, 0), message(3, ANA, 1), message(null, ANA, 0)])).toEqual(["day", "Ana×1", "event", "Ana×2"]);
});

test("an order is one card, where it changed last", () => {
  const order = { id: "ord_1" };
  const entries = [entry(1, "order.placed", 0, { order }), entry(3, "order.status_changed", 2, { order })];
  expect(kinds(entries, [message(2, ANA, 1)])).toEqual(["day", "Ana×1", "order"]);
});

test("a payment that a message shows is not shown twice", () => {
  const card = { type: "payment_card" as const, payment_id: "pay_1", total: { amount: 1, currency: "EUR" }, url: "https://pay.example", title: "" };
  expect(kinds([entry(1, "payment.link_created", 0, { payment_id: "pay_1" })], [message(2, RITA, 0, { blocks: [card] })])).toEqual(["day", "Rita×1"]);
  expect(kinds([entry(1, "payment.link_created", 0, { payment_id: "pay_1" })], [])).toEqual(["day", "payment"]);
});
