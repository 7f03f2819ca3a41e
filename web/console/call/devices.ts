/**
 * `<console-devices open>`: which microphone, camera and loudspeaker, and whether they work. Before the shift it tries them itself; in a call
 * (`.active`) it changes those of the call. The choice is remembered. Fires `close`.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LevelMeter, bindPicture, canChooseSpeaker, capture, devices, onDevicesChange, type Capture, type Device, type Devices } from "../../media";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/dialog";
import "../../ui/field";
import type { Field } from "../../ui/field";
import "../../ui/meter";
import "../../ui/strip";
import { base } from "../../ui/tokens";
import type { ActiveCall } from "./active";
import { keep, kept, wish } from "./kept";
import { t } from "./texts";
import { testTone } from "./tone";

/** What a menu calls it. */
export const devicesWords = (): string => t("devices.test");

const LEVEL_EACH_MS = 100;
type Kind = "audioinput" | "videoinput" | "audiooutput";
const KEPT = { audioinput: "microphone", videoinput: "camera", audiooutput: "speaker" } as const;

@customElement("console-devices")
export class DevicesDialog extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
        color: var(--ink);
        font: var(--text-14) / 1.5 var(--font);
      }
      .stack {
        display: flex;
        flex-direction: column;
        gap: 16px;
      }
      .picture {
        display: grid;
        place-content: center;
        aspect-ratio: 16 / 9;
        border-radius: var(--radius);
        background: var(--stage);
        color: var(--on-stage-quiet);
        overflow: hidden;
      }
      video {
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
        transform: scaleX(-1);
      }
      .speaker {
        display: flex;
        align-items: end;
        flex-wrap: wrap;
        gap: 8px;
      }
      .speaker tresen-ui-field {
        flex: 1 1 200px;
      }
    `,
  ];

  @property({ type: Boolean, reflect: true }) open = false;
  /** The call whose devices these are; none: a test. */
  @property({ attribute: false }) active: ActiveCall | null = null;
  @state() private known: Devices = { microphones: [], cameras: [], speakers: [] };
  @state() private tried: Capture | null = null;
  @state() private level = 0;
  @query("video") private readonly picture!: HTMLVideoElement | null;
  protected readonly words = new LocaleController(this);
  #meter: LevelMeter | null = null;
  #measured: MediaStreamTrack | null = null;
  #stops: (() => void)[] = [];

  /** For a menu that has no place for a property: `devices.show()`. */
  show(): void {
    this.open = true;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has("open")) this.open ? void this.#begin() : this.#end();
    if (this.picture) bindPicture(this.picture, this.#video);
    this.#measure();
  }

  get #audio(): MediaStreamTrack | null {
    return this.active ? (this.active.media?.local.audio ?? null) : (this.tried?.audio ?? null);
  }
  get #video(): MediaStreamTrack | null {
    return this.active ? (this.active.media?.local.video ?? null) : (this.tried?.video ?? null);
  }

  async #begin(): Promise<void> {
    const meter = setInterval(() => (this.level = this.#meter?.level ?? 0), LEVEL_EACH_MS);
    this.#stops = [() => clearInterval(meter), onDevicesChange(() => void this.#list())];
    const { active } = this;
    if (active) this.#stops.push(active.subscribe(() => this.requestUpdate()));
    else await this.#try();
    await this.#list();
  }

  #end(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#release();
    this.#meter?.stop();
    this.#meter = this.#measured = null;
  }

  async #try(): Promise<void> {
    this.#release();
    const got = await capture(wish(true));
    if (!this.open) {
      got.audio?.stop();
      got.video?.stop();
      return;
    }
    this.tried = got;
    await this.#list();
  }

  #release(): void {
    this.tried?.audio?.stop();
    this.tried?.video?.stop();
    this.tried = null;
  }

  async #list(): Promise<void> {
    this.known = await devices();
  }

  #measure(): void {
    const track = this.open ? this.#audio : null;
    if (track === this.#measured) return;
    this.#meter?.stop();
    this.#measured = track;
    this.#meter = track ? new LevelMeter(track) : null;
  }

  async #choose(kind: Kind, id: string): Promise<void> {
    keep({ [KEPT[kind]]: id });
    if (this.active) await this.active.useDevice(kind, id);
    else if (kind !== "audiooutput") await this.#try();
    this.requestUpdate();
  }

  override render(): TemplateResult {
    const trouble = this.active ? (this.active.media?.trouble ?? null) : (this.tried?.trouble ?? null);
    const asking = !this.active && this.open && !this.tried;
    const again = (): void => void (this.active ? this.active.connectAgain() : this.#try());
    return html`<tresen-ui-dialog ?open=${this.open} heading=${t("devices.title")} @close=${this.#closed}>
      <div class="stack">
        ${asking ? html`<tresen-ui-strip rounded tone="neutral" icon="info">${t("devices.asking")}</tresen-ui-strip>` : nothing}
        ${trouble ? html`<tresen-ui-strip rounded tone="warning" icon="triangle-alert">${t(`trouble.${trouble}`)}<tresen-ui-button slot="action" size="small" @click=${again}>${t("media.again")}</tresen-ui-button></tresen-ui-strip>` : nothing}
        ${!this.active && this.tried && !trouble ? html`<tresen-ui-strip rounded tone="success" icon="circle-check">${t("devices.fine")}</tresen-ui-strip>` : nothing}
        <div class="picture">${this.#video ? html`<video aria-label=${t("devices.picture")} autoplay muted playsinline></video>` : t("devices.picture.none")}</div>
        ${this.#field("videoinput", t("devices.camera"), this.known.cameras)}
        ${this.#field("audioinput", t("devices.microphone"), this.known.microphones)}
        <tresen-ui-meter label=${t("devices.level")} .value=${this.level} tone=${this.level > 0.85 ? "warning" : "success"}></tresen-ui-meter>
        <div class="speaker">
          ${canChooseSpeaker() ? this.#field("audiooutput", t("devices.speaker"), this.known.speakers) : nothing}
          <tresen-ui-button icon="volume-2" @click=${() => void testTone(kept().speaker)}>${t("devices.tone")}</tresen-ui-button>
        </div>
      </div>
      <tresen-ui-button slot="footer" kind="primary" @click=${() => this.#closed()}>${t("devices.done")}</tresen-ui-button>
    </tresen-ui-dialog>`;
  }

  #field(kind: Kind, label: string, found: readonly Device[]): TemplateResult {
    const options = [{ value: "", label: t("devices.default") }, ...found.filter((one) => one.id !== "default").map((one) => ({ value: one.id, label: one.label || one.id }))];
    const chosen = kept()[KEPT[kind]] ?? "";
    return html`<tresen-ui-field
      type="select"
      label=${label}
      .options=${options}
      .value=${found.some((one) => one.id === chosen) ? chosen : ""}
      @change=${(event: Event) => void this.#choose(kind, (event.target as Field).value)}
    ></tresen-ui-field>`;
  }

  #closed = (): void => {
    if (!this.open) return;
    this.open = false;
    this.dispatchEvent(new CustomEvent("close"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "console-devices": DevicesDialog;
  }
}
