/** `<console-order .opened .shopper .orderId>`: one order in full: goods, address, money, parcels; what staff do with it. Read anew at each of its changes. */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { Followed, Watch, newId, type Order } from "../../protocol";
import { moment, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/empty";
import "../../ui/skeleton";
import { base } from "../../ui/tokens";
import { link } from "../../ui/url";
import { attribution, lineFacts } from "../cart/line";
import { cartStyles } from "../cart/styles";
import { refusal } from "../customer/refusals";
import type { Shopper } from "../customer/shopper";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import type { Opened } from "../opened";
import "./deed";
import type { OrderDeed } from "./deed";
import "./payment";
import "./returns";
import { FINANCIAL, FULFILLMENT, cancellable, nextSteps, type Fulfilment } from "./statuses";

@customElement("console-order")
export class ConsoleOrder extends LitElement {
  static override styles = [
    base,
    columnStyles,
    cartStyles,
    css`
      address {
        font-style: normal;
      }
      h2 {
        margin: 0;
        font: 600 var(--text-16) / 1.3 var(--font);
      }
      .parcels li {
        display: flex;
        align-items: center;
        gap: 8px;
        padding-block: 4px;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  @property({ attribute: false }) orderId = "";
  @state() private busy = "";
  @query("order-deed") private readonly deed?: OrderDeed;
  protected readonly words = new LocaleController(this);
  private readonly order = new Watch<Followed<Order>>(this);

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("orderId") && !changed.has("opened")) return;
    this.order.value?.close();
    const { app, log } = this.opened;
    const id = this.orderId;
    const told = (entry: { type: string; data: Record<string, unknown> }): "stale" | "nothing" => (/^(order|payment)\./.test(entry.type) ? "stale" : "nothing");
    this.order.value = new Followed<Order>(log, told, () => app.link.ask("order.read", { order_id: id }));
    this.order.value.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.order.value?.close();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.order.value?.open();
  }

  /** Does it, and shows what has become of the order. */
  private async during(what: string, work: () => Promise<unknown>): Promise<boolean> {
    this.busy = what;
    const done = await this.opened.app.attempt(work, refusal);
    this.busy = "";
    if (done) await Promise.all([this.order.value?.refresh(), this.shopper.orders.refresh()]);
    return done;
  }

  private fulfil(event: Fulfilment, tracking?: { carrier: string; number: string; url: string | null }): Promise<boolean> {
    return this.during(event, () => this.opened.app.link.ask("order.fulfil", { order_id: this.orderId, op_id: newId("op"), event, tracking: tracking ?? null }));
  }

  private next(order: Order): TemplateResult | typeof nothing {
    const steps = nextSteps(order);
    if (!steps.length && !cancellable(order)) return nothing;
    const begin = (step: Fulfilment): void => {
      if (step === "shipped" || step === "tracked") this.deed?.track((parcel) => this.fulfil(step, parcel ?? undefined), step === "tracked");
      else void this.fulfil(step);
    };
    return html`<section>
      <h4>${t("order.next")}</h4>
      <div class="actions">
        ${steps.map((step, at) => html`<tresen-ui-button size="small" kind=${at === 0 ? "primary" : "plain"} icon=${step === "started" ? "package" : step === "delivered" ? "check" : "truck"} ?busy=${this.busy === step} @click=${() => begin(step)}>${t(`fulfil.${step}`)}</tresen-ui-button>`)}
        ${cancellable(order)
          ? html`<tresen-ui-button size="small" kind="danger" @click=${() => this.deed?.cancel((reason) => this.during("cancel", () => this.opened.app.link.ask("order.cancel", { order_id: order.id, op_id: newId("op"), reason })))}>${t("order.cancel")}</tresen-ui-button>`
          : nothing}
      </div>
    </section>`;
  }

  private where({ address, shipping, tracking }: Order): TemplateResult {
    return html`<section>
      <h4>${t("order.where")}</h4>
      ${address
        ? html`<address>${address.name}<br />${address.street}<br />${address.postcode} ${address.city}${address.region ? `, ${address.region}` : ""} (${address.country})${address.phone ? html`<br />${address.phone}` : nothing}</address>`
        : nothing}
      ${shipping ? html`<p class="quiet">${shipping.title} · ${money(shipping.price)}</p>` : nothing}
      ${tracking.length
        ? html`<ul class="parcels">
            ${tracking.map((parcel) => {
              const address = link(parcel.url);
              const name = `${parcel.carrier} ${parcel.number}`;
              return html`<li><tresen-ui-icon name="truck"></tresen-ui-icon>${address ? html`<a href=${ifDefined(address)} target="_blank" rel="noopener noreferrer">${name}</a>` : html`<span>${name}</span>`}</li>`;
            })}
          </ul>`
        : nothing}
    </section>`;
  }

  override render(): TemplateResult {
    const order = this.order.value?.value;
    const problem = this.order.value?.problem;
    if (!order) return problem ? html`<tresen-ui-empty icon="circle-alert" tone="danger" heading=${t("orders.unread")}>${refusal(problem)}</tresen-ui-empty>` : html`<section aria-busy="true"><tresen-ui-skeleton lines="4"></tresen-ui-skeleton></section>`;
    return html`
      <section>
        <div class="spread"><h2>${t("order.number", { number: order.number })}</h2><span class="amount total">${money(order.totals.total)}</span></div>
        <div class="actions">
          <tresen-ui-badge tone=${FINANCIAL[order.financial_status] ?? "neutral"} icon="credit-card">${worded("financial", order.financial_status)}</tresen-ui-badge>
          <tresen-ui-badge tone=${FULFILLMENT[order.fulfillment_status] ?? "neutral"} icon="package">${worded("fulfillment", order.fulfillment_status)}</tresen-ui-badge>
        </div>
        <p class="quiet">${t("order.placed", { time: moment(order.placed_at), name: order.placed_by.name || worded("actor", order.placed_by.kind) })}</p>
        ${order.cancel_reason ? html`<p class="quiet">${t("order.cancelled", { reason: order.cancel_reason })}</p>` : nothing}
        ${order.note ? html`<p class="quiet">${t("order.note", { note: order.note })}</p>` : nothing}
      </section>
      <order-payment .opened=${this.opened} .shopper=${this.shopper} .order=${order}></order-payment>
      ${this.next(order)} ${this.where(order)}
      <section><h4>${t("order.lines")}</h4><ul class="lines">${order.lines.map((line) => html`<li>${lineFacts(this.opened, line)}<span class="below quiet">${t("line.pieces", { count: line.quantity })} · ${attribution(this.opened, line)}</span></li>`)}</ul></section>
      <order-returns .opened=${this.opened} .order=${order}></order-returns>
      <order-deed></order-deed>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-order": ConsoleOrder;
  }
}
