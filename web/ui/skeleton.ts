/**
 * `<tresen-ui-skeleton lines="3">` or `shape="row"`: the place of something that is still coming. Silent; what loads says so by `aria-busy`.
 */
import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { base } from "./tokens";

@customElement("tresen-ui-skeleton")
export class Skeleton extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      i {
        display: block;
        block-size: 12px;
        margin-block: 6px;
        border-radius: 6px;
        background: var(--skeleton-ground, var(--hover));
        animation: breathe 1.6s ease-in-out infinite;
      }
      i:last-child:not(:only-child) {
        inline-size: 60%;
      }
      .row {
        display: grid;
        grid-template-columns: 32px 1fr;
        align-items: center;
        column-gap: 10px;
        padding: 8px 12px;
      }
      .face {
        inline-size: 32px;
        block-size: 32px;
        border-radius: 50%;
      }
      .block {
        block-size: var(--skeleton, 120px);
        margin: 0;
        border-radius: var(--radius);
      }
      @keyframes breathe {
        50% {
          opacity: 0.45;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        i {
          animation: none;
        }
      }
    `,
  ];

  @property() shape: "text" | "row" | "block" = "text";
  @property({ type: Number }) lines = 2;

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("aria-hidden", "true");
  }

  override render(): TemplateResult {
    const lines = Array.from({ length: this.lines }, () => html`<i></i>`);
    if (this.shape === "block") return html`<i class="block"></i>`;
    return this.shape === "row" ? html`<div class="row"><i class="face"></i><div>${lines}</div></div>` : html`${lines}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-skeleton": Skeleton;
  }
}
