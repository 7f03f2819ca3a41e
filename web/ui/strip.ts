/**
 * `<tresen-ui-strip tone="warning" icon="wifi-off">You are offline. <tresen-ui-button slot="action" size="small">Try again</tresen-ui-button></tresen-ui-strip>`:
 * a quiet line about the state of things (offline, what the rep can see, a question of consent), with one way out.
 *
 * Announced politely when it appears with its text; `dismissible` adds a cross and fires `dismiss`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import type { Tone } from "./badge";
import "./button";
import "./icon";
import type { IconName } from "./icon";
import { t } from "./texts";
import { base } from "./tokens";

@customElement("tresen-ui-strip")
export class Strip extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
        min-block-size: 40px;
        padding: 6px 12px;
        background: var(--strip-ground, var(--sunken));
        color: var(--ink);
        font: var(--text-13) / 1.4 var(--font);
      }
      :host([rounded]) {
        border-radius: var(--radius);
      }
      .text {
        flex: 1 1 12em;
        display: flex;
        align-items: flex-start;
        gap: 8px;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      tresen-ui-icon {
        color: var(--strip-ink, var(--grey-text));
        --icon-size: 18px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px;
        margin-inline-start: auto;
      }
      :host([tone="accent"]) {
        --strip-ground: var(--accent-ground);
        --strip-ink: var(--accent-text);
      }
      :host([tone="success"]) {
        --strip-ground: var(--success-ground);
        --strip-ink: var(--success);
      }
      :host([tone="warning"]) {
        --strip-ground: var(--warning-ground);
        --strip-ink: var(--warning);
      }
      :host([tone="danger"]) {
        --strip-ground: var(--danger-ground);
        --strip-ink: var(--danger);
      }
      @media (forced-colors: active) {
        :host {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property({ reflect: true }) tone: Tone = "neutral";
  @property() icon?: IconName;
  @property({ type: Boolean, reflect: true }) rounded = false;
  @property({ type: Boolean }) dismissible = false;
  /** Where the line is no news, e.g. a heading bar that is always there. */
  @property({ type: Boolean }) silent = false;

  protected readonly words = new LocaleController(this);

  override render(): TemplateResult {
    return html`
      <div class="text" role=${this.silent ? nothing : "status"}>${this.icon ? html`<tresen-ui-icon name=${this.icon}></tresen-ui-icon>` : nothing}<span><slot></slot></span></div>
      <div class="actions">
        <slot name="action"></slot>
        ${this.dismissible
          ? html`<tresen-ui-button size="small" kind="quiet" icon="x" label=${t("dismiss")} @click=${() => this.dispatchEvent(new CustomEvent("dismiss", { bubbles: true, composed: true }))}></tresen-ui-button>`
          : nothing}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-strip": Strip;
  }
}
