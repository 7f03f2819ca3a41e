/** `<console-call-bar .active>`: the round buttons under the stage, each with its word and its key. Fires `want` with `detail` for what opens a panel. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { canShareScreen } from "../../media";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import type { IconName } from "../../ui/icon";
import "../../ui/icons-desk";
import "../../ui/menu";
import type { MenuEntry } from "../../ui/menu";
import { base } from "../../ui/tokens";
import "../../ui/tooltip";
import type { ActiveCall } from "./active";
import type { Allowed } from "./controls";
import { t } from "./texts";

export type Want = "transfer" | "add" | "record" | "devices" | "quality";

interface Control {
  icon: IconName;
  /** What it is called, whether it is on or off; `pressed` says which. */
  words: string;
  /** What a press would do, where that is another word. */
  tip?: string;
  can: Allowed;
  run: () => void;
  keys?: string;
  pressed?: boolean;
  danger?: boolean;
  busy?: boolean;
}

@customElement("console-call-bar")
export class CallBar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 8px;
        --round: 44px;
      }
      .gap {
        inline-size: 8px;
      }
    `,
  ];

  @property({ attribute: false })
  set active(active: ActiveCall) {
    this.watch.value = active;
  }
  get active(): ActiveCall {
    return this.watch.value!;
  }
  private readonly watch = new Watch<ActiveCall>(this);
  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const { active } = this;
    const { can } = active.controls;
    const { muted, cameraOn, call, own } = active;
    const sharing = own?.screen === true || active.media?.local.screen != null;
    const held = can.resume === true;
    const live = active.media !== null;
    const supervises = own?.role === "supervisor";
    return html`<div class="bar" role="toolbar" aria-label=${t("act.controls")}>
      ${this.#button({ icon: muted ? "mic-off" : "mic", words: t("act.mute"), tip: muted ? t("act.unmute") : "", can: live ? can.mute : absent(can.mute), keys: "m", pressed: muted, run: () => void active.toggleMute() })}
      ${this.#button({
        icon: cameraOn ? "video" : "video-off",
        words: call.media === "voice" ? t("act.to_video") : t("act.camera.off"),
        tip: call.media === "video" && !cameraOn ? t("act.camera.on") : "",
        can: live ? can.camera : absent(can.camera),
        keys: "v",
        ...(call.media === "video" ? { pressed: !cameraOn } : {}),
        busy: active.busy.has("camera"),
        run: () => void active.toggleCamera(),
      })}
      ${this.#button({ icon: sharing ? "monitor-off" : "monitor-up", words: t("act.screen"), tip: sharing ? t("act.screen.stop") : "", can: canShareScreen() ? (live ? can.screen : absent(can.screen)) : "absent", keys: "s", pressed: sharing, run: () => void active.toggleScreen() })}
      ${this.#button({ icon: held ? "play" : "pause", words: t("act.hold"), tip: held ? t("act.resume") : "", can: held ? can.resume : can.hold, keys: "h", pressed: held, busy: active.busy.has("hold"), run: () => void active.hold(!held) })}
      ${this.#button({ icon: "phone-forwarded", words: t("act.transfer"), can: can.transfer, keys: "t", run: () => this.#want("transfer") })}
      ${this.#button({ icon: "user-plus", words: t("act.add"), can: can.add, run: () => this.#want("add") })}
      ${this.#button({
        icon: "circle-dot",
        words: t("act.record"),
        tip: call.recording ? t("act.record.stop") : "",
        // Without consent the panel says so and lets the rep ask for it.
        can: call.recording ? can.stop_recording : can.record === "no_consent" ? true : can.record,
        pressed: call.recording !== null,
        busy: active.busy.has("record"),
        run: () => (call.recording || can.record === true ? void active.toggleRecording() : this.#want("record")),
      })}
      ${live ? this.#more() : nothing}
      ${this.#button({ icon: supervises ? "log-out" : "phone-off", words: supervises ? t("act.leave") : t("act.hang_up"), can: can.hang_up, danger: true, busy: active.busy.has("hang_up"), run: () => void active.hangUp() })}
    </div>`;
  }

  #button({ icon, words, tip, can, run, keys, pressed, danger, busy }: Control): TemplateResult | typeof nothing {
    if (can === "absent") return nothing;
    const why = can === true ? "" : t(`why.${can}`);
    return html`<tresen-ui-tooltip text=${why ? `${words}. ${why}` : tip || words} keys=${keys ?? ""}>
      <tresen-ui-button shape="round" kind=${danger ? "danger" : "plain"} icon=${icon} label=${why ? `${words}. ${why}` : words} keys=${keys?.toUpperCase() ?? nothing} .pressed=${pressed} ?busy=${busy ?? false} ?disabled=${can !== true} @click=${run}></tresen-ui-button>
    </tresen-ui-tooltip>`;
  }

  #more(): TemplateResult {
    const items: MenuEntry[] = [
      { id: "devices", label: t("act.devices"), icon: "settings" },
      { id: "quality", label: t("act.quality"), icon: "activity" },
    ];
    if (this.active.call.media === "video" && this.active.controls.can.camera === true) items.push("separator", { id: "voice", label: t("act.to_voice"), icon: "phone" });
    return html`<tresen-ui-menu
      label=${t("act.more")}
      align="end"
      .items=${items}
      @choose=${(event: CustomEvent<{ id: string }>) => (event.detail.id === "voice" ? void this.active.toVoice() : this.#want(event.detail.id as Want))}
    >
      <tresen-ui-button slot="trigger" shape="round" icon="ellipsis" label=${t("act.more")}></tresen-ui-button>
    </tresen-ui-menu>`;
  }

  #want(what: Want): void {
    this.dispatchEvent(new CustomEvent<Want>("want", { detail: what, bubbles: true, composed: true }));
  }
}

const absent = (can: Allowed): Allowed => (can === "absent" ? "absent" : "connecting");

declare global {
  interface HTMLElementTagNameMap {
    "console-call-bar": CallBar;
  }
}
