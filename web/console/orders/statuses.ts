/** What an order's, a payment's and a return's states mean for the eye, and what staff can do next. The server decides what may be done. */
import type { Answer, Order } from "../../protocol";
import type { Tone } from "../../ui/badge";

export type Payment = Answer<"payment.list">["data"][number];
export type OrderReturn = Answer<"return.list">["data"][number];
export type Fulfilment = "started" | "shipped" | "tracked" | "delivered" | "returned";
export type ReturnEvent = "approved" | "rejected" | "received" | "closed";

export const FINANCIAL: Record<string, Tone> = { pending: "warning", partially_paid: "warning", paid: "success", partially_refunded: "neutral", refunded: "neutral", voided: "neutral" };
export const FULFILLMENT: Record<string, Tone> = { unfulfilled: "neutral", in_progress: "accent", shipped: "accent", delivered: "success", returned: "neutral", cancelled: "danger" };
export const PAYMENT: Record<string, Tone> = { created: "neutral", link_created: "accent", processing: "accent", succeeded: "success", failed: "danger", expired: "warning", cancelled: "neutral", refunded: "neutral" };
export const RETURN: Record<string, Tone> = { requested: "warning", approved: "accent", received: "accent", closed: "success", rejected: "danger", withdrawn: "neutral" };

const NEXT: Record<string, Fulfilment[]> = { unfulfilled: ["started", "shipped"], in_progress: ["shipped"], shipped: ["delivered", "tracked"], delivered: [] };
const NEXT_RETURN: Record<string, ReturnEvent[]> = { requested: ["approved", "rejected"], approved: ["received"], received: ["closed"] };
/** Somebody can still pay, or money is on its way. */
const UNDER_WAY = new Set(["created", "link_created", "processing"]);

export const nextSteps = (order: Order): Fulfilment[] => NEXT[order.fulfillment_status] ?? [];
export const nextOfReturn = (each: OrderReturn): ReturnEvent[] => NEXT_RETURN[each.status] ?? [];
export const cancellable = (order: Order): boolean => order.fulfillment_status === "unfulfilled" || order.fulfillment_status === "in_progress";
export const returnable = (order: Order): boolean => order.fulfillment_status === "shipped" || order.fulfillment_status === "delivered";
export const owing = (order: Order): boolean => ["pending", "partially_paid"].includes(order.financial_status) && order.fulfillment_status !== "cancelled";

export const openPayment = (payments: readonly Payment[]): Payment | undefined => payments.find((each) => UNDER_WAY.has(each.status));
/** The payment that money can go back from. */
export const paidPayment = (payments: readonly Payment[]): Payment | undefined => payments.find((each) => each.status === "succeeded" && each.refunded.amount < each.amount.amount);

/** Pieces of each line that no live return asks for. */
export function left(order: Order, returns: readonly OrderReturn[]): Map<string, number> {
  const found = new Map(order.lines.map((line) => [line.id, line.quantity]));
  for (const each of returns) {
    if (each.status === "rejected" || each.status === "withdrawn") continue;
    for (const { line_id, quantity } of each.lines) found.set(line_id, Math.max(0, (found.get(line_id) ?? 0) - quantity));
  }
  return found;
}

/** Minor units from what somebody typed, with either decimal sign; null where it is no amount of this currency. */
export function minorUnits(typed: string, digits: number): number | null {
  const match = /^\s*(\d{1,12})(?:[.,](\d+))?\s*$/.exec(typed);
  if (!match || (match[2]?.length ?? 0) > digits) return null;
  return Number(match[1]! + (match[2] ?? "").padEnd(digits, "0"));
}
