/** What a rep has done to the cart by themselves, and what a suggestion would do to its total: plain functions over entries and carts. */
import type { Cart, Entry, Money } from "../../protocol";

export type Kind = "add_line" | "set_quantity" | "remove_line" | "apply_code" | "remove_code" | "set_shipping" | "set_step";
export interface Change {
  seq: number;
  opId: string;
  cartId: string;
  kind: Kind;
  name: string;
  title: string;
  code: string;
}
interface Operation {
  kind?: string;
  op_id?: string;
  of?: string;
  undoes?: string;
  line_id?: string;
  variant_id?: string;
  quantity?: number;
  code?: string;
  option_id?: string;
}

const KINDS = new Set<string>(["add_line", "set_quantity", "remove_line", "apply_code", "remove_code", "set_shipping", "set_step"]);
/** Older ones are told by the conversation; here they would only be in the way. */
const MOST = 3;

/** The last ones that were not undone, the newest first. What the customer has accepted is the customer's own doing. */
export function changesByReps(entries: readonly Entry[]): Change[] {
  const found: Change[] = [];
  const undone = new Set<string>();
  let lines: Cart["lines"] = [];
  for (const entry of entries) {
    if (entry.type !== "cart.updated") continue;
    const { cart, operation } = entry.data as { cart?: Cart; operation?: Operation };
    if (operation?.kind === "undo") undone.add(operation.of ?? operation.undoes ?? "");
    else if (cart && operation?.op_id && KINDS.has(operation.kind ?? "") && entry.actor.kind === "rep") {
      const kind = operation.kind as Kind;
      const about = [...cart.lines, ...lines].find((line) => (operation.line_id ? line.id === operation.line_id : line.variant_id === operation.variant_id));
      found.push({ seq: entry.seq, opId: operation.op_id, cartId: cart.id, kind, name: entry.actor.name, title: about?.title ?? "", code: operation.code ?? "" });
    }
    lines = cart?.lines ?? lines;
  }
  return found.filter((change) => !undone.has(change.opId)).slice(-MOST).reverse();
}

/** What the total would be afterwards, as far as it can be known here; null: the server has to say. Discounts on the whole may move it a little. */
export function totalAfter(operation: Record<string, unknown>, unitPrice: Money | null, cart: Cart): Money | null {
  const { kind, line_id, quantity, option_id } = operation as Operation;
  const line = cart.lines.find((one) => one.id === line_id);
  const { total } = cart.totals;
  const by = (amount: number): Money => ({ amount: total.amount + amount, currency: total.currency });
  if (kind === "add_line" && unitPrice?.currency === total.currency) return by(unitPrice.amount * (quantity ?? 1));
  if (kind === "set_quantity" && line) return by((line.unit_price.amount * ((quantity ?? 0) - line.quantity)));
  if (kind === "remove_line" && line) return by(-line.total.amount);
  if (kind === "set_shipping") {
    const price = (id: string | null | undefined): number => cart.shipping_options.find((one) => one.id === id)?.price.amount ?? 0;
    return cart.shipping_options.some((one) => one.id === option_id) ? by(price(option_id) - price(cart.selected_shipping)) : null;
  }
  return null;
}
