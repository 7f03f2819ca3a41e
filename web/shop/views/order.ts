/** An order after it was placed: what was bought, whether it is paid, where the parcel is; and the list of all orders. */
import { html, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { day, money } from "../../text/formats";
import { link } from "../../ui/url";
import type { Order } from "../backend";
import { icon } from "../parts/icon";
import { t } from "../texts";
import { totals } from "./cart";
import { helpButton } from "./frame";
import { pictureOf } from "./shelf";

const PAID = ["pending", "partially_paid", "paid", "partially_refunded", "refunded", "voided"] as const;
const SENT = ["unfulfilled", "in_progress", "shipped", "delivered", "returned", "cancelled"] as const;

const paid = (order: Order): string => t(`paid.${PAID.find((one) => one === order.financial_status) ?? "pending"}`);
const sent = (order: Order): string => t(`sent.${SENT.find((one) => one === order.fulfillment_status) ?? "unfulfilled"}`);

const badges = (order: Order): TemplateResult => html`<p class="badges">
  <span class="badge ${order.financial_status === "paid" ? "success" : "warning"}">${paid(order)}</span> <span class="badge">${sent(order)}</span>
</p>`;

export function orderPage(order: Order, fresh: boolean): TemplateResult {
  return html`
    ${fresh
      ? html`<section class="thanks">${icon("check")}<div><h1>${t("thanks")}</h1><p>${t("thanks.text", { number: order.number })}</p></div></section>`
      : html`<h1>${t("order", { number: order.number })}</h1>`}
    <div class="two">
      <div>
        <h2>${t("order.state")}</h2>
        ${badges(order)}
        <h2>${t("tracking")}</h2>
        ${order.tracking.length === 0
          ? html`<p class="quiet">${t("tracking.none")}</p>`
          : html`<ul class="ways">
              ${order.tracking.map(
                (one) => html`<li>${icon("truck")}<span>${one.carrier}</span>
                  ${link(one.url) ? html`<a href=${ifDefined(link(one.url))} rel="noopener noreferrer" target="_blank">${one.number}</a>` : html`<span>${one.number}</span>`}</li>`,
              )}
            </ul>`}
        ${order.address
          ? html`<h2>${t("delivered_to")}</h2>
              <address>${order.address.name}<br />${order.address.street}<br />${order.address.postcode} ${order.address.city}</address>`
          : nothing}
        <div class="onward"><a class="go" href="/">${t("shop_on")}</a>${helpButton("order")}</div>
      </div>
      <aside class="side" aria-label=${t("summary")}>
        <ul class="small-lines">
          ${order.lines.map(
            (one) => html`<li><img src=${ifDefined(pictureOf(one.image_url))} alt="" width="40" height="40" /><span>${one.quantity} × ${one.title}</span><span>${money(one.total)}</span></li>`,
          )}
        </ul>
        ${totals(order.totals, true)}
      </aside>
    </div>
  `;
}

export const orderList = (orders: Order[]): TemplateResult => html`<h1>${t("orders")}</h1>
  ${orders.length === 0
    ? html`<p class="quiet">${t("orders.none")}</p>`
    : html`<ul class="orders">
        ${orders.map(
          (one) => html`<li>
            <a href="/orders/${encodeURIComponent(one.id)}">${t("order", { number: one.number })}</a><span class="quiet">${day(one.placed_at)}</span><span>${money(one.totals.total)}</span>${badges(one)}
          </li>`,
        )}
      </ul>`}`;
