/**
 * `<console-messages .opened>`: what was said, as a log that keeps to its end while somebody reads there, and to its place otherwise, over a
 * reload too. What is seen is marked read.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { clock, dayHeading, list } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Watch, type Message } from "../protocol";
import "../ui/button";
import "../ui/empty";
import "../ui/icon";
import "../ui/skeleton";
import { base } from "../ui/tokens";
import "./bubble";
import { actorName, happening } from "./happenings";
import { inWords } from "./problems";
import type { Opened } from "./opened";
import { t } from "./texts";
import { items, type Item } from "./threads";

/** Nearer to the end than this counts as reading along. */
const AT_END_PX = 60;
/** What comes together is marked together. */
const MARK_AFTER_MS = 250;

@customElement("console-messages")
export class ConsoleMessages extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        display: flex;
        flex-direction: column;
        min-block-size: 0;
      }
      .scroll {
        flex: 1;
        min-block-size: 0;
        overflow: auto;
        overscroll-behavior: contain;
        padding: var(--space-2) var(--space-4) var(--space-3);
      }
      .scroll:focus-visible {
        outline-offset: -2px;
      }
      .log {
        display: flex;
        flex-direction: column;
        justify-content: flex-end;
        min-block-size: 100%;
        max-inline-size: 900px;
        margin-inline: auto;
      }
      .day,
      .event {
        margin: var(--space-3) 0 0;
        color: var(--grey-text);
        font: var(--text-12) / 1.5 var(--font);
        text-align: center;
        overflow-wrap: anywhere;
      }
      .day {
        font-weight: 600;
      }
      .event tresen-ui-icon {
        --icon-size: 14px;
        margin-inline-end: 4px;
      }
      .event.warning tresen-ui-icon {
        color: var(--warning);
      }
      .event.danger tresen-ui-icon {
        color: var(--danger);
      }
      .event.success tresen-ui-icon {
        color: var(--success);
      }
      .note {
        display: grid;
        gap: 2px;
        margin-block-start: var(--space-3);
        margin-inline: var(--space-6);
        padding: var(--space-2) var(--space-3);
        border: 1px solid var(--line);
        border-inline-start: 3px solid var(--away);
        border-radius: var(--radius);
        background: var(--warning-ground);
        color: var(--ink);
        font: var(--text-13) / 1.5 var(--font);
      }
      .note header {
        display: flex;
        gap: var(--space-2);
        align-items: center;
        color: var(--warning);
        font-size: var(--text-12);
        --icon-size: 14px;
      }
      .note .text {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .typing {
        min-block-size: 20px;
        margin: 0;
        padding: 4px 0 0 32px;
        color: var(--grey-text);
        font: var(--text-12) / 1.4 var(--font);
      }
      .down {
        position: absolute;
        inset-block-end: var(--space-3);
        inset-inline: 0;
        margin-inline: auto;
        inline-size: max-content;
        box-shadow: var(--shadow);
        border-radius: var(--radius);
      }
      .loading {
        display: grid;
        gap: var(--space-4);
        padding: var(--space-4);
      }
      tresen-ui-empty {
        margin: auto;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private away = false;
  @query(".scroll") private readonly scroller?: HTMLElement;
  #atEnd = true;
  #placed = false;
  /** Where to be, while the messages are still coming. */
  #wanted: number | null = null;
  #marking: ReturnType<typeof setTimeout> | undefined;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);
  private readonly seen = (): void => this.markSeen();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("focus", this.seen);
    document.addEventListener("visibilitychange", this.seen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#marking);
    this.#marking = undefined;
    removeEventListener("focus", this.seen);
    document.removeEventListener("visibilitychange", this.seen);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    this.watch.value = this.opened;
    if (changed.has("opened")) {
      this.#atEnd = true;
      this.#placed = false;
      this.#wanted = null;
      this.away = false;
    }
  }

  override updated(): void {
    const { scroller } = this;
    if (!scroller) return;
    if (!this.#placed && this.opened.log.seq > 0) {
      const kept = sessionStorage.getItem(this.place);
      this.#placed = true;
      this.#wanted = kept === null ? null : Number(kept);
    }
    if (this.#wanted !== null) this.restore(scroller, this.#wanted);
    if (this.#atEnd) scroller.scrollTop = scroller.scrollHeight;
    this.markSeen();
  }

  /** Goes to where somebody was before the reload, as the messages come: until it is there, or all have come. */
  private restore(scroller: HTMLElement, wanted: number): void {
    this.#atEnd = false;
    this.away = true;
    scroller.scrollTop = wanted;
    const { log, conversation } = this.opened;
    if (Math.abs(scroller.scrollTop - wanted) < 2 || (conversation && log.seq >= conversation.seq)) this.#wanted = null;
  }

  /** Goes to the last message, which is read then: whoever answers has read. */
  toEnd(): void {
    this.#wanted = null;
    this.#atEnd = true;
    this.away = false;
    if (this.scroller) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.mark();
  }

  private get place(): string {
    return `tresen.console.scroll.${this.opened.id}`;
  }

  private scrolled(): void {
    const { scroller } = this;
    if (!scroller || !this.#placed || this.#wanted !== null) return;
    this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END_PX;
    this.away = !this.#atEnd;
    if (this.#atEnd) sessionStorage.removeItem(this.place);
    else sessionStorage.setItem(this.place, String(Math.round(scroller.scrollTop)));
    this.markSeen();
  }

  /** Whoever has the conversation has read what stands before them; others only look. */
  private markSeen(): void {
    this.#marking ??= setTimeout(() => this.mark(), MARK_AFTER_MS);
  }

  private mark(): void {
    clearTimeout(this.#marking);
    this.#marking = undefined;
    if (!this.isConnected || !this.opened.mine || document.hidden) return;
    if (this.#atEnd && document.hasFocus()) this.opened.log.markRead();
    else this.opened.log.markDelivered();
  }

  override render(): TemplateResult {
    const { opened } = this;
    if (opened.problem && !opened.log.seq)
      return html`<tresen-ui-empty tone="danger" icon="circle-alert" heading=${t("messages.failed")}>
        ${inWords(opened.problem)}<tresen-ui-button slot="actions" size="small" @click=${() => void opened.refresh()}>${t("again")}</tresen-ui-button>
      </tresen-ui-empty>`;
    if (!opened.log.seq)
      return html`<div class="loading" role="status" aria-busy="true" aria-label=${t("loading")}>
        <tresen-ui-skeleton lines="2"></tresen-ui-skeleton><tresen-ui-skeleton lines="3"></tresen-ui-skeleton><tresen-ui-skeleton lines="1"></tresen-ui-skeleton>
      </div>`;
    const found = items(opened.log.messages, opened.log.entries);
    const unread = opened.unread;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("messages.title")} @scroll=${this.scrolled}>
        <div class="log">
          <div role="log" aria-label=${t("messages.title")} aria-live="polite">${repeat(found, (item) => item.key, (item) => this.item(item))}</div>
          ${this.typing()}
        </div>
      </div>
      ${this.away ? html`<tresen-ui-button class="down" size="small" icon="arrow-down" @click=${this.toEnd}>${unread ? t("messages.new", { count: unread }) : t("messages.down")}</tresen-ui-button>` : nothing}`;
  }

  private item(item: Item): TemplateResult | typeof nothing {
    const named = (id: string): string => this.opened.app.nameOf(id) || (id === this.opened.conversation?.customer_id ? this.opened.name : "");
    switch (item.kind) {
      case "day":
        return html`<p class="day">${dayHeading(item.at)}</p>`;
      case "event": {
        const told = happening(item.entry, named);
        return told ? html`<p class="event ${told.mood}"><tresen-ui-icon name=${told.icon}></tresen-ui-icon><bdi>${told.text}</bdi> · ${clock(item.entry.at)}</p>` : nothing;
      }
      case "note":
        return html`<aside class="note" aria-label=${t("note.title")}>
          <header><tresen-ui-icon name="sticky-note"></tresen-ui-icon><bdi>${actorName(item.actor, named)}</bdi><span>${t("note.staff")}</span><time datetime=${item.at}>${clock(item.at)}</time></header>
          <span class="text" dir="auto">${item.text}</span>
        </aside>`;
      case "said":
        return html`<console-bubble
          .opened=${this.opened}
          .message=${item.message}
          ?first=${item.first}
          ?last=${item.last}
          receipt=${this.receipt(item.message)}
        ></console-bubble>`;
    }
  }

  /** Under the last message of the staff: how far it has got with the customer. */
  private receipt(message: Message): "" | "sent" | "delivered" | "read" {
    if (message.actor.id !== this.opened.app.me.id || message.seq === null || message.deleted) return "";
    const last = this.opened.log.messages.findLast((each) => each.seq !== null && each.actor.id === message.actor.id && !each.deleted);
    if (last !== message) return "";
    const theirs = this.opened.log.receipts.filter((each) => each.actor.kind === "customer");
    const seq = message.seq;
    return theirs.some((each) => each.read >= seq) ? "read" : theirs.some((each) => each.delivered >= seq) ? "delivered" : "sent";
  }

  private typing(): TemplateResult {
    const names = this.opened.log.typists.map((each) => actorName(each, (id) => this.opened.app.nameOf(id)));
    return html`<p class="typing" role="status">${names.length ? t("messages.typing", { names: list(names), count: names.length }) : nothing}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-messages": ConsoleMessages;
  }
}
