/**
 * `<console-conversation .opened>`: the middle column. Who it is with and what can be done, the call's stage where there is one, then what
 * was said or the timeline, and what the rep writes.
 */
import { LitElement, css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import { Watch } from "../protocol";
import { base } from "../ui/tokens";
import "./call/call";
import type { ConsoleComposer } from "./composer";
import "./composer";
import "./header";
import type { ConsoleHeader } from "./header";
import type { ConsoleBubble } from "./bubble";
import type { ConsoleMessages } from "./messages";
import "./messages";
import type { Opened } from "./opened";
import "./sum-up";
import { t } from "./texts";

type View = "messages" | "timeline";

@customElement("console-conversation")
export class ConsoleConversation extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        min-inline-size: 0;
        background: var(--raised);
        position: relative;
      }
      console-call {
        flex: none;
        max-block-size: 60%;
        min-block-size: 0;
        overflow: hidden;
      }
      console-call[large] {
        max-block-size: 75%;
      }
      .views {
        display: flex;
        gap: var(--space-1);
        padding: var(--space-1) var(--space-4) 0;
        border-block-end: 1px solid var(--line);
      }
      .views button {
        min-block-size: 32px;
        padding: 0 var(--space-3);
        border: 0;
        border-block-end: 2px solid transparent;
        background: none;
        color: var(--grey-text);
        font: 500 var(--text-13) / 1 var(--font);
        cursor: pointer;
      }
      .views button[aria-selected="true"] {
        border-color: var(--accent);
        color: var(--ink);
      }
      .panel {
        flex: 1;
        display: flex;
        flex-direction: column;
        min-block-size: 0;
      }
      console-messages,
      console-timeline {
        flex: 1;
        min-block-size: 0;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @state() private view: View = "messages";
  @query("console-composer") readonly composer?: ConsoleComposer;
  @query("console-messages") readonly messages?: ConsoleMessages;
  @query("console-header") readonly header!: ConsoleHeader;

  protected readonly words = new LocaleController(this);
  protected readonly watch = new Watch(this);

  override willUpdate(changed: PropertyValues<this>): void {
    this.watch.value = this.opened;
    if (changed.has("opened")) this.view = "messages";
  }

  /** Shows the messages or the timeline. */
  turn(view: View = this.view === "messages" ? "timeline" : "messages"): void {
    this.view = view;
    if (view === "timeline") void import("./timeline");
  }

  private tabKey(event: KeyboardEvent): void {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    this.turn();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
  }

  private edit(event: CustomEvent<{ id: string }>): void {
    const bubbles = [...(this.messages?.renderRoot.querySelectorAll<ConsoleBubble>("console-bubble") ?? [])];
    bubbles.find((each) => each.message.id === event.detail.id)?.edit();
  }

  override render(): TemplateResult {
    const { opened, view } = this;
    const tab = (name: View, label: string): TemplateResult =>
      html`<button type="button" role="tab" id="tab-${name}" aria-selected=${view === name ? "true" : "false"} aria-controls="panel" tabindex=${view === name ? 0 : -1} @click=${() => this.turn(name)}>${label}</button>`;
    return html`
      <console-header .opened=${opened}><slot name="edge" slot="edge"></slot></console-header>
      <console-call .opened=${opened}></console-call>
      <div class="views" role="tablist" aria-label=${t("conversation.views")} @keydown=${this.tabKey}>${tab("messages", t("messages.title"))}${tab("timeline", t("timeline.title"))}</div>
      <div class="panel" id="panel" role="tabpanel" aria-labelledby="tab-${view}" @quote=${(event: CustomEvent<{ id: string }>) => this.composer?.quote(event.detail.id)} @edit-message=${this.edit} @sent=${() => this.messages?.toEnd()}>
        ${view === "messages"
          ? html`<console-messages .opened=${opened}></console-messages><console-sum-up .opened=${opened}></console-sum-up><console-composer .opened=${opened}></console-composer>`
          : html`<console-timeline .opened=${opened}></console-timeline>`}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-conversation": ConsoleConversation;
  }
}
