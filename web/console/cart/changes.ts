/** What happened to a cart, in words and by line: made from the timeline's `cart.updated` entries, the whole cart before and after each. */
import type { Cart, Entry } from "../../protocol";

export type Line = Cart["lines"][number];
export interface Change {
  seq: number;
  at: string;
  /** Who did it. */
  who: { kind: string; id: string; name: string };
  /** Whose idea it was, where a suggestion was accepted. */
  idea: string | null;
  /** Names a text `change.<what>`. */
  what: string;
  values: Record<string, string | number>;
  /** Lines that are new or different. */
  lines: ReadonlySet<string>;
  /** Totals differ. */
  total: boolean;
  /** The operation, to undo it; null where it is none. */
  opId: string | null;
}

type Operation = Record<string, unknown> & { kind: string; op_id?: string };

/** All changes of these entries, the oldest first. What this reader may not see is not among them. */
export function changesOf(entries: readonly Entry[]): Change[] {
  const found: Change[] = [];
  let before: Cart | null = null;
  for (const entry of entries) {
    if (entry.type !== "cart.updated" || !("cart" in entry.data)) continue;
    const after = entry.data["cart"] as Cart;
    if (before?.id !== after.id) before = null;
    found.push(changeOf(entry, before, after));
    before = after;
  }
  return found;
}

function changeOf(entry: Entry, before: Cart | null, after: Cart): Change {
  const operation = entry.data["operation"] as Operation;
  const idea = entry.data["suggested_by"] as { name?: string } | undefined;
  return {
    seq: entry.seq,
    at: entry.at,
    who: entry.actor,
    idea: idea ? (idea.name ?? "") : null,
    ...said(operation, before, after),
    lines: differing(before, after),
    total: before !== null && before.totals.total.amount !== after.totals.total.amount,
    opId: operation.op_id && operation.kind !== "undo" ? operation.op_id : null,
  };
}

function said({ kind, ...operation }: Operation, before: Cart | null, after: Cart): { what: string; values: Record<string, string | number> } {
  const line = (cart: Cart | null): Line | undefined => cart?.lines.find((each) => each.id === operation["line_id"] || each.variant_id === operation["variant_id"]);
  const title = (line(after) ?? line(before))?.title ?? "";
  const quantity = Number(operation["quantity"] ?? line(after)?.quantity ?? 1);
  switch (kind) {
    case "add_line":
      return { what: quantity > 1 ? "add_several" : "add", values: { title, quantity } };
    case "set_quantity":
      return { what: "quantity", values: { title, quantity } };
    case "remove_line":
      return { what: "remove", values: { title } };
    case "apply_code":
    case "remove_code":
      return { what: kind, values: { code: String(operation["code"] ?? "") } };
    case "set_shipping": {
      const option = after.shipping_options.find((each) => each.id === after.selected_shipping);
      return option && operation["option_id"] ? { what: "shipping", values: { option: option.title } } : { what: "destination", values: {} };
    }
    case "set_step":
      return { what: `step.${String(operation["step"])}`, values: {} };
    case "undo":
    case "attach":
    case "order":
    case "place":
    case "refused":
      return { what: kind, values: {} };
    default:
      return { what: "other", values: {} };
  }
}

function differing(before: Cart | null, after: Cart): Set<string> {
  const was = new Map(before?.lines.map((each) => [each.id, each]));
  const differs = (line: Line): boolean => {
    const old = was.get(line.id);
    return !old || old.quantity !== line.quantity || old.total.amount !== line.total.amount;
  };
  return new Set(before ? after.lines.filter(differs).map((line) => line.id) : []);
}

/** What may be undone by this rep: their own last operation that nobody undid. */
export function undoable(entries: readonly Entry[], repId: string): Change | null {
  const undone = new Set(entries.flatMap((entry) => (entry.type === "cart.updated" && (entry.data["operation"] as Operation | undefined)?.kind === "undo" ? [(entry.data["operation"] as Operation)["of"]] : [])));
  return changesOf(entries).findLast((change) => change.who.id === repId && change.opId !== null && !undone.has(change.opId)) ?? null;
}

export const STEPS = ["cart", "address", "shipping", "payment", "review", "done"] as const;
export type Step = (typeof STEPS)[number];

/** What went wrong at the checkout since the cart last moved on; null: nothing. */
export function trouble(entries: readonly Entry[]): { what: string; reason: string; at: string } | null {
  for (const entry of [...entries].reverse()) {
    if (entry.type === "payment.succeeded" || entry.type === "order.placed") return null;
    if (entry.type === "payment.declined" || entry.type === "payment.failed" || entry.type === "payment.expired")
      return { what: entry.type.slice("payment.".length), reason: String(entry.data["reason"] ?? ""), at: entry.at };
    if (entry.type === "help.requested") return { what: "help", reason: String(entry.data["reason"] ?? ""), at: entry.at };
  }
  return null;
}
