/** `<console-ring-card .calling .ring>`: one call that rings: who, what kind, how long they have waited, what they said, what is in the cart. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { Problem, type Cart } from "../../protocol";
import { duration, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/button";
import type { Button } from "../../ui/button";
import "../../ui/icon";
import "../../ui/icons-desk";
import { base } from "../../ui/tokens";
import type { Calling, Ring } from "./calling";
import { t } from "./texts";
import { Tick } from "../tick";

@customElement("console-ring-card")
export class RingCard extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow);
        font: var(--text-14) / 1.45 var(--font);
        overflow: hidden;
        animation: come var(--motion);
      }
      @keyframes come {
        from {
          opacity: 0;
          transform: translateY(-12px);
        }
      }
      .body {
        display: flex;
        gap: 14px;
        padding: 16px 16px 12px;
      }
      .face {
        position: relative;
        flex: none;
        align-self: start;
      }
      .face tresen-ui-avatar {
        --avatar: 52px;
      }
      .kind {
        position: absolute;
        inset-block-end: -4px;
        inset-inline-end: -4px;
        display: grid;
        place-content: center;
        inline-size: 24px;
        block-size: 24px;
        border-radius: 50%;
        background: var(--accent);
        color: var(--on-accent);
        box-shadow: 0 0 0 2px var(--raised);
      }
      .kind tresen-ui-icon {
        --icon-size: 14px;
      }
      .words {
        flex: 1;
        min-inline-size: 0;
      }
      h2 {
        margin: 0;
        font: 600 var(--text-16) / 1.35 var(--font);
        overflow-wrap: anywhere;
      }
      .facts {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin: 2px 0 0;
        color: var(--grey-text);
        font-size: var(--text-13);
        font-variant-numeric: tabular-nums;
      }
      blockquote {
        display: -webkit-box;
        margin: 8px 0 0;
        padding-inline-start: 10px;
        border-inline-start: 2px solid var(--line-strong);
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
      }
      .answers {
        display: grid;
        grid-template-columns: 1fr 1.4fr;
        gap: 8px;
        padding: 0 16px 12px;
      }
      .left {
        padding: 0 16px 12px;
        color: var(--grey-text);
        font-size: var(--text-12);
        text-align: center;
        font-variant-numeric: tabular-nums;
      }
      .bar {
        block-size: 3px;
        background: var(--line);
      }
      .bar i {
        display: block;
        block-size: 100%;
        inline-size: var(--left, 100%);
        background: var(--accent);
        transition: inline-size 1s linear;
      }
      kbd {
        margin-inline-start: 6px;
        padding: 0 5px;
        border: 1px solid currentColor;
        border-radius: 4px;
        font: 500 var(--text-12) / 1.4 var(--font);
      }
      @media (prefers-reduced-motion: reduce) {
        :host,
        .bar i {
          animation: none;
          transition: none;
        }
      }
      @media (max-width: 480px) {
        kbd {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  @property({ attribute: false }) ring!: Ring;
  @state() private cart: Cart | null = null;
  @query(".accept") private readonly acceptButton!: Button | null;
  protected readonly words = new LocaleController(this);
  protected readonly tick = new Tick(this);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#readCart();
  }

  focusAccept(): void {
    this.acceptButton?.focus();
  }

  /** The cart where the customer lets it be seen; what is refused is simply not shown. */
  async #readCart(): Promise<void> {
    const { link } = this.calling.app;
    try {
      const { conversation } = await link.ask("conversation.read", { conversation_id: this.ring.call.conversation_id });
      if (conversation.cart_id) this.cart = await link.ask("cart.read", { cart_id: conversation.cart_id });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  override render(): TemplateResult {
    const { calling, ring } = this;
    const { app } = calling;
    const { call } = ring;
    const customer = calling.customerOf(call);
    const video = call.media === "video";
    const handing = ring.transferId ? call.legs.find((leg) => leg.id === call.transfer?.from_leg_id)?.person_id : undefined;
    const rep = app.desk.reps.get(handing ?? call.rep_id ?? "")?.name || t("who.rep");
    const joins = ring.transferId === null && call.answered_at !== null;
    const title = ring.transferId ? t("ring.transfer", { rep, customer }) : joins ? t("ring.join", { rep, customer }) : video ? t("ring.video", { customer }) : t("ring.voice", { customer });
    // A chat that somebody looks after already is no waiting.
    const place = [...app.desk.work, ...app.desk.lobby].find((each) => each.call_id === call.id) ?? app.desk.lobby.find((each) => each.conversation_id === call.conversation_id);
    const waited = (Date.now() - Date.parse(place?.entered_at ?? call.created_at)) / 1000;
    const said = app.opened.get(call.conversation_id)?.log.messages.findLast((each) => each.actor.kind === "customer" && each.text)?.text ?? app.desk.lastSaid.get(call.conversation_id)?.text;
    const total = this.cart?.totals.total;
    const left = ring.until === null ? null : Math.max(0, Math.ceil((ring.until - Date.now()) / 1000));
    const whole = ring.until === null ? 1 : Math.max(1, (ring.until - ring.since) / 1000);
    this.style.setProperty("--left", `${left === null ? 100 : Math.min(100, (100 * left) / whole)}%`);
    return html`<section aria-label=${t("ring.title")}>
      <div class="bar" aria-hidden="true"><i></i></div>
      <div class="body">
        <span class="face"><tresen-ui-avatar name=${customer}></tresen-ui-avatar><span class="kind"><tresen-ui-icon name=${video ? "video" : "phone"}></tresen-ui-icon></span></span>
        <div class="words">
          <div role="alert"><h2>${title}</h2></div>
          <p class="facts">
            <span>${video ? t("ring.kind.video") : t("ring.kind.voice")}</span>
            <span>${t("ring.waited", { time: duration(waited) })}</span>
            ${total ? html`<span>${t("ring.cart", { total: money(total) })}</span>` : nothing}
          </p>
          ${said ? html`<blockquote aria-label=${t("ring.message")}>${said}</blockquote>` : nothing}
        </div>
      </div>
      <div class="answers">
        <tresen-ui-button size="large" wide icon="phone-off" kind="danger" keys="Escape" ?disabled=${ring.busy} @click=${() => void calling.decline(ring)}>${t("ring.decline")}<kbd aria-hidden="true">Esc</kbd></tresen-ui-button>
        <tresen-ui-button class="accept" size="large" wide kind="primary" icon=${video ? "video" : "phone"} keys="Enter" ?busy=${ring.busy} @click=${() => void calling.accept(ring)}>${t("ring.accept")}<kbd aria-hidden="true">↵</kbd></tresen-ui-button>
      </div>
      ${left === null ? nothing : html`<div class="left">${t("ring.seconds", { count: left })}</div>`}
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-ring-card": RingCard;
  }
}
