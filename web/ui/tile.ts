/**
 * `<tresen-ui-tile label="Longest wait" value="4 min" tone="warning" delta="+1 min" trend="worse">`: one figure of a board.
 *
 * The value comes formatted. `tone` colours it where it needs attention, `trend` says whether the change is good news. `interactive`
 * makes it a button that fires `choose`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Tone } from "./badge";
import "./icon";
import type { IconName } from "./icon";
import { base } from "./tokens";

@customElement("tresen-ui-tile")
export class Tile extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        min-inline-size: 0;
      }
      .tile {
        display: grid;
        gap: 4px;
        align-content: start;
        inline-size: 100%;
        block-size: 100%;
        padding: 14px 16px;
        border: 1px solid var(--line);
        border-radius: var(--radius-large);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-13) / 1.4 var(--font);
        text-align: start;
      }
      button {
        cursor: pointer;
        transition: border-color var(--motion);
      }
      button:hover {
        border-color: var(--grey-control);
      }
      .label {
        display: flex;
        align-items: center;
        gap: 6px;
        color: var(--grey-text);
        font-weight: 500;
      }
      .label tresen-ui-icon {
        --icon-size: 16px;
      }
      .value {
        font: 600 var(--text-28) / 1.2 var(--font);
        font-variant-numeric: tabular-nums;
        letter-spacing: -0.01em;
      }
      .unit {
        margin-inline-start: 4px;
        color: var(--grey-text);
        font: 500 var(--text-14) / 1 var(--font);
        letter-spacing: 0;
      }
      .note {
        display: flex;
        flex-wrap: wrap;
        gap: 0 8px;
        min-block-size: 1.4em;
        color: var(--grey-text);
      }
      .better {
        color: var(--success);
      }
      .worse {
        color: var(--danger);
      }
      .delta {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        font-weight: 500;
        font-variant-numeric: tabular-nums;
      }
      .delta tresen-ui-icon {
        --icon-size: 14px;
      }
      :host([tone="success"]) .value {
        color: var(--success);
      }
      :host([tone="warning"]) .value {
        color: var(--warning);
      }
      :host([tone="danger"]) .value {
        color: var(--danger);
      }
    `,
  ];

  @property() label = "";
  @property() value = "";
  @property() unit = "";
  @property() hint = "";
  @property() icon?: IconName;
  @property({ reflect: true }) tone: Tone = "neutral";
  /** The change, formatted with its sign. */
  @property() delta = "";
  @property() trend: "same" | "better" | "worse" = "same";
  @property({ type: Boolean }) interactive = false;

  override render(): TemplateResult {
    const inside = html`
      <span class="label">${this.icon ? html`<tresen-ui-icon name=${this.icon}></tresen-ui-icon>` : nothing}${this.label}</span>
      <span class="value"><bdi>${this.value}</bdi>${this.unit ? html`<span class="unit">${this.unit}</span>` : nothing}</span>
      ${this.delta || this.hint
        ? html`<span class="note">${this.delta ? html`<span class="delta ${this.trend}"><bdi>${this.delta}</bdi></span>` : nothing}${this.hint ? html`<bdi>${this.hint}</bdi>` : nothing}</span>`
        : nothing}
    `;
    return this.interactive
      ? html`<button class="tile" type="button" @click=${() => this.dispatchEvent(new CustomEvent("choose", { bubbles: true, composed: true }))}>${inside}</button>`
      : html`<div class="tile">${inside}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-tile": Tile;
  }
}
