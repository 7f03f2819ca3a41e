import { describe, expect, it } from "vitest";
import type { Actor, Entry } from "../protocol";
import { TOLD, happening } from "./happenings";
import en from "./text/en.json";

const ana: Actor = { kind: "customer", id: "cust_1", name: "Ana" };
const rita: Actor = { kind: "rep", id: "rep_1", name: "" };
const system: Actor = { kind: "system", id: "system", name: "" };
const named = (id: string): string => (id === "rep_1" ? "Rita" : id === "cust_1" ? "Ana" : "");

const entry = (type: string, data: Record<string, unknown> = {}, actor: Actor = system): Entry => ({ conversation_id: "c", seq: 1, type, at: "2026-03-01T10:00:00Z", actor, data });
const told = (type: string, data: Record<string, unknown> = {}, actor: Actor = system): string | undefined => happening(entry(type, data, actor), named)?.text;

const euro = (amount: number) => ({ amount, currency: "EUR" });
const cart = { lines: [{ id: "line_1", variant_id: "GOOK", title: "Gooseneck kettle" }], shipping_options: [{ id: "express", title: "Express" }] };

describe("what happened, in words", () => {
  it.each([
    ["message.created", { id: "m", text: "hello" }, ana, "Ana: hello"],
    ["message.created", { id: "m", text: "", attachments: [{}, {}] }, ana, "Ana sent 2 files"],
    ["message.created", { id: "m", deleted: true }, ana, "Ana said something that was taken back"],
    ["conversation.assigned", { rep_id: "rep_1", rep_name: "" }, system, "Rita looks after the conversation"],
    ["conversation.closed", { reason: "solved" }, rita, "Rita closed the conversation: Solved"],
    ["conversation.closed", { reason: "" }, rita, "Rita closed the conversation"],
    ["help.requested", { reason: "declined" }, system, "Help needed: payment declined"],
    ["help.requested", { reason: "asked", note: "The blue one?" }, ana, "Help needed: asked for help (The blue one?)"],
    ["call.requested", { media: "video" }, ana, "Ana asked for a call (video)"],
    ["call.missed", { person_id: "rep_1" }, system, "Rita did not answer"],
    ["call.left", { person_id: "nobody", role: "customer" }, system, "Visitor left the call"],
    ["call.ended", { reason: "customer_left", talked_ms: 125_000 }, ana, "The call ended after 2 min: the customer hung up"],
    ["call.ended", { reason: "no_answer", talked_ms: 0 }, system, "The call ended: no answer"],
    ["cart.updated", { operation: { kind: "add_line", variant_id: "GOOK", quantity: 2 }, cart }, ana, "Ana: 2 × Gooseneck kettle added"],
    ["cart.updated", { operation: { kind: "set_quantity", line_id: "line_1", quantity: 3 }, cart }, ana, "Ana: Gooseneck kettle: quantity now 3"],
    ["cart.updated", { operation: { kind: "set_shipping", option_id: "express" }, cart }, ana, "Ana: delivery: Express"],
    ["cart.updated", { operation: { kind: "set_step", step: "payment" }, cart }, ana, "Ana: at: Payment"],
    ["cart.updated", { redacted: "cart_view" }, ana, "The cart changed (not visible to you)"],
    ["cart.suggested", { suggestion: { title: "Kettle", reason: "for tea" } }, rita, "Rita suggested: Kettle (for tea)"],
    ["order.placed", { order: { number: "K10001", totals: { total: euro(6290) } } }, ana, "Ana placed order K10001 for €62.90"],
    ["order.status_changed", { order: { number: "K10001" }, changed: { fulfillment_status: { from: "in_progress", to: "shipped" } } }, system, "Order K10001: shipped"],
    ["payment.succeeded", { amount: euro(5900) }, system, "€59.00 was paid"],
    ["payment.refunded", { amount: euro(5900), refund: euro(100) }, rita, "€1.00 was refunded"],
    ["consent.granted", { purpose: "cart_view" }, ana, "Ana agreed: seeing the cart"],
    ["consent.asked", { purpose: "recording" }, rita, "Rita asked for consent: recording of the call"],
    ["consent.refused", { purpose: "recording" }, ana, "Ana did not agree: recording of the call"],
    ["queue.position_changed", { points: 5 }, rita, "A supervisor moved the customer ahead by 5 minutes"],
    ["recording.saved", { complete: false, folder: "rec_1" }, system, "The recording is saved in part (rec_1)"],
  ] as [string, Record<string, unknown>, Actor, string][])("%s %j", (type, data, actor, expected) => expect(told(type, data, actor)).toBe(expected));

  it("leaves a typed brace alone", () => expect(told("message.created", { id: "m", text: "{who} {text}" }, ana)).toBe("Ana: {who} {text}"));

  it("has words for every kind it tells", () => {
    const missing = TOLD.filter((type) => type !== "cart.updated" && !Object.keys(en).some((key) => key === `did.${type}` || key === `did.${type.replace("queue.position_changed", "queue.boosted")}`));
    expect(missing).toEqual([]);
  });

  it("says nothing of what only machines care about, nor twice", () => {
    expect(told("call.track_published")).toBeUndefined();
    expect(told("message.created", { id: "m", text: "Rita has joined", system: "joined" })).toBeUndefined();
    expect(told("message.read", { up_to_seq: 3 }, rita)).toBeUndefined();
    expect(told("message.read", { up_to_seq: 3 }, ana)).toBe("Ana has read everything so far");
  });
});
