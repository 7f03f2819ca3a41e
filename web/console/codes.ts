/** `<console-codes .codes .code .note>`: how it went: one of the queue's codes, and words. For whoever ends or sums up a piece of work. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { LocaleController } from "../text/texts";
import type { Field } from "../ui/field";
import "../ui/field";
import { base } from "../ui/tokens";
import type { Desk } from "./desk";
import { t, worded } from "./texts";

const NOTE_MOST = 4000;

/** The codes of a queue; of the first one where it is not known. */
export function codesOf(desk: Desk, queueId: string | null): string[] {
  const queue = (queueId === null ? undefined : desk.queues.get(queueId)) ?? [...desk.queues.values()][0];
  const codes = queue?.settings["wrap_up_codes"];
  return Array.isArray(codes) ? codes.filter((each): each is string => typeof each === "string") : [];
}

@customElement("console-codes")
export class ConsoleCodes extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: var(--space-3);
        font: var(--text-14) / 1.4 var(--font);
      }
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        margin-block-end: var(--space-1);
        font: 500 var(--text-13) / 1.4 var(--font);
      }
      .codes {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: var(--space-2);
        min-block-size: 32px;
        padding: 0 var(--space-3);
        border: 1px solid var(--line-strong);
        border-radius: var(--radius-round);
        background: var(--raised);
        cursor: pointer;
      }
      label:has(:checked) {
        border-color: var(--accent-text);
        background: var(--accent-ground);
        color: var(--accent-text);
      }
      label:has(:focus-visible) {
        outline: 2px solid var(--focus);
        outline-offset: 2px;
      }
      input {
        accent-color: var(--accent);
        margin: 0;
      }
      input:focus-visible {
        outline: 0;
      }
    `,
  ];

  @property({ attribute: false }) codes: string[] = [];
  @property() code = "";
  @property() note = "";

  protected readonly words = new LocaleController(this);

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>("input, tresen-ui-field")?.focus();
  }

  override render(): TemplateResult {
    return html`${this.codes.length
        ? html`<fieldset>
            <legend>${t("codes.title")}</legend>
            <div class="codes">
              ${this.codes.map(
                (code) => html`<label><input type="radio" name="code" .value=${code} .checked=${code === this.code} @change=${() => (this.code = code)} /><bdi>${worded("wrapup", code)}</bdi></label>`,
              )}
            </div>
          </fieldset>`
        : nothing}
      <tresen-ui-field type="textarea" label=${t("codes.note")} hint=${t("codes.note.hint")} maxlength=${NOTE_MOST} .value=${this.note} @input=${(event: Event) => (this.note = (event.target as Field).value)}></tresen-ui-field>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "console-codes": ConsoleCodes;
  }
}
