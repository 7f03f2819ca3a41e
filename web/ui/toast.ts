/**
 * `toast("Saved.")`: a short word about what just happened, in a corner, with at most one action. Not for what must be answered
 * (dialog) nor for a state that lasts (strip).
 *
 * Plain ones go after six seconds, not while the pointer or the focus is on them; errors and those with an action stay until they
 * are dismissed. A page uses `toast()`; in a shadow root put one `<tresen-ui-toasts contained>` into the template and call its `show()`.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { LocaleController } from "../text/texts";
import "./button";
import "./icon";
import type { IconName } from "./icon";
import { t } from "./texts";
import { base } from "./tokens";

export interface Toast {
  text: string;
  tone?: "neutral" | "success" | "warning" | "danger";
  action?: { label: string; run: () => void };
  /** Zero: until dismissed. */
  seconds?: number;
}
interface Shown extends Toast {
  id: number;
  left: number;
}

const SECONDS = 6;
/** More at once would be a wall: the oldest gives way. */
const MOST = 4;
const ICONS: Record<NonNullable<Toast["tone"]>, IconName> = { neutral: "info", success: "circle-check", warning: "triangle-alert", danger: "circle-alert" };

@customElement("tresen-ui-toasts")
export class Toasts extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      .stack {
        position: fixed;
        inset: auto 16px 16px auto;
        inset-inline: auto 16px;
        z-index: var(--z-toast);
        display: grid;
        gap: 8px;
        inline-size: min(360px, calc(100vw - 32px));
        margin: 0;
        padding: 0;
        border: 0;
        background: none;
        overflow: visible;
        font: var(--text-14) / 1.4 var(--font);
      }
      .stack:not(.any) {
        display: none;
      }
      :host([contained]) .stack {
        position: absolute;
        inset-inline: 12px;
        inset-block-end: 12px;
        inline-size: auto;
      }
      .toast {
        display: flex;
        align-items: flex-start;
        gap: 10px;
        padding-block: 8px;
        padding-inline: 14px 8px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow);
        animation: rise var(--motion);
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(8px);
        }
      }
      .toast > tresen-ui-icon {
        margin-block-start: 4px;
        color: var(--grey-text);
        --icon-size: 18px;
      }
      .success > tresen-ui-icon {
        color: var(--success);
      }
      .warning > tresen-ui-icon {
        color: var(--warning);
      }
      .danger > tresen-ui-icon {
        color: var(--danger);
      }
      .text {
        flex: 1;
        min-inline-size: 0;
        padding-block: 4px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  /** Within the positioned element around it, not in the window's corner. */
  @property({ type: Boolean, reflect: true }) contained = false;
  @state() private shown: Shown[] = [];
  @state() private spoken = { polite: "", urgent: "" };
  @query(".stack") private readonly stack?: HTMLElement;

  protected readonly words = new LocaleController(this);
  private timer = 0;
  private held = false;
  private next = 1;

  /** Returns how to take it away again. */
  show(toast: Toast): () => void {
    const id = this.next++;
    const stays = toast.action !== undefined || toast.tone === "danger";
    this.shown = [...this.shown, { ...toast, id, left: toast.seconds ?? (stays ? 0 : SECONDS) }].slice(-MOST);
    const where = toast.tone === "danger" ? "urgent" : "polite";
    // The same words twice are said twice: a region that does not change is not read.
    this.spoken = { ...this.spoken, [where]: this.spoken[where] === toast.text ? `${toast.text}\u00a0` : toast.text };
    void this.updateComplete.then(() => this.raise());
    this.timer ||= window.setInterval(() => this.tick(), 1000);
    return () => this.dismiss(id);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    this.timer = 0;
  }

  /** Into the top layer, above a dialog that was opened before. */
  private raise(): void {
    if (this.contained || !this.stack?.showPopover || !this.shown.length) return;
    if (this.stack.matches(":popover-open")) this.stack.hidePopover();
    this.stack.showPopover();
  }

  private tick(): void {
    if (this.held) return;
    this.shown = this.shown.map((toast) => ({ ...toast, left: toast.left - 1 })).filter((toast) => toast.left !== 0);
    this.rest();
  }

  private dismiss(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
    this.held = false;
    this.rest();
  }

  private rest(): void {
    if (this.shown.length) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.spoken = { polite: "", urgent: "" };
  }

  private one(toast: Shown): TemplateResult {
    const tone = toast.tone ?? "neutral";
    return html`<div class="toast ${tone}">
      <tresen-ui-icon name=${ICONS[tone]}></tresen-ui-icon>
      <div class="text">${toast.text}</div>
      ${toast.action ? html`<tresen-ui-button size="small" @click=${() => (this.dismiss(toast.id), toast.action!.run())}>${toast.action.label}</tresen-ui-button>` : nothing}
      <tresen-ui-button size="small" kind="quiet" icon="x" label=${t("dismiss")} @click=${() => this.dismiss(toast.id)}></tresen-ui-button>
    </div>`;
  }

  override render(): TemplateResult {
    const hold = (held: boolean) => () => (this.held = held);
    return html`
      <div class="unseen" role="status">${this.spoken.polite}</div>
      <div class="unseen" role="alert">${this.spoken.urgent}</div>
      <section
        class="stack ${this.shown.length ? "any" : ""}"
        aria-label=${t("notices")}
        popover=${this.contained ? nothing : "manual"}
        @pointerenter=${hold(true)}
        @pointerleave=${hold(false)}
        @focusin=${hold(true)}
        @focusout=${hold(false)}
      >
        ${repeat(this.shown, (toast) => toast.id, (toast) => this.one(toast))}
      </section>
    `;
  }
}

/** A toast in the page's corner. */
export function toast(text: string, options: Omit<Toast, "text"> = {}): () => void {
  let stack = document.querySelector<Toasts>("body > tresen-ui-toasts");
  if (!stack) document.body.append((stack = document.createElement("tresen-ui-toasts")));
  return stack.show({ ...options, text });
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-toasts": Toasts;
  }
}
