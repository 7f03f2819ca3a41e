/** An order as a card in the conversation: its number, how it stands, where the parcel is. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import type { Entry, Order } from "../../protocol";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { link } from "../../ui/url";
import "../../ui/icons-more";
import { t } from "../words";
import { card } from "./card.css";

const TONES: Record<string, Tone> = { delivered: "success", shipped: "accent", in_progress: "accent", cancelled: "danger", returned: "neutral", unfulfilled: "neutral" };

@customElement("tresen-order")
export class OrderView extends LitElement {
  static override styles = [base, card];

  @property({ attribute: false }) entry!: Entry;
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const order = this.entry.data["order"] as Order;
    const count = order.lines.reduce((sum, line) => sum + line.quantity, 0);
    return html`<div class="inside">
      <div class="line">
        <h3>${this.entry.type === "order.placed" ? t("order.placed", { number: order.number }) : t("order", { number: order.number })}</h3>
        <tresen-ui-badge tone=${TONES[order.fulfillment_status] ?? "neutral"}>${t(`order.${order.fulfillment_status}` as "order.shipped")}</tresen-ui-badge>
      </div>
      <p class="quiet">${t("order.pieces", { count })} · <span class="money">${money(order.totals.total)}</span></p>
      ${order.tracking.map((parcel) => {
        const address = link(parcel.url);
        return html`<p class="with-icon">
          <tresen-ui-icon name="truck"></tresen-ui-icon>
          <span>${parcel.carrier} ${address ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${parcel.number}<span class="unseen"> ${t("new_tab")}</span></a>` : parcel.number}</span>
        </p>`;
      })}
      ${order.financial_status === "paid" ? html`<p class="with-icon quiet"><tresen-ui-icon name="circle-check"></tresen-ui-icon>${t("order.paid")}</p>` : nothing}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-order": OrderView;
  }
}
