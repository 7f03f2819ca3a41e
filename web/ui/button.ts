/**
 * `<tresen-ui-button kind="primary" icon="send">Send</tresen-ui-button>`: everything that is pressed.
 *
 * Kinds: `plain` (the default), `primary` (one a view), `quiet` (no frame), `danger`. `shape="round"` is a call control; with an icon
 * and no text it is icon-only and needs a `label`. `pressed` makes it a toggle. `type="submit"` submits the form around it, as the
 * native one does, which cannot reach out of a shadow root by itself. Listen to `click`; while `busy` or `disabled` none comes.
 */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import "./icon";
import type { IconName } from "./icon";
import { ariaKeys } from "./keys";
import { base } from "./tokens";

/** A toggle's state in an attribute: absent is no toggle at all. */
export const triState = {
  fromAttribute: (value: string | null): boolean | undefined => (value === null ? undefined : value !== "false"),
  toAttribute: (value: boolean | undefined): string | null => (value === undefined ? null : String(value)),
};

@customElement("tresen-ui-button")
export class Button extends LitElement {
  static formAssociated = true;
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        vertical-align: middle;
      }
      :host([wide]) {
        display: block;
      }
      button {
        position: relative;
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 6px;
        inline-size: 100%;
        min-block-size: var(--control);
        padding: 0 14px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        color: var(--ink);
        font: 500 var(--text-14) / 1.3 var(--font);
        text-align: center;
        cursor: pointer;
        transition: background-color var(--motion), border-color var(--motion), color var(--motion);
        -webkit-tap-highlight-color: transparent;
      }
      button:hover {
        background: var(--sunken);
      }
      button:active {
        background: var(--line);
      }
      tresen-ui-icon {
        --icon-size: 18px;
      }
      :host([size="small"]) button {
        min-block-size: var(--control-small);
        padding: 0 10px;
        font-size: var(--text-13);
      }
      :host([size="small"]) tresen-ui-icon {
        --icon-size: 16px;
      }
      :host([size="large"]) button {
        min-block-size: var(--control-large);
        padding: 0 20px;
        font-size: var(--text-16);
      }
      button.primary {
        border-color: transparent;
        background: var(--accent);
        color: var(--on-accent);
      }
      /* A ring, not another ground: a shop's accent has just the contrast its text needs. */
      button.primary:hover {
        background: var(--accent);
        box-shadow: 0 0 0 3px color-mix(in srgb, var(--accent) 32%, transparent);
      }
      button.primary:active {
        box-shadow: 0 0 0 1px color-mix(in srgb, var(--accent) 60%, transparent);
      }
      button.quiet {
        border-color: transparent;
        background: transparent;
      }
      button.quiet:hover {
        background: var(--hover);
      }
      button.danger {
        color: var(--danger);
      }
      button.danger:hover {
        border-color: var(--danger);
        background: var(--danger-ground);
      }
      button.only {
        padding: 0;
        inline-size: var(--control);
      }
      :host([size="small"]) button.only {
        inline-size: var(--control-small);
      }
      :host([size="large"]) button.only {
        inline-size: var(--control-large);
      }
      button[aria-pressed="true"],
      button[aria-expanded="true"] {
        background: var(--accent-ground);
        color: var(--accent-text);
      }
      button[aria-pressed="true"]:not(.quiet) {
        border-color: var(--accent-text);
      }
      /* A call's controls lie on the stage, which is dark in both schemes. */
      :host([shape="round"]) button,
      :host([shape="round"]) button.only {
        inline-size: var(--round, 52px);
        block-size: var(--round, 52px);
        padding: 0;
        border-color: transparent;
        border-radius: 50%;
        background: var(--stage-control);
        color: var(--on-stage);
      }
      :host([shape="round"]) tresen-ui-icon {
        --icon-size: 22px;
      }
      :host([shape="round"]) button:hover {
        background: color-mix(in srgb, var(--stage-control) 84%, var(--on-stage));
      }
      :host([shape="round"]) button[aria-pressed="true"] {
        background: var(--on-stage);
        color: var(--stage);
      }
      :host([shape="round"]) button.danger {
        background: var(--hang-up);
        color: var(--on-hang-up);
      }
      :host([shape="round"]) button.danger:hover {
        background: color-mix(in srgb, var(--hang-up) 86%, #000);
      }
      :host([shape="round"]) :focus-visible {
        outline-color: var(--on-stage);
      }
      button:disabled {
        cursor: default;
        opacity: 0.5;
      }
      button[aria-disabled="true"] {
        cursor: progress;
      }
      .busy > :not(.spinner) {
        visibility: hidden;
      }
      .spinner {
        position: absolute;
        inset: 0;
        margin: auto;
      }
      @media (forced-colors: active) {
        button,
        button.primary,
        button.quiet,
        :host([shape="round"]) button {
          border: 1px solid ButtonText;
        }
        button[aria-pressed="true"] {
          forced-color-adjust: none;
          background: Highlight;
          color: HighlightText;
        }
      }
    `,
  ];

  @property() kind: "plain" | "primary" | "quiet" | "danger" = "plain";
  @property({ reflect: true }) size: "small" | "normal" | "large" = "normal";
  @property({ reflect: true }) shape: "normal" | "round" = "normal";
  @property() icon?: IconName;
  /** At the end, as a chevron of something that opens. */
  @property({ attribute: "icon-end" }) iconEnd?: IconName;
  @property() label = "";
  @property() type: "button" | "submit" | "reset" = "button";
  @property() value = "";
  @property({ type: Boolean, reflect: true }) disabled = false;
  @property({ type: Boolean, reflect: true }) busy = false;
  @property({ converter: triState }) pressed?: boolean;
  @property({ converter: triState }) expanded?: boolean;
  @property() haspopup?: "menu" | "dialog" | "listbox";
  /** The key that does the same, as in shortcuts.ts; for assistive technology. */
  @property() keys?: string;
  @property({ type: Boolean, reflect: true }) wide = false;
  @query("button") private readonly inner!: HTMLButtonElement;

  private readonly internals = this.attachInternals();

  constructor() {
    super();
    // On the host and first of all, so that nobody hears a click that does not count.
    this.addEventListener("click", (event) => this.guard(event), { capture: true });
  }

  override click(): void {
    this.inner.click();
  }

  formDisabledCallback(disabled: boolean): void {
    this.disabled = disabled;
  }

  private guard(event: Event): void {
    if (this.busy || this.disabled) {
      event.stopImmediatePropagation();
      event.preventDefault();
      return;
    }
    const { form } = this.internals;
    if (!form || this.type === "button") return;
    // After the listeners of the click, which may prevent it, as with the native one.
    queueMicrotask(() => {
      if (event.defaultPrevented) return;
      if (this.type === "reset") form.reset();
      else form.requestSubmit();
    });
  }

  override render(): TemplateResult {
    const only = this.icon !== undefined && !this.textContent?.trim();
    return html`<button
      type="button"
      part="button"
      class="${this.kind} ${only ? "only" : ""} ${this.busy ? "busy" : ""}"
      ?disabled=${this.disabled}
      aria-disabled=${this.busy ? "true" : nothing}
      aria-busy=${this.busy ? "true" : nothing}
      aria-label=${this.label || nothing}
      aria-pressed=${this.pressed ?? nothing}
      aria-expanded=${this.expanded ?? nothing}
      aria-haspopup=${this.haspopup ?? nothing}
      aria-keyshortcuts=${this.keys ? ariaKeys(this.keys) : nothing}
    >
      ${this.icon ? html`<tresen-ui-icon name=${this.icon}></tresen-ui-icon>` : nothing}
      <slot @slotchange=${() => this.requestUpdate()}></slot>
      ${this.iconEnd ? html`<tresen-ui-icon name=${this.iconEnd}></tresen-ui-icon>` : nothing}
      ${this.busy ? html`<tresen-ui-icon class="spinner" name="loader-circle"></tresen-ui-icon>` : nothing}
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-button": Button;
  }
}
