/** Suggestions, changes and results in words. */
import type { Cart } from "../../protocol";
import { list, money } from "../../text/formats";
import { t, type Key } from "../call/texts";
import { who } from "../call/words";
import type { CartScope } from "../consent/questions";
import type { Change } from "./changes";
import type { Result, Suggestion } from "./view";

const KNOWN = new Set(["add_line", "set_quantity", "remove_line", "apply_code", "remove_code", "set_shipping", "set_step"]);

/** What would be done, and to what. */
export function suggestionWords(suggestion: Suggestion, cart: Cart | null): { verb: string; what: string } {
  const { kind, line_id, quantity, code, option_id } = suggestion.operation as Record<string, string & number>;
  const line = cart?.lines.find((each) => each.id === line_id);
  const option = cart?.shipping_options.find((each) => each.id === option_id);
  const title = suggestion.title ?? line?.title ?? option?.title ?? "";
  if (!kind || !KNOWN.has(kind)) return { verb: "", what: title };
  const verb = t(`suggestion.${kind}.verb` as Key);
  if ((kind === "set_quantity" || kind === "remove_line") && !line) return { verb, what: t("suggestion.gone") };
  return { verb, what: t(`suggestion.${kind}` as Key, { title, count: quantity ?? 1, before: line?.quantity ?? 0, code: code ?? "" }) };
}

export const changeWords = (change: Change): string =>
  t(`change.${change.kind}`, { name: who(change.name), title: change.title || t("change.something"), code: change.code });

export function resultWords(result: Result, cart: Cart | null): string {
  const name = who(result.name);
  switch (result.kind) {
    case "accepted":
      return t("suggestion.accepted", { total: cart ? money(cart.totals.total) : "" });
    case "undone":
      return t("change.undone");
    case "overtaken":
      return t("change.overtaken");
    case "failed":
      return t("suggestion.failed", { reason: result.reason });
    default:
      return t(`suggestion.${result.kind}`, { name });
  }
}

/** What is allowed besides looking. */
export function allowedWords(scopes: ReadonlySet<CartScope>): string {
  const things = (["suggest", "edit", "apply_code", "place_order"] as const).filter((scope) => scopes.has(scope)).map((scope) => t(`bar.may.${scope}`));
  return things.length ? t("bar.may", { things: list(things) }) : t("bar.view");
}
