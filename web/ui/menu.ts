/**
 * `<tresen-ui-menu label="Call" .items=${[{ id: "hold", label: "Hold" }]} @choose=${...}><tresen-ui-button slot="trigger" …></tresen-ui-button></tresen-ui-menu>`:
 * actions behind a button, by the menu button pattern of the ARIA practices.
 *
 * `choose` carries `detail.id`. Arrows, Home, End and first letters move, Escape and Tab close, the focus goes back to the trigger.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, queryAssignedElements, state } from "lit/decorators.js";
import { Button } from "./button";
import { float, sink, type Align } from "./float";
import "./icon";
import type { IconName } from "./icon";
import { ariaKeys } from "./keys";
import { base } from "./tokens";
import "./tooltip";

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  /** A second line. */
  detail?: string;
  /** The key that does the same, as in shortcuts.ts. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  /** One of several that can be chosen: shown with a tick. */
  checked?: boolean;
}
export type MenuEntry = MenuItem | "separator";

@customElement("tresen-ui-menu")
export class Menu extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      .menu {
        position: fixed;
        inset: auto;
        z-index: var(--z-menu);
        min-inline-size: 180px;
        max-inline-size: min(320px, calc(100vw - 16px));
        margin: 0;
        padding: 4px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow);
        overflow: auto;
        font: var(--text-14) / 1.4 var(--font);
      }
      button {
        display: flex;
        align-items: center;
        gap: 10px;
        inline-size: 100%;
        min-block-size: var(--control);
        padding: 6px 10px;
        border: 0;
        border-radius: 6px;
        background: none;
        text-align: start;
        cursor: pointer;
      }
      button:hover,
      button:focus-visible {
        background: var(--hover);
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      tresen-ui-icon {
        color: var(--grey-text);
        --icon-size: 18px;
      }
      .words {
        flex: 1;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .detail {
        display: block;
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      .danger,
      .danger tresen-ui-icon {
        color: var(--danger);
      }
      [aria-disabled="true"] {
        opacity: 0.5;
        cursor: default;
      }
      .unticked {
        visibility: hidden;
      }
      hr {
        margin: 4px;
        border: 0;
        border-block-start: 1px solid var(--line);
      }
    `,
  ];

  @property() label = "";
  @property({ attribute: false }) items: MenuEntry[] = [];
  @property() align: Align = "start";
  @state() private open = false;
  @query(".menu") private readonly list!: HTMLElement;
  @queryAssignedElements({ slot: "trigger" }) private readonly triggers!: HTMLElement[];
  private openedAt = { top: 0, left: 0 };
  private typed = "";
  private typedAt = 0;

  private readonly outside = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.close(false);
  };
  /** The trigger has gone elsewhere. A scroll of something else, or one that ends just now, is no reason. */
  private readonly moved = (): void => {
    const { top = 0, left = 0 } = this.triggers[0]?.getBoundingClientRect() ?? {};
    if (Math.abs(top - this.openedAt.top) > 1 || Math.abs(left - this.openedAt.left) > 1) this.close(false);
  };

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.listen(false);
  }

  /** Opens with the focus on the first item, or the last. */
  async show(last = false): Promise<void> {
    this.open = true;
    await this.updateComplete;
    const trigger = this.triggers[0];
    if (!trigger) return;
    float(this.list, trigger, "below", this.align);
    this.openedAt = trigger.getBoundingClientRect();
    this.listen(true);
    this.entries.at(last ? -1 : 0)?.focus();
  }

  close(refocus = true): void {
    if (!this.open) return;
    this.open = false;
    this.listen(false);
    sink(this.list);
    if (refocus) this.triggers[0]?.focus();
  }

  private listen(on: boolean): void {
    const how = on ? "addEventListener" : "removeEventListener";
    window[how]("pointerdown", this.outside, true);
    window[how]("resize", this.moved);
    window[how]("scroll", this.moved, true);
  }

  override updated(): void {
    for (const trigger of this.triggers) {
      if (!(trigger instanceof Button)) continue;
      trigger.haspopup = "menu";
      trigger.expanded = this.open;
    }
  }

  private get entries(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("button")];
  }

  private choose(item: MenuItem): void {
    if (item.disabled) return;
    this.close();
    this.dispatchEvent(new CustomEvent("choose", { detail: { id: item.id }, bubbles: true, composed: true }));
  }

  private onTrigger(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    void this.show(event.key === "ArrowUp");
  }

  private onKey(event: KeyboardEvent): void {
    const { entries } = this;
    const at = entries.indexOf(this.shadowRoot!.activeElement as HTMLElement);
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 };
    // What is pressed here is nobody else's shortcut.
    event.stopPropagation();
    if (event.key === "Tab") this.close();
    else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key in to) {
      event.preventDefault();
      entries[to[event.key]! % entries.length]?.focus();
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) this.find(event, at);
  }

  /** The next item that begins with what was typed within half a second. */
  private find(event: KeyboardEvent, at: number): void {
    this.typed = (event.timeStamp - this.typedAt < 500 ? this.typed : "") + event.key.toLocaleLowerCase();
    this.typedAt = event.timeStamp;
    const { entries } = this;
    const first = this.typed.length > 1 ? at : at + 1;
    const inOrder = [...entries.slice(first), ...entries.slice(0, first)];
    inOrder.find((entry) => entry.querySelector(".words")!.textContent!.trim().toLocaleLowerCase().startsWith(this.typed))?.focus();
  }

  private item(item: MenuItem, ticks: boolean): TemplateResult {
    const tick = ticks ? html`<tresen-ui-icon name="check" class=${item.checked ? "" : "unticked"}></tresen-ui-icon>` : nothing;
    return html`<button
      type="button"
      role=${item.checked === undefined ? "menuitem" : "menuitemradio"}
      tabindex="-1"
      class=${item.danger ? "danger" : ""}
      aria-checked=${item.checked ?? nothing}
      aria-disabled=${item.disabled ? "true" : nothing}
      aria-keyshortcuts=${item.keys ? ariaKeys(item.keys) : nothing}
      @click=${() => this.choose(item)}
    >
      ${item.icon ? html`<tresen-ui-icon name=${item.icon}></tresen-ui-icon>` : tick}
      <span class="words">${item.label}${item.detail ? html`<span class="detail">${item.detail}</span>` : nothing}</span>
      ${item.keys ? html`<tresen-ui-kbd keys=${item.keys} aria-hidden="true"></tresen-ui-kbd>` : nothing}
    </button>`;
  }

  override render(): TemplateResult {
    const ticks = this.items.some((item) => item !== "separator" && item.checked !== undefined);
    return html`
      <slot name="trigger" @slotchange=${() => this.requestUpdate()} @click=${() => (this.open ? this.close() : void this.show())} @keydown=${this.onTrigger}></slot>
      <div class="menu" role="menu" aria-label=${this.label} popover="manual" hidden @keydown=${this.onKey}>
        ${this.items.map((item) => (item === "separator" ? html`<hr role="separator" />` : this.item(item, ticks)))}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-menu": Menu;
  }
}
