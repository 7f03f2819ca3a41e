/** `<tresen-call-self>`: one's own picture, small, mirrored as in a mirror, in the corner one likes: dragged there or moved by a press. */
import { LitElement, css, html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { bindPicture } from "../../media";
import { LocaleController } from "../../text/texts";
import { base } from "../../ui/tokens";
import { t } from "./texts";

const CORNERS = ["end-end", "end-start", "start-start", "start-end"] as const;
type Corner = (typeof CORNERS)[number];
/** Less than this is a press that trembled. */
const DRAG_PX = 12;

@customElement("tresen-call-self")
export class CallSelf extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        z-index: 1;
        inline-size: clamp(84px, 26%, 160px);
        inset-block-end: var(--space-2);
        inset-inline-end: var(--space-2);
      }
      :host([corner^="start"]) {
        inset-block: var(--space-2) auto;
      }
      :host([corner$="start"]) {
        inset-inline: var(--space-2) auto;
      }
      button {
        display: block;
        inline-size: 100%;
        padding: 0;
        border: 2px solid var(--on-stage);
        border-radius: var(--radius);
        background: var(--stage-control);
        overflow: hidden;
        cursor: grab;
        touch-action: none;
      }
      button:focus-visible {
        outline-color: var(--on-stage);
      }
      video {
        display: block;
        inline-size: 100%;
        aspect-ratio: 4 / 3;
        object-fit: cover;
        transform: scaleX(-1);
        pointer-events: none;
      }
    `,
  ];

  @property({ attribute: false }) track: MediaStreamTrack | null = null;
  @property({ reflect: true }) corner: Corner = "end-end";
  @state() private from: { x: number; y: number } | null = null;
  @query("video") private readonly picture!: HTMLVideoElement;
  protected readonly words = new LocaleController(this);

  override updated(changed: PropertyValues): void {
    if (changed.has("track")) bindPicture(this.picture, this.track);
  }

  private down(event: PointerEvent): void {
    this.from = { x: event.clientX, y: event.clientY };
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  }

  /** Into the quarter where it was let go; a press without moving goes on to the next corner. */
  private up(event: PointerEvent): void {
    const { from } = this;
    this.from = null;
    if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) < DRAG_PX) return;
    event.preventDefault();
    this.dragged = true;
    const box = (this.offsetParent ?? document.documentElement).getBoundingClientRect();
    const top = event.clientY < box.top + box.height / 2;
    const left = event.clientX < box.left + box.width / 2;
    const start = left === (getComputedStyle(this).direction === "ltr");
    this.corner = `${top ? "start" : "end"}-${start ? "start" : "end"}`;
  }
  private dragged = false;

  private press(): void {
    if (this.dragged) {
      this.dragged = false;
      return;
    }
    this.corner = CORNERS[(CORNERS.indexOf(this.corner) + 1) % CORNERS.length]!;
  }

  override render(): TemplateResult {
    return html`<button aria-label=${`${t("self")}. ${t("move")}`} @pointerdown=${this.down} @pointerup=${this.up} @pointercancel=${() => (this.from = null)} @click=${this.press}>
      <video muted playsinline autoplay aria-hidden="true"></video>
    </button>`;
  }
}
