/** `<tresen-call-controls .calling>`: the round buttons of a call. What cannot be done here is not there. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { CaptureFailed, canShareScreen } from "../../media";
import { Problem, Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import type { IconName } from "../../ui/icon";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { Calling } from "./calling";
import { t } from "./texts";
import { troubleWords } from "./words";

@customElement("tresen-call-controls")
export class CallControls extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        --round: 44px;
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 6px;
        padding: var(--space-2) var(--space-1);
        background: var(--stage);
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  @property({ type: Boolean }) devices = false;
  /** undefined: cannot be had here. */
  @property({ attribute: false }) pip: boolean | undefined;
  @property({ attribute: false }) full: boolean | undefined;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
  }

  /** By key or by button. Says what could not be done. */
  async toggle(what: "mute" | "camera" | "screen"): Promise<void> {
    const { calling } = this;
    const { media } = calling;
    if (!media) return;
    try {
      // Who has only listened, or lost the microphone, is asked for it.
      if (what === "mute") await calling.mute(media.local.audio ? !this.muted : false);
      if (what === "camera" && this.videoAllowed) await calling.camera(!calling.cameraOn);
      if (what === "screen" && canShareScreen()) await (media.local.screen ? media.stopScreen() : media.shareScreen());
    } catch (error) {
      this.say(what, error);
    }
  }

  private say(what: string, error: unknown): void {
    const { app } = this.calling;
    if (error instanceof CaptureFailed) {
      // Who closes the browser's choice of screens has changed their mind: nothing to say.
      if (what === "screen" && error.trouble === "denied") return;
      app.notice(troubleWords(error.trouble).title, "warning");
    } else if (error instanceof Problem) app.report(error);
    else if (error instanceof Error) app.notice(t("screen.refused"), "warning");
    else throw error;
  }

  private get muted(): boolean {
    return this.calling.media?.isMuted("audio") === true;
  }

  /** While the server lets nobody's picture through, there is none to turn on. */
  private get videoAllowed(): boolean {
    return this.calling.call?.payment_step !== true;
  }

  override render(): TemplateResult {
    const { calling } = this;
    const { media } = calling;
    const local = media?.local;
    const round = (id: string, icon: IconName, label: string, press: () => unknown, more: { pressed?: boolean; keys?: string; expanded?: boolean } = {}): TemplateResult =>
      html`<tresen-ui-button shape="round" id=${id} icon=${icon} label=${label} .pressed=${more.pressed} .expanded=${more.expanded} .keys=${more.keys} @click=${press}></tresen-ui-button>`;
    const tell = (name: string) => (): boolean => this.dispatchEvent(new CustomEvent(name));
    const camera = calling.cameraOn;
    return html`
      ${local?.audio
        ? round("mute", this.muted ? "mic-off" : "mic", t("mute"), () => this.toggle("mute"), { pressed: this.muted, keys: "M" })
        : round("mute", "mic-off", t("unmute"), () => this.toggle("mute"), { keys: "M" })}
      ${this.videoAllowed ? round("camera", camera ? "video" : "video-off", t(camera ? "camera.off" : "camera.on"), () => this.toggle("camera"), { keys: "V" }) : nothing}
      ${canShareScreen() ? round("screen", local?.screen ? "monitor-off" : "monitor-up", t(local?.screen ? "screen.stop" : "screen.share"), () => this.toggle("screen"), { keys: "S" }) : nothing}
      ${round("devices", "settings", t("devices"), tell("devices"), { expanded: this.devices })}
      ${this.pip === undefined ? nothing : round("pip", "picture-in-picture-2", t(this.pip ? "pip.stop" : "pip"), tell("pip"))}
      ${this.full === undefined ? nothing : round("full", this.full ? "minimize-2" : "maximize-2", t(this.full ? "full.stop" : "full"), tell("full"))}
      <tresen-ui-button shape="round" kind="danger" id="hang-up" icon="phone-off" label=${t("hangup")} ?busy=${calling.busy} @click=${() => calling.hangUp()}></tresen-ui-button>
    `;
  }
}
