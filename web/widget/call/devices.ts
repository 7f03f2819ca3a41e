/** `<tresen-call-devices .calling>`: which microphone, camera and loudspeaker the running call uses. Remembered for the next one. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { CaptureFailed, canChooseSpeaker, devices, onDevicesChange, type Device, type Devices } from "../../media";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/field";
import { base } from "../../ui/tokens";
import type { Calling } from "./calling";
import { chosen } from "./memory";
import { callStyles } from "./styles";
import { t, type Key } from "./texts";
import { troubleWords } from "./words";

@customElement("tresen-call-devices")
export class CallDevices extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: var(--space-2);
        padding: var(--space-2) var(--space-3);
        background: var(--raised);
        border-block-end: 1px solid var(--line);
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  @state() private list: Devices = { microphones: [], cameras: [], speakers: [] };
  @state() private trouble = "";
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);
  private stop: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
    const read = async (): Promise<void> => {
      this.list = await devices();
    };
    this.stop = onDevicesChange(() => void read());
    void read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
  }

  private async pick(kind: "audioinput" | "videoinput" | "audiooutput", event: Event): Promise<void> {
    this.trouble = "";
    try {
      await this.calling.useDevice(kind, (event.target as HTMLInputElement).value);
    } catch (error) {
      if (!(error instanceof CaptureFailed)) throw error;
      this.trouble = troubleWords(error.trouble).title;
    }
  }

  override render(): TemplateResult {
    const { media } = this.calling;
    const used = (track: MediaStreamTrack | null | undefined): string => track?.getSettings().deviceId ?? "";
    const select = (kind: "audioinput" | "videoinput" | "audiooutput", words: Key, list: Device[], current: string): TemplateResult | typeof nothing =>
      list.length === 0
        ? nothing
        : html`<tresen-ui-field
            type="select"
            name=${kind}
            label=${t(words)}
            .value=${current || (list[0]?.id ?? "")}
            .options=${list.map(({ id, label }) => ({ value: id, label: label || t("devices.default") }))}
            @change=${(event: Event) => this.pick(kind, event)}
          ></tresen-ui-field>`;
    return html`
      ${select("audioinput", "check.microphone", this.list.microphones, used(media?.local.audio))}
      ${this.calling.cameraOn ? select("videoinput", "check.camera", this.list.cameras, used(media?.local.video)) : nothing}
      ${canChooseSpeaker() ? select("audiooutput", "check.speaker", this.list.speakers, media?.speaker || (chosen().speaker ?? "")) : nothing}
      ${this.trouble ? html`<p role="alert">${this.trouble}</p>` : nothing}
    `;
  }
}
