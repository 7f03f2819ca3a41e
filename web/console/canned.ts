/**
 * `<console-canned .opened>`: the shop's canned replies above the composer, found by shortcut, title and words. `pick` carries
 * `detail.text`, with the placeholders filled in by the server. The focus stays in the text; its keys are passed on by `key`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Problem, type Answer } from "../protocol";
import { base } from "../ui/tokens";
import type { Opened } from "./opened";
import { inWords } from "./problems";
import { t } from "./texts";

type Reply = Answer<"canned.create">;
const SHOWN_MOST = 8;

/** The best first: the shortcut itself, what begins with it, titles, texts. */
export function found(replies: readonly Reply[], wanted: string): Reply[] {
  const words = wanted.toLocaleLowerCase();
  const rank = (reply: Reply): number => {
    if (reply.shortcut === words) return 0;
    if (reply.shortcut.startsWith(words)) return 1;
    if (reply.title.toLocaleLowerCase().includes(words)) return 2;
    return reply.text.toLocaleLowerCase().includes(words) ? 3 : 4;
  };
  return replies
    .map((reply) => ({ reply, rank: rank(reply) }))
    .filter((each) => each.rank < 4)
    .sort((one, other) => one.rank - other.rank || one.reply.shortcut.localeCompare(other.reply.shortcut))
    .map((each) => each.reply)
    .slice(0, SHOWN_MOST);
}

@customElement("console-canned")
export class ConsoleCanned extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        inset-block-end: calc(100% + 4px);
        inset-inline: var(--space-4);
        z-index: var(--z-menu);
      }
      .list {
        max-inline-size: 900px;
        max-block-size: min(340px, 50dvh);
        margin-inline: auto;
        padding: 4px;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        box-shadow: var(--shadow);
        font: var(--text-13) / 1.4 var(--font);
      }
      .option {
        display: grid;
        grid-template-columns: minmax(72px, auto) minmax(0, 1fr);
        gap: 2px var(--space-3);
        padding: var(--space-2) var(--space-3);
        border-radius: 6px;
        cursor: pointer;
      }
      .option.active,
      .option:hover {
        background: var(--accent-ground);
      }
      .shortcut {
        color: var(--accent-text);
        font-weight: 600;
      }
      .text {
        grid-column: 2;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--grey-text);
      }
      p {
        margin: 0;
        padding: var(--space-3);
        color: var(--grey-text);
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private replies: Reply[] | null = null;
  @state() private wanted: string | null = null;
  @state() private at = 0;
  @state() private problem = "";
  #locale = "";

  protected readonly words = new LocaleController(this);

  get open(): boolean {
    return this.wanted !== null;
  }

  look(wanted: string): void {
    this.wanted = wanted;
    this.at = 0;
    const locale = this.opened.conversation?.locale ?? "en";
    if (this.replies === null || locale !== this.#locale) void this.load(locale);
  }

  close(): void {
    if (this.wanted === null) return;
    this.wanted = null;
  }

  /** Takes a key of the text's; whether it was for this list. */
  key(event: KeyboardEvent): boolean {
    const list = this.list;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        this.at = list.length ? (this.at + (event.key === "ArrowDown" ? 1 : -1) + list.length) % list.length : 0;
        break;
      case "Enter":
      case "Tab":
        if (!list[this.at]) return false;
        void this.pick(list[this.at]!);
        break;
      case "Escape":
        this.close();
        break;
      default:
        return false;
    }
    event.preventDefault();
    void this.updateComplete.then(() => this.renderRoot.querySelector(".active")?.scrollIntoView({ block: "nearest" }));
    return true;
  }

  private get list(): Reply[] {
    return this.wanted === null || !this.replies ? [] : found(this.replies, this.wanted);
  }

  private async load(locale: string): Promise<void> {
    this.#locale = locale;
    try {
      this.replies = (await this.opened.app.link.ask("canned.list", { locale })).data;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = inWords(error);
    }
  }

  private async pick(reply: Reply): Promise<void> {
    const { app, id } = this.opened;
    this.close();
    await app.attempt(async () => {
      const { text } = await app.link.ask("canned.render", { reply_id: reply.id, conversation_id: id });
      // "Hello {customer_name}," of somebody without a name.
      const said = this.opened.name ? text : text.replace(/ +([,.!?;:])/g, "$1");
      this.dispatchEvent(new CustomEvent("pick", { detail: { text: said } }));
    }, inWords);
  }

  override render(): TemplateResult | typeof nothing {
    if (this.wanted === null) return nothing;
    if (this.problem) return html`<div class="list"><p role="status">${this.problem}</p></div>`;
    if (this.replies === null) return html`<div class="list"><p role="status">${t("loading")}</p></div>`;
    const { list } = this;
    if (!list.length) return html`<div class="list"><p role="status">${t(this.replies.length ? "canned.none" : "canned.empty")}</p></div>`;
    return html`<div class="list" role="listbox" aria-label=${t("composer.canned")}>
      ${list.map(
        (reply, index) => html`<div class="option ${index === this.at ? "active" : ""}" role="option" aria-selected=${index === this.at ? "true" : "false"} @pointerdown=${(event: Event) => event.preventDefault()} @click=${() => void this.pick(reply)}>
          <span class="shortcut">/${reply.shortcut}</span><bdi>${reply.title}</bdi><bdi class="text">${reply.text}</bdi>
        </div>`,
      )}
    </div>
    <span class="unseen" role="status">${list[this.at] ? `${list[this.at]!.title}. ${t("canned.count", { count: list.length })}` : nothing}</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-canned": ConsoleCanned;
  }
}
