/** `<order-deed>`: the questions before something is done to an order: why it is cancelled, which parcel it is in. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import { base } from "../../ui/tokens";
import { t } from "../customer/texts";

export interface Parcel {
  carrier: string;
  number: string;
  url: string | null;
}
type Asked = { kind: "cancel"; then: (reason: string) => Promise<boolean> } | { kind: "track"; needed: boolean; then: (parcel: Parcel | null) => Promise<boolean> };

@customElement("order-deed")
export class OrderDeed extends LitElement {
  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: 12px;
      }
    `,
  ];

  @state() private asked: Asked | null = null;
  @state() private busy = false;
  protected readonly words = new LocaleController(this);

  cancel(then: (reason: string) => Promise<boolean>): void {
    this.asked = { kind: "cancel", then };
  }

  /** `needed`: the parcel is what it is about; else it may be left out. */
  track(then: (parcel: Parcel | null) => Promise<boolean>, needed: boolean): void {
    this.asked = { kind: "track", needed, then };
  }

  private async send(event?: Event): Promise<void> {
    event?.preventDefault();
    const { asked } = this;
    const fields = [...this.renderRoot.querySelectorAll<Field>("tresen-ui-field")];
    if (!asked || this.busy || !fields.map((field) => field.reportValidity()).every(Boolean)) return;
    const given = Object.fromEntries(fields.map((field) => [field.name, field.value.trim()])) as Record<string, string>;
    this.busy = true;
    const { carrier = "", number = "", url = "" } = given;
    const done = asked.kind === "cancel" ? await asked.then(given["reason"] ?? "") : await asked.then(carrier && number ? { carrier, number, url: url || null } : null);
    this.busy = false;
    if (done) this.asked = null;
  }

  override render(): TemplateResult {
    const { asked } = this;
    const cancels = asked?.kind === "cancel";
    const needed = asked?.kind === "track" && asked.needed;
    return html`<tresen-ui-dialog heading=${t(cancels ? "deed.cancel" : "deed.track")} ?open=${asked !== null} @close=${() => (this.asked = null)}>
      ${!asked
        ? nothing
        : html`<form novalidate @submit=${(event: Event) => void this.send(event)}>
            ${cancels
              ? html`<tresen-ui-field name="reason" required maxlength="200" label=${t("deed.reason")}></tresen-ui-field>`
              : html`<tresen-ui-field name="carrier" ?required=${needed} maxlength="80" label=${t("deed.carrier")} hint=${needed ? "" : t("deed.optional")}></tresen-ui-field>
                  <tresen-ui-field name="number" ?required=${needed} maxlength="80" label=${t("deed.number")}></tresen-ui-field>
                  <tresen-ui-field name="url" type="url" maxlength="500" pattern="https://.+" label=${t("deed.url")} placeholder="https://"></tresen-ui-field>`}
          </form>`}
      <tresen-ui-button slot="footer" @click=${() => (this.asked = null)}>${t("back")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind=${cancels ? "danger" : "primary"} ?busy=${this.busy} @click=${() => void this.send()}>${t(cancels ? "order.cancel" : "deed.send")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "order-deed": OrderDeed;
  }
}
