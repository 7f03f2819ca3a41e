/**
 * `<tresen-ui-tabs label="Customer" .tabs=${[{ id: "cart", label: "Cart" }]} selected="cart"><div slot="cart">…</div></tresen-ui-tabs>`: one of several
 * panels, by the tabs pattern of the ARIA practices. Arrows choose at once; `tab` fires with `detail.id`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import "./badge";
import "./icon";
import type { IconName } from "./icon";
import { base } from "./tokens";

export interface Tab {
  id: string;
  label: string;
  icon?: IconName;
  /** Shown beside the label when above zero. */
  count?: number;
}

@customElement("tresen-ui-tabs")
export class Tabs extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-block-size: 0;
        color: var(--ink);
        font: var(--text-14) / 1.4 var(--font);
      }
      [role="tablist"] {
        flex: none;
        display: flex;
        gap: 4px;
        padding-inline: 8px;
        border-block-end: 1px solid var(--line);
        overflow-x: auto;
        scrollbar-width: none;
      }
      button {
        position: relative;
        display: flex;
        align-items: center;
        gap: 6px;
        flex: none;
        min-block-size: max(40px, var(--control));
        padding: 0 8px;
        border: 0;
        border-radius: 6px 6px 0 0;
        background: none;
        color: var(--grey-text);
        font-weight: 500;
        cursor: pointer;
      }
      button:hover {
        color: var(--ink);
      }
      button:focus-visible {
        outline-offset: -3px;
      }
      [aria-selected="true"] {
        color: var(--ink);
      }
      [aria-selected="true"]::after {
        content: "";
        position: absolute;
        inset-inline: 8px;
        inset-block-end: 0;
        block-size: 2px;
        border-radius: 2px 2px 0 0;
        background: var(--accent);
      }
      tresen-ui-icon {
        --icon-size: 17px;
      }
      [role="tabpanel"] {
        flex: 1;
        min-block-size: 0;
        overflow: auto;
      }
      [role="tabpanel"]:focus-visible {
        outline-offset: -2px;
      }
      @media (forced-colors: active) {
        [aria-selected="true"]::after {
          background: Highlight;
        }
      }
    `,
  ];

  @property() label = "";
  @property({ attribute: false }) tabs: Tab[] = [];
  /** The chosen one's id; the first when there is none of that name. */
  @property({ reflect: true }) selected = "";

  private get chosen(): string {
    return this.tabs.some((tab) => tab.id === this.selected) ? this.selected : (this.tabs[0]?.id ?? "");
  }

  private choose(id: string): void {
    if (id === this.chosen) return;
    this.selected = id;
    this.dispatchEvent(new CustomEvent("tab", { detail: { id }, bubbles: true, composed: true }));
  }

  private async onKey(event: KeyboardEvent): Promise<void> {
    const at = this.tabs.findIndex((tab) => tab.id === this.chosen);
    const forward = getComputedStyle(this).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
    const to: Record<string, number> = { [forward]: at + 1, [backward]: at - 1 + this.tabs.length, Home: 0, End: this.tabs.length - 1 };
    if (!(event.key in to)) return;
    event.preventDefault();
    this.choose(this.tabs[to[event.key]! % this.tabs.length]!.id);
    await this.updateComplete;
    this.shadowRoot!.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  override render(): TemplateResult {
    const { chosen } = this;
    return html`
      <div role="tablist" aria-label=${this.label} @keydown=${this.onKey}>
        ${this.tabs.map(
          (tab) => html`<button
            type="button"
            role="tab"
            id="tab-${tab.id}"
            aria-controls="panel-${tab.id}"
            aria-selected=${tab.id === chosen}
            tabindex=${tab.id === chosen ? 0 : -1}
            @click=${() => this.choose(tab.id)}
          >
            ${tab.icon ? html`<tresen-ui-icon name=${tab.icon}></tresen-ui-icon>` : nothing}${tab.label}${tab.count ? html`<tresen-ui-badge tone=${tab.id === chosen ? "accent" : "neutral"}>${tab.count}</tresen-ui-badge>` : nothing}
          </button>`,
        )}
      </div>
      ${this.tabs.map(
        (tab) => html`<div role="tabpanel" id="panel-${tab.id}" aria-labelledby="tab-${tab.id}" tabindex="0" ?hidden=${tab.id !== chosen}><slot name=${tab.id}></slot></div>`,
      )}
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-tabs": Tabs;
  }
}
