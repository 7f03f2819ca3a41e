/** The cart of a conversation as its timeline tells it: what every change brings is the whole cart, so nothing is put together here. */
import type { Cart } from "./api";
import type { ConversationLog } from "./conversation";
import { Followed, type Told } from "./followed";
import type { Entry, Link } from "./link";

/** Who may see it, or which one it is, has changed. */
const MOVES = new Set(["conversation.updated", "consent.granted", "consent.revoked", "payment.step_entered", "payment.step_left"]);

/** The attached cart; null where there is none, or where this reader may not see it (a rep without consent, or at the payment step). */
export function followCart(link: Link, log: ConversationLog): Followed<Cart> {
  return new Followed<Cart>(log, told, async () => {
    const { conversation } = await link.ask("conversation.read", { conversation_id: log.id });
    return conversation.cart_id === null ? null : await link.ask("cart.read", { cart_id: conversation.cart_id });
  });
}

function told(entry: Entry): Told<Cart> {
  if (MOVES.has(entry.type) || entry.type.startsWith("order.")) return "stale";
  if (!entry.type.startsWith("cart.")) return "nothing";
  if ("redacted" in entry.data) return { now: null };
  return "cart" in entry.data ? { now: entry.data["cart"] as Cart } : "nothing";
}
