/**
 * `<tresen-ui-dialog heading="End the call?" ?open=${asking} @close=${...}>`: a question or a form before everything else.
 *
 * The browser's own <dialog>: focus is kept inside and goes back to where it was, Escape closes. Buttons go into `slot="footer"`.
 * The focus begins on `[autofocus]`, else on the first field, else on the first button of the footer. `close` tells the end, `detail.reason` is "escape", "button", "outside" or what was given to `close(reason)`. `contained` keeps it
 * within the positioned element around it (the widget's panel) instead of covering the shop's page. `firm` takes away the ways past
 * the question: no cross, no Escape, no press outside.
 */
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import "./button";
import { t } from "./texts";
import { base } from "./tokens";

/** Those that cover the page now: its shortcuts rest meanwhile. */
export const covering = new Set<Dialog>();

@customElement("tresen-ui-dialog")
export class Dialog extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      dialog {
        inset: 0;
        inline-size: min(var(--dialog, 440px), calc(100% - 32px));
        max-block-size: min(85dvh, calc(100% - 32px));
        margin: auto;
        padding: 0;
        border: 0;
        border-radius: var(--radius-large);
        background: var(--raised);
        color: var(--ink);
        font: var(--text-14) / 1.5 var(--font);
        box-shadow: var(--shadow);
        overflow: hidden;
      }
      :host([size="wide"]) {
        --dialog: 720px;
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
        animation: rise var(--motion);
      }
      dialog::backdrop {
        background: var(--overlay, rgb(20 24 26 / 44%));
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(8px);
        }
      }
      .shade {
        display: none;
      }
      :host([contained][open]) .shade {
        display: block;
        position: absolute;
        inset: 0;
        z-index: var(--z-overlay);
        background: var(--overlay);
      }
      :host([contained]) dialog[open] {
        position: absolute;
        z-index: calc(var(--z-overlay) + 1);
      }
      header {
        display: flex;
        align-items: flex-start;
        gap: 12px;
        padding-block: 16px 0;
        padding-inline: 20px 12px;
      }
      h2 {
        flex: 1;
        margin: 4px 0 0;
        font: 600 var(--text-16) / 1.4 var(--font);
        overflow-wrap: anywhere;
      }
      .body {
        padding: 8px 20px 20px;
        overflow: auto;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        padding: 12px 20px;
        border-block-start: 1px solid var(--line);
      }
      footer:not(.filled) {
        display: none;
      }
      @media (forced-colors: active) {
        dialog {
          border: 1px solid CanvasText;
        }
      }
    `,
  ];

  @property() heading = "";
  @property({ type: Boolean, reflect: true }) open = false;
  @property({ reflect: true }) size: "normal" | "wide" = "normal";
  @property({ type: Boolean, reflect: true }) contained = false;
  @property({ type: Boolean }) firm = false;
  @query("dialog") private readonly inner!: HTMLDialogElement;

  protected readonly words = new LocaleController(this);
  private reason = "";
  private returnTo: HTMLElement | null = null;
  /** What a contained dialog has put out of reach. */
  private quieted: HTMLElement[] = [];

  show(): void {
    this.open = true;
  }

  close(reason = "button"): void {
    this.reason = reason;
    this.open = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release();
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has("open") || this.open === this.inner.open) return;
    if (!this.open) this.inner.close();
    else {
      this.returnTo = focused();
      if (this.contained) this.enter();
      else {
        covering.add(this);
        this.inner.showModal();
      }
      this.begin();
    }
  }

  /** The focus begins where the work is, not on the cross: what asks for it, the first thing to fill in, the first answer. */
  private begin(): void {
    const first = ["[autofocus]", "tresen-ui-field:not([type=checkbox], [type=switch], [disabled])", "[slot=footer]"].map((one) => this.querySelector<HTMLElement>(one)).find(Boolean);
    first?.focus();
  }

  /** The same as `showModal`, within the panel: the rest of it cannot be reached until the answer. */
  private enter(): void {
    for (const other of this.parentNode?.children ?? []) {
      if (other === this || !(other instanceof HTMLElement) || other.inert || other.localName === "tresen-ui-toasts") continue;
      other.inert = true;
      this.quieted.push(other);
    }
    this.inner.show();
  }

  private release(): void {
    covering.delete(this);
    for (const other of this.quieted.splice(0)) other.inert = false;
  }

  private ended(): void {
    this.release();
    this.open = false;
    if (this.returnTo?.isConnected) this.returnTo.focus();
    this.returnTo = null;
    this.dispatchEvent(new CustomEvent("close", { detail: { reason: this.reason || "escape" } }));
    this.reason = "";
  }

  private leave(reason: string): void {
    if (!this.firm) this.close(reason);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    this.leave("escape");
  }

  override render(): TemplateResult {
    return html`
      <div class="shade" @click=${() => this.leave("outside")}></div>
      <dialog
        aria-labelledby="heading"
        aria-modal="true"
        @close=${this.ended}
        @cancel=${(event: Event) => (event.preventDefault(), this.leave("escape"))}
        @keydown=${this.pressed}
        @click=${(event: MouseEvent) => event.target === this.inner && this.leave("outside")}
      >
        <header>
          <h2 id="heading">${this.heading}</h2>
          ${this.firm ? nothing : html`<tresen-ui-button kind="quiet" size="small" icon="x" label=${t("close")} @click=${() => this.leave("button")}></tresen-ui-button>`}
        </header>
        <div class="body"><slot></slot></div>
        <footer><slot name="footer" @slotchange=${this.filled}></slot></footer>
      </dialog>
    `;
  }

  private filled(event: Event): void {
    const slot = event.target as HTMLSlotElement;
    slot.parentElement!.classList.toggle("filled", slot.assignedElements().length > 0);
  }
}

/** The element that has the focus, inside whatever shadow roots. */
export function focused(): HTMLElement | null {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found instanceof HTMLElement ? found : null;
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-dialog": Dialog;
  }
}
