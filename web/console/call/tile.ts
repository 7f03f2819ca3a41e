/**
 * `<console-call-tile name="Ana" .video=${track} .audio=${track}>`: one person or one screen on the stage: picture, or who it is and how loud.
 *
 * `notes` are words about them (muted, on hold). The level is drawn a few times a second and never announced. `slot="actions"` lies in the
 * corner.
 */
import { LitElement, css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { LevelMeter, bindPicture } from "../../media";
import "../../ui/avatar";
import "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { base } from "../../ui/tokens";

export interface Note {
  icon: IconName;
  words: string;
  tone?: "warning";
}
const LEVEL_EACH_MS = 100;
/** Louder than this counts as speaking, of 0 to 1. */
const SPEAKING = 0.45;

@customElement("console-call-tile")
export class CallTile extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        display: block;
        min-inline-size: 0;
        min-block-size: 0;
        border-radius: var(--radius);
        background: color-mix(in srgb, var(--stage) 82%, var(--on-stage));
        color: var(--on-stage);
        overflow: hidden;
        container-type: size;
      }
      :host([speaking])::after {
        content: "";
        position: absolute;
        inset: 0;
        border: 2px solid var(--online);
        border-radius: inherit;
        pointer-events: none;
      }
      video {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        object-fit: contain;
      }
      :host([mirrored]) video {
        transform: scaleX(-1);
      }
      :host([small]) video {
        object-fit: cover;
      }
      .who {
        display: grid;
        place-content: center;
        justify-items: center;
        block-size: 100%;
        padding: 8px;
      }
      .ring {
        padding: 5px;
        border-radius: 50%;
        box-shadow: 0 0 0 calc(var(--level, 0) * 10px) color-mix(in srgb, var(--online) 55%, transparent);
        transition: box-shadow 100ms linear;
      }
      tresen-ui-avatar {
        --avatar: min(72px, 40cqmin);
      }
      .label {
        position: absolute;
        inset-block-end: 8px;
        inset-inline-start: 8px;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 8px;
        max-inline-size: calc(100% - 16px);
        padding: 3px 8px;
        border-radius: 6px;
        background: color-mix(in srgb, var(--stage) 80%, transparent);
        font: 500 var(--text-12) / 1.4 var(--font);
      }
      :host([small]) .label {
        inset-block-end: 4px;
        inset-inline-start: 4px;
        padding: 1px 6px;
      }
      .name {
        overflow-wrap: anywhere;
      }
      .note {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        color: var(--on-stage-quiet);
      }
      .note.warning {
        color: var(--on-stage);
      }
      .note tresen-ui-icon {
        --icon-size: 14px;
      }
      .actions {
        position: absolute;
        inset-block-start: 6px;
        inset-inline-end: 6px;
      }
      @media (prefers-reduced-motion: reduce) {
        .ring {
          transition: none;
        }
      }
    `,
  ];

  @property() name = "";
  /** What the label says, where it is not the name. */
  @property() caption = "";
  @property({ attribute: false }) video: MediaStreamTrack | null = null;
  @property({ attribute: false }) audio: MediaStreamTrack | null = null;
  @property({ attribute: false }) notes: Note[] = [];
  @property({ type: Boolean, reflect: true }) mirrored = false;
  @property({ type: Boolean, reflect: true }) small = false;
  @property({ type: Boolean, reflect: true }) speaking = false;
  @query("video") private readonly picture!: HTMLVideoElement | null;
  #meter: LevelMeter | null = null;
  #measured: MediaStreamTrack | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#draw(), LEVEL_EACH_MS);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#measure(null);
  }

  override updated(_: PropertyValues<this>): void {
    if (this.picture) bindPicture(this.picture, this.video);
    if (this.isConnected) this.#measure(this.audio);
  }

  #measure(track: MediaStreamTrack | null): void {
    if (track === this.#measured) return;
    this.#meter?.stop();
    this.#measured = track;
    this.#meter = track && track.readyState === "live" ? new LevelMeter(track) : null;
    if (!track) this.#show(0);
  }

  #draw(): void {
    if (this.#meter && !document.hidden) this.#show(this.#meter.level);
  }

  #show(level: number): void {
    this.style.setProperty("--level", level > SPEAKING / 2 ? level.toFixed(2) : "0");
    this.toggleAttribute("speaking", level > SPEAKING);
  }

  override render(): TemplateResult {
    const label = this.caption || this.name;
    return html`
      ${this.video
        ? html`<video aria-label=${label} autoplay playsinline muted></video>`
        : html`<div class="who"><div class="ring"><tresen-ui-avatar name=${this.name}></tresen-ui-avatar></div></div>`}
      <div class="label">
        <span class="name">${label}</span>
        ${this.notes.map((note) => html`<span class="note ${note.tone ?? ""}"><tresen-ui-icon name=${note.icon}></tresen-ui-icon>${note.words}</span>`)}
      </div>
      <div class="actions"><slot name="actions"></slot></div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-call-tile": CallTile;
  }
}
