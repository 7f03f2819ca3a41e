/**
 * `<console-supervise .app .callId .conversationId>`: a supervisor's way into somebody else's call, and their seat in it: listen, whisper, join in,
 * change, leave. For a dialog or a panel of the board. Fires `left` when they are out.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Problem, Watch, type Call } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { App } from "../app";
import { called } from "../called";
import { router } from "../router";
import type { How } from "./active";
import { callingOf, type Calling } from "./calling";
import "./choices";
import type { Choices } from "./choices";
import { runs } from "./controls";
import "./stage";
import { t } from "./texts";

@customElement("console-supervise")
export class Supervise extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        color: var(--ink);
        font: var(--text-14) / 1.5 var(--font);
      }
      .stack {
        display: flex;
        flex-direction: column;
        gap: 16px;
      }
      console-stage {
        border-radius: var(--radius-large);
        overflow: hidden;
      }
      h3 {
        margin: 0;
        font: 600 var(--text-16) / 1.4 var(--font);
        overflow-wrap: anywhere;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
    `,
  ];

  @property({ attribute: false })
  set app(app: App) {
    this.#app = app;
    this.watch.value = app ? callingOf(app) : null;
  }
  get app(): App {
    return this.#app;
  }
  #app!: App;
  @property({ attribute: false }) callId = "";
  @property({ attribute: false }) conversationId = "";
  @state() private call: Call | null = null;
  @state() private over = false;
  @state() private how: How = "monitor";
  @state() private busy = false;
  private readonly watch = new Watch<Calling>(this);
  protected readonly words = new LocaleController(this);
  #inside = false;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("callId") || changed.has("app")) {
      [this.call, this.over, this.how] = [null, false, "monitor"];
      if (this.callId && this.#app) void this.#read();
    }
  }

  override updated(): void {
    const inside = this.watch.value?.active?.id === this.callId;
    if (this.#inside && !inside) {
      void this.#read();
      this.dispatchEvent(new CustomEvent("left", { bubbles: true, composed: true }));
    }
    this.#inside = inside;
  }

  async #read(): Promise<void> {
    try {
      this.call = await this.app.link.ask("call.read", { call_id: this.callId });
      this.over = this.call.state === "ended";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.over = error.status === 404;
    }
  }

  async #enter(how: How): Promise<void> {
    this.how = how;
    this.busy = true;
    await callingOf(this.app).supervise(this.callId, how);
    this.busy = false;
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.app) return nothing;
    const calling = callingOf(this.app);
    const active = calling.active?.id === this.callId ? calling.active : null;
    const call = active?.call ?? this.call;
    const rep = this.app.desk.reps.get(call?.rep_id ?? "")?.name || t("who.rep");
    const customer = call ? calling.customerOf(call) : called(null);
    const show = html`<tresen-ui-button icon="messages-square" @click=${() => router.toConversation(call?.conversation_id ?? this.conversationId)}>${t("supervise.open")}</tresen-ui-button>`;
    if (this.over && !active) return html`<div class="stack"><tresen-ui-strip rounded tone="neutral" icon="phone-off">${t("supervise.over")}</tresen-ui-strip><div class="row">${show}</div></div>`;
    const choices = html`<console-choices
      legend=${t("supervise.how")}
      .choices=${(["monitor", "whisper", "barge"] as const).map((how) => ({ value: how, label: t(`supervise.${how}`), hint: t(`supervise.${how}.hint`) }))}
      value=${active?.supervising ?? this.how}
      @change=${(event: Event) => this.#choose((event.target as Choices).value as How)}
    ></console-choices>`;
    return html`<div class="stack">
      <h3>${t("supervise.title", { rep, customer })}</h3>
      ${active ? html`<console-stage .active=${active}></console-stage>` : nothing} ${choices}
      ${!active && call && !runs(call) ? html`<tresen-ui-strip rounded tone="neutral" icon="info">${t("supervise.running")}</tresen-ui-strip>` : nothing}
      <div class="row">
        ${active ? nothing : html`<tresen-ui-button kind="primary" icon="headphones" ?busy=${this.busy} ?disabled=${!call || !runs(call)} @click=${() => void this.#enter(this.how)}>${t("supervise.begin")}</tresen-ui-button>`}
        ${show}
      </div>
    </div>`;
  }

  #choose(how: How): void {
    this.how = how;
    if (callingOf(this.app).active?.id === this.callId) void this.#enter(how);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-supervise": Supervise;
  }
}
