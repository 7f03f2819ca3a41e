/**
 * `<tresen-ui-tooltip text="Mute" keys="m"><tresen-ui-button icon="mic" label="Mute"></tresen-ui-button></tresen-ui-tooltip>`: what an icon means and its key, for
 * those who see. Assistive technology has both from the button (`label`, `keys`), so this is hidden from it. `<tresen-ui-kbd keys="mod+k">`
 * shows keys alone.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { float, sink, type Side } from "./float";
import { keyCaps } from "./keys";
import { base } from "./tokens";

const DELAY_MS = 400;

@customElement("tresen-ui-kbd")
export class Kbd extends LitElement {
  static override styles = css`
    :host {
      display: inline-flex;
      gap: 3px;
      vertical-align: middle;
    }
    kbd {
      min-inline-size: 20px;
      padding: 2px 5px;
      border: 1px solid var(--kbd-line, var(--line-strong));
      border-radius: 5px;
      background: var(--kbd-ground, var(--sunken));
      color: var(--kbd-ink, var(--ink));
      font: 500 var(--text-12) / 1.2 var(--font);
      text-align: center;
      white-space: nowrap;
    }
  `;

  @property() keys = "";

  override render(): TemplateResult {
    return html`${keyCaps(this.keys).map((cap) => html`<kbd>${cap}</kbd>`)}`;
  }
}

@customElement("tresen-ui-tooltip")
export class Tooltip extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      .tip {
        position: fixed;
        inset: auto;
        z-index: var(--z-menu);
        display: flex;
        align-items: center;
        gap: 8px;
        max-inline-size: 280px;
        margin: 0;
        padding: 5px 8px;
        border: 0;
        border-radius: 6px;
        background: var(--ink);
        color: var(--paper);
        font: 500 var(--text-12) / 1.4 var(--font);
        pointer-events: none;
        --kbd-ground: transparent;
        --kbd-ink: inherit;
        --kbd-line: var(--grey-control);
      }
    `,
  ];

  @property() text = "";
  @property() keys = "";
  @property() side: Side = "above";
  @query(".tip") private readonly tip!: HTMLElement;
  private timer = 0;

  constructor() {
    super();
    this.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.later());
    this.addEventListener("pointerleave", () => this.hide());
    this.addEventListener("pointerdown", () => this.hide());
    this.addEventListener("focusin", (event) => (event.composedPath()[0] as Element).matches(":focus-visible") && this.show());
    this.addEventListener("focusout", () => this.hide());
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.show(), DELAY_MS);
  }

  private show(): void {
    if (this.text && this.isConnected) float(this.tip, this, this.side, "center");
  }

  private hide(): void {
    clearTimeout(this.timer);
    sink(this.tip);
  }

  override render(): TemplateResult {
    return html`<slot></slot>
      <div class="tip" popover="manual" aria-hidden="true" hidden>${this.text}${this.keys ? html`<tresen-ui-kbd keys=${this.keys}></tresen-ui-kbd>` : nothing}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-kbd": Kbd;
    "tresen-ui-tooltip": Tooltip;
  }
}
