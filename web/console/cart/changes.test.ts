import { expect, test } from "vitest";
import type { Cart, Entry } from "../../protocol";
import { changesOf, trouble, undoable } from "./changes";
import { questionOf, scopesOf, tellsOfCart } from "./sight";

const money = (amount: number) => ({ amount, currency: "EUR" });
const line = (id: string, quantity: number) => ({ id, variant_id: id.toUpperCase(), title: `<b>${id}</b>`, quantity, total: money(quantity * 100) });
const cart = (...lines: unknown[]) => ({ id: "cart_1", lines, totals: { total: money(lines.length) }, shipping_options: [{ id: "express", title: "Express" }], selected_shipping: "express" }) as unknown as Cart;
let seq = 0;
const entry = (type: string, data: Record<string, unknown>, id = "cust_1"): Entry => ({ conversation_id: "conv_1", seq: ++seq, type, at: `2026-01-01T00:00:0${seq % 10}Z`, actor: { kind: "customer", id, name: "Maria" }, data });
const updated = (operation: Record<string, unknown>, now: Cart, id?: string, more = {}) => entry("cart.updated", { cart: now, operation, ...more }, id);

test("each operation has its words, its lines and its undo", () => {
  const found = changesOf([
    updated({ kind: "attach" }, cart()),
    updated({ kind: "add_line", op_id: "op_1", variant_id: "A", quantity: 1 }, cart(line("a", 1))),
    updated({ kind: "add_line", op_id: "op_2", variant_id: "B", quantity: 3 }, cart(line("a", 1), line("b", 3)), "rep_1", { suggested_by: { name: "Rita" } }),
    updated({ kind: "set_quantity", op_id: "op_3", line_id: "a", quantity: 2 }, cart(line("a", 2), line("b", 3))),
    updated({ kind: "remove_line", op_id: "op_4", line_id: "b" }, cart(line("a", 2))),
    updated({ kind: "set_shipping", op_id: "op_5", option_id: "express" }, cart(line("a", 2))),
    updated({ kind: "set_step", op_id: "op_6", step: "address" }, cart(line("a", 2))),
    updated({ kind: "undo", op_id: "op_7", of: "op_3" }, cart(line("a", 1))),
  ]);
  expect(found.map((each) => [each.what, each.values["title"] ?? each.values["option"] ?? "", each.values["quantity"] ?? "", [...each.lines].join(), each.opId])).toEqual([
    ["attach", "", "", "", null],
    ["add", "<b>a</b>", 1, "a", "op_1"],
    ["add_several", "<b>b</b>", 3, "b", "op_2"],
    ["quantity", "<b>a</b>", 2, "a", "op_3"],
    ["remove", "<b>b</b>", "", "", "op_4"],
    ["shipping", "Express", "", "", "op_5"],
    ["step.address", "", "", "", "op_6"],
    ["undo", "", "", "a", null],
  ]);
  expect(found[2]!.idea).toBe("Rita");
  expect(found.map((each) => each.total)).toEqual([false, true, true, false, true, false, false, false]);
});

test("what is redacted is no change, and a rep undoes their own last operation once", () => {
  const entries = [
    updated({ kind: "attach" }, cart()),
    entry("cart.updated", { redacted: "cart_view" }),
    updated({ kind: "add_line", op_id: "op_r", variant_id: "A", quantity: 1 }, cart(line("a", 1)), "rep_1"),
    updated({ kind: "add_line", op_id: "op_c", variant_id: "B", quantity: 1 }, cart(line("a", 1), line("b", 1))),
  ];
  expect(changesOf(entries)).toHaveLength(3);
  expect(undoable(entries, "rep_1")?.opId).toBe("op_r");
  expect(undoable(entries, "rep_2")).toBeNull();
  expect(undoable([...entries, updated({ kind: "undo", op_id: "op_u", of: "op_r" }, cart(line("b", 1)), "rep_1")], "rep_1")).toBeNull();
});

test("trouble at the checkout lasts until it is overcome", () => {
  const declined = entry("payment.declined", { reason: "insufficient_funds" });
  expect(trouble([declined])).toMatchObject({ what: "declined", reason: "insufficient_funds" });
  expect(trouble([declined, entry("payment.succeeded", {})])).toBeNull();
  expect(trouble([entry("help.requested", { reason: "idle" })])?.what).toBe("help");
  expect(trouble([])).toBeNull();
});

test("grants count for the rep they name, until they end, and only with the view", () => {
  const at = Date.parse("2026-01-01T12:00:00Z");
  const grant = (scope: string, rep_id: string | null, expires_at: string) => ({ scope, rep_id, expires_at, consent_id: "" }) as never;
  const grants = [grant("view", null, "2026-01-01T13:00:00Z"), grant("edit", "rep_1", "2026-01-01T12:30:00Z"), grant("apply_code", "rep_2", "2026-01-01T13:00:00Z"), grant("suggest", "rep_1", "2026-01-01T11:00:00Z")];
  expect([...scopesOf(grants, "rep_1", at).keys()]).toEqual(["view", "edit"]);
  expect([...scopesOf(grants, "rep_2", at).keys()]).toEqual(["view", "apply_code"]);
  expect(scopesOf(grants, "rep_1", Date.parse("2026-01-01T13:00:00Z")).size).toBe(0);
  expect(scopesOf(grants.slice(1), "rep_1", at).size).toBe(0);
});

test("a question waits until it is answered; taking back ends it", () => {
  const asked = entry("consent.asked", { purpose: "cart_view" });
  const refused = entry("consent.refused", { purpose: "cart_view" });
  expect(questionOf([asked], "cart_view")?.answer).toBe("waiting");
  expect(questionOf([asked], "cart_edit")).toBeNull();
  expect(questionOf([asked, refused], "cart_view")?.answer).toBe("refused");
  expect(questionOf([asked, refused, asked], "cart_view")?.answer).toBe("waiting");
  expect(questionOf([asked, entry("consent.granted", { purpose: "cart_view" })], "cart_view")?.answer).toBe("granted");
  expect(questionOf([asked, entry("consent.granted", { purpose: "cart_view" }), entry("consent.revoked", { purpose: "cart_view" })], "cart_view")).toBeNull();
});

test("entries of a cart are hidden, suggestions are not", () => {
  expect(["cart.updated", "cart.conflict", "cart.suggested", "cart.suggestion_accepted", "order.placed"].map((type) => tellsOfCart(entry(type, {})))).toEqual([true, true, false, false, false]);
});
