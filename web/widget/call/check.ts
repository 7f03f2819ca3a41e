/**
 * `<tresen-call-check .calling>`: before a call, what the others will see and hear. Own picture, microphone's level, choice of devices; where
 * something is not to be had, why, how to mend it, and what works without.
 *
 * What it captured belongs to the call afterwards, or is stopped when the check is left.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LevelMeter, bindPicture, canChooseSpeaker, capture, devices, onDevicesChange, type Capture, type Devices } from "../../media";
import { Watch } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/button";
import "../../ui/field";
import "../../ui/icon";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import { stop, type Calling, type Kind } from "./calling";
import { choose, chosen } from "./memory";
import { browser } from "./permission";
import { callStyles } from "./styles";
import { t } from "./texts";
import { troubleWords, who } from "./words";

const NONE: Capture = { audio: null, video: null, trouble: null };
/** Speech, not a room's murmur. */
const HEARD = 0.45;
const LEVEL_EACH_MS = 80;

@customElement("tresen-call-check")
export class CallCheck extends LitElement {
  static override styles = [
    base,
    callStyles,
    css`
      h2:focus {
        outline: none;
      }
      /* The next step is in sight, however much is above it. */
      .actions {
        position: sticky;
        inset-block-end: 0;
        margin: 0 calc(-1 * var(--space-4)) calc(-1 * var(--space-4));
        padding: var(--space-3) var(--space-4);
        background: var(--raised);
        border-block-start: 1px solid var(--line);
      }
      .preview {
        position: relative;
        aspect-ratio: 4 / 3;
        max-block-size: 176px;
        border-radius: var(--radius);
        background: var(--stage);
        color: var(--on-stage);
        overflow: hidden;
        display: grid;
        place-items: center;
      }
      video {
        position: absolute;
        inset: 0;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
        transform: scaleX(-1);
      }
      .level {
        display: grid;
        grid-template-columns: auto 1fr;
        align-items: center;
        gap: var(--space-1) var(--space-2);
      }
      .track {
        block-size: 8px;
        border-radius: var(--radius-round);
        background: var(--sunken);
        box-shadow: inset 0 0 0 1px var(--line-strong);
        overflow: hidden;
      }
      .fill {
        block-size: 100%;
        inline-size: calc(var(--level, 0) * 100%);
        background: var(--success);
        transition: inline-size 80ms linear;
      }
      .level .quiet {
        grid-column: 2;
      }
      .choices {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: var(--space-2);
      }
      .help {
        padding: var(--space-3);
        border-radius: var(--radius);
        background: var(--warning-ground);
      }
      .help h3 {
        display: flex;
        gap: var(--space-2);
        margin: 0 0 var(--space-1);
        font: 600 var(--text-14) / 1.4 var(--font);
      }
      .help p + p {
        margin-block-start: var(--space-2);
      }
      @media (prefers-reduced-motion: reduce) {
        .fill {
          transition: none;
        }
      }
      @media (forced-colors: active) {
        .fill {
          background: Highlight;
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) calling!: Calling;
  @state() private video = false;
  @state() private got: Capture = NONE;
  @state() private asking = true;
  @state() private heard = false;
  @state() private list: Devices = { microphones: [], cameras: [], speakers: [] };
  @query("video") private readonly picture!: HTMLVideoElement | null;
  @query(".track") private readonly bar!: HTMLElement | null;
  @query("h2") private readonly heading!: HTMLElement;

  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);
  private meter: LevelMeter | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private stopDevices: (() => void) | undefined;
  /** Newer wishes overtake older ones. */
  private wish = 0;
  private given = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
    this.video = this.calling.check?.media === "video";
    this.stopDevices = onDevicesChange(() => void this.listDevices());
    void this.look();
    void this.updateComplete.then(() => this.heading.focus());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopDevices?.();
    this.wish += 1;
    this.setMeter(null);
    if (!this.given) stop(this.got);
  }

  override updated(changed: PropertyValues): void {
    if (this.picture && (changed.has("got") || changed.has("video"))) bindPicture(this.picture, this.got.video);
  }

  /** Asks for the devices as they are wished now. */
  private async look(): Promise<void> {
    const mine = ++this.wish;
    this.asking = true;
    const { microphone, camera } = chosen();
    const got = await capture({ audio: true, video: this.video, ...(microphone ? { microphone } : {}), ...(camera ? { camera } : {}) });
    if (mine !== this.wish) return stop(got);
    stop(this.got);
    this.got = got;
    this.asking = false;
    this.setMeter(got.audio);
    await this.listDevices();
  }

  private async listDevices(): Promise<void> {
    this.list = await devices();
  }

  private setMeter(track: MediaStreamTrack | null): void {
    this.meter?.stop();
    clearInterval(this.timer);
    this.meter = track ? new LevelMeter(track) : null;
    if (!this.meter) return;
    this.timer = setInterval(() => {
      const level = this.meter?.level ?? 0;
      this.bar?.style.setProperty("--level", level.toFixed(2));
      if (level > HEARD) this.heard = true;
    }, LEVEL_EACH_MS);
  }

  private async setVideo(on: boolean): Promise<void> {
    this.video = on;
    await this.look();
  }

  private pick(kind: "microphone" | "camera" | "speaker", event: Event): void {
    choose({ [kind]: (event.target as HTMLInputElement).value });
    if (kind !== "speaker") void this.look();
  }

  private async go(media: Kind, ready = this.got): Promise<void> {
    this.given = true;
    if (media === "voice" && ready.video) {
      ready.video.stop();
      ready = { ...ready, video: null };
    }
    // What is missing has been said and decided about here.
    await this.calling.go({ ...ready, trouble: null }, media);
    // Refused: the devices have been stopped, a new try asks for them again.
    if (this.isConnected && this.calling.check) {
      this.given = false;
      this.got = NONE;
      void this.look();
    }
  }

  override render(): TemplateResult | typeof nothing {
    const { check, busy, repName } = this.calling;
    if (!check) return nothing;
    const answering = check.to === "answer";
    const title = answering ? t("check.title.answer", { name: who(repName) }) : t(this.video ? "check.title.video" : "check.title.voice");
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title" tabindex="-1">${title}</h2>
        <p>${t(this.video ? "check.intro.video" : "check.intro.voice")} <span class="quiet">${t("check.privacy")}</span></p>
        ${this.video && (this.got.video || this.asking) ? this.preview() : nothing}
        <div role="status">
          ${this.asking ? html`<p class="quiet">${t(this.video ? "check.prompt.video" : "check.prompt")}</p>` : nothing}
          ${this.got.trouble && !this.asking ? this.help() : nothing}
        </div>
        ${this.got.audio ? this.level() : nothing} ${this.got.audio || this.got.video ? this.choices() : nothing}
        <div class="actions">
          ${this.asking ? nothing : this.steps(answering, busy)}
          <tresen-ui-button kind="quiet" id="cancel" ?disabled=${busy} @click=${() => this.calling.giveUp()}>${t("cancel")}</tresen-ui-button>
        </div>
      </section>
    `;
  }

  private preview(): TemplateResult {
    return html`<div class="preview">
      <tresen-ui-icon name=${this.asking ? "loader-circle" : "video"}></tresen-ui-icon>
      <video aria-label=${t("check.preview")} muted playsinline autoplay></video>
    </div>`;
  }

  private level(): TemplateResult {
    return html`<div class="level">
      <tresen-ui-icon name="mic"></tresen-ui-icon>
      <div class="track" aria-hidden="true"><div class="fill"></div></div>
      <span class="quiet" role="status">${t(this.heard ? "check.heard" : "check.speak")}</span>
    </div>`;
  }

  private choices(): TemplateResult {
    const select = (kind: "microphone" | "camera" | "speaker", list: { id: string; label: string }[], current: string): TemplateResult | typeof nothing =>
      list.length < 2
        ? nothing
        : html`<tresen-ui-field
            type="select"
            name=${kind}
            label=${t(`check.${kind}`)}
            .value=${current}
            .options=${list.map(({ id, label }) => ({ value: id, label: label || t("devices.default") }))}
            @change=${(event: Event) => this.pick(kind, event)}
          ></tresen-ui-field>`;
    const { microphones, cameras, speakers } = this.list;
    const used = (track: MediaStreamTrack | null): string => track?.getSettings().deviceId ?? "";
    return html`<div class="choices">
      ${select("microphone", microphones, used(this.got.audio))} ${this.video ? select("camera", cameras, used(this.got.video)) : nothing}
      ${canChooseSpeaker() ? select("speaker", speakers, chosen().speaker ?? speakers[0]?.id ?? "") : nothing}
    </div>`;
  }

  private help(): TemplateResult {
    const { title, detail } = troubleWords(this.got.trouble!);
    return html`<div class="help">
      <h3><tresen-ui-icon name="triangle-alert"></tresen-ui-icon><span>${title}</span></h3>
      <p>${detail}</p>
      ${this.got.trouble === "denied" ? html`<p>${t(`help.${browser()}`)}</p>` : nothing}
      ${this.got.audio || this.got.trouble === "no_camera" ? nothing : html`<p class="quiet">${t("check.listening")}</p>`}
    </div>`;
  }

  /** What can be done with what there is; the best one is the primary one. */
  private steps(answering: boolean, busy: boolean): TemplateResult {
    const { audio, video, trouble } = this.got;
    const primary = (id: string, words: string, icon: "phone" | "video" | "volume-2", work: () => unknown): TemplateResult =>
      html`<tresen-ui-button kind="primary" id=${id} icon=${icon} ?busy=${busy} @click=${work}>${words}</tresen-ui-button>`;
    const again = html`<tresen-ui-button id="again" icon="refresh-cw" @click=${() => this.look()}>${t("check.again")}</tresen-ui-button>`;
    const silent = { ...this.got, audio: null };
    if (audio && (video || !this.video)) {
      const words = answering ? t("check.go.answer") : t(this.video ? "check.go.video" : "check.go.voice");
      return html`
        ${primary("go", words, this.video ? "video" : "phone", () => this.go(this.video ? "video" : "voice"))}
        <tresen-ui-button id="other" icon=${this.video ? "video-off" : "video"} @click=${() => this.setVideo(!this.video)}>
          ${t(this.video ? "check.without_video" : "check.with_video")}
        </tresen-ui-button>
      `;
    }
    if (audio) return html`${primary("voice", t("check.voice"), "phone", () => this.go("voice"))} ${trouble ? again : nothing}`;
    // Refused with the camera asked for as well: the microphone alone may be another matter.
    const voice = this.video && trouble !== "insecure" && trouble !== "unsupported";
    return html`
      ${trouble === "insecure" || trouble === "unsupported" ? nothing : again}
      ${voice ? html`<tresen-ui-button id="voice" icon="phone" @click=${() => this.setVideo(false)}>${t("check.voice")}</tresen-ui-button>` : nothing}
      ${trouble === "unsupported" ? nothing : html`<tresen-ui-button id="listen" icon="volume-2" ?busy=${busy} @click=${() => this.go(video ? "video" : "voice", silent)}>${t("check.listen")}</tresen-ui-button>`}
    `;
  }
}
