/** `<order-payment .opened .shopper .order>`: what is paid, the payment link and its state, money going back. The amount is the server's. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Watch, newId, type Order } from "../../protocol";
import { clock, exponent, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import { refusal } from "../customer/refusals";
import type { Shopper } from "../customer/shopper";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import { PAYMENT, minorUnits, openPayment, owing, paidPayment, type Payment } from "./statuses";

@customElement("order-payment")
export class OrderPayment extends LitElement {
  static override styles = [
    base,
    columnStyles,
    css`
      :host {
        border-block: 1px solid var(--line);
      }
      li {
        padding-block: 4px;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  @property({ attribute: false }) order!: Order;
  @state() private busy = "";
  @state() private refunding: Payment | null = null;
  @state() private wrong = "";
  @query("tresen-ui-field") private readonly amount?: Field;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Shopper>(this);
  private refundId = "";

  override willUpdate(): void {
    this.watch.value = this.shopper;
  }

  private async during(what: string, work: () => Promise<unknown>): Promise<boolean> {
    this.busy = what;
    const done = await this.opened.app.attempt(work, refusal);
    this.busy = "";
    if (done) await Promise.all([this.shopper.payments.refresh(), this.shopper.orders.refresh()]);
    return done;
  }

  private async refund(event?: Event): Promise<void> {
    event?.preventDefault();
    const payment = this.refunding;
    if (!payment || this.busy) return;
    const typed = this.amount?.value.trim() ?? "";
    const amount = typed ? minorUnits(typed, exponent(payment.amount.currency)) : null;
    if (typed && !amount) {
      this.wrong = t("refund.wrong");
      return;
    }
    const done = await this.during("refund", () => this.opened.app.link.ask("payment.refund", { payment_id: payment.id, amount, id: this.refundId }));
    if (done) this.refunding = null;
  }

  private payment(each: Payment): TemplateResult {
    const reason = each.reason ? worded("payment_reason", each.reason) : "";
    return html`<li class="spread">
      <span>${money(each.amount)}</span>
      <tresen-ui-badge tone=${PAYMENT[each.status] ?? "neutral"}>${worded("payment", each.status)}</tresen-ui-badge>
      <span class="quiet"
        >${each.status === "link_created" ? t("payment.until", { time: clock(each.expires_at) }) : clock(each.updated_at)}${reason ? ` · ${reason}` : ""}${each.refunded.amount ? ` · ${t("payment.given_back", { amount: money(each.refunded) })}` : ""}</span
      >
    </li>`;
  }

  override render(): TemplateResult {
    const { order, opened } = this;
    const own = (this.shopper.payments.value ?? []).filter((each) => each.order_id === order.id);
    const open = openPayment(own);
    const paid = paidPayment(own);
    const { app } = opened;
    const rest = paid ? money({ ...paid.amount, amount: paid.amount.amount - paid.refunded.amount }) : "";
    return html`<section>
      <h4>${t("payment.heading")}</h4>
      <dl>
        <dt>${t("payment.paid")}</dt><dd class="amount">${money(order.paid)}</dd>
        ${order.refunded.amount ? html`<dt>${t("payment.refunded_sum")}</dt><dd class="amount">${money(order.refunded)}</dd>` : nothing}
      </dl>
      <ul aria-live="polite">${own.map((each) => this.payment(each))}</ul>
      <div class="actions">
        ${owing(order) && !open
          ? html`<tresen-ui-button size="small" kind="primary" icon="link" ?busy=${this.busy === "create"} @click=${() => void this.during("create", () => app.link.ask("payment.create", { conversation_id: opened.id, order_id: order.id, id: newId("pay") }))}>${t("payment.create")}</tresen-ui-button>`
          : nothing}
        ${open && open.status !== "processing" ? html`<tresen-ui-button size="small" ?busy=${this.busy === "cancel"} @click=${() => void this.during("cancel", () => app.link.ask("payment.cancel", { payment_id: open.id }))}>${t("payment.cancel")}</tresen-ui-button>` : nothing}
        ${paid && app.supervises ? html`<tresen-ui-button size="small" icon="rotate-ccw" @click=${() => this.ask(paid)}>${t("refund.begin")}</tresen-ui-button>` : nothing}
      </div>
      ${open?.status === "link_created" ? html`<p class="quiet">${t("payment.sent", { name: called(opened.name) })}</p>` : nothing}
      <tresen-ui-dialog heading=${t("refund.heading")} ?open=${this.refunding !== null} @close=${() => (this.refunding = null)}>
        ${this.refunding
          ? html`<form novalidate @submit=${(event: Event) => void this.refund(event)}>
              <tresen-ui-field inputmode="decimal" label=${t("refund.amount", { currency: this.refunding.amount.currency })} hint=${t("refund.hint", { rest })} .error=${this.wrong} @input=${() => (this.wrong = "")}></tresen-ui-field>
            </form>`
          : nothing}
        <tresen-ui-button slot="footer" @click=${() => (this.refunding = null)}>${t("back")}</tresen-ui-button>
        <tresen-ui-button slot="footer" kind="primary" ?busy=${this.busy === "refund"} @click=${() => void this.refund()}>${t("refund.begin")}</tresen-ui-button>
      </tresen-ui-dialog>
    </section>`;
  }

  private ask(payment: Payment): void {
    this.wrong = "";
    this.refundId = newId("rfnd");
    this.refunding = payment;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "order-payment": OrderPayment;
  }
}
