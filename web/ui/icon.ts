/**
 * `<tresen-ui-icon name="phone">`: one picture from the fixed set, in the colour of the text around it and 1.25 times its height.
 *
 * Decoration unless it has a `label`. Set `--icon-size` for another size. Names are checked by the compiler in code; in a template a
 * wrong one shows nothing, and the gallery shows them all.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import { icons } from "./icons";
import type { desk } from "./icons-desk";
import type { more } from "./icons-more";

export type IconName = keyof typeof icons | keyof typeof more | keyof typeof desk;

const known: Partial<Record<IconName, string>> = { ...icons };
/** The shapes alone; the frame is drawn by the template. */
const shapes = (name: IconName): string => /<svg[^>]*>([^]*)<\/svg>/.exec(known[name] ?? "")?.[1] ?? "";

/** Makes more pictures known. */
export const addIcons = (more: Partial<Record<IconName, string>>): void => void Object.assign(known, more);
/** Those that can be shown now, for the gallery. */
export const iconNames = (): IconName[] => Object.keys(known) as IconName[];

@customElement("tresen-ui-icon")
export class Icon extends LitElement {
  static override styles = css`
    :host {
      display: inline-block;
      flex: none;
      width: var(--icon-size, 1.25em);
      height: var(--icon-size, 1.25em);
      vertical-align: -0.25em;
    }
    svg {
      display: block;
      width: 100%;
      height: 100%;
      fill: none;
      stroke: currentColor;
      stroke-width: 1.75;
      stroke-linecap: round;
      stroke-linejoin: round;
    }
    /* What points along the line turns with it. */
    :host([name^="arrow-left"]:dir(rtl)) svg,
    :host([name^="arrow-right"]:dir(rtl)) svg,
    :host([name="chevron-right"]:dir(rtl)) svg,
    :host([name="chevron-left"]:dir(rtl)) svg,
    :host([name="send"]:dir(rtl)) svg,
    :host([name="reply"]:dir(rtl)) svg,
    :host([name="undo-2"]:dir(rtl)) svg,
    :host([name="redo-2"]:dir(rtl)) svg,
    :host([name="log-out"]:dir(rtl)) svg,
    :host([name="external-link"]:dir(rtl)) svg {
      transform: scaleX(-1);
    }
    :host([name="loader-circle"]) svg {
      animation: turn 900ms linear infinite;
    }
    @keyframes turn {
      to {
        transform: rotate(1turn);
      }
    }
    @media (prefers-reduced-motion: reduce) {
      :host([name="loader-circle"]) svg {
        animation-duration: 6s;
      }
    }
  `;

  @property({ reflect: true }) name: IconName = "info";
  @property() label = "";

  override render(): TemplateResult {
    const named = this.label !== "";
    return html`<svg viewBox="0 0 24 24" role=${named ? "img" : nothing} aria-label=${named ? this.label : nothing} aria-hidden=${named ? nothing : "true"}>
      ${unsafeSVG(shapes(this.name))}
    </svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-icon": Icon;
  }
}
