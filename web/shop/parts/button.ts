/** The shop's buttons: plain ones, styled by shop.css. While one is busy or off, a press does nothing. */
import { html, nothing, type TemplateResult } from "lit";
import { icon, type Icon } from "./icon";

export interface Wish {
  kind?: "primary" | "quiet";
  size?: "small" | "large";
  icon?: Icon;
  /** Its name, where it shows an icon alone. */
  label?: string;
  submit?: boolean;
  busy?: boolean;
  off?: boolean;
  press?: () => void;
}

export const button = (text: string, wish: Wish = {}): TemplateResult => html`<button
  class="button ${wish.kind ?? "plain"} ${wish.size ?? ""}"
  type=${wish.submit ? "submit" : "button"}
  aria-label=${wish.label ?? nothing}
  title=${wish.label ?? nothing}
  aria-busy=${wish.busy ? "true" : nothing}
  ?disabled=${wish.off ?? false}
  @click=${wish.press ?? nothing}
>
  ${wish.icon ? icon(wish.icon) : nothing}${text}
</button>`;
