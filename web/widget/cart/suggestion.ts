/** `<tresen-cart-suggestion .app .suggestion>`: what a rep proposes, with its picture, their words and what it does to the total. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Problem, type Money } from "../../protocol";
import { money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { picture } from "../../ui/url";
import "../../ui/icons-more";
import type { App } from "../app";
import { callStyles } from "../call/styles";
import { t } from "../call/texts";
import { who } from "../call/words";
import { totalAfter } from "./changes";
import { cartViewOf, type Suggestion } from "./view";
import { suggestionWords } from "./words";

@customElement("tresen-cart-suggestion")
export class CartSuggestion extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      .body {
        display: flex;
        gap: var(--space-3);
      }
      img,
      .none {
        flex: none;
        inline-size: 64px;
        block-size: 64px;
        border-radius: var(--radius);
        background: var(--sunken);
        object-fit: cover;
      }
      .none {
        display: grid;
        place-items: center;
        color: var(--grey-text);
      }
      .body > div:last-child {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      blockquote {
        margin: var(--space-1) 0;
        padding-inline-start: var(--space-2);
        border-inline-start: 3px solid var(--line-strong);
      }
      .total {
        font-variant-numeric: tabular-nums;
        font-weight: 600;
      }
      .actions > * {
        flex: 1 1 7em;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) suggestion!: Suggestion;
  @state() private found: string | null = null;
  protected readonly words = new LocaleController(this);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.find();
  }

  /** The picture of what would be added: of the shop's catalogue, since a suggestion carries its name only. */
  private async find(): Promise<void> {
    const { variant_id } = this.suggestion.operation as { variant_id?: string };
    const title = this.suggestion.title?.split(",")[0];
    if (!variant_id || !title) return;
    try {
      const { data } = await this.app.link.ask("product.search", { text: title, limit: 5, currency: cartViewOf(this.app).cart?.currency ?? "EUR" });
      const product = data.find((each) => each.variants.some((variant) => variant.id === variant_id));
      this.found = product?.variants.find((variant) => variant.id === variant_id)?.image_url ?? product?.image_url ?? null;
    } catch (error) {
      // A shop without a catalogue here: the card goes without a picture.
      if (!(error instanceof Problem)) throw error;
    }
  }

  private get image(): string | undefined {
    const { line_id } = this.suggestion.operation as { line_id?: string };
    const line = cartViewOf(this.app).cart?.lines.find((each) => each.id === line_id);
    const address = line?.image_url ?? this.found;
    return address ? picture(this.app.rest.url(address)) : undefined;
  }

  override render(): TemplateResult {
    const { app, suggestion, image } = this;
    const view = cartViewOf(app);
    const { verb, what } = suggestionWords(suggestion, view.cart);
    const after = view.cart ? totalAfter(suggestion.operation, suggestion.unit_price as unknown as Money | null, view.cart) : null;
    return html`
      <section class="card" role="region" aria-labelledby="what">
        <p class="quiet">${t("suggestion", { name: who(suggestion.suggested_by["name"] ?? "") })}</p>
        <div class="body">
          ${image ? html`<img src=${image} alt="" referrerpolicy="no-referrer" />` : html`<span class="none"><tresen-ui-icon name="shopping-cart"></tresen-ui-icon></span>`}
          <div>
            <p class="quiet">${verb}</p>
            <h2 id="what">${what}</h2>
            ${suggestion.reason ? html`<blockquote>${suggestion.reason}</blockquote>` : nothing}
            ${view.cart && after ? html`<p class="total">${t("suggestion.total", { before: money(view.cart.totals.total), after: money(after) })}</p>` : nothing}
          </div>
        </div>
        <div class="actions">
          <tresen-ui-button kind="primary" id="accept" ?busy=${view.busy} @click=${() => view.accept(suggestion)}>${t("suggestion.accept")}</tresen-ui-button>
          <tresen-ui-button id="refuse" ?busy=${view.busy} @click=${() => view.refuse(suggestion)}>${t("suggestion.refuse")}</tresen-ui-button>
        </div>
      </section>
    `;
  }
}
