import { expect, test } from "vitest";
import type { Order } from "../../protocol";
import { left, minorUnits, nextSteps, openPayment, owing, paidPayment, type OrderReturn, type Payment } from "./statuses";

test.each([
  ["59", 2, 5900],
  ["59,9", 2, 5990],
  [" 59.90 ", 2, 5990],
  ["0.01", 2, 1],
  ["5900", 0, 5900],
  ["5.9", 3, 5900],
  ["59.905", 2, null],
  ["59.5", 0, null],
  ["1,000.00", 2, null],
  ["-5", 2, null],
  ["", 2, null],
])("%j with %d digits is %s", (typed, digits, amount) => expect(minorUnits(typed, digits)).toBe(amount));

const order = (fulfillment_status: string, financial_status = "pending") => ({ fulfillment_status, financial_status, lines: [{ id: "line_1", quantity: 3 }] }) as unknown as Order;

test("what comes next follows where the goods are", () => {
  expect(["unfulfilled", "in_progress", "shipped", "delivered", "cancelled"].map((status) => nextSteps(order(status)))).toEqual([["started", "shipped"], ["shipped"], ["delivered", "tracked"], [], []]);
  expect([order("unfulfilled"), order("cancelled"), order("shipped", "paid")].map(owing)).toEqual([true, false, false]);
});

test("pieces that go back already cannot be asked for again, unless that came to nothing", () => {
  const back = (status: string) => ({ status, lines: [{ line_id: "line_1", quantity: 2 }] }) as unknown as OrderReturn;
  expect(left(order("shipped"), [back("approved"), back("rejected")]).get("line_1")).toBe(1);
});

test("one payment is open, one can be given back", () => {
  const payment = (status: string, amount = 100, refunded = 0) => ({ status, amount: { amount }, refunded: { amount: refunded } }) as Payment;
  const all = [payment("expired"), payment("link_created"), payment("succeeded", 100, 100), payment("succeeded", 100, 40)];
  expect(openPayment(all)).toBe(all[1]);
  expect(paidPayment(all)).toBe(all[3]);
  expect(openPayment([payment("succeeded")])).toBeUndefined();
});
