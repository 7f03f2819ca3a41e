/**
 * What was there at a moment of a conversation: messages as they were said until then, the cart, the call, the queue. Pure: follows
 * from the timeline's entries alone, so that it can be made for any of them.
 */
import type { Actor, Attachment, Block, Cart, Entry, Order } from "../protocol";

export interface Said {
  id: string;
  at: string;
  actor: Actor;
  text: string;
  blocks: Block[];
  attachments: Attachment[];
  edited: boolean;
  deleted: boolean;
}
export type CallState = "requested" | "queued" | "ringing" | "connecting" | "active" | "held" | "reconnecting";
export interface CallThen {
  id: string;
  state: CallState;
  media: string;
  recording: boolean;
  sharing: boolean;
  since: string;
}
export interface Then {
  messages: Said[];
  cart: Cart | null;
  /** There is a cart, which this reader may not see. */
  cartHidden: boolean;
  call: CallThen | null;
  order: Order | null;
  waiting: boolean;
  repId: string | null;
  closed: boolean;
}

/** The state after the first `count` of these entries. */
export function replay(entries: readonly Entry[], count: number): Then {
  const then: Then = { messages: [], cart: null, cartHidden: false, call: null, order: null, waiting: false, repId: null, closed: false };
  for (const entry of entries.slice(0, count)) apply(then, entry);
  return then;
}

function apply(then: Then, entry: Entry): void {
  const data = entry.data ?? {};
  const [subject] = entry.type.split(".");
  if (subject === "message") message(then, entry, data);
  else if (subject === "cart") cart(then, data);
  else if (subject === "call" || subject === "recording") call(then, entry, data);
  else if (entry.type.startsWith("order.")) then.order = (data["order"] as Order | undefined) ?? then.order;
  switch (entry.type) {
    case "queue.entered":
      then.waiting = true;
      break;
    case "queue.left":
      then.waiting = false;
      break;
    case "conversation.assigned":
    case "conversation.transferred":
      then.waiting = false;
      then.repId = (data["rep_id"] as string | null) ?? null;
      break;
    case "conversation.released":
      then.repId = null;
      break;
    case "conversation.closed":
      then.closed = true;
      break;
    case "conversation.reopened":
      then.closed = false;
      break;
  }
}

function message(then: Then, entry: Entry, data: Record<string, unknown>): void {
  const id = data["id"] as string | undefined;
  if (entry.type === "message.created" && id !== undefined) {
    then.messages.push({
      id,
      at: entry.at,
      actor: entry.actor,
      text: (data["text"] as string | undefined) ?? "",
      blocks: (data["blocks"] as Block[] | undefined) ?? [],
      attachments: (data["attachments"] as Attachment[] | undefined) ?? [],
      edited: false,
      deleted: data["deleted"] === true,
    });
    return;
  }
  const said = then.messages.find((each) => each.id === id);
  if (!said) return;
  if (entry.type === "message.updated") Object.assign(said, { text: data["text"], edited: true });
  else if (entry.type === "message.deleted") Object.assign(said, { text: "", blocks: [], attachments: [], deleted: true });
}

function cart(then: Then, data: Record<string, unknown>): void {
  if (data["redacted"] !== undefined) {
    then.cart = null;
    then.cartHidden = true;
  } else if (data["cart"]) {
    then.cart = data["cart"] as Cart;
    then.cartHidden = false;
  }
}

/** Entries after which a call is in another state. What is missing here changes none. */
const CALL_STATES: Record<string, CallState> = {
  "call.queued": "queued",
  "call.ringing": "ringing",
  "call.accepted": "connecting",
  "call.connected": "active",
  "call.held": "held",
  "call.resumed": "active",
  "call.reconnecting": "reconnecting",
  "call.reconnected": "active",
};

function call(then: Then, entry: Entry, data: Record<string, unknown>): void {
  const id = data["call_id"] as string | undefined;
  if (id === undefined) return;
  if (entry.type === "call.requested") {
    then.call = { id, state: "requested", media: String(data["media"] ?? "voice"), recording: false, sharing: false, since: entry.at };
    return;
  }
  const now = then.call;
  if (!now || now.id !== id) return;
  const state = CALL_STATES[entry.type];
  // A second rep's telephone rings while the call goes on.
  const aside = state === "ringing" && (now.state === "active" || now.state === "held");
  if (state && state !== now.state && !aside) then.call = { ...now, state, since: entry.at };
  else if (entry.type === "call.ended") then.call = null;
  else if (entry.type === "call.media_changed") then.call = { ...now, media: String(data["media"]) };
  else if (entry.type === "call.screen_started" || entry.type === "call.screen_stopped") then.call = { ...now, sharing: entry.type === "call.screen_started" };
  else if (subjectIsRecording(entry.type)) then.call = { ...now, recording: entry.type === "recording.started" || entry.type === "recording.resumed" };
}

const subjectIsRecording = (type: string): boolean => /^recording\.(started|resumed|paused|stopped)$/.test(type);
