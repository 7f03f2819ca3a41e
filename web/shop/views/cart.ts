/** The cart: lines with who put them there, discount codes, what it comes to. Its summary stands beside the checkout too. */
import { html, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { repeat } from "lit/directives/repeat.js";
import { money } from "../../text/formats";
import type { Cart, Line, Totals } from "../backend";
import { change, shown } from "../state";
import { t } from "../texts";
import { button } from "../parts/button";
import { icon } from "../parts/icon";
import { helpButton } from "./frame";
import { pictureOf } from "./shelf";

/** Whose idea a line was, where it was not the customer's. */
const whose = ({ added_by: by }: Line): TemplateResult | typeof nothing =>
  by.kind === "rep" ? html`<span class="whose">${icon("suggested")}${t("suggested_by", { name: by.name || t("rep") })}</span>` : nothing;

function line(one: Line): TemplateResult {
  const quantity = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const wanted = Number(input.value);
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= 999) void change({ kind: "set_quantity", line_id: one.id, quantity: wanted });
    else input.value = String(one.quantity);
  };
  return html`<li class="line">
    <img src=${ifDefined(pictureOf(one.image_url))} alt="" width="72" height="72" />
    <div class="what"><a href="/product/${encodeURIComponent(one.product_id)}">${one.title}</a>${whose(one)}<span class="quiet">${money(one.unit_price)}</span></div>
    <label class="away" for=${one.id}>${t("quantity.of", { title: one.title })}</label>
    <input id=${one.id} type="number" inputmode="numeric" min="1" max="999" .value=${String(one.quantity)} @change=${quantity} />
    <span class="sum">${money(one.total)}</span>
    ${button("", { kind: "quiet", icon: "remove", label: t("remove", { title: one.title }), press: () => void change({ kind: "remove_line", line_id: one.id }) })}
  </li>`;
}

const row = (name: string, value: string, strong = false): TemplateResult => html`<div class=${strong ? "total" : ""}><dt>${name}</dt><dd>${value}</dd></div>`;

export const totals = (of: Totals, shipped: boolean): TemplateResult => html`<dl class="totals">
  ${row(t("subtotal"), money(of.subtotal))}
  ${of.discount.amount > 0 ? row(t("discount"), money({ ...of.discount, amount: -of.discount.amount })) : nothing}
  ${shipped ? row(t("shipping"), money(of.shipping)) : nothing} ${row(t("total"), money(of.total), true)}
  ${of.tax.amount > 0 ? row(t("tax"), money(of.tax)) : nothing}
</dl>`;

async function applyCode(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const code = String(new FormData(form).get("code") ?? "").trim().toUpperCase();
  // Whatever cannot be a code at all is refused here as the shop would: it does not exist.
  if (code && (await change({ kind: "apply_code", code: code.replace(/[^A-Z0-9_-]/g, "-").slice(0, 40) }))) form.reset();
}

export function codes(cart: Cart): TemplateResult {
  const wrong = cart.discount_codes.filter((one) => !one.applicable);
  return html`<form class="codes" @submit=${applyCode}>
      <label for="code">${t("code")}</label>
      <div><input id="code" name="code" autocomplete="off" autocapitalize="characters" maxlength="40" />${button(t("code.apply"), { submit: true })}</div>
    </form>
    ${cart.discount_codes.length > 0
      ? html`<ul class="chosen-codes">
          ${cart.discount_codes.map(
            (one) => html`<li class=${one.applicable ? "good" : "bad"}>
              ${icon(one.applicable ? "tag" : "alert")}<span>${one.applicable ? one.code : t("code.wrong", { code: one.code })}</span>
              ${button("", { kind: "quiet", size: "small", icon: "x", label: t("remove", { title: one.code }), press: () => void change({ kind: "remove_code", code: one.code }) })}
            </li>`,
          )}
        </ul>`
      : nothing}
    ${wrong.length > 0 ? helpButton(cart.checkout_step, "code") : nothing}`;
}

export function cartPage(cart: Cart | null): TemplateResult {
  if (!cart || cart.lines.length === 0)
    return html`<section class="calm"><h1>${t("cart.empty")}</h1><p>${t("cart.empty.hint")}</p><a class="go" href="/">${t("all")}</a></section>`;
  return html`<h1>${t("cart")}</h1>
    <div class="two">
      <ul class="lines">${repeat(cart.lines, (one) => one.id, line)}</ul>
      <aside class="side" aria-label=${t("summary")}>
        ${codes(cart)} ${totals(cart.totals, cart.selected_shipping !== null)}
        <a class="go wide" href="/checkout/address" aria-disabled=${shown.busy ? "true" : nothing}>${t("checkout")}</a>
      </aside>
    </div>`;
}

/** Beside the checkout: what is bought, for how much. */
export const summary = (cart: Cart): TemplateResult => html`<aside class="side" aria-label=${t("summary")}>
  <ul class="small-lines">
    ${cart.lines.map(
      (one) => html`<li><img src=${ifDefined(pictureOf(one.image_url))} alt="" width="40" height="40" /><span>${one.quantity} × ${one.title}${whose(one)}</span><span>${money(one.total)}</span></li>`,
    )}
  </ul>
  ${codes(cart)} ${totals(cart.totals, cart.selected_shipping !== null)}
</aside>`;
