/** `<console-products .opened>`: looks for a product in the shop's catalogue and sends it as a card. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { money } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Problem, type Product, type Schemas } from "../protocol";
import "../ui/badge";
import "../ui/button";
import type { Dialog } from "../ui/dialog";
import "../ui/dialog";
import "../ui/empty";
import type { Field } from "../ui/field";
import "../ui/field";
import "../ui/row";
import "../ui/skeleton";
import { base } from "../ui/tokens";
import { picture } from "../ui/url";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import { t } from "./texts";

const AFTER_TYPING_MS = 200;
type Variant = Product["variants"][number];

const has = (variant: Variant): boolean => variant.stock.status !== "out_of_stock";
/** A variant is called by what is special about it: with the product's name before it, where that does not say it already. */
function titleOf(product: Product, variant: Variant | undefined): string {
  if (!variant || !variant.title || variant.title === product.title) return product.title;
  return variant.title.startsWith(product.title) ? variant.title : `${product.title}, ${variant.title}`;
}

@customElement("console-products")
export class ConsoleProducts extends LitElement {
  static override styles = [
    base,
    css`
      ul {
        margin: var(--space-3) 0 0;
        padding: 0;
        list-style: none;
        max-block-size: 50dvh;
        overflow: auto;
      }
      img {
        display: block;
        inline-size: 44px;
        block-size: 44px;
        border-radius: 6px;
        background: var(--sunken);
        object-fit: contain;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private found: Product[] | null = null;
  @state() private problem = "";
  @query("tresen-ui-dialog") private readonly dialog!: Dialog;
  @query("tresen-ui-field") private readonly field!: Field;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  protected readonly words = new LocaleController(this);

  show(): void {
    this.dialog.show();
    void this.look("");
    void this.dialog.updateComplete.then(() => this.field.focus());
  }

  private typed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(this.field.value), AFTER_TYPING_MS);
  }

  private async look(text: string): Promise<void> {
    const asked = ++this.#asked;
    try {
      const { data } = await this.opened.app.link.ask("product.search", { text, limit: 24, locale: this.opened.conversation?.locale ?? "en" });
      // An answer that was overtaken by a later question is of no use.
      if (asked !== this.#asked) return;
      this.found = data;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = inWords(error);
    }
  }

  private send(product: Product, variant: Variant | undefined): void {
    const card: Schemas["ProductCard"] = {
      type: "product_card",
      product_id: product.id,
      variant_id: variant?.id ?? null,
      title: titleOf(product, variant).slice(0, 300),
      description: product.description.slice(0, 300),
      price: variant?.price.money ?? null,
      available: variant ? has(variant) : null,
      image_url: this.absolute(variant?.image_url ?? product.image_url),
      url: this.absolute(product.url),
    };
    this.opened.log.send({ text: card.title, blocks: [card] });
    this.dialog.close("sent");
  }

  /** A card names whole addresses, since it is read elsewhere too. */
  private absolute(path: string | null | undefined): string | null {
    if (!path) return null;
    const whole = this.opened.app.rest.url(path);
    return /^https?:/.test(whole) ? whole : null;
  }

  override render(): TemplateResult {
    return html`<tresen-ui-dialog heading=${t("product.title")} size="wide">
      <tresen-ui-field type="search" label=${t("product.search")} @input=${this.typed}></tresen-ui-field>
      ${this.problem ? html`<tresen-ui-empty tone="danger" icon="circle-alert" heading=${t("product.failed")}>${this.problem}</tresen-ui-empty>` : this.list()}
    </tresen-ui-dialog>`;
  }

  private list(): TemplateResult {
    if (this.found === null) return html`<tresen-ui-skeleton shape="row"></tresen-ui-skeleton><tresen-ui-skeleton shape="row"></tresen-ui-skeleton>`;
    if (!this.found.length) return html`<tresen-ui-empty icon="search" heading=${t("product.none")}>${t("product.none.more")}</tresen-ui-empty>`;
    return html`<ul aria-label=${t("product.title")}>
      ${this.found.flatMap((product) => (product.variants.length ? product.variants : [undefined]).map((variant) => this.line(product, variant)))}
    </ul>`;
  }

  private line(product: Product, variant: Variant | undefined): TemplateResult {
    const source = picture(this.absolute(variant?.image_url ?? product.image_url));
    return html`<li>
      <tresen-ui-row interactive @choose=${() => this.send(product, variant)}>
        ${source ? html`<img slot="leading" src=${source} alt="" @error=${(event: Event) => ((event.target as HTMLImageElement).hidden = true)} />` : nothing}
        <bdi slot="title">${titleOf(product, variant)}</bdi>
        <span slot="detail">${product.category}</span>
        <span slot="meta">${variant ? money(variant.price.money) : nothing}</span>
        ${variant ? html`<tresen-ui-badge slot="meta" tone=${has(variant) ? "success" : "warning"}>${t(has(variant) ? "product.available" : "product.gone")}</tresen-ui-badge>` : nothing}
      </tresen-ui-row>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-products": ConsoleProducts;
  }
}
