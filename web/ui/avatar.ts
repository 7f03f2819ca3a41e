/**
 * `<tresen-ui-avatar name="Rita Sommer" presence="online">`: a person as picture or initials, always in the same colour, with presence.
 *
 * The presence is said in words to assistive technology; the name is not, since it stands beside it nearly everywhere (`labelled`
 * where it does not). A picture's address comes from data, so it is checked; one that does not load gives way to the initials.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import "./icon";
import { styleMap } from "./style-map";
import { t } from "./texts";
import { base } from "./tokens";
import { picture } from "./url";

export type Presence = "online" | "away" | "busy" | "offline";
/** As many as tokens.css has `--person-N`. */
const COLOURS = 6;

/** Two letters: of the first and the last word. Whole characters, also outside the Basic Multilingual Plane. */
export function initials(name: string): string {
  const words = name.replace(/[\u200e\u200f\u2066-\u2069]/g, "").trim().split(/\s+/).filter(Boolean);
  const picked = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return picked.map((word) => [...word][0]!.toLocaleUpperCase()).join("");
}

/** 1 to COLOURS, the same for the same name. */
export function colourOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) >>> 0;
  // Names differ most at their ends: stirred, so that every letter counts for the remainder.
  sum = Math.imul(sum ^ (sum >>> 15), 0x2c1b3c6d) >>> 0;
  return ((sum ^ (sum >>> 13)) >>> 0) % COLOURS + 1;
}

@customElement("tresen-ui-avatar")
export class Avatar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        display: inline-block;
        flex: none;
        inline-size: var(--avatar, 32px);
        block-size: var(--avatar, 32px);
        vertical-align: middle;
      }
      :host([size="small"]) {
        --avatar: 24px;
      }
      :host([size="large"]) {
        --avatar: 44px;
      }
      .face {
        display: grid;
        place-content: center;
        inline-size: 100%;
        block-size: 100%;
        border-radius: 50%;
        overflow: hidden;
        font: 600 calc(var(--avatar, 32px) * 0.38) / 1 var(--font);
        letter-spacing: 0.01em;
        user-select: none;
      }
      :host([shape="square"]) .face {
        border-radius: var(--radius);
      }
      img {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
      }
      .presence {
        position: absolute;
        inset-block-end: -1px;
        inset-inline-end: -1px;
        inline-size: max(10px, 30%);
        block-size: max(10px, 30%);
        border: 2px solid var(--avatar-ground, var(--paper));
        border-radius: 50%;
        background: var(--online);
      }
      .away {
        background: var(--away);
      }
      .busy {
        background: var(--danger);
      }
      .offline {
        background: var(--avatar-ground, var(--paper));
        box-shadow: inset 0 0 0 2px var(--grey-control);
      }
      @media (forced-colors: active) {
        .face {
          border: 1px solid CanvasText;
        }
        .presence {
          forced-color-adjust: none;
        }
      }
    `,
  ];

  @property() name = "";
  @property() src = "";
  @property({ reflect: true }) size: "small" | "normal" | "large" = "normal";
  @property({ reflect: true }) shape: "round" | "square" = "round";
  @property() presence?: Presence;
  @property({ type: Boolean }) labelled = false;
  @state() private broken = "";

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const colour = colourOf(this.name);
    const source = this.broken === this.src ? undefined : picture(this.src);
    const face = source
      ? html`<img src=${source} alt="" referrerpolicy="no-referrer" @error=${() => (this.broken = this.src)} />`
      : initials(this.name) || html`<tresen-ui-icon name="user"></tresen-ui-icon>`;
    const seen = [this.labelled ? this.name : "", this.presence ? t(`presence.${this.presence}`) : ""].filter(Boolean).join(", ");
    return html`
      <span class="face" part="face" aria-hidden="true" style=${styleMap({ background: `var(--person-${colour})`, color: `var(--on-person-${colour})` })}>${face}</span>
      ${this.presence ? html`<span class="presence ${this.presence}" aria-hidden="true"></span>` : nothing}
      ${seen ? html`<span class="unseen">${seen}</span>` : nothing}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-avatar": Avatar;
  }
}
