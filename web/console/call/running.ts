/** `<console-running .calling>`: the call that goes on while another conversation is looked at, or that another window has: a thin bar and the way back. */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { stopwatch } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import { router } from "../router";
import type { Calling } from "./calling";
import { t } from "./texts";
import { Tick } from "../tick";

@customElement("console-running")
export class Running extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        border-radius: var(--radius-round);
        background: var(--stage);
        color: var(--on-stage);
        box-shadow: var(--shadow);
        font: 500 var(--text-14) / 1.4 var(--font);
      }
      div {
        display: flex;
        align-items: center;
        gap: 10px;
        padding-block: 6px;
        padding-inline: 16px 8px;
        --round: 34px;
      }
      .words {
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .recording {
        color: color-mix(in srgb, var(--hang-up) 70%, var(--on-stage));
      }
      .time {
        color: var(--on-stage-quiet);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false })
  set calling(calling: Calling) {
    this.watch.value = calling;
  }
  get calling(): Calling {
    return this.watch.value!;
  }
  private readonly watch = new Watch<Calling>(this);
  protected readonly words = new LocaleController(this);
  protected readonly tick = new Tick(this);

  override render(): TemplateResult {
    const { active, elsewhere } = this.calling;
    if (!active) {
      const customer = elsewhere ? this.calling.customerOf(elsewhere) : "";
      return html`<div role="region" aria-label=${t("strip.label")}>
        <tresen-ui-icon name="phone-call"></tresen-ui-icon><span class="words">${t("elsewhere", { customer })}</span>
        <tresen-ui-button size="small" kind="primary" @click=${() => this.calling.continueHere()}>${t("elsewhere.here")}</tresen-ui-button>
      </div>`;
    }
    const { standing, can } = active.controls;
    const broken = active.media?.state === "reconnecting";
    return html`<div role="region" aria-label=${t("strip.label")}>
      <tresen-ui-icon name="phone-call"></tresen-ui-icon>
      <span class="words">${broken ? t("media.reconnecting") : t(`state.${standing}`, { customer: active.customer })}</span>
      ${active.call.recording ? html`<tresen-ui-icon class=${active.call.recording.paused ? "" : "recording"} name="circle-dot" label=${active.call.recording.paused ? t("record.paused") : t("record.on")}></tresen-ui-icon>` : ""}
      ${active.call.connected_at ? html`<span class="time">${stopwatch(active.seconds)}</span>` : ""}
      ${can.mute === true && active.media ? html`<tresen-ui-button shape="round" size="small" icon=${active.muted ? "mic-off" : "mic"} label=${active.muted ? t("act.unmute") : t("act.mute")} .pressed=${active.muted} @click=${() => void active.toggleMute()}></tresen-ui-button>` : ""}
      <tresen-ui-button size="small" kind="primary" @click=${() => router.toConversation(active.conversationId)}>${t("strip.back")}</tresen-ui-button>
      <tresen-ui-button shape="round" size="small" kind="danger" icon=${active.supervising ? "log-out" : "phone-off"} label=${active.supervising ? t("act.leave") : t("act.hang_up")} @click=${() => void active.hangUp()}></tresen-ui-button>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-running": Running;
  }
}
