/** A rep's hand on the cart: one operation, which is done where the customer allows it and becomes a suggestion where not. */
import { Problem, newId, type Asking } from "../../protocol";
import { refusal } from "../customer/refusals";
import { t } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import type { Scope } from "./sight";

type Fields<T> = T extends unknown ? Omit<T, "op_id" | "cart_id" | "base_version" | "consent_id" | "reason" | "if_match" | "idempotency_key"> : never;
export type Operation = Fields<Asking<"cart.operate">>;

/** The grant it needs to be done at once. */
export function needs(operation: Operation): Scope {
  if (operation.kind === "apply_code" || operation.kind === "remove_code") return "apply_code";
  return operation.kind === "set_step" ? "place_order" : "edit";
}

/** Does or suggests it, and says what came of it. Whether it went through. */
export async function operate(opened: Opened, operation: Operation, reason = ""): Promise<boolean> {
  const { app, cart } = opened;
  const cart_id = cart.value?.id ?? opened.conversation?.cart_id;
  if (!cart_id) return false;
  const asking = { ...operation, cart_id, op_id: newId("op"), base_version: cart.value?.version ?? 1, reason } as Asking<"cart.operate">;
  try {
    const answer = await app.link.ask("cart.operate", asking);
    if (answer.result === "suggested") app.notice(t("suggest.sent", { name: called(opened.name) }), "success");
    return true;
  } catch (error) {
    return refused(opened, error);
  }
}

/** Takes back an operation of this rep's. */
export async function undo(opened: Opened, of: string): Promise<boolean> {
  const cart_id = opened.cart.value?.id;
  if (!cart_id) return false;
  try {
    await opened.app.link.ask("cart.undo", { cart_id, op_id: newId("op"), of });
    return true;
  } catch (error) {
    return refused(opened, error);
  }
}

/** Puts a question of consent before the customer. */
export async function ask(opened: Opened, purpose: Asking<"consent.ask">["purpose"]): Promise<boolean> {
  return opened.app.attempt(() => opened.app.link.ask("consent.ask", { conversation_id: opened.id, purpose, scope: "" }), refusal);
}

function refused(opened: Opened, error: unknown): false {
  if (!(error instanceof Problem)) throw error;
  opened.app.notice(refusal(error), error.code === "cart_conflict" ? "warning" : "danger");
  // Whatever was in the way, the present cart shows it.
  void opened.cart.refresh();
  return false;
}
