/** What reps did to a cart, and what a suggestion would cost. */
import { describe, expect, it } from "vitest";
import type { Cart, Entry } from "../../protocol";
import { changesByReps, totalAfter } from "./changes";

const eur = (amount: number) => ({ amount, currency: "EUR" });
const line = (id: string, quantity: number, price: number) => ({ id, variant_id: `v-${id}`, title: `Thing ${id}`, quantity, unit_price: eur(price), total: eur(price * quantity) });
const cart = (lines = [line("a", 2, 500)]): Cart =>
  ({
    id: "cart_1",
    version: 3,
    lines,
    totals: { total: eur(1000) },
    selected_shipping: "standard",
    shipping_options: [
      { id: "standard", title: "Standard", price: eur(0) },
      { id: "express", title: "Express", price: eur(900) },
    ],
  }) as unknown as Cart;
let seq = 0;
const updated = (kind: "rep" | "customer", operation: object, lines?: ReturnType<typeof line>[]): Entry => ({
  conversation_id: "conv_1",
  seq: ++seq,
  type: "cart.updated",
  at: "",
  actor: { kind, id: `${kind}_1`, name: kind === "rep" ? "Rita" : "Ana" },
  data: { cart: cart(lines), operation },
});

describe("a rep's changes", () => {
  it("are those reps did by themselves", () => {
    const found = changesByReps([
      updated("customer", { kind: "add_line", op_id: "op_1", variant_id: "v-a" }),
      updated("rep", { kind: "add_line", op_id: "op_2", variant_id: "v-b" }, [line("a", 2, 500), line("b", 1, 100)]),
      updated("rep", { kind: "remove_line", op_id: "op_3", line_id: "b" }),
    ]);
    expect(found.map(({ opId, kind, title, name }) => [opId, kind, title, name])).toEqual([
      ["op_3", "remove_line", "Thing b", "Rita"],
      ["op_2", "add_line", "Thing b", "Rita"],
    ]);
  });

  it("are gone when they are undone", () => {
    const entries = [updated("rep", { kind: "set_shipping", op_id: "op_4", option_id: "express" }), updated("customer", { kind: "undo", op_id: "op_5", of: "op_4" })];
    expect(changesByReps(entries)).toEqual([]);
  });

  it("do not break on what may not be seen", () => {
    expect(changesByReps([{ ...updated("rep", {}), data: { redacted: "cart_view" } }])).toEqual([]);
  });
});

describe("the total after a suggestion", () => {
  it.each([
    [{ kind: "add_line", quantity: 2 }, 1500],
    [{ kind: "set_quantity", line_id: "a", quantity: 3 }, 1500],
    [{ kind: "remove_line", line_id: "a" }, 0],
    [{ kind: "set_shipping", option_id: "express" }, 1900],
  ])("%o", (operation, total) => {
    expect(totalAfter(operation, eur(250), cart())?.amount).toBe(total);
  });

  it("is not guessed", () => {
    expect(totalAfter({ kind: "apply_code", code: "SAVE" }, null, cart())).toBeNull();
    expect(totalAfter({ kind: "remove_line", line_id: "gone" }, null, cart())).toBeNull();
    expect(totalAfter({ kind: "add_line" }, { amount: 100, currency: "USD" }, cart())).toBeNull();
  });
});
