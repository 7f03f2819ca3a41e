/**
 * `<tresen-call-stage .calling>`: the call itself. The rep's picture or shared screen large, or a face with a ring that follows the voice; one's own
 * picture small; the state in words above, the controls below, then how good the connection is.
 *
 * Keys work while the focus is within: M, V, S, C; Escape ends picture in picture.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { LevelMeter, bindPicture, type RemotePerson } from "../../media";
import { Watch, type Actor } from "../../protocol";
import { LocaleController } from "../../text/texts";
import "../../ui/avatar";
import "../../ui/badge";
import "../../ui/button";
import "../../ui/captions";
import "../../ui/captions-bar";
import { base } from "../../ui/tokens";
import "../../ui/icons-more";
import type { Calling } from "./calling";
import "./controls";
import type { CallControls } from "./controls";
import "./devices";
import "./quality";
import "./self";
import { stageStyles } from "./stage-styles";
import { nameOf } from "./states";
import { strips } from "./strips";
import { callStyles } from "./styles";
import { t } from "./texts";
import { stageWords, talkedWords, who } from "./words";

const SECOND_MS = 1000;
const LEVEL_EACH_MS = 80;

@customElement("tresen-call-stage")
export class CallStage extends LitElement {
  static override styles = [base, callStyles, stageStyles];

  @property({ attribute: false }) calling!: Calling;
  @state() private choosing = false;
  @state() private pip = false;
  @state() private full = false;
  @query("#main") private readonly main!: HTMLVideoElement;
  @query("#tile") private readonly tile!: HTMLVideoElement | null;
  @query("tresen-call-controls") private readonly controls!: CallControls;
  @query(".ring") private readonly voice!: HTMLElement | null;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Calling>(this);
  private timers: ReturnType<typeof setInterval>[] = [];
  private meter: { track: MediaStreamTrack; meter: LevelMeter } | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.watch.value = this.calling;
    this.timers = [setInterval(() => this.requestUpdate(), SECOND_MS), setInterval(() => this.drawLevel(), LEVEL_EACH_MS)];
    document.addEventListener("fullscreenchange", this.fullChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.timers) clearInterval(timer);
    document.removeEventListener("fullscreenchange", this.fullChanged);
    this.meter?.meter.stop();
    this.meter = null;
    if (this.pip) document.exitPictureInPicture().catch(() => undefined);
  }

  private readonly fullChanged = (): void => {
    // Not the document's `fullscreenElement`: that is the outermost host, whatever within it fills the screen.
    this.full = this.matches(":fullscreen");
  };

  /** Whose picture is large: the one who shows a screen, then the call's rep, then anybody with a picture. */
  private get front(): RemotePerson | null {
    const { media, call } = this.calling;
    const remotes = media?.remotes ?? [];
    const rep = call?.legs.findLast((leg) => leg.person_id === call.rep_id && leg.state === "joined");
    return remotes.find((one) => one.screen) ?? remotes.find((one) => one.id === rep?.id && one.video) ?? remotes.find((one) => one.video) ?? remotes.find((one) => one.id === rep?.id) ?? remotes[0] ?? null;
  }

  private nameOfLeg(id: string): string {
    const leg = this.calling.call?.legs.find((each) => each.id === id);
    return nameOf(this.calling.app.log?.entries ?? [], leg?.person_id) || this.calling.repName;
  }

  /** The camera of somebody beside the large picture: the rep's under their screen, or another person's. */
  private get beside(): MediaStreamTrack | null {
    const { front } = this;
    if (front?.screen) return front.video;
    return this.calling.media?.remotes.find((one) => one !== front && one.video)?.video ?? null;
  }

  override updated(_: PropertyValues): void {
    const { front } = this;
    bindPicture(this.main, front?.screen ?? front?.video ?? null);
    if (this.tile) bindPicture(this.tile, this.beside);
    const sound = front?.audio ?? this.calling.media?.sounds[0] ?? null;
    if (sound !== (this.meter?.track ?? null)) {
      this.meter?.meter.stop();
      this.meter = sound ? { track: sound, meter: new LevelMeter(sound) } : null;
    }
  }

  private drawLevel(): void {
    this.voice?.style.setProperty("--level", (this.meter?.meter.level ?? 0).toFixed(2));
  }

  // --- pressed

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.composedPath()[0];
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return;
    const { captions } = this.calling;
    const what = ({ m: "mute", v: "camera", s: "screen" } as const)[event.key.toLowerCase()];
    if (what) void this.controls.toggle(what);
    else if (event.key.toLowerCase() === "c" && captions) this.calling.readCaptions(!captions.reading);
    else if (event.key === "Escape" && this.pip) void this.togglePip();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private async togglePip(): Promise<void> {
    try {
      await (this.pip ? document.exitPictureInPicture() : this.main.requestPictureInPicture());
    } catch (error) {
      // A picture that has just gone, or a browser that wants another click.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  private async toggleFull(): Promise<void> {
    try {
      await (this.full ? document.exitFullscreen() : this.requestFullscreen());
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  private stopRecording(): void {
    const { app, call } = this.calling;
    if (!call) return;
    app.link.ask("consent.withdraw", { purpose: "recording", conversation_id: call.conversation_id }).catch((error: unknown) => app.report(error));
  }

  // --- drawn

  override render(): TemplateResult {
    const { calling } = this;
    const { stage, repName, call, media } = calling;
    const { front } = this;
    const picture = Boolean(front?.screen ?? front?.video);
    const screen = front?.screen ? t("screen.theirs", { name: who(this.nameOfLeg(front.id)) }) : "";
    return html`
      <section class="call ${this.choosing ? "choosing" : ""}" aria-label=${t("call")} @keydown=${this.key}>
        <header>
          <h2 role="status" id="state">${stageWords(stage, repName, null)}</h2>
          ${call?.recording ? this.badge(call.recording.paused) : nothing}
          ${this.captionsButton()}
          <time aria-label=${t("call")}>${talkedWords(call?.connected_at ?? null, Date.now())}</time>
        </header>
        <div class="stage ${picture ? "picture" : "voice"} ${front?.screen ? "screen" : ""}">
          <video
            id="main"
            ?hidden=${!picture}
            muted
            playsinline
            autoplay
            aria-label=${screen || t("picture", { name: who(repName) })}
            @enterpictureinpicture=${() => (this.pip = true)}
            @leavepictureinpicture=${() => (this.pip = false)}
          ></video>
          ${picture ? nothing : html`<span class="ring"><tresen-ui-avatar name=${repName}></tresen-ui-avatar></span>`}
          ${this.overlay()} ${screen ? html`<span class="caption">${screen}</span>` : nothing}
          ${this.beside ? html`<video id="tile" class="tile" muted playsinline autoplay aria-hidden="true"></video>` : nothing}
          ${media?.local.video ? html`<tresen-call-self .track=${media.local.video}></tresen-call-self>` : nothing}
        </div>
        ${this.captionLines()}
        <tresen-call-controls
          .calling=${calling}
          .devices=${this.choosing}
          .pip=${document.pictureInPictureEnabled && picture ? this.pip : undefined}
          .full=${document.fullscreenEnabled && matchMedia("(hover: hover)").matches ? this.full : undefined}
          @devices=${() => (this.choosing = !this.choosing)}
          @pip=${this.togglePip}
          @full=${this.toggleFull}
        ></tresen-call-controls>
        <p class="unseen">${t("keys")}</p>
      </section>
      ${this.captionsBar()} ${strips(calling, (what) => void this.controls.toggle(what))} ${this.choosing ? html`<tresen-call-devices .calling=${calling}></tresen-call-devices>` : nothing}
      <tresen-call-quality .calling=${calling}></tresen-call-quality>
    `;
  }

  private badge(paused: boolean): TemplateResult {
    return html`<span class="recorded">
      <tresen-ui-badge tone=${paused ? "warning" : "danger"} icon="circle-dot">${t(paused ? "recorded.paused" : "recorded")}</tresen-ui-badge>
      <tresen-ui-button size="small" kind="quiet" id="stop-recording" icon="x" label=${t("recorded.stop")} @click=${this.stopRecording}></tresen-ui-button>
    </span>`;
  }

  /** Above the picture, as the row below it is full. */
  private captionsButton(): TemplateResult | typeof nothing {
    const { calling } = this;
    const { captions } = calling;
    if (!captions) return nothing;
    return html`<tresen-ui-button shape="round" size="small" id="captions" icon="captions" label=${t("captions")} keys="C" .pressed=${captions.reading} @click=${() => calling.readCaptions(!captions.reading)}></tresen-ui-button>`;
  }

  private captionLines(): TemplateResult | typeof nothing {
    const { captions } = this.calling;
    if (!captions?.reading) return nothing;
    return html`<tresen-ui-captions .lines=${captions.shown((actor) => this.called(actor))}></tresen-ui-captions>`;
  }

  private captionsBar(): TemplateResult | typeof nothing {
    const { captions } = this.calling;
    if (!captions) return nothing;
    const names = (actors: readonly Actor[]): string[] => actors.map((actor) => this.called(actor));
    return html`<tresen-ui-captions-bar
      .readers=${names(captions.readers)}
      .silent=${names(captions.silent)}
      .local=${captions.local}
      ?asks=${captions.asks}
      ?writing=${captions.writing}
      @allow=${(event: CustomEvent<boolean>) => captions.allow(event.detail)}
    ></tresen-ui-captions-bar>`;
  }

  private called(actor: Actor): string {
    return who(nameOf(this.calling.app.log?.entries ?? [], actor.id) || actor.name);
  }

  /** What lies over the picture while there is nobody to be seen. */
  private overlay(): TemplateResult | typeof nothing {
    const { stage, repName } = this.calling;
    if (stage === "held") return html`<div class="over">${t("held.hint", { name: who(repName) })}</div>`;
    if (stage === "reconnecting") return html`<div class="over">${t("reconnecting.hint")}</div>`;
    return nothing;
  }
}
