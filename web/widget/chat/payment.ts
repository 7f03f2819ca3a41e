/** `<tresen-payment>`: what is to be paid, how that stands, and the way to the payment provider's page. No card number is typed here. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { clock, money, moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Problem, type Answer, type Money, type Order } from "../../protocol";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { link } from "../../ui/url";
import "../../ui/icons-more";
import type { App } from "../app";
import { t } from "../words";
import { card } from "./card.css";

type Payment = Answer<"payment.read">;
const TONES: Record<string, Tone> = { succeeded: "success", processing: "accent", failed: "danger", expired: "neutral", cancelled: "neutral", refunded: "neutral" };

/** A link is good for an hour: the day goes without saying, unless it is another. */
const until = (time: string): string => (new Date(time).toDateString() === new Date().toDateString() ? clock(time) : moment(time));

@customElement("tresen-payment")
export class PaymentView extends LitElement {
  static override styles = [base, card];

  @property({ attribute: false }) app!: App;
  @property() payment = "";
  @property() heading = "";
  /** As the message or the entry said it, until the payment itself is read. */
  @property({ attribute: false }) amount: Money | null = null;
  @state() private now: Payment | null = null;
  protected readonly words = new LocaleController(this);
  private stop: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.stop =
      this.app.log?.onEntry((entry) => {
        if (entry.type.startsWith("payment.") && entry.data["payment_id"] === this.payment) void this.read();
      }) ?? null;
    void this.read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
  }

  private async read(): Promise<void> {
    try {
      this.now = await this.app.link.ask("payment.read", { payment_id: this.payment });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** What is paid for, as the conversation knows it. */
  private order(id: string | null | undefined): Order | undefined {
    const found = this.app.log?.entries.findLast((entry) => entry.type.startsWith("order.") && (entry.data["order"] as Order | undefined)?.id === id);
    return found?.data["order"] as Order | undefined;
  }

  private pay(address: string): void {
    window.open(address, "_blank", "noopener");
  }

  override render(): TemplateResult {
    const { now } = this;
    const status = now?.status ?? "created";
    const amount = now?.amount ?? this.amount;
    const address = link(now?.url && URL.canParse(now.url, this.app.origin) ? new URL(now.url, this.app.origin).href : null);
    const order = this.order(now?.order_id);
    const declined = status === "link_created" && now?.reason;
    return html`<div class="inside">
      <div class="line">
        <h3>${this.heading || t("payment")}</h3>
        ${status in TONES ? html`<tresen-ui-badge tone=${TONES[status]!}>${t(`payment.${status}` as "payment.succeeded")}</tresen-ui-badge>` : nothing}
      </div>
      ${order ? html`<p class="quiet">${t("order", { number: order.number })}</p>` : nothing}
      ${amount ? html`<span class="money">${money(amount)}</span>` : nothing}
      ${declined ? html`<p class="with-icon" role="status"><tresen-ui-icon name="circle-alert"></tresen-ui-icon>${t("payment.declined")}</p>` : nothing}
      ${address
        ? html`<tresen-ui-button wide kind="primary" icon="credit-card" icon-end="external-link" @click=${() => this.pay(address)}><span>${t("payment.pay")}<span class="unseen"> ${t("new_tab")}</span></span></tresen-ui-button>
            <p class="quiet">${t("payment.until", { time: until(now!.expires_at) })}</p>
            <p class="quiet with-icon"><tresen-ui-icon name="shield-check"></tresen-ui-icon>${t("payment.safe")}</p>`
        : nothing}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-payment": PaymentView;
  }
}
