/** A conversation as it is drawn: days, messages of one author together, and between them what happened. Pure. */
import type { Actor, Entry, Message } from "../../protocol";

export type Row =
  | { kind: "day"; key: string; at: string }
  | { kind: "group"; key: string; actor: Actor; own: boolean; messages: Message[] }
  | { kind: "system"; key: string; message: Message }
  | { kind: "event"; key: string; entry: Entry }
  | { kind: "order"; key: string; entry: Entry }
  | { kind: "payment"; key: string; entry: Entry };

/** Messages of one author within this time are one block. */
const TOGETHER_MS = 5 * 60_000;
/** What is told as a quiet line. Who comes and goes, and the end, are system messages. */
const EVENTS = new Set(["call.connected", "call.ended", "help.requested", "csat.submitted", "queue.callback_kept", "transcript.mailed", "recording.started", "recording.stopped", "conversation.reopened"]);

type Item = { seq: number; at: string; message?: Message; entry?: Entry };

/** `entries` and `messages` of one log, both in their order. */
export function rows(entries: readonly Entry[], messages: readonly Message[]): Row[] {
  const found: Row[] = [];
  let day = "";
  for (const item of items(entries, messages)) {
    const date = new Date(item.at).toDateString();
    if (date !== day) found.push({ kind: "day", key: `day ${date}`, at: item.at });
    day = date;
    if (item.entry) found.push(eventRow(item.entry));
    else if (item.message) addMessage(found, item.message);
  }
  return found;
}

function items(entries: readonly Entry[], messages: readonly Message[]): Item[] {
  const cards = new Set(messages.flatMap((message) => message.blocks).flatMap((block) => (block.type === "payment_card" ? [block.payment_id] : [])));
  const events = latestOfOrders(entries)
    .filter((entry) => EVENTS.has(entry.type) || entry.type.startsWith("order.") || (entry.type === "payment.link_created" && !cards.has(entry.data["payment_id"] as string)))
    .map((entry): Item => ({ seq: entry.seq, at: entry.at, entry }));
  const said = messages.map((message): Item => ({ seq: message.seq ?? Infinity, at: message.at, message }));
  // Stable: those on their way keep their order at the end.
  return [...events, ...said].sort((one, other) => (one.seq === other.seq ? 0 : one.seq - other.seq));
}

/** An order is one card, where it stands now; a card for each change would bury what is said. */
function latestOfOrders(entries: readonly Entry[]): Entry[] {
  const latest = new Map<string, Entry>();
  for (const entry of entries) if (entry.type.startsWith("order.") && entry.data["order"]) latest.set((entry.data["order"] as { id: string }).id, entry);
  return entries.filter((entry) => !entry.type.startsWith("order.") || latest.get((entry.data["order"] as { id: string } | undefined)?.id ?? "") === entry);
}

function eventRow(entry: Entry): Row {
  const kind = entry.type.startsWith("order.") ? "order" : entry.type.startsWith("payment.") ? "payment" : "event";
  return { kind, key: `${kind} ${kind === "order" ? (entry.data["order"] as { id: string }).id : entry.seq}`, entry };
}

function addMessage(found: Row[], message: Message): void {
  if (message.system !== null) {
    found.push({ kind: "system", key: message.id, message });
    return;
  }
  const before = found.at(-1);
  const own = message.actor.kind === "customer";
  if (before?.kind === "group" && before.own === own && (own || before.actor.id === message.actor.id)) {
    const last = before.messages.at(-1)!;
    if (Date.parse(message.at) - Date.parse(last.at) < TOGETHER_MS) {
      before.messages.push(message);
      return;
    }
  }
  found.push({ kind: "group", key: message.id, actor: message.actor, own, messages: [message] });
}
