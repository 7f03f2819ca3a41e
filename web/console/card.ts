/** `<console-product .card>` and the payment card: blocks of a message that are more than text. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { money } from "../text/formats";
import { LocaleController } from "../text/texts";
import type { Schemas } from "../protocol";
import "../ui/badge";
import "../ui/icon";
import { base } from "../ui/tokens";
import { picture } from "../ui/url";
import { t } from "./texts";

@customElement("console-product")
export class ConsoleProduct extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--space-3);
        align-items: center;
        max-inline-size: 340px;
        padding: var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-14) / 1.4 var(--font);
      }
      img,
      .none {
        inline-size: 56px;
        block-size: 56px;
        border-radius: 6px;
        background: var(--sunken);
        object-fit: contain;
      }
      .none {
        display: grid;
        place-content: center;
        color: var(--grey-text);
      }
      bdi {
        display: block;
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) card!: Schemas["ProductCard"];
  @state() private broken = false;

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const { card } = this;
    const source = this.broken ? undefined : picture(card.image_url);
    return html`${source
        ? html`<img src=${source} alt="" referrerpolicy="no-referrer" @error=${() => (this.broken = true)} />`
        : html`<span class="none"><tresen-ui-icon name="tag"></tresen-ui-icon></span>`}
      <div>
        <bdi>${card.title}</bdi>
        <span class="facts">
          ${card.price ? html`<span>${money(card.price)}</span>` : nothing}
          ${card.available == null ? nothing : html`<tresen-ui-badge tone=${card.available ? "success" : "warning"}>${t(card.available ? "product.available" : "product.gone")}</tresen-ui-badge>`}
        </span>
      </div>`;
  }
}

@customElement("console-payment-card")
export class ConsolePaymentCard extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--space-3);
        max-inline-size: 340px;
        padding: var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-14) / 1.4 var(--font);
      }
      bdi {
        display: block;
        overflow-wrap: anywhere;
      }
      strong {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) card!: Schemas["PaymentCard"];
  /** How the payment stands, in words. */
  @property() stand = "";

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    return html`<tresen-ui-icon name="credit-card"></tresen-ui-icon>
      <div>
        <bdi>${this.card.title || t("payment.asked")}</bdi>
        <strong>${money(this.card.total)}</strong>
        ${this.stand ? html`<tresen-ui-badge>${this.stand}</tresen-ui-badge>` : nothing}
      </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-product": ConsoleProduct;
    "console-payment-card": ConsolePaymentCard;
  }
}
