/**
 * `<tresen-ui-badge tone="warning">waiting</tresen-ui-badge>`: one word or number about the thing beside it. The word says it, the colour only helps.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import "./icon";
import type { IconName } from "./icon";
import { base } from "./tokens";

export type Tone = "neutral" | "accent" | "success" | "warning" | "danger";

@customElement("tresen-ui-badge")
export class Badge extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        flex: none;
        max-inline-size: 100%;
        min-block-size: 20px;
        padding-inline: 7px;
        border-radius: var(--radius-round);
        background: var(--badge-ground, var(--sunken));
        color: var(--badge-ink, var(--grey-text));
        font: 500 var(--text-12) / 1.3 var(--font);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
        vertical-align: middle;
      }
      ::slotted(*) {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      :host([tone="accent"]) {
        --badge-ground: var(--accent-ground);
        --badge-ink: var(--accent-text);
      }
      :host([tone="success"]) {
        --badge-ground: var(--success-ground);
        --badge-ink: var(--success);
      }
      :host([tone="warning"]) {
        --badge-ground: var(--warning-ground);
        --badge-ink: var(--warning);
      }
      :host([tone="danger"]) {
        --badge-ground: var(--danger-ground);
        --badge-ink: var(--danger);
      }
      /* A count that asks for attention. */
      :host([solid]) {
        justify-content: center;
        min-inline-size: 20px;
        padding-inline: 6px;
        --badge-ground: var(--accent);
        --badge-ink: var(--on-accent);
        font-weight: 600;
      }
      :host([solid][tone="danger"]) {
        --badge-ground: var(--danger);
        --badge-ink: var(--on-danger);
      }
      .dot {
        inline-size: 6px;
        block-size: 6px;
        border-radius: 50%;
        background: currentColor;
      }
      tresen-ui-icon {
        --icon-size: 13px;
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ reflect: true }) tone: Tone = "neutral";
  @property({ type: Boolean, reflect: true }) solid = false;
  @property({ type: Boolean }) dot = false;
  @property() icon?: IconName;

  override render(): TemplateResult {
    return html`${this.dot ? html`<span class="dot"></span>` : nothing}${this.icon ? html`<tresen-ui-icon name=${this.icon}></tresen-ui-icon>` : nothing}<slot></slot>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-badge": Badge;
  }
}
