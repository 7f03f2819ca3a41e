/**
 * `<tresen-ui-field label="E-mail" type="email" name="email" required>`: everything that is typed or chosen, with label, hint and error.
 *
 * Types: those of a text input, `textarea` (grows with its text), `select` (give `.options`), `search`, `checkbox`, `switch`. The label
 * is always there for assistive technology; `hide-label` takes it out of sight. `value` and `checked` are up to date when `input` and
 * `change` arrive. In a form it takes part under its `name`: Enter submits, what is missing is said under the field in our words
 * instead of the browser's bubble, the first wrong field gets the focus.
 */
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { live } from "lit/directives/live.js";
import { LocaleController } from "../text/texts";
import { fieldStyles } from "./field-styles";
import "./icon";
import type { IconName } from "./icon";
import { t } from "./texts";
import { base } from "./tokens";

export interface Option {
  value: string;
  label: string;
  disabled?: boolean;
}
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
export type FieldType = "text" | "email" | "tel" | "url" | "number" | "password" | "date" | "time" | "datetime-local" | "search" | "textarea" | "select" | "checkbox" | "switch";

@customElement("tresen-ui-field")
export class Field extends LitElement {
  static formAssociated = true;
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [base, fieldStyles];

  @property() label = "";
  @property() hint = "";
  /** Said under the field, in danger's colour, and announced. */
  @property() error = "";
  @property({ reflect: true }) type: FieldType = "text";
  @property({ reflect: true }) name = "";
  @property() value = "";
  @property({ type: Boolean }) checked = false;
  @property({ attribute: false }) options: Option[] = [];
  @property() placeholder = "";
  @property() icon?: IconName;
  @property({ type: Boolean, reflect: true }) required = false;
  @property({ type: Boolean, reflect: true }) disabled = false;
  @property({ type: Boolean }) readonly = false;
  @property({ type: Boolean, attribute: "hide-label" }) hideLabel = false;
  @property() autocomplete?: string;
  @property() inputmode?: string;
  @property() pattern?: string;
  @property({ type: Number }) maxlength?: number;
  @property() min?: string;
  @property() max?: string;
  @property() step?: string;
  @property({ type: Number }) rows = 2;
  /** A textarea grows up to this many lines, then it scrolls. */
  @property({ type: Number, attribute: "max-rows" }) maxRows = 8;
  @query("#control") readonly control!: Control;
  @state() private complaint = "";

  protected readonly words = new LocaleController(this);
  private readonly internals = this.attachInternals();
  private initial: { value: string; checked: boolean } | undefined;

  constructor() {
    super();
    // Ours is said in words under the field: no bubble. The browser has told every invalid field by now, the first one gets the focus.
    this.addEventListener("invalid", (event) => {
      event.preventDefault();
      this.complaint = this.say();
      const form = this.internals.form;
      if (!form || [...form.elements].find((one) => one.matches(":invalid")) === this) this.focus();
    });
  }

  private get ticks(): boolean {
    return this.type === "checkbox" || this.type === "switch";
  }

  get form(): HTMLFormElement | null {
    return this.internals.form;
  }

  /** Whether what is in it can be sent; says so under the field when not. */
  reportValidity(): boolean {
    return this.internals.reportValidity();
  }

  select(): void {
    if (!(this.control instanceof HTMLSelectElement)) this.control.select();
  }

  formResetCallback(): void {
    Object.assign(this, this.initial, { complaint: "" });
  }

  formDisabledCallback(disabled: boolean): void {
    this.disabled = disabled;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.initial ??= { value: this.value, checked: this.checked };
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.type === "select" && (changed.has("value") || changed.has("options"))) this.control.value = this.value;
    if (changed.has("value") || changed.has("rows")) this.grow();
    this.internals.setFormValue(this.ticks ? (this.checked ? this.value || "on" : null) : this.value);
    const { validity, validationMessage } = this.control;
    if (validity.valid) this.internals.setValidity({});
    else this.internals.setValidity(validity, validationMessage || "!", this.control);
    if (this.complaint && validity.valid) this.complaint = "";
  }

  private say(): string {
    const { validity } = this.control;
    if (validity.valueMissing) return t(this.ticks ? "field.unticked" : this.type === "select" ? "field.unchosen" : "field.missing");
    if (this.type === "email" && validity.typeMismatch) return t("field.email");
    if (validity.tooLong) return t("field.long", { count: this.maxlength ?? 0 });
    if (validity.rangeUnderflow && this.min) return t("field.least", { value: this.min });
    if (validity.rangeOverflow && this.max) return t("field.most", { value: this.max });
    return t("field.wrong");
  }

  private typed(): void {
    if (this.ticks) this.checked = (this.control as HTMLInputElement).checked;
    else this.value = this.control.value;
  }

  /** `change` does not leave a shadow root by itself. */
  private changed(): void {
    this.typed();
    this.dispatchEvent(new Event("change", { bubbles: true, composed: true }));
  }

  private entered(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || this.type === "textarea" || this.type === "select" || event.defaultPrevented) return;
    this.internals.form?.requestSubmit();
  }

  /** The height its text needs. */
  private grow(): void {
    const area = this.control;
    if (!(area instanceof HTMLTextAreaElement)) return;
    area.style.height = "auto";
    const frame = area.offsetHeight - area.clientHeight;
    const line = parseFloat(getComputedStyle(area).lineHeight) || 20;
    const padding = parseFloat(getComputedStyle(area).paddingBlockStart) * 2 || 0;
    const most = this.maxRows * line + padding;
    if (area.scrollHeight === 0) return;
    area.style.height = `${Math.min(area.scrollHeight, most) + frame}px`;
    area.style.overflowY = area.scrollHeight > most ? "auto" : "hidden";
  }

  private input(describedBy: string | typeof nothing, wrong: boolean): TemplateResult {
    const invalid = wrong ? "true" : nothing;
    if (this.type === "textarea") {
      return html`<textarea
        id="control"
        .value=${live(this.value)}
        rows=${this.rows}
        placeholder=${this.placeholder || nothing}
        maxlength=${ifDefined(this.maxlength)}
        autocomplete=${(this.autocomplete ?? nothing) as "off"}
        ?required=${this.required}
        ?disabled=${this.disabled}
        ?readonly=${this.readonly}
        aria-describedby=${describedBy}
        aria-invalid=${invalid}
        @input=${() => (this.typed(), this.grow())}
        @change=${this.changed}
      ></textarea>`;
    }
    if (this.type === "select") {
      return html`<select id="control" ?required=${this.required} ?disabled=${this.disabled} aria-describedby=${describedBy} aria-invalid=${invalid} @input=${this.typed} @change=${this.changed}>
          ${this.placeholder ? html`<option value="" ?disabled=${this.required}>${this.placeholder}</option>` : nothing}
          ${this.options.map((one) => html`<option value=${one.value} ?disabled=${one.disabled} ?selected=${one.value === this.value}>${one.label}</option>`)}
        </select>
        <tresen-ui-icon class="chevron" name="chevron-down"></tresen-ui-icon>`;
    }
    return html`<input
      id="control"
      type=${this.ticks ? "checkbox" : this.type}
      role=${this.type === "switch" ? "switch" : nothing}
      .value=${live(this.ticks ? this.value || "on" : this.value)}
      .checked=${live(this.checked)}
      placeholder=${this.placeholder || nothing}
      maxlength=${ifDefined(this.maxlength)}
      autocomplete=${(this.autocomplete ?? nothing) as "off"}
      inputmode=${(this.inputmode ?? nothing) as "text"}
      pattern=${this.pattern ?? nothing}
      min=${this.min ?? nothing}
      max=${this.max ?? nothing}
      step=${this.step ?? nothing}
      ?required=${this.required}
      ?disabled=${this.disabled}
      ?readonly=${this.readonly}
      aria-describedby=${describedBy}
      aria-invalid=${invalid}
      @input=${this.typed}
      @change=${this.changed}
      @keydown=${this.entered}
    />`;
  }

  override render(): TemplateResult {
    const error = this.error || this.complaint;
    const note = error || this.hint;
    const label = html`<label for="control" class=${this.hideLabel ? "unseen" : ""}
      >${this.label}${this.required && !this.ticks && !this.hideLabel ? html`<span class="required" aria-hidden="true">*</span>` : nothing}</label
    >`;
    const input = this.input(note ? "note" : nothing, error !== "");
    const icon = this.icon ?? (this.type === "search" ? "search" : undefined);
    return html`
      ${this.ticks
        ? html`<div class="tick">${input}${label}</div>`
        : html`${label}
            <div class="box" part="box"><slot name="leading">${icon ? html`<tresen-ui-icon name=${icon}></tresen-ui-icon>` : nothing}</slot>${input}<slot name="trailing"></slot></div>`}
      <div id="note" class=${error ? "error" : "hint"} aria-live="polite">${error ? html`<tresen-ui-icon name="circle-alert"></tresen-ui-icon>` : nothing}${note ? html`<span>${note}</span>` : nothing}</div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "tresen-ui-field": Field;
  }
}
