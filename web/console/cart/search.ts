/** `<cart-search .opened>`: finds something in the catalogue and puts it to the customer, or into the cart where they allow it (`choose`). */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Problem, type Product } from "../../protocol";
import { money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/skeleton";
import { base } from "../../ui/tokens";
import { refusal } from "../customer/refusals";
import { columnStyles } from "../customer/styles";
import { t, worded } from "../customer/texts";
import type { Opened } from "../opened";
import { thumbnail } from "./line";
import { cartStyles } from "./styles";

type Variant = Product["variants"][number];
export interface Chosen {
  product: Product;
  variant: Variant;
}

const TYPED_MS = 250;
const FOUND_MOST = 8;

@customElement("cart-search")
export class CartSearch extends LitElement {
  static override styles = [
    base,
    columnStyles,
    cartStyles,
    css`
      .found {
        margin-block-start: 8px;
      }
      .variants {
        grid-column: 2 / -1;
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        padding-block: 4px;
      }
      .variant {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto;
        align-items: center;
        gap: 4px 8px;
        inline-size: 100%;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  /** Whether what is chosen goes into the cart at once. */
  @property({ type: Boolean }) direct = false;
  @state() private found: Product[] | null = null;
  @state() private searching = false;
  @state() private problem = "";
  protected readonly words = new LocaleController(this);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = "";

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  override focus(): void {
    this.renderRoot.querySelector<Field>("tresen-ui-field")?.focus();
  }

  private typed(event: Event): void {
    const text = (event.target as Field).value.trim();
    clearTimeout(this.timer);
    this.asked = text;
    if (!text) {
      this.found = null;
      this.searching = false;
      return;
    }
    this.searching = true;
    this.timer = setTimeout(() => void this.search(text), TYPED_MS);
  }

  private async search(text: string): Promise<void> {
    const { cart, conversation, app } = this.opened;
    try {
      const page = await app.link.ask("product.search", { text, limit: FOUND_MOST, currency: cart.value?.currency ?? "EUR", locale: cart.value?.locale ?? conversation?.locale ?? "en" });
      if (this.asked !== text) return;
      this.found = page.data;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = refusal(error);
    }
    this.searching = false;
  }

  private choose(product: Product, variant: Variant): void {
    this.dispatchEvent(new CustomEvent<Chosen>("choose", { detail: { product, variant }, bubbles: true, composed: true }));
  }

  private variant(product: Product, variant: Variant): TemplateResult {
    const gone = variant.stock.status === "out_of_stock";
    const name = product.variants.length > 1 ? variant.title : "";
    return html`<div class="variant">
      <span>${name} ${variant.stock.status === "in_stock" ? nothing : html`<tresen-ui-badge tone=${gone ? "danger" : "warning"}>${worded("stock", variant.stock.status)}</tresen-ui-badge>`}</span>
      <span class="amount">${money(variant.price.money)}</span>
      <tresen-ui-button size="small" icon=${this.direct ? "plus" : "sparkles"} ?disabled=${gone} label=${t(this.direct ? "search.add_this" : "search.suggest_this", { title: `${product.title} ${name}`.trim() })} @click=${() => this.choose(product, variant)}
        >${t(this.direct ? "search.add" : "search.suggest")}</tresen-ui-button
      >
    </div>`;
  }

  override render(): TemplateResult {
    return html`<tresen-ui-field type="search" label=${t(this.direct ? "search.label_add" : "search.label_suggest")} placeholder=${t("search.placeholder")} .error=${this.problem} @input=${(event: Event) => this.typed(event)}></tresen-ui-field>
      <div class="found" aria-live="polite" aria-busy=${this.searching ? "true" : "false"}>
        ${this.searching && !this.found
          ? html`<tresen-ui-skeleton shape="row" lines="2"></tresen-ui-skeleton>`
          : this.found && !this.found.length
            ? html`<p class="quiet">${t("search.nothing", { text: this.asked })}</p>`
            : html`<ul class="lines">
                ${this.found?.map(
                  (product) => html`<li>
                    ${thumbnail(this.opened, product.image_url ?? product.variants[0]?.image_url ?? null)}
                    <span class="title below">${product.title}</span>
                    <div class="variants">${product.variants.map((variant) => this.variant(product, variant))}</div>
                  </li>`,
                )}
              </ul>`}
      </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "cart-search": CartSearch;
  }
}
