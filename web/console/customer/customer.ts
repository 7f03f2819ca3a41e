/**
 * `<console-customer .opened>`: the right column. Who the customer is on top, whether the shop vouches for it in words; below, in tabs,
 * their cart, their orders, and what else is known of them.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { Watch } from "../../protocol";
import { languageName } from "../../text/formats";
import { LocaleController, locale } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/icons-desk";
import "../../ui/tabs";
import { base } from "../../ui/tokens";
import { link } from "../../ui/url";
import type { ConsoleCart } from "../cart/cart";
import "../cart/cart";
import { called } from "../called";
import type { Opened } from "../opened";
import "../orders/orders";
import "./about";
import { pageOf, zoneOf } from "./facts";
import { refusal } from "./refusals";
import { Shopper } from "./shopper";
import { columnStyles } from "./styles";
import { t } from "./texts";

const TABS = ["cart", "orders", "about"] as const;
type TabName = (typeof TABS)[number];
const MINUTE_MS = 60_000;

@customElement("console-customer")
export class ConsoleCustomer extends LitElement {
  static override styles = [
    base,
    columnStyles,
    css`
      :host {
        container-type: inline-size;
        background: var(--paper);
      }
      header {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 4px 12px;
        align-items: start;
        padding: 16px 16px 12px;
      }
      header > div {
        display: grid;
        gap: 4px;
      }
      h2 {
        margin: 0;
        font: 600 var(--text-16) / 1.3 var(--font);
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .facts span,
      .facts a {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        min-inline-size: 0;
      }
      .facts tresen-ui-icon {
        --icon-size: 14px;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private tab: TabName = "cart";
  @query("console-cart") private readonly cart?: ConsoleCart;
  protected readonly words = new LocaleController(this);
  private readonly conversation = new Watch<Opened>(this);
  private readonly known = new Watch<Shopper>(this);
  private shopper: Shopper | null = null;
  private dropKeys: (() => void) | undefined;
  private minute: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.minute = setInterval(() => this.requestUpdate(), MINUTE_MS);
    if (this.hasUpdated) this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.minute);
    this.shopper?.end();
    this.dropKeys?.();
    this.dropKeys = undefined;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("opened")) return;
    this.shopper?.end();
    this.shopper = new Shopper(this.opened);
    this.conversation.value = this.opened;
    this.known.value = this.shopper;
    this.begin();
  }

  private begin(): void {
    this.shopper?.begin();
    const group = (): string => t("keys.group");
    const show = (tab: TabName) => (): void => void (this.tab = tab);
    this.dropKeys ??= this.opened.app.shortcuts.add(
      ...TABS.map((tab, at) => ({ keys: `alt+${at + 1}`, label: () => t(`keys.${tab}`), group, run: show(tab), typing: true })),
      { keys: "alt+s", label: () => t("keys.search"), group, run: () => this.search(), typing: true },
      { keys: "alt+z", label: () => t("keys.undo"), group, run: () => void this.cart?.undo(), typing: true },
    );
  }

  private search(): void {
    this.tab = "cart";
    void this.updateComplete.then(() => this.cart?.search());
  }

  private identity(): TemplateResult {
    const { customer } = this.shopper!;
    const known = customer.value;
    const name = called(known?.name || this.opened.name);
    const page = known && pageOf(known);
    const zone = known && zoneOf(known);
    const tag = known?.locale || this.opened.conversation?.locale || "";
    return html`<header>
      <tresen-ui-avatar size="large" name=${name}></tresen-ui-avatar>
      <div>
        <h2 class="name">${name}</h2>
        ${known
          ? html`<span>${known.verified ? html`<tresen-ui-badge icon="badge-check" tone="success">${t("customer.verified")}</tresen-ui-badge>` : html`<tresen-ui-badge icon="user" tone="warning">${t("customer.unverified")}</tresen-ui-badge>`}</span>`
          : customer.problem
            ? html`<span class="quiet">${refusal(customer.problem)}</span>`
            : nothing}
        <div class="facts">
          ${known?.email ? html`<span><tresen-ui-icon name="mail"></tresen-ui-icon>${known.email}${known.email_verified ? nothing : html` (${t("customer.unconfirmed")})`}</span>` : nothing}
          ${tag ? html`<span><tresen-ui-icon name="languages" label=${t("customer.language")}></tresen-ui-icon>${languageName(tag)}</span>` : nothing}
          ${zone ? html`<span><tresen-ui-icon name="clock" label=${t("customer.time")}></tresen-ui-icon>${timeThere(zone)}</span>` : nothing}
          ${page
            ? link(page.url)
              ? html`<a href=${ifDefined(link(page.url))} target="_blank" rel="noopener noreferrer nofollow"><tresen-ui-icon name="globe" label=${t("customer.page")}></tresen-ui-icon>${page.title}</a>`
              : html`<span><tresen-ui-icon name="globe" label=${t("customer.page")}></tresen-ui-icon>${page.title}</span>`
            : nothing}
        </div>
      </div>
    </header>`;
  }

  override render(): TemplateResult {
    const shopper = this.shopper!;
    const { opened } = this;
    const pieces = opened.cart.value?.lines.reduce((sum, line) => sum + line.quantity, 0) ?? 0;
    const tabs = [
      { id: "cart", label: t("tab.cart"), count: pieces },
      { id: "orders", label: t("tab.orders"), count: shopper.orders.value?.length ?? 0 },
      { id: "about", label: t("tab.about") },
    ];
    return html`${this.identity()}
      <tresen-ui-tabs label=${t("tab.label")} .tabs=${tabs} selected=${this.tab} @tab=${(event: CustomEvent<{ id: TabName }>) => (this.tab = event.detail.id)}>
        <console-cart slot="cart" .opened=${opened} .shopper=${shopper}></console-cart>
        ${this.tab === "orders" ? html`<console-orders slot="orders" .opened=${opened} .shopper=${shopper}></console-orders>` : nothing}
        ${this.tab === "about" ? html`<customer-about slot="about" .opened=${opened} .shopper=${shopper}></customer-about>` : nothing}
      </tresen-ui-tabs>`;
  }
}

function timeThere(zone: string): string {
  return new Intl.DateTimeFormat(locale().tag, { hour: "numeric", minute: "2-digit", timeZone: zone, timeZoneName: "short" }).format(Date.now());
}

declare global {
  interface HTMLElementTagNameMap {
    "console-customer": ConsoleCustomer;
  }
}
