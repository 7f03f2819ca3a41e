/** `<console-queue-row .app .row>`: one customer in the left column, with what can be done about them from there. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { duration, stopwatch } from "../text/formats";
import { LocaleController } from "../text/texts";
import "../ui/avatar";
import "../ui/badge";
import "../ui/button";
import "../ui/icon";
import type { IconName } from "../ui/icon";
import "../ui/row";
import { base } from "../ui/tokens";
import type { App } from "./app";
import { share, urgency, type Row } from "./attention";
import { called } from "./called";
import { accept, decline, pick, show } from "./deeds";
import { t, worded } from "./texts";

const CHANNELS: Record<string, IconName> = { chat: "message-circle", voice: "phone", video: "video", email: "mail" };
/** An offer's time, where the note with its end was missed: as queues have it by default. */
const OFFER_MS = 20_000;

@customElement("console-queue-row")
export class ConsoleQueueRow extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      tresen-ui-row {
        border-radius: var(--radius);
        overflow: hidden;
      }
      .face {
        position: relative;
        display: block;
      }
      .channel {
        position: absolute;
        inset-block-end: -4px;
        inset-inline-end: -6px;
        display: grid;
        place-content: center;
        inline-size: 18px;
        block-size: 18px;
        border-radius: 50%;
        background: var(--paper);
        color: var(--grey-text);
        --icon-size: 12px;
      }
      .time {
        font-variant-numeric: tabular-nums;
      }
      .warning {
        color: var(--warning);
      }
      .danger {
        color: var(--danger);
        font-weight: 600;
      }
      .marks {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      .language {
        text-transform: uppercase;
      }
      .typing {
        color: var(--accent-text);
      }
      .answer {
        display: flex;
        align-items: center;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-3) var(--space-3);
      }
      .answer tresen-ui-button:first-of-type {
        flex: 1;
      }
      .offer {
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        background: var(--raised);
        overflow: hidden;
        margin-block: var(--space-1);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) row!: Row;
  @property({ type: Number }) now = Date.now();
  @property({ type: Boolean }) selected = false;
  @state() private busy = false;

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const { row } = this;
    if (row.kind !== "offer") return this.line(row);
    return html`<div class="offer">${this.line(row)} ${this.answers(row)}</div>`;
  }

  private line(row: Row): TemplateResult {
    const channel = row.place?.channel ?? row.conversation?.channel ?? "chat";
    const name = called(row.conversation?.customer_name);
    const language = row.conversation?.locale.split("-")[0] ?? "";
    const over = row.kind === "offer" ? this.left(row) : row.since === null ? undefined : share(row, this.now);
    return html`<tresen-ui-row interactive ?selected=${this.selected} ?unread=${row.unread > 0} .progress=${over} @choose=${this.choose}>
      <span class="face" slot="leading">
        <tresen-ui-avatar name=${name}></tresen-ui-avatar>
        <span class="channel"><tresen-ui-icon name=${CHANNELS[channel] ?? "message-circle"} label=${worded("channel", channel)}></tresen-ui-icon></span>
      </span>
      <bdi slot="title">${name}</bdi>
      <span slot="detail" class=${row.typing ? "typing" : ""}>${this.detail(row)}</span>
      <span slot="meta">${this.waited(row)}</span>
      <span slot="meta" class="marks">
        ${row.boost > 0 ? html`<tresen-ui-badge tone="warning" icon="zap">${t("queue.boost", { points: row.boost })}</tresen-ui-badge>` : nothing}
        ${language ? html`<span class="language">${language}</span>` : nothing}
        ${row.unread ? html`<tresen-ui-badge solid aria-label=${t("queue.unread", { count: row.unread })}>${row.unread}</tresen-ui-badge>` : nothing}
      </span>
      ${row.kind === "waiting"
        ? html`<tresen-ui-button slot="actions" size="small" kind="quiet" icon="user-check" label=${t("queue.pick", { name })} ?busy=${this.busy} @click=${() => void this.take()}></tresen-ui-button>`
        : nothing}
    </tresen-ui-row>`;
  }

  /** What it is about, best first: a writer, what was said, the reason the queue knows. */
  private detail(row: Row): TemplateResult | string {
    if (row.typing) return t("queue.typing");
    if (row.place?.callback) return t("queue.callback");
    const reason = row.place?.reason ? worded("reason", row.place.reason) : "";
    if (row.said) return reason && row.kind !== "mine" ? html`${reason} · <bdi>${row.said}</bdi>` : html`<bdi>${row.said}</bdi>`;
    return reason || worded("channel", row.place?.channel ?? row.conversation?.channel ?? "chat");
  }

  private waited(row: Row): TemplateResult | typeof nothing {
    if (row.kind === "offer") return html`<span class="time">${stopwatch(this.seconds(row))}</span>`;
    if (row.since === null) return nothing;
    const seconds = Math.max(0, (this.now - row.since) / 1000);
    return html`<span class="time ${urgency(row, this.now)}">${seconds < 3600 ? stopwatch(seconds) : duration(seconds)}</span>`;
  }

  /** Seconds that an offer still stands. */
  private seconds(row: Row): number {
    return Math.max(0, ((row.endsAt ?? this.now + OFFER_MS) - this.now) / 1000);
  }

  private left(row: Row): number {
    const all = (Number(this.app.desk.queues.get(row.place?.queue_id ?? "")?.settings["offer_s"]) || OFFER_MS / 1000) * 1000;
    return 1 - (this.seconds(row) * 1000) / all;
  }

  private answers(row: Row): TemplateResult | typeof nothing {
    const { place } = row;
    if (!place) return nothing;
    // A call rings by itself; what is answered here is a chat, and a callback, which begins with the rep.
    if (place.channel !== "chat" && !place.callback) return html`<div class="answer"><tresen-ui-badge tone="accent" icon="phone-incoming">${t("queue.rings")}</tresen-ui-badge></div>`;
    return html`<div class="answer">
      <tresen-ui-button kind="primary" size="small" icon="check" keys="Alt+A" ?busy=${this.busy} @click=${() => void this.answer(true)}>${t("queue.accept")}</tresen-ui-button>
      <tresen-ui-button size="small" keys="Alt+D" ?disabled=${this.busy} @click=${() => void this.answer(false)}>${t("queue.decline")}</tresen-ui-button>
    </div>`;
  }

  private choose(): void {
    show(this.app, this.row.conversationId);
  }

  private async answer(yes: boolean): Promise<void> {
    const { place } = this.row;
    if (!place) return;
    this.busy = true;
    await (yes ? accept : decline)(this.app, place);
    this.busy = false;
  }

  private async take(): Promise<void> {
    const { place } = this.row;
    if (!place) return;
    this.busy = true;
    await pick(this.app, place);
    this.busy = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-queue-row": ConsoleQueueRow;
  }
}
