/** The shop's form fields: label, input, what is wrong said under it in the page's language. */
import { html, nothing, type TemplateResult } from "lit";
import { t } from "../texts";

export interface FieldWish {
  name: string;
  label: string;
  value: string;
  type?: "text" | "email";
  autocomplete: string;
  most: number;
}

/** A form's fields that are empty or not what their type wants: marked, the first one focused. True when there are none. */
export function complete(form: HTMLFormElement): boolean {
  const wrong = [...form.querySelectorAll<HTMLInputElement>(".field input")].filter((input) => {
    const bad = !input.value.trim() || !input.validity.valid;
    input.setAttribute("aria-invalid", String(bad));
    return bad;
  });
  wrong[0]?.focus();
  return wrong.length === 0;
}

const mended = (event: Event): void => {
  const input = event.target as HTMLInputElement;
  if (input.value.trim() && input.validity.valid) input.setAttribute("aria-invalid", "false");
};

export const field = ({ name, label, value, type = "text", autocomplete, most }: FieldWish): TemplateResult => html`<div class="field">
  <label for=${name}>${label}</label>
  <input id=${name} name=${name} type=${type} autocomplete=${autocomplete} maxlength=${most} required .value=${value} aria-invalid="false" aria-describedby="${name}-wrong" @input=${mended} />
  <p class="wrong" id="${name}-wrong">${type === "email" ? t("field.email") : t("field.needed")}</p>
</div>`;

export const choice = (name: string, label: string, options: { value: string; label: string }[], value: string, autocomplete?: string): TemplateResult => html`<div class="field">
  <label for=${name}>${label}</label>
  <select id=${name} name=${name} autocomplete=${autocomplete ?? nothing}>
    ${options.map((one) => html`<option value=${one.value} ?selected=${one.value === value}>${one.label}</option>`)}
  </select>
</div>`;
