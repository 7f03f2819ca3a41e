/**
 * A conversation as it is read: what was said, by day and by speaker, notes and what happened among it. Pure; for the messages' view.
 */
import type { Actor, Entry, Message } from "../protocol";

export type Item =
  | { kind: "day"; key: string; at: string }
  | { kind: "said"; key: string; message: Message; first: boolean; last: boolean }
  | { kind: "note"; key: string; at: string; actor: Actor; text: string }
  | { kind: "event"; key: string; entry: Entry };

/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;
/** What is told among the messages; the timeline tells the rest. */
const EVENTS = new Set([
  "conversation.assigned",
  "conversation.transferred",
  "conversation.released",
  "conversation.closed",
  "conversation.reopened",
  "customer.identified",
  "help.requested",
  "queue.callback_kept",
  "call.requested",
  "call.connected",
  "call.ended",
  "recording.started",
  "recording.stopped",
  "order.placed",
  "payment.link_created",
  "payment.succeeded",
  "payment.declined",
  "payment.failed",
  "payment.refunded",
  "cart.suggested",
  "cart.suggestion_accepted",
  "cart.suggestion_refused",
  "csat.submitted",
  "transcript.mailed",
]);
/** The shop's own announcements that an event above tells already, in this reader's language. */
export const SAID_BY_EVENT = new Set(["joined", "transferred", "closed"]);

const dayOf = (at: string): string => new Date(at).toDateString();

export function items(messages: readonly Message[], entries: readonly Entry[]): Item[] {
  const lines: { seq: number; at: string; item: Item }[] = [];
  for (const message of messages) {
    if (message.system !== null && SAID_BY_EVENT.has(message.system)) continue;
    lines.push({ seq: message.seq ?? Infinity, at: message.at, item: { kind: "said", key: message.id, message, first: true, last: true } });
  }
  for (const entry of entries) {
    const data = entry.data ?? {};
    if (entry.type === "note.created") {
      lines.push({ seq: entry.seq, at: entry.at, item: { kind: "note", key: `n${entry.seq}`, at: entry.at, actor: entry.actor, text: String(data["text"] ?? "") } });
    } else if (EVENTS.has(entry.type)) lines.push({ seq: entry.seq, at: entry.at, item: { kind: "event", key: `e${entry.seq}`, entry } });
  }
  // Stable: what is on its way stays in the order in which it was written.
  lines.sort((one, other) => (one.seq === other.seq ? 0 : one.seq - other.seq));
  return joined(lines);
}

function joined(lines: { at: string; item: Item }[]): Item[] {
  const found: Item[] = [];
  let day = "";
  for (const { at, item } of lines) {
    if (dayOf(at) !== day) {
      day = dayOf(at);
      found.push({ kind: "day", key: `d${day}`, at });
    }
    const before = found.at(-1);
    if (item.kind === "said" && before?.kind === "said" && together(before.message, item.message)) {
      before.last = false;
      item.first = false;
    }
    found.push(item);
  }
  return found;
}

function together(one: Message, other: Message): boolean {
  return one.actor.kind === other.actor.kind && one.actor.id === other.actor.id && one.system === other.system && Date.parse(other.at) - Date.parse(one.at) < TOGETHER_MS;
}
