/** `<console-then .then>`: what was there at a moment of a conversation: the call, the cart, the last words. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { money, number } from "../text/formats";
import { LocaleController } from "../text/texts";
import type { Cart } from "../protocol";
import "../ui/badge";
import "../ui/icon";
import { base } from "../ui/tokens";
import { actorName } from "./happenings";
import type { Opened } from "./opened";
import type { Then } from "./replay";
import { t, worded } from "./texts";

const LAST_WORDS = 4;

@customElement("console-then")
export class ConsoleThen extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        padding: var(--space-3) var(--space-4);
        background: var(--paper);
        font: var(--text-13) / 1.5 var(--font);
      }
      h3 {
        margin: 0 0 var(--space-3);
        font: 600 var(--text-13) / 1.4 var(--font);
      }
      h4 {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        margin: var(--space-3) 0 var(--space-1);
        color: var(--grey-text);
        font: 600 var(--text-12) / 1.4 var(--font);
        --icon-size: 15px;
      }
      p {
        margin: 0;
        color: var(--grey-text);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: var(--space-2);
        padding-block: 2px;
      }
      li bdi {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .sum {
        font-weight: 600;
        border-block-start: 1px solid var(--line);
        margin-block-start: 4px;
        padding-block-start: 4px;
      }
      .amount {
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .words li {
        display: block;
        overflow-wrap: anywhere;
      }
      .words bdi:first-child {
        font-weight: 600;
      }
      .marks {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) then!: Then;
  @property({ type: Boolean }) live = false;

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const { then } = this;
    const rep = then.repId ? this.opened.app.nameOf(then.repId) || t("who.rep") : "";
    return html`<h3>${t(this.live ? "then.now" : "then.title")}</h3>
      <div class="marks">
        ${then.closed ? html`<tresen-ui-badge>${t("header.closed")}</tresen-ui-badge>` : then.waiting ? html`<tresen-ui-badge tone="warning" icon="hourglass">${t("then.waiting")}</tresen-ui-badge>` : nothing}
        ${rep ? html`<tresen-ui-badge icon="user-check"><bdi>${rep}</bdi></tresen-ui-badge>` : nothing}
        ${then.order ? html`<tresen-ui-badge tone="success" icon="package">${then.order.number}</tresen-ui-badge>` : nothing}
      </div>
      <h4><tresen-ui-icon name="phone"></tresen-ui-icon>${t("subject.call")}</h4>
      ${then.call
        ? html`<div class="marks">
            <tresen-ui-badge tone=${then.call.state === "active" ? "success" : "neutral"}>${worded("media", then.call.media)}, ${worded("callstate", then.call.state)}</tresen-ui-badge>
            ${then.call.recording ? html`<tresen-ui-badge tone="danger" icon="circle-dot">${t("then.recording")}</tresen-ui-badge>` : nothing}
            ${then.call.sharing ? html`<tresen-ui-badge icon="monitor-up">${t("then.sharing")}</tresen-ui-badge>` : nothing}
          </div>`
        : html`<p>${t("then.no_call")}</p>`}
      <h4><tresen-ui-icon name="shopping-cart"></tresen-ui-icon>${t("subject.cart")}</h4>
      ${then.cartHidden ? html`<p>${t("then.cart_hidden")}</p>` : then.cart ? this.cart(then.cart) : html`<p>${t("then.no_cart")}</p>`}
      <h4><tresen-ui-icon name="message-circle"></tresen-ui-icon>${t("then.words")}</h4>
      ${this.said()}`;
  }

  private cart(cart: Cart): TemplateResult {
    if (!cart.lines.length) return html`<p>${t("then.empty_cart")}</p>`;
    return html`<ul>
      ${cart.lines.map((line) => html`<li><span class="amount">${number(line.quantity)} ×</span><bdi>${line.title}</bdi><span class="amount">${money(line.total)}</span></li>`)}
      <li class="sum"><bdi>${t("then.total")}</bdi><span class="amount">${money(cart.totals.total)}</span></li>
    </ul>
    <p>${worded("step", cart.checkout_step)}</p>`;
  }

  private said(): TemplateResult {
    const last = this.then.messages.filter((each) => each.actor?.kind !== "system").slice(-LAST_WORDS);
    if (!last.length) return html`<p>${t("then.nothing_said")}</p>`;
    return html`<ul class="words">
      ${last.map((each) => html`<li><bdi>${actorName(each.actor, (id) => this.opened.app.nameOf(id))}</bdi>: <bdi>${each.deleted ? t("message.gone") : each.text}</bdi></li>`)}
    </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-then": ConsoleThen;
  }
}
