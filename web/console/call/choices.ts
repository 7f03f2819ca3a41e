/** `<console-choices legend="How" .choices value>`: a few ways, one of them chosen, each with a sentence. `change` tells; `row` lays them side by side. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { base } from "../../ui/tokens";

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

@customElement("console-choices")
export class Choices extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        font: var(--text-14) / 1.4 var(--font);
      }
      fieldset {
        display: flex;
        flex-direction: column;
        gap: 8px;
        margin: 0;
        padding: 0;
        border: 0;
      }
      :host([row]) fieldset {
        flex-direction: row;
        flex-wrap: wrap;
      }
      legend {
        padding: 0;
        margin-block-end: 8px;
        font-weight: 500;
      }
      label {
        display: flex;
        flex: 1 1 auto;
        gap: 10px;
        padding: 10px 12px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        cursor: pointer;
      }
      label:hover {
        background: var(--hover);
      }
      label:has(input:checked) {
        border-color: var(--accent-text);
        background: var(--accent-ground);
      }
      label:has(input:focus-visible) {
        outline: 2px solid var(--focus);
        outline-offset: 2px;
      }
      input {
        flex: none;
        accent-color: var(--accent);
        inline-size: 16px;
        block-size: 16px;
        margin-block: 2px;
        margin-inline: 0;
      }
      .hint {
        display: block;
        color: var(--grey-text);
        font-size: var(--text-13);
      }
      label:has(input:checked) .hint {
        color: inherit;
      }
    `,
  ];

  @property() legend = "";
  @property({ attribute: false }) choices: Choice[] = [];
  @property() value = "";
  @property({ type: Boolean, reflect: true }) row = false;

  override render(): TemplateResult {
    return html`<fieldset>
      <legend>${this.legend}</legend>
      ${this.choices.map(
        (choice) => html`<label>
          <input type="radio" name="choice" .checked=${choice.value === this.value} @change=${() => this.#choose(choice.value)} />
          <span>${choice.label}${choice.hint ? html`<span class="hint">${choice.hint}</span>` : nothing}</span>
        </label>`,
      )}
    </fieldset>`;
  }

  #choose(value: string): void {
    this.value = value;
    this.dispatchEvent(new Event("change", { bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-choices": Choices;
  }
}
