/**
 * `<tresen-call .app>`: everything of a call in the panel, above the chat: the check before it, the ring, the wait, the call itself, its end.
 * Shows nothing while there is none.
 */
import { LitElement, css, html, nothing, type TemplateResult, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { App } from "../app";
import { callingOf, type Calling } from "./calling";
import "./ring";
import type { NextStep } from "./states";
import { callStyles } from "./styles";
import { t } from "./texts";
import { endedWords, stageWords } from "./words";

@customElement("tresen-call")
export class TresenCall extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      /* The chat below stays usable, whatever a call shows. */
      :host {
        max-block-size: 76dvh;
        overflow-y: auto;
      }
      .turning {
        --icon-size: 28px;
        color: var(--accent-text);
      }
    `,
  ];

  @property({ attribute: false }) app!: App;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);
  private calling!: Calling;
  /** The parts with pictures and devices are fetched when there is a call. */
  private readonly there = { check: false, stage: false };

  /** Not when it is connected: an element that was on the page before its code gets its properties later. */
  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("app")) {
      this.calling = callingOf(this.app);
      this.watch.value = this.calling;
    }
  }

  override render(): TemplateResult | typeof nothing {
    const { calling } = this;
    if (calling.check) return this.bring("check") ? html`<tresen-call-check .calling=${calling}></tresen-call-check>` : this.coming();
    switch (calling.stage) {
      case "rung":
        return html`<tresen-call-ring .calling=${calling}></tresen-call-ring>`;
      case "asked":
      case "queued":
        return this.waiting();
      case "elsewhere":
        return calling.returning ? this.returning() : this.elsewhere();
      case "none":
        return calling.returning ? this.returning() : calling.ended ? this.over() : nothing;
      default:
        return this.bring("stage") ? html`<tresen-call-stage .calling=${calling}></tresen-call-stage>` : this.coming();
    }
  }

  private bring(part: "check" | "stage"): boolean {
    if (this.there[part]) return true;
    (part === "check" ? import("./check") : import("./stage")).then(
      () => {
        this.there[part] = true;
        this.requestUpdate();
      },
      (problem: unknown) => {
        // Offline just now; what changes next draws anew, and so asks again.
        console.warn("Tresen: a part of the call could not be fetched.", problem);
      },
    );
    return false;
  }

  private coming(): TemplateResult {
    return html`<section class="card centred"><tresen-ui-icon class="turning" name="loader-circle"></tresen-ui-icon></section>`;
  }

  private waiting(): TemplateResult {
    const { calling, app } = this;
    const queued = calling.stage === "queued";
    return html`
      <section class="card centred">
        <span class="pulse"><tresen-ui-avatar size="large" name=${queued ? "" : calling.repName}></tresen-ui-avatar></span>
        <div role="status">
          <h2>${stageWords(calling.stage, calling.repName, app.place)}</h2>
          <p class="quiet">${t(queued ? "queued.hint" : "asked.hint")}</p>
        </div>
        <div class="actions">
          ${queued && app.place && !app.place.callback ? html`<tresen-ui-button id="callback" icon="clock" @click=${() => app.show("callback")}>${t("callback")}</tresen-ui-button>` : nothing}
          <tresen-ui-button kind="danger" id="cancel" icon="phone-off" ?busy=${calling.busy} @click=${() => calling.cancel()}>${t("cancel")}</tresen-ui-button>
        </div>
      </section>
    `;
  }

  private returning(): TemplateResult {
    return html`<section class="card centred" role="status">
      <tresen-ui-icon class="turning" name="loader-circle"></tresen-ui-icon>
      <p>${t("returning")}</p>
    </section>`;
  }

  private elsewhere(): TemplateResult {
    const { calling } = this;
    return html`<section class="card centred">
      <div role="status">
        <h2>${stageWords("elsewhere", "", null)}</h2>
        <p class="quiet">${t("elsewhere.hint")}</p>
      </div>
      <div class="actions">
        <tresen-ui-button kind="primary" id="take-over" icon="phone" @click=${() => calling.takeOver()}>${t("elsewhere.take")}</tresen-ui-button>
        <tresen-ui-button kind="danger" id="hang-up" icon="phone-off" ?busy=${calling.busy} @click=${() => calling.hangUp()}>${t("hangup")}</tresen-ui-button>
      </div>
    </section>`;
  }

  private over(): TemplateResult {
    const { calling } = this;
    const { title, detail, steps } = endedWords(calling.ended!, calling.repName);
    return html`<section class="card centred" id="ended">
      <div role="status">
        <h2>${title}</h2>
        ${detail ? html`<p class="quiet">${detail}</p>` : nothing}
      </div>
      <div class="actions">${steps.map((step, index) => this.step(step, index === 0))}</div>
    </section>`;
  }

  private step(step: NextStep, first: boolean): TemplateResult | typeof nothing {
    const { app, calling } = this;
    // Rated is rated.
    if (step === "rate" && app.rated) return nothing;
    const media = calling.ended?.media ?? "voice";
    const does: Record<NextStep, () => void> = {
      again: () => calling.begin(media),
      callback: () => this.leave(() => app.show("callback")),
      message: () => this.leave(() => app.show("chat")),
      rate: () => this.leave(() => app.show("csat")),
      chat: () => this.leave(() => app.show("chat")),
    };
    const icons = { again: "phone", callback: "clock", message: "message-circle", rate: "star", chat: "message-circle" } as const;
    return html`<tresen-ui-button id=${`step-${step}`} kind=${first ? "primary" : "plain"} icon=${icons[step]} @click=${does[step]}>${t(step)}</tresen-ui-button>`;
  }

  private leave(then: () => void): void {
    this.calling.dismiss();
    then();
  }
}
