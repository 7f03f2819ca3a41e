/** `<order-place .opened>`: orders what is in the cart on the customer's behalf, which they have allowed. Tells `placed` with the order's id. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Problem, newId, type Asking } from "../../protocol";
import { money } from "../../text/formats";
import { LocaleController, locale } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import { refusal } from "../customer/refusals";
import { t } from "../customer/texts";
import type { Opened } from "../opened";

type Address = Asking<"order.place">["address"];
const COUNTRIES = ["DE", "AT", "CH", "PL", "RO", "GR", "CY", "BR", "PT", "FR", "IT", "ES", "NL", "BE", "DK", "SE", "FI", "IE", "CZ", "HU", "GB", "US"];
const NOTE_MOST = 1000;
const WORDS_MOST = 200;

@customElement("order-place")
export class OrderPlace extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(6, minmax(0, 1fr));
        gap: 12px;
      }
      tresen-ui-field,
      tresen-ui-strip {
        grid-column: 1 / -1;
      }
      .third {
        grid-column: span 2;
      }
      .rest {
        grid-column: span 4;
      }
      .half {
        grid-column: span 3;
      }
      p {
        margin: 0 0 12px;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private open = false;
  @state() private busy = false;
  @state() private problem: Problem | null = null;
  @query("form") private readonly form?: HTMLFormElement;
  protected readonly words = new LocaleController(this);
  /** The same for every attempt, so that a repetition orders nothing twice; anew once the cart is another. */
  private orderId = "";
  private version = 0;

  begin(): void {
    this.problem = null;
    this.open = true;
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    const cart = this.opened.cart.value;
    const form = this.form;
    if (!cart || !form || this.busy) return;
    const fields = [...form.querySelectorAll<Field>("tresen-ui-field")];
    if (!fields.map((field) => field.reportValidity()).every(Boolean)) return;
    const { note = "", ...address } = Object.fromEntries(fields.map((field) => [field.name, field.value.trim()])) as Record<string, string>;
    if (this.version !== cart.version) this.orderId = newId("ord");
    this.version = cart.version;
    this.busy = true;
    try {
      const asking = { order_id: this.orderId, cart_id: cart.id, base_version: cart.version, address: address as unknown as Address, note };
      const order = await this.opened.app.link.ask("order.place", asking);
      this.open = false;
      this.dispatchEvent(new CustomEvent("placed", { detail: { id: order.id }, bubbles: true, composed: true }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error;
      void this.opened.cart.refresh();
    }
    this.busy = false;
  }

  private error(name: string): string {
    return this.problem?.errors.some((each) => each.pointer.endsWith(`/${name}`)) ? t("place.check") : "";
  }

  private field(name: string, kind: string, more: { required?: boolean; most?: number; value?: string; autocomplete?: string } = {}): TemplateResult {
    return html`<tresen-ui-field class=${kind} name=${name} label=${t(`place.${name}` as "place.name")} ?required=${more.required} maxlength=${more.most ?? WORDS_MOST} value=${more.value ?? ""} .error=${this.error(name)} autocomplete="off"></tresen-ui-field>`;
  }

  override render(): TemplateResult {
    const cart = this.opened.cart.value;
    const names = new Intl.DisplayNames([locale().tag], { type: "region" });
    const country = cart?.destination?.country ?? "DE";
    const countries = [...new Set([country, ...COUNTRIES])].map((value) => ({ value, label: names.of(value) ?? value }));
    return html`<tresen-ui-dialog size="wide" heading=${t("place.heading")} ?open=${this.open} @close=${() => (this.open = false)}>
      ${this.open && cart
        ? html`<p>${t("place.total", { count: cart.lines.reduce((sum, line) => sum + line.quantity, 0), total: money(cart.totals.total) })}</p>
            <form @submit=${(event: Event) => void this.send(event)} novalidate>
              ${this.problem ? html`<tresen-ui-strip tone="danger" icon="circle-alert" rounded>${refusal(this.problem)}</tresen-ui-strip>` : ""}
              ${this.field("name", "", { required: true, value: this.opened.name })} ${this.field("street", "", { required: true })}
              ${this.field("postcode", "third", { most: 12, value: cart.destination?.postcode ?? "" })} ${this.field("city", "rest", { required: true })}
              <tresen-ui-field class="half" type="select" name="country" label=${t("place.country")} .options=${countries} value=${country}></tresen-ui-field>
              ${this.field("region", "half")}
              <tresen-ui-field class="half" type="tel" name="phone" label=${t("place.phone")} maxlength="40" .error=${this.error("phone")}></tresen-ui-field>
              <tresen-ui-field class="half" type="email" name="email" label=${t("place.email")} maxlength="254" .error=${this.error("email")}></tresen-ui-field>
              <tresen-ui-field type="textarea" name="note" label=${t("place.note")} maxlength=${NOTE_MOST}></tresen-ui-field>
            </form>`
        : ""}
      <tresen-ui-button slot="footer" @click=${() => (this.open = false)}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="primary" icon="check" ?busy=${this.busy} @click=${() => void this.send()}>${t("place.send")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "order-place": OrderPlace;
  }
}
