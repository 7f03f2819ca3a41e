/**
 * `<console-bubble .opened .message>`: one message as it is read, with what its writer may still do about it. Everything somebody typed is
 * text: links in it are not made clickable by guessing.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { clock } from "../text/formats";
import { LocaleController } from "../text/texts";
import type { Message, Schemas } from "../protocol";
import "../ui/avatar";
import "../ui/button";
import "../ui/icon";
import "../ui/menu";
import type { MenuEntry } from "../ui/menu";
import { base } from "../ui/tokens";
import "./attachment";
import { bubbleStyles } from "./bubble-styles";
import "./card";
import { actorName } from "./happenings";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import { t, worded } from "./texts";

/** As the server has it: long enough to mend a slip. */
const EDIT_WITHIN_MS = 15 * 60_000;

@customElement("console-bubble")
export class ConsoleBubble extends LitElement {
  static override styles = [base, bubbleStyles];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) message!: Message;
  /** The first, the last of what one person says in a row. */
  @property({ type: Boolean, reflect: true }) first = false;
  @property({ type: Boolean, reflect: true }) last = false;
  /** How far it has got with the customer: "sent", "delivered", "read"; empty: not to be said. */
  @property() receipt: "" | "sent" | "delivered" | "read" = "";
  @state() private editing = false;
  @query("textarea") private readonly area?: HTMLTextAreaElement;

  protected readonly words = new LocaleController(this);

  private get own(): boolean {
    return this.message.actor.id === this.opened.app.me.id;
  }

  override render(): TemplateResult {
    const { message } = this;
    const side = message.actor.kind === "customer" ? "customer" : message.actor.kind === "system" ? "system" : "staff";
    const who = actorName(message.actor, (id) => this.opened.app.nameOf(id));
    if (side === "system") return html`<p class="announced"><bdi>${message.text}</bdi></p>`;
    return html`<article class="message ${side} ${message.state}" aria-label=${t("message.of", { who, time: clock(message.at) })}>
      ${side === "customer" ? html`<span class="who">${this.last ? html`<tresen-ui-avatar size="small" name=${who}></tresen-ui-avatar>` : nothing}</span>` : nothing}
      <div class="column">
        ${this.first ? html`<header><bdi>${who}</bdi><time datetime=${message.at}>${clock(message.at)}</time></header>` : nothing}
        <div class="line">
          <div class="stack">${this.editing ? this.editor() : this.said()}</div>
          ${message.deleted || this.editing || message.state !== "sent" ? nothing : this.menu()}
        </div>
        ${this.standing()}
      </div>
    </article>`;
  }

  private said(): TemplateResult {
    const { message } = this;
    if (message.deleted) return html`<div class="bubble gone"><tresen-ui-icon name="trash-2"></tresen-ui-icon>${t("message.gone")}</div>`;
    const quoted = message.reply_to === null ? undefined : this.opened.log.message(message.reply_to);
    return html`
      ${message.text || quoted
        ? html`<div class="bubble">
            ${quoted ? html`<blockquote><bdi>${actorName(quoted.actor, (id) => this.opened.app.nameOf(id))}</bdi><bdi class="quoted">${quoted.deleted ? t("message.gone") : quoted.text}</bdi></blockquote>` : nothing}
            <span class="text" dir="auto">${message.text}</span>
          </div>`
        : nothing}
      ${message.blocks.map((block) => this.block(block))}
      ${message.attachments.map((file) => html`<console-attachment .app=${this.opened.app} .conversationId=${this.opened.id} .file=${file}></console-attachment>`)}
    `;
  }

  private block(block: Message["blocks"][number]): TemplateResult | typeof nothing {
    switch (block.type) {
      case "product_card":
        return html`<console-product .card=${block}></console-product>`;
      case "payment_card":
        return html`<console-payment-card .card=${block} stand=${this.paid(block)}></console-payment-card>`;
      case "quick_replies":
        return html`<ul class="replies" aria-label=${t("message.replies")}>${block.replies.map((reply) => html`<li><bdi>${reply.label}</bdi></li>`)}</ul>`;
      case "text":
        return html`<div class="bubble"><span class="text" dir="auto">${block.text}</span></div>`;
      default:
        return nothing;
    }
  }

  /** What the timeline says last of the payment that a card asks for. */
  private paid(card: Schemas["PaymentCard"]): string {
    const last = this.opened.log.entries.findLast((entry) => entry.type.startsWith("payment.") && entry.data?.["payment_id"] === card.payment_id);
    return last ? worded("paid", String(last.data["status"] ?? "")) : "";
  }

  private menu(): TemplateResult {
    const { message, own } = this;
    const young = Date.now() - Date.parse(message.at) < EDIT_WITHIN_MS;
    const supervises = this.opened.app.supervises;
    const items: MenuEntry[] = [
      { id: "quote", label: t("message.quote"), icon: "reply" },
      { id: "copy", label: t("message.copy"), icon: "copy" },
      ...(own && young && message.text ? [{ id: "edit", label: t("message.edit"), icon: "pencil" as const }] : []),
      ...(own || supervises ? [{ id: "delete", label: t("message.delete"), icon: "trash-2" as const, danger: true }] : []),
    ];
    return html`<tresen-ui-menu class="menu" label=${t("message.menu")} .items=${items} @choose=${this.chosen}>
      <tresen-ui-button slot="trigger" size="small" kind="quiet" icon="ellipsis" label=${t("message.menu")}></tresen-ui-button>
    </tresen-ui-menu>`;
  }

  /** Lets its writer mend it. */
  edit(): void {
    this.editing = true;
    void this.updateComplete.then(() => this.area?.focus());
  }

  private chosen(event: CustomEvent<{ id: string }>): void {
    event.stopPropagation();
    const { log, app } = this.opened;
    const { message } = this;
    switch (event.detail.id) {
      case "quote":
        this.dispatchEvent(new CustomEvent("quote", { detail: { id: message.id }, bubbles: true, composed: true }));
        break;
      case "copy":
        void navigator.clipboard.writeText(message.text).then(() => app.notice(t("message.copied"), "success"));
        break;
      case "edit":
        this.edit();
        break;
      case "delete":
        void app.attempt(() => log.delete(message.id), inWords);
        break;
    }
  }

  private editor(): TemplateResult {
    return html`<form class="editor" @submit=${this.edited}>
      <textarea aria-label=${t("message.edit")} maxlength="4000" .value=${this.message.text} @keydown=${this.editorKey}></textarea>
      <div class="actions">
        <tresen-ui-button size="small" @click=${() => (this.editing = false)}>${t("cancel")}</tresen-ui-button>
        <tresen-ui-button size="small" kind="primary" type="submit">${t("save")}</tresen-ui-button>
      </div>
    </form>`;
  }

  private editorKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      this.editing = false;
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void this.edited();
    }
  }

  private async edited(event?: Event): Promise<void> {
    event?.preventDefault();
    const text = this.area?.value.trim() ?? "";
    const { log, app } = this.opened;
    if (text && text !== this.message.text && !(await app.attempt(() => log.edit(this.message.id, text), inWords))) return;
    this.editing = false;
  }

  private standing(): TemplateResult | typeof nothing {
    const { message, receipt } = this;
    const edited = message.edited && !message.deleted ? html`<span>${t("message.edited")}</span>` : nothing;
    if (message.state === "sending") return html`<footer><tresen-ui-icon name="clock"></tresen-ui-icon>${t("message.sending")}</footer>`;
    if (message.state === "failed")
      return html`<footer class="failed" role="alert">
        <tresen-ui-icon name="circle-alert"></tresen-ui-icon>${message.problem ? inWords(message.problem) : t("message.failed")}
        <tresen-ui-button size="small" @click=${() => this.opened.log.retry(message.id)}>${t("again")}</tresen-ui-button>
        <tresen-ui-button size="small" kind="quiet" @click=${() => this.opened.log.discard(message.id)}>${t("message.discard")}</tresen-ui-button>
      </footer>`;
    if (!receipt) return message.edited && !message.deleted ? html`<footer>${edited}</footer>` : nothing;
    return html`<footer>${edited}<tresen-ui-icon name=${receipt === "sent" ? "check" : "check-check"} class=${receipt}></tresen-ui-icon>${t(`message.${receipt}`)}</footer>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-bubble": ConsoleBubble;
  }
}
