/**
 * `<tresen-ui-empty icon="inbox" heading="Nobody is waiting">What to do next.<tresen-ui-button slot="actions">…</tresen-ui-button></tresen-ui-empty>`: where there
 * is nothing, why, and the way on. Also for errors of a whole view (`tone="danger"`).
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import "./icon";
import type { IconName } from "./icon";
import { base } from "./tokens";

@customElement("tresen-ui-empty")
export class Empty extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        justify-items: center;
        align-content: center;
        gap: 6px;
        padding: 32px 24px;
        color: var(--grey-text);
        font: var(--text-14) / 1.5 var(--font);
        text-align: center;
      }
      .picture {
        display: grid;
        place-content: center;
        inline-size: 48px;
        block-size: 48px;
        margin-block-end: 6px;
        border-radius: 50%;
        background: var(--sunken);
        --icon-size: 22px;
      }
      :host([tone="danger"]) .picture {
        background: var(--danger-ground);
        color: var(--danger);
      }
      .heading {
        color: var(--ink);
        font: 600 var(--text-16) / 1.4 var(--font);
      }
      .text {
        max-inline-size: 44ch;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 8px;
        margin-block-start: 8px;
      }
    `,
  ];

  @property() heading = "";
  @property() icon?: IconName;
  @property({ reflect: true }) tone: "neutral" | "danger" = "neutral";

  override render(): TemplateResult {
    return html`
      ${this.icon ? html`<div class="picture"><tresen-ui-icon name=${this.icon}></tresen-ui-icon></div>` : nothing}
      <div class="heading">${this.heading}</div>
      <div class="text"><slot></slot></div>
      <div class="actions"><slot name="actions"></slot></div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-empty": Empty;
  }
}
