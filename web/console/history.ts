/** `<console-history .app>`: all conversations, open and closed, a page at a time, by what the server can filter and by name. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { moment } from "../text/formats";
import { LocaleController } from "../text/texts";
import { Problem, type Conversation } from "../protocol";
import "../ui/avatar";
import "../ui/badge";
import "../ui/button";
import "../ui/empty";
import type { Field } from "../ui/field";
import "../ui/field";
import "../ui/row";
import "../ui/skeleton";
import { base } from "../ui/tokens";
import type { App } from "./app";
import { called } from "./called";
import { show } from "./deeds";
import { inWords } from "./problems";
import { t, worded } from "./texts";

const PAGE = 50;
/** While a name is looked for, so many more are fetched unasked; further back only at a press. */
const LOOK_MOST = 500;
const AFTER_TYPING_MS = 300;

@customElement("console-history")
export class ConsoleHistory extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow: auto;
        padding: var(--space-6) var(--space-4);
        background: var(--raised);
      }
      main {
        max-inline-size: 900px;
        margin-inline: auto;
      }
      h1 {
        margin: 0 0 var(--space-4);
        font: 600 var(--text-20) / 1.3 var(--font);
      }
      .searched {
        margin: 0 0 var(--space-3);
        color: var(--grey-text);
        font: var(--text-13) / 1.5 var(--font);
      }
      .filters {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
        gap: var(--space-3);
        margin-block-end: var(--space-4);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        border-block-end: 1px solid var(--line);
      }
      .more {
        display: grid;
        place-items: center;
        padding: var(--space-4);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @state() private found: Conversation[] | null = null;
  @state() private cursor: string | null = null;
  @state() private problem = "";
  @state() private busy = false;
  @state() private name = "";
  private status: "" | "open" | "closed" = "";
  private assigned: "anybody" | "mine" | "nobody" = "anybody";
  private order: "newest" | "oldest" = "newest";
  #asked = 0;
  #typed: ReturnType<typeof setTimeout> | undefined;

  protected readonly words = new LocaleController(this);

  override firstUpdated(): void {
    void this.load(true);
  }

  private async load(anew: boolean): Promise<void> {
    const asked = ++this.#asked;
    this.busy = true;
    try {
      const page = await this.app.link.ask("conversation.list", {
        assigned: this.assigned,
        order: this.order,
        limit: PAGE,
        ...(this.status ? { status: this.status } : {}),
        ...(anew || this.cursor === null ? {} : { cursor: this.cursor }),
      });
      if (asked !== this.#asked) return;
      this.found = anew ? page.data : [...(this.found ?? []), ...page.data];
      this.cursor = page.next_cursor ?? null;
      this.problem = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = inWords(error);
    } finally {
      this.busy = false;
    }
  }

  private typed(name: string): void {
    this.name = name;
    clearTimeout(this.#typed);
    this.#typed = setTimeout(() => void this.lookOn(), AFTER_TYPING_MS);
  }

  /** Fetches further back by itself for who looks for a name, until there is a page of them. */
  private async lookOn(): Promise<void> {
    const { name } = this;
    const until = (this.found?.length ?? 0) + LOOK_MOST;
    while (name.trim() && this.name === name && this.cursor !== null && !this.problem && this.found!.length < until && this.fitting().length < PAGE) {
      const asked = this.#asked + 1;
      await this.load(false);
      if (asked !== this.#asked) return;
    }
  }

  /** Names are kept sealed, so the server cannot look for them: what was fetched is looked through here, and the reader is told so. */
  private fitting(): Conversation[] {
    const wanted = this.name.trim().toLocaleLowerCase();
    return (this.found ?? []).filter((each) => !wanted || each.customer_name.toLocaleLowerCase().includes(wanted) || each.id.toLocaleLowerCase() === wanted);
  }

  private choose(change: Record<string, string>): void {
    Object.assign(this, change);
    void this.load(true);
  }

  override render(): TemplateResult {
    const value = (event: Event): string => (event.target as Field).value;
    const options = <Word extends string>(words: readonly Word[], label: (word: Word) => string): { value: string; label: string }[] =>
      words.map((word) => ({ value: word === "any" ? "" : word, label: label(word) }));
    return html`<main>
      <h1>${t("history.title")}</h1>
      <div class="filters" role="search">
        <tresen-ui-field type="search" label=${t("history.name")} .value=${this.name} @input=${(event: Event) => this.typed(value(event))}></tresen-ui-field>
        <tresen-ui-field type="select" label=${t("history.status")} .options=${options(["any", "open", "closed"] as const, (word) => t(`history.status.${word}`))} .value=${this.status} @change=${(event: Event) => this.choose({ status: value(event) })}></tresen-ui-field>
        <tresen-ui-field type="select" label=${t("history.whose")} .options=${options(["anybody", "mine", "nobody"] as const, (word) => t(`history.whose.${word}`))} .value=${this.assigned} @change=${(event: Event) => this.choose({ assigned: value(event) })}></tresen-ui-field>
        <tresen-ui-field type="select" label=${t("history.order")} .options=${options(["newest", "oldest"] as const, (word) => t(`history.order.${word}`))} .value=${this.order} @change=${(event: Event) => this.choose({ order: value(event) })}></tresen-ui-field>
      </div>
      ${this.problem ? html`<tresen-ui-empty tone="danger" icon="circle-alert" heading=${t("history.failed")}>${this.problem}<tresen-ui-button slot="actions" size="small" @click=${() => void this.load(true)}>${t("again")}</tresen-ui-button></tresen-ui-empty>` : this.list()}
    </main>`;
  }

  private list(): TemplateResult {
    if (this.found === null) return html`<div role="status" aria-busy="true" aria-label=${t("loading")}>${[1, 2, 3, 4, 5].map(() => html`<tresen-ui-skeleton shape="row"></tresen-ui-skeleton>`)}</div>`;
    const shown = this.fitting();
    const looking = this.name.trim() !== "";
    const more = (): void => void (looking ? this.lookOn() : this.load(false));
    return html`${looking ? html`<p class="searched" role="status">${t("history.searched", { count: this.found.length })}</p>` : nothing}
      ${shown.length
        ? html`<ul>${shown.map((each) => this.line(each))}</ul>`
        : html`<tresen-ui-empty icon="search" heading=${t("history.none")}>${t(this.cursor ? "history.none.here" : "history.none.more")}</tresen-ui-empty>`}
      ${this.cursor ? html`<div class="more"><tresen-ui-button ?busy=${this.busy} @click=${more}>${t(looking ? "history.further" : "history.more")}</tresen-ui-button></div>` : nothing}`;
  }

  private line(conversation: Conversation): TemplateResult {
    const name = called(conversation.customer_name);
    const rep = conversation.rep_id ? this.app.nameOf(conversation.rep_id) : "";
    return html`<li>
      <tresen-ui-row interactive @choose=${() => show(this.app, conversation.id)}>
        <tresen-ui-avatar slot="leading" name=${name}></tresen-ui-avatar>
        <bdi slot="title">${name}</bdi>
        <span slot="detail">${worded("channel", conversation.channel)} · ${conversation.locale}${rep ? html` · <bdi>${t("header.with", { name: rep })}</bdi>` : nothing}</span>
        <span slot="meta">${moment(conversation.created_at)}</span>
        <span slot="meta">
          ${conversation.csat_score ? html`<tresen-ui-badge icon="star">${conversation.csat_score}</tresen-ui-badge>` : nothing}
          <tresen-ui-badge tone=${conversation.status === "open" ? "success" : "neutral"}>${t(conversation.status === "open" ? "history.status.open" : "history.status.closed")}</tresen-ui-badge>
        </span>
      </tresen-ui-row>
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-history": ConsoleHistory;
  }
}
