/**
 * `<tresen-ui-card heading="Cart">`: things that belong together, under a heading; `slot="actions"` beside it, `slot="footer"` below.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { base } from "./tokens";

@customElement("tresen-ui-card")
export class Card extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-14) / 1.5 var(--font);
        overflow: hidden;
      }
      /* Side by side in a column, without a frame of its own. */
      :host([flat]) {
        border: 0;
        border-radius: 0;
        background: none;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-block-size: 48px;
        padding-block: 8px;
        padding-inline: 16px 8px;
      }
      .heading {
        flex: 1;
        min-inline-size: 0;
        font: 600 var(--text-14) / 1.4 var(--font);
        overflow-wrap: anywhere;
      }
      .body {
        padding: 16px;
      }
      header + .body {
        padding-block-start: 4px;
      }
      :host([bare]) .body {
        padding: 0;
      }
      footer:not(.filled) {
        display: none;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding: 12px 16px;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  @property() heading = "";
  /** Of the heading in the page's outline. */
  @property({ type: Number }) level = 3;
  /** The content reaches the frame: rows, a table. */
  @property({ type: Boolean, reflect: true }) bare = false;
  @property({ type: Boolean, reflect: true }) flat = false;

  override render(): TemplateResult {
    return html`
      ${this.heading
        ? html`<header part="header">
            <div class="heading" role="heading" aria-level=${this.level}>${this.heading}</div>
            <slot name="actions"></slot>
          </header>`
        : nothing}
      <div class="body" part="body"><slot></slot></div>
      <footer part="footer"><slot name="footer" @slotchange=${filled}></slot></footer>
    `;
  }
}

function filled(event: Event): void {
  const slot = event.target as HTMLSlotElement;
  slot.parentElement!.classList.toggle("filled", slot.assignedElements().length > 0);
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-card": Card;
  }
}
