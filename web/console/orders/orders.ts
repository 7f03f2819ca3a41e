/** `<console-orders .opened .shopper>`: the customer's orders, one of them in full, and a new one where the customer lets the rep order. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Watch, type Order } from "../../protocol";
import { day, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/row";
import "../../ui/skeleton";
import { base } from "../../ui/tokens";
import { ask } from "../cart/operate";
import type { CartSight } from "../cart/sight";
import { refusal } from "../customer/refusals";
import type { Shopper } from "../customer/shopper";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import "./order";
import "./place";
import type { OrderPlace } from "./place";
import { FINANCIAL, FULFILLMENT } from "./statuses";

@customElement("console-orders")
export class ConsoleOrders extends LitElement {
  static override styles = [base, columnStyles];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  @state() private chosen: string | null = null;
  @query("order-place") private readonly form?: OrderPlace;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Shopper>(this);
  private readonly conversation = new Watch<Opened>(this);
  private readonly sight = new Watch<CartSight>(this);

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("opened") && changed.get("opened")) this.chosen = null;
    this.watch.value = this.shopper;
    this.conversation.value = this.opened;
    this.sight.value = this.opened.sight;
  }

  private ordering(): TemplateResult | typeof nothing {
    const { sight, cart, open } = this.opened;
    const present = cart.value;
    if (!open || !present || present.status !== "open" || !present.lines.length || sight.view !== "open") return nothing;
    const total = money(present.totals.total);
    if (sight.may("place_order")) return html`<section><tresen-ui-button wide kind="primary" icon="shopping-bag" @click=${() => this.form?.begin()}>${t("orders.place", { total })}</tresen-ui-button></section>`;
    const question = sight.question("place_order");
    const name = called(this.opened.name);
    return html`<section class="form">
      <p class="quiet" role="status">${question?.answer === "waiting" ? t("orders.asked", { name }) : question?.answer === "refused" ? t("ask.refused", { name }) : t("orders.need", { name })}</p>
      <tresen-ui-button icon="shopping-bag" @click=${() => void ask(this.opened, "place_order")}>${t(question ? "ask.again" : "orders.ask")}</tresen-ui-button>
    </section>`;
  }

  private row(order: Order): TemplateResult {
    return html`<li>
      <tresen-ui-row interactive @choose=${() => (this.chosen = order.id)}>
        <span slot="title">${order.number}</span>
        <span slot="detail">${day(order.placed_at)} · ${money(order.totals.total)}</span>
        <span slot="meta"
          ><tresen-ui-badge tone=${FINANCIAL[order.financial_status] ?? "neutral"}>${worded("financial", order.financial_status)}</tresen-ui-badge>
          <tresen-ui-badge tone=${FULFILLMENT[order.fulfillment_status] ?? "neutral"}>${worded("fulfillment", order.fulfillment_status)}</tresen-ui-badge></span
        >
      </tresen-ui-row>
    </li>`;
  }

  override render(): TemplateResult {
    const { value, problem } = this.shopper.orders;
    const placing = html`<order-place .opened=${this.opened} @placed=${(event: CustomEvent<{ id: string }>) => this.placed(event.detail.id)}></order-place>`;
    if (this.chosen)
      return html`<section><tresen-ui-button size="small" kind="quiet" icon="arrow-left" @click=${() => (this.chosen = null)}>${t("orders.all")}</tresen-ui-button></section>
        <console-order .opened=${this.opened} .shopper=${this.shopper} .orderId=${this.chosen}></console-order>${placing}`;
    if (!value)
      return problem
        ? html`<tresen-ui-empty icon="circle-alert" tone="danger" heading=${t("orders.unread")}>${refusal(problem)}<tresen-ui-button slot="actions" icon="refresh-cw" @click=${() => void this.shopper.orders.refresh()}>${t("again")}</tresen-ui-button></tresen-ui-empty>`
        : html`<section aria-busy="true"><tresen-ui-skeleton shape="row" lines="3"></tresen-ui-skeleton></section>`;
    return html`${this.ordering()}
      <section>${value.length ? html`<ul>${value.map((order) => this.row(order))}</ul>` : html`<tresen-ui-empty icon="package" heading=${t("orders.none")}>${t("orders.none_text")}</tresen-ui-empty>`}</section>
      ${placing}`;
  }

  private placed(id: string): void {
    this.opened.app.notice(t("orders.placed"), "success");
    void this.shopper.orders.refresh();
    this.chosen = id;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-orders": ConsoleOrders;
  }
}
