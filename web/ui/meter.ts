/**
 * `<tresen-ui-meter label="Microphone" .value=${0.4}>`: a level between 0 and 1. `kind="progress"` for something that comes to an end;
 * without a value it is under way and nobody knows how long.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { percent } from "../text/formats";
import { LocaleController } from "../text/texts";
import { styleMap } from "./style-map";
import { base } from "./tokens";

@customElement("tresen-ui-meter")
export class Meter extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        color: var(--ink);
        font: var(--text-13) / 1.4 var(--font);
      }
      .words {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        margin-block-end: 4px;
      }
      .value {
        color: var(--grey-text);
        font-variant-numeric: tabular-nums;
      }
      .track {
        block-size: var(--meter, 6px);
        border-radius: var(--radius-round);
        background: var(--line);
        overflow: hidden;
      }
      .bar {
        block-size: 100%;
        border-radius: inherit;
        background: var(--accent);
        transition: inline-size var(--motion);
      }
      :host([tone="success"]) .bar {
        background: var(--success);
      }
      :host([tone="warning"]) .bar {
        background: var(--away);
      }
      :host([tone="danger"]) .bar {
        background: var(--danger);
      }
      .unknown .bar {
        inline-size: 35%;
        animation: pass 1.4s ease-in-out infinite;
      }
      @keyframes pass {
        from {
          margin-inline-start: -35%;
        }
        to {
          margin-inline-start: 100%;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .unknown .bar {
          inline-size: 100%;
          opacity: 0.5;
          animation: none;
        }
      }
      @media (forced-colors: active) {
        .track {
          border: 1px solid CanvasText;
        }
        .bar {
          background: CanvasText;
        }
      }
    `,
  ];

  @property() label = "";
  /** 0 to 1; none: under way. */
  @property({ type: Number }) value?: number;
  /** The value in words, instead of a percentage. */
  @property() text = "";
  @property() kind: "meter" | "progress" = "meter";
  @property({ reflect: true }) tone: "accent" | "success" | "warning" | "danger" = "accent";
  /** The words are for assistive technology only. */
  @property({ type: Boolean, attribute: "hide-label" }) hideLabel = false;

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    const known = this.value !== undefined && Number.isFinite(this.value);
    const share = known ? Math.min(1, Math.max(0, this.value!)) : 0;
    const text = this.text || (known ? percent(share) : "");
    return html`
      ${this.hideLabel ? nothing : html`<div class="words" aria-hidden="true"><span>${this.label}</span><bdi class="value">${text}</bdi></div>`}
      <div
        class="track ${known ? "" : "unknown"}"
        role=${this.kind === "meter" ? "meter" : "progressbar"}
        aria-label=${this.label}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${known ? Math.round(share * 100) : nothing}
        aria-valuetext=${text || nothing}
      >
        <div class="bar" style=${known ? styleMap({ inlineSize: `${share * 100}%` }) : nothing}></div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-meter": Meter;
  }
}
