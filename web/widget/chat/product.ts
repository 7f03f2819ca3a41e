/**
 * `<tresen-product>`: a product somebody recommends. Price, stock and delivery are the shop's of this moment, not of when it was sent;
 * where the shop cannot be asked, the card shows what it was sent with.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { money, number } from "../../text/formats";
import { LocaleController, language } from "../../text/texts";
import { Problem, newId, type Answer, type Product, type Schemas } from "../../protocol";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { link, picture } from "../../ui/url";
import "../../ui/icons-more";
import type { App } from "../app";
import { t } from "../words";
import { card } from "./card.css";

type Way = Answer<"variant.delivery">["data"][number];
/** The cheapest; the others are seen at the checkout. */
const WAYS_MOST = 2;

@customElement("tresen-product")
export class ProductView extends LitElement {
  static override styles = [
    base,
    card,
    css`
      img {
        display: block;
        inline-size: 100%;
        block-size: 150px;
        object-fit: cover;
        background: var(--sunken);
      }
      del {
        color: var(--grey-text);
        font-weight: 400;
        font-size: var(--text-13);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) card!: Schemas["ProductCard"];
  @state() private product: Product | null = null;
  @state() private ways: readonly Way[] = [];
  @state() private state: "" | "busy" | "added" = "";
  protected readonly words = new LocaleController(this);

  override firstUpdated(): void {
    void this.read();
  }

  private async read(): Promise<void> {
    const { link: socket, cart } = this.app;
    const asked = { currency: cart?.value?.currency ?? "EUR", locale: language() };
    try {
      this.product = await socket.ask("product.read", { product_id: this.card.product_id, ...asked });
      const variant = this.variant;
      const place = cart?.value?.destination ?? home();
      if (!variant || !place) return;
      const { data } = await socket.ask("variant.delivery", { variant_id: variant.id, quantity: 1, ...place, ...asked });
      this.ways = data.slice(0, WAYS_MOST);
    } catch (error) {
      // No longer for sale, or the shop is away: the card stays as it was sent.
      if (!(error instanceof Problem)) throw error;
    }
  }

  private get variant(): Product["variants"][number] | undefined {
    return this.product?.variants.find((each) => each.id === this.card.variant_id) ?? this.product?.variants[0];
  }

  private async add(variantId: string): Promise<void> {
    this.state = "busy";
    try {
      await addToCart(this.app, variantId);
      this.state = "added";
      this.app.emit("cart", { variant_id: variantId });
    } catch (error) {
      this.state = "";
      this.app.report(error);
    }
  }

  private stock(variant: Product["variants"][number]): TemplateResult {
    const { status, available } = variant.stock;
    const tone = status === "in_stock" ? "success" : status === "low" ? "warning" : "danger";
    const words = status === "low" && available ? t("stock.few", { count: available }) : t(`stock.${status}`);
    return html`<tresen-ui-badge tone=${tone}>${words}</tresen-ui-badge>`;
  }

  override render(): TemplateResult {
    const { card, product, variant, ways } = this;
    const price = variant?.price.money ?? card.price;
    const before = variant?.price.compare_at;
    const source = picture(this.absolute(variant?.image_url ?? card.image_url ?? product?.image_url));
    const page = link(this.absolute(card.url ?? product?.url));
    const title = card.title || product?.title || "";
    const gone = variant ? variant.stock.status === "out_of_stock" : card.available === false;
    const buys = variant?.id ?? card.variant_id;
    return html`
      ${source ? html`<img src=${source} alt="" loading="lazy" @error=${(event: Event) => ((event.target as HTMLElement).hidden = true)} />` : nothing}
      <div class="inside">
        <h3>${title}</h3>
        ${variant && product!.variants.length > 1 ? html`<p class="quiet">${variant.title}</p>` : nothing}
        ${card.description ? html`<p class="quiet">${card.description}</p>` : nothing}
        <div class="line">
          ${price ? html`<span class="money">${money(price)}${before ? html` <del><span class="unseen">${t("price.before")}</span>${money(before)}</del>` : nothing}</span>` : nothing}
          ${variant ? this.stock(variant) : nothing}
        </div>
        ${gone ? nothing : ways.map((way) => html`<p class="quiet with-icon"><tresen-ui-icon name="truck"></tresen-ui-icon><span>${wayWords(way)}</span></p>`)}
        ${buys && !gone
          ? this.state === "added"
            ? html`<p class="with-icon" role="status"><tresen-ui-icon name="circle-check"></tresen-ui-icon>${t("product.added")}</p>`
            : html`<tresen-ui-button wide kind="primary" icon="shopping-cart" ?busy=${this.state === "busy"} @click=${() => void this.add(buys)}>${t("product.add")}</tresen-ui-button>`
          : nothing}
        ${page ? html`<a href=${ifDefined(page)} rel="noopener">${t("product.look")}</a>` : nothing}
      </div>
    `;
  }

  /** Pictures of the shop that is kept here have addresses of this server. */
  private absolute(address: string | null | undefined): string | null {
    if (!address) return null;
    return URL.canParse(address, this.app.origin) ? new URL(address, this.app.origin).href : null;
  }
}

/** Where the visitor is likely to be, as long as no cart says where it goes. */
function home(): { country: string; postcode: string } | null {
  const country = new Intl.Locale(navigator.language).maximize().region;
  return country ? { country, postcode: "" } : null;
}

function wayWords({ title: way, days_least: least, days_most: most, price }: Way): string {
  const days = t("delivery.days", { days: least === most ? number(most) : `${number(least)}–${number(most)}`, count: most });
  return t("delivery", { way, days, price: price.amount ? money(price) : t("delivery.free") });
}

/** Puts a piece into the visitor's cart: the page's, the conversation's or the session's; one is made where there is none. */
export async function addToCart(app: App, variantId: string): Promise<void> {
  const log = await app.ensureConversation();
  const id = app.cartId ?? app.cart?.value?.id ?? app.session?.cart_id;
  const known = app.cart?.value;
  const now = !id ? await app.link.ask("cart.create", { cart_id: newId("cart"), conversation_id: log.id }) : known?.id === id ? known : await app.link.ask("cart.read", { cart_id: id });
  const { cart } = await app.link.ask("cart.operate", { cart_id: now.id, base_version: now.version, op_id: newId("op"), kind: "add_line", variant_id: variantId, quantity: 1 } as never);
  if (cart && app.cart && (app.cart.value?.id ?? cart.id) === cart.id) app.cart.put(cart);
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-product": ProductView;
  }
}
