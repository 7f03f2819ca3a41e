/**
 * Which consents the customer is to be asked for now, as the timeline tells it: what a rep has asked and nobody has answered, and, once in a
 * conversation and by itself, whether the rep may see the cart there is.
 *
 * Plain functions over entries. No is no: what was refused comes back only when a rep asks again.
 */
import type { Entry } from "../../protocol";

export type Purpose = "recording" | "cart_view" | "cart_suggest" | "cart_edit" | "apply_code" | "place_order" | "transcript_mail" | "marketing";
export type CartScope = "view" | "suggest" | "edit" | "apply_code" | "place_order";
export interface Question {
  purpose: Purpose;
  /** The entry that asks; null: nobody asked, the widget does. */
  seq: number | null;
  /** Who wants it; empty: any rep of the shop. */
  repId: string | null;
  name: string;
}
export interface Situation {
  entries: readonly Entry[];
  /** A cart is attached, and something can still be done with it. */
  cart: boolean;
  /** The rep who is there, in the chat or in a call. */
  rep: { id: string; name: string } | null;
  /** A call runs: recording is of interest then only. */
  inCall: boolean;
  /** The scopes some rep has at this moment. */
  granted: ReadonlySet<CartScope>;
}

export const SCOPES: Partial<Record<Purpose, CartScope>> = {
  cart_view: "view",
  cart_suggest: "suggest",
  cart_edit: "edit",
  apply_code: "apply_code",
  place_order: "place_order",
};
const PURPOSES = new Set<string>(["recording", "transcript_mail", "marketing", ...Object.keys(SCOPES)]);

interface Trace {
  asked: Entry | null;
  /** The last entry that answers, whatever the answer. */
  answered: number;
}

export function questions({ entries, cart, rep, inCall, granted }: Situation): Question[] {
  const traces = new Map<string, Trace>();
  let closed = 0;
  let callEnded = 0;
  for (const entry of entries) {
    if (entry.type === "conversation.closed") closed = entry.seq;
    else if (entry.type === "call.ended") callEnded = entry.seq;
    if (!entry.type.startsWith("consent.")) continue;
    const purpose = String(entry.data["purpose"] ?? "");
    const trace = traces.get(purpose) ?? { asked: null, answered: 0 };
    if (entry.type === "consent.asked") trace.asked = entry;
    else trace.answered = entry.seq;
    traces.set(purpose, trace);
  }
  const found: Question[] = [];
  for (const [purpose, { asked, answered }] of traces) {
    if (!asked || !PURPOSES.has(purpose) || asked.seq < answered || asked.seq < closed) continue;
    const scope = SCOPES[purpose as Purpose];
    if (scope && (!cart || granted.has(scope))) continue;
    if (purpose === "recording" && (!inCall || asked.seq < callEnded)) continue;
    found.push({ purpose: purpose as Purpose, seq: asked.seq, repId: asked.actor.id, name: asked.actor.name });
  }
  const view = traces.get("cart_view");
  const wider = found.some((one) => SCOPES[one.purpose]);
  if (cart && rep && !wider && !view?.answered && granted.size === 0 && !closedAfter(entries, closed)) {
    found.push({ purpose: "cart_view", seq: null, repId: rep.id, name: rep.name });
  }
  return found.sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
}

function closedAfter(entries: readonly Entry[], closed: number): boolean {
  return closed > 0 && !entries.some((entry) => entry.type === "conversation.reopened" && entry.seq > closed);
}

/** For how long: a grant of the cart is for an hour, a recording for a day of this conversation's calls, the rest until it is taken back. */
export const GRANT_S = 3600;
export const RECORDING_S = 24 * 3600;
/** Of the words of texts `consent.*`; goes up when their meaning changes. */
export const TEXT_VERSION = "widget-1";
