/** `<tresen-chat>`: the open conversation and the one input. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { clock, dayHeading, list, moment } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import { Watch, type Message } from "../../protocol";
import "../../ui/avatar";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { t } from "../words";
import type * as Cards from "./cards";
import { looks } from "./chat.css";
import type { Composer } from "./composer";
import "./composer";
import { eventWords, systemWords } from "./events";
import { messageView, type Acts } from "./message";
import { reached } from "./receipts";
import { rows, type Row } from "./rows";
import "./waiting";

/** Who is this near to the end wants to see what comes. */
const NEAR_PX = 80;

@customElement("tresen-chat")
export class Chat extends LitElement implements Acts {
  static override styles = [base, looks];

  @property({ attribute: false }) app!: App;
  @property({ attribute: false }) call!: (media: "voice" | "video") => void;
  @query(".log") private readonly list!: HTMLElement;
  @query("tresen-composer") private readonly composer!: Composer | null;
  @state() private removing: Message | null = null;
  @state() private drawn: typeof Cards | null = null;
  @state() private behind = false;
  @state() private dropping = false;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<App>(this);
  private last = "";
  private fetching = false;
  private sizes: ResizeObserver | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.app;
    this.sizes = new ResizeObserver(() => {
      if (!this.behind) this.toEnd();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes?.disconnect();
  }

  override firstUpdated(): void {
    // The keyboard of a phone, pictures that arrive: what was at the end stays there.
    this.sizes?.observe(this.list);
    this.sizes?.observe(this.list.firstElementChild!);
    this.toEnd();
  }

  focusFirst(): void {
    if (this.composer) this.composer.focusInput();
    else this.renderRoot.querySelector<HTMLElement>("tresen-ui-button")?.focus();
  }

  protected override updated(): void {
    const newest = this.app.log?.messages.at(-1);
    if (newest && newest.id !== this.last) {
      this.last = newest.id;
      if (!this.behind || newest.actor.kind === "customer") this.toEnd();
    } else if (!this.behind) this.toEnd();
  }

  private toEnd(): void {
    this.list.scrollTop = this.list.scrollHeight;
    this.behind = false;
  }

  private scrolled(): void {
    this.behind = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight > NEAR_PX;
  }

  reply(message: Message): void {
    this.composer?.reply(message);
  }
  edit(message: Message): void {
    this.composer?.edit(message);
  }
  takeBack(message: Message): void {
    this.removing = message;
  }

  cards(): typeof Cards | null {
    if (!this.drawn && !this.fetching) {
      this.fetching = true;
      void import("./cards").then((cards) => (this.drawn = cards)).finally(() => (this.fetching = false));
    }
    return this.drawn;
  }

  private async removed(): Promise<void> {
    const message = this.removing;
    this.removing = null;
    if (!message) return;
    try {
      await this.app.log?.delete(message.id);
    } catch (error) {
      this.app.report(error);
    }
  }

  private state(message: Message): TemplateResult {
    const log = this.app.log!;
    const how = reached(message, log.receipts, this.app.session?.person_id);
    if (how === "failed")
      return html`<span class="state failed">
        ${message.problem ? this.app.words(message.problem) : t("message.failed")}
        <tresen-ui-button size="small" @click=${() => log.retry(message.id)}>${t("message.retry")}</tresen-ui-button>
        <tresen-ui-button size="small" kind="quiet" @click=${() => log.discard(message.id)}>${t("message.discard")}</tresen-ui-button>
      </span>`;
    const waiting = how === "sending" && this.app.link.state !== "online";
    return html`<span class="state">${waiting ? t("message.waiting") : t(`message.${how}`)}</span>`;
  }

  private row(row: Row, lastOwn: Message | undefined): TemplateResult {
    const { app } = this;
    switch (row.kind) {
      case "day":
        return html`<p class="day">${dayHeading(row.at)}</p>`;
      case "system":
        return html`<p class="quiet-line">${systemWords(app, row.message)}</p>`;
      case "event":
        return html`<p class="quiet-line">${eventWords(row.entry)} <span>${clock(row.entry.at)}</span></p>`;
      case "order":
        return html`<div class="group own"><div class="said">${this.cards()?.order(row.entry)}</div></div>`;
      case "payment":
        return html`<div class="group own">
          <div class="said">${this.cards()?.payment(app, row.entry)}</div>
        </div>`;
      case "group": {
        const name = row.own ? t("you") : row.actor.name || t("shop");
        const at = row.messages[0]!.at;
        return html`<div class="group ${row.own ? "own" : ""}">
          ${row.own ? nothing : html`<tresen-ui-avatar size="small" name=${name}></tresen-ui-avatar>`}
          <div class="said">
            <p class="by">${row.own ? html`<span class="unseen">${name}</span>` : html`<bdi>${name}</bdi> · `}<time datetime=${at} title=${moment(at)}>${clock(at)}</time></p>
            ${repeat(
              row.messages,
              (message) => message.id,
              (message) => html`${messageView(app, message, row.own, this)}${message.state === "failed" || message === lastOwn ? this.state(message) : nothing}`,
            )}
          </div>
        </div>`;
      }
    }
  }

  /** Answers to choose from, as long as nobody has said anything else. */
  private replies(): TemplateResult | typeof nothing {
    const newest = this.app.log?.messages.at(-1);
    const block = newest?.actor.kind === "customer" || newest?.deleted ? undefined : newest?.blocks.find((each) => each.type === "quick_replies");
    if (!block) return nothing;
    return html`<div class="replies" role="group" aria-label=${t("replies")}>
      ${block.replies.map((reply) => html`<tresen-ui-button size="small" @click=${() => this.app.say({ text: reply.value ?? reply.label, reply_to: newest!.id })}>${reply.label}</tresen-ui-button>`)}
    </div>`;
  }

  private typing(): TemplateResult | typeof nothing {
    const names = (this.app.log?.typists ?? []).map((actor) => actor.name || t("shop"));
    return html`<div class="typing" role="status">
      ${names.length ? html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("typing", { count: names.length, names: list(names) })}` : nothing}
    </div>`;
  }

  private asking(): TemplateResult {
    return html`<tresen-ui-dialog contained heading=${t("message.delete")} ?open=${this.removing !== null} @close=${() => (this.removing = null)}>
      ${t("message.delete_sure")}
      <tresen-ui-button slot="footer" @click=${() => (this.removing = null)}>${t("cancel")}</tresen-ui-button>
      <tresen-ui-button slot="footer" kind="danger" @click=${() => void this.removed()}>${t("message.delete")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }

  private dropped(event: DragEvent): void {
    event.preventDefault();
    this.dropping = false;
    if (event.dataTransfer?.files.length) this.composer?.attach([...event.dataTransfer.files]);
  }

  override render(): TemplateResult {
    const { app } = this;
    const { log } = app;
    const all = log ? rows(log.entries, log.messages) : [];
    const lastOwn = log?.messages.findLast((message) => message.actor.kind === "customer" && message.state !== "failed" && !message.deleted);
    return html`
      <div
        class="log"
        role="log"
        aria-label=${t("chat.log")}
        tabindex="0"
        @scroll=${() => this.scrolled()}
        @dragover=${(event: DragEvent) => {
          event.preventDefault();
          this.dropping = true;
        }}
        @dragleave=${() => (this.dropping = false)}
        @drop=${(event: DragEvent) => this.dropped(event)}
      >
        <div class="all">
          ${all.length ? nothing : html`<p class="hello">${t("chat.hello")}</p>`}
          ${repeat(
            all,
            (row) => row.key,
            (row) => this.row(row, lastOwn),
          )}
          ${this.replies()}
        </div>
      </div>
      ${this.typing()}
      ${this.behind ? html`<div class="newer"><tresen-ui-button size="small" icon="arrow-down" @click=${() => this.toEnd()}>${t("chat.newest")}</tresen-ui-button></div>` : nothing}
      <tresen-waiting .app=${app}></tresen-waiting>
      ${app.closed
        ? html`<div class="foot">
            ${app.rated || !app.spoken ? nothing : html`<tresen-ui-button wide icon="star" @click=${() => app.show("csat")}>${t("rate")}</tresen-ui-button>`}
            <tresen-ui-button wide kind="primary" @click=${() => app.leaveConversation()}>${t("conversation.new")}</tresen-ui-button>
          </div>`
        : html`<tresen-composer .app=${app} .call=${this.call}></tresen-composer>`}
      ${this.dropping ? html`<div class="drop">${t("file.drop")}</div>` : nothing}
      ${this.asking()}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-chat": Chat;
  }
}
