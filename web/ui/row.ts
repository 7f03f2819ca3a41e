/**
 * `<tresen-ui-row interactive selected .progress=${0.4}>`: one line of a list. Slots: `leading` (avatar), `title`, `detail`, `meta` (time,
 * badge), `actions` (buttons, outside what is pressed).
 *
 * `interactive` makes title, detail and meta one button that fires `choose`; `href` makes them a link. `progress` draws a thin bar
 * below, e.g. how much of the promised waiting time is over; above 1 it is full and in danger's colour. The list itself is the
 * face's: `<ul>` with a row in each `<li>`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { styleMap } from "./style-map";
import { base } from "./tokens";
import { link } from "./url";

@customElement("tresen-ui-row")
export class Row extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        display: flex;
        align-items: center;
        gap: 4px;
        padding-inline-end: 8px;
        color: var(--ink);
        font: var(--text-14) / 1.4 var(--font);
      }
      .main {
        flex: 1;
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        column-gap: 10px;
        min-inline-size: 0;
        min-block-size: 48px;
        padding-block: 8px;
        padding-inline: 12px 4px;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        text-decoration: none;
      }
      .words {
        min-inline-size: 0;
      }
      .title,
      .detail {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        /* What people wrote runs its own way and stays on the row's side. */
        text-align: -webkit-match-parent;
        text-align: match-parent;
      }
      :host([wrap]) .title,
      :host([wrap]) .detail {
        white-space: normal;
        overflow-wrap: anywhere;
      }
      .title {
        font-weight: 500;
      }
      :host([unread]) .title {
        font-weight: 650;
      }
      .detail {
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .meta {
        display: grid;
        justify-items: end;
        gap: 2px;
        color: var(--grey-text);
        font-size: var(--text-12);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      button.main,
      a.main {
        cursor: pointer;
      }
      /* The whole row answers to the pointer, the buttons beside it stay on top. */
      button.main::after,
      a.main::after {
        content: "";
        position: absolute;
        inset: 0;
      }
      .actions {
        position: relative;
        z-index: 1;
        display: flex;
        align-items: center;
        gap: 2px;
      }
      :host([interactive]:hover),
      :host([href]:hover) {
        background: var(--hover);
      }
      :host([selected]) {
        background: var(--accent-ground);
      }
      :host([selected])::before {
        content: "";
        position: absolute;
        inset-block: 0;
        inset-inline-start: 0;
        inline-size: 3px;
        background: var(--accent);
      }
      .main:focus-visible {
        outline: 0;
      }
      .main:focus-visible::after {
        outline: 2px solid var(--focus);
        outline-offset: -2px;
        border-radius: 4px;
      }
      .progress {
        position: absolute;
        inset-block-end: 0;
        inset-inline: 0;
        block-size: 2px;
      }
      .progress i {
        display: block;
        block-size: 100%;
        background: var(--accent);
      }
      .progress.late i {
        background: var(--danger);
      }
      .progress.soon i {
        background: var(--away);
      }
      @media (forced-colors: active) {
        :host([selected]) {
          outline: 2px solid Highlight;
          outline-offset: -2px;
        }
        .progress i {
          background: CanvasText;
        }
      }
    `,
  ];

  @property({ type: Boolean, reflect: true }) interactive = false;
  @property({ reflect: true }) href?: string;
  @property({ type: Boolean, reflect: true }) selected = false;
  @property({ type: Boolean, reflect: true }) unread = false;
  /** Title and detail may take several lines. */
  @property({ type: Boolean, reflect: true }) wrap = false;
  @property({ type: Number }) progress?: number;

  private choose(): void {
    this.dispatchEvent(new CustomEvent("choose", { bubbles: true, composed: true }));
  }

  override render(): TemplateResult {
    const inside = html`<slot name="leading"></slot>
      <span class="words">
        <slot name="title" class="title" dir="auto"></slot>
        <slot name="detail" class="detail" dir="auto"></slot>
      </span>
      <span class="meta"><slot name="meta"></slot></span>`;
    const address = link(this.href);
    const current = this.selected ? "true" : nothing;
    return html`
      ${address
        ? html`<a class="main" href=${address} aria-current=${current}>${inside}</a>`
        : this.interactive
          ? html`<button class="main" type="button" aria-current=${current} @click=${this.choose}>${inside}</button>`
          : html`<div class="main">${inside}</div>`}
      <div class="actions"><slot name="actions"></slot></div>
      ${this.progress === undefined ? nothing : this.bar(this.progress)}
    `;
  }

  private bar(share: number): TemplateResult {
    const level = share >= 1 ? "late" : share >= 0.75 ? "soon" : "";
    return html`<div class="progress ${level}" aria-hidden="true"><i style=${styleMap({ inlineSize: `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%` })}></i></div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-row": Row;
  }
}
