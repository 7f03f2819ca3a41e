/**
 * `<tresen-call-card .app>`: a call while the panel is closed, as a card beside the launcher: the ring, or that one is in a call and how to end it.
 * Shows nothing while the panel is open, which has it all.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/button";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { App } from "../app";
import { callingOf, type Calling } from "./calling";
import "./ring";
import { callStyles } from "./styles";
import { t } from "./texts";
import { stageWords, talkedWords } from "./words";

const SECOND_MS = 1000;

@customElement("tresen-call-card")
export class CallCard extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      :host {
        position: fixed;
        z-index: var(--z-widget);
        inset-block-end: 96px;
        inset-inline-end: 20px;
        inline-size: min(340px, calc(100vw - 32px));
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        box-shadow: var(--shadow);
        overflow: hidden;
      }
      :host([side="start"]) {
        inset-inline: 20px auto;
      }
      :host([empty]) {
        display: none;
      }
      .card {
        border: 0;
      }
      time {
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  @property({ reflect: true }) side: "start" | "end" = "end";
  @property({ type: Boolean, reflect: true }) empty = true;
  protected readonly words = new LocaleController(this);
  private readonly watchApp = new Watch<App>(this);
  private readonly watch = new Watch<Calling>(this);
  private calling!: Calling;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.calling = callingOf(this.app);
    this.watchApp.value = this.app;
    this.watch.value = this.calling;
    this.side = this.app.settings.side ?? "end";
    this.timer = setInterval(() => {
      if (!this.empty) this.requestUpdate();
    }, SECOND_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  override willUpdate(): void {
    const { stage } = this.calling;
    this.empty = this.app.open || stage === "none";
  }

  override render(): TemplateResult | typeof nothing {
    const { calling, app } = this;
    if (this.empty) return nothing;
    if (calling.stage === "rung") return html`<tresen-call-ring .calling=${calling}></tresen-call-ring>`;
    return html`
      <section class="card" aria-label=${t("call")}>
        <div class="head">
          <tresen-ui-avatar name=${calling.repName}></tresen-ui-avatar>
          <div>
            <h2 role="status">${stageWords(calling.stage, calling.repName, app.place)}</h2>
            <time class="quiet">${calling.running ? talkedWords(calling.call?.connected_at ?? null, Date.now()) : ""}</time>
          </div>
        </div>
        <div class="actions">
          ${calling.sound.blocked ? html`<tresen-ui-button kind="primary" id="sound" icon="volume-2" @click=${() => calling.sound.allow()}>${t("sound.allow")}</tresen-ui-button>` : nothing}
          ${calling.stage === "elsewhere"
            ? html`<tresen-ui-button kind="primary" id="take-over" icon="phone" @click=${() => calling.takeOver()}>${t("elsewhere.take")}</tresen-ui-button>`
            : html`<tresen-ui-button id="show" icon="maximize-2" @click=${() => app.openPanel()}>${t("call.show")}</tresen-ui-button>`}
          <tresen-ui-button kind="danger" id="hang-up" icon="phone-off" ?busy=${calling.busy} @click=${() => (calling.stage === "asked" || calling.stage === "queued" ? calling.cancel() : calling.hangUp())}>
            ${t(calling.stage === "asked" || calling.stage === "queued" ? "cancel" : "hangup")}
          </tresen-ui-button>
        </div>
      </section>
    `;
  }

}

/** Puts the card beside the launcher, once. */
export function showCard(app: App, root: ShadowRoot): void {
  const card = document.createElement("tresen-call-card") as CallCard;
  card.app = app;
  root.append(card, callingOf(app).sound.element);
}
