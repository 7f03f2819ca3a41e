/** `<cart-suggestions .opened .shopper>`: what was suggested to the customer, and what became of it. */
import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { Watch } from "../../protocol";
import { clock, money } from "../../text/formats";
import { LocaleController } from "../../text/texts";
import "../../ui/badge";
import type { Tone } from "../../ui/badge";
import { base } from "../../ui/tokens";
import { columnStyles } from "../customer/styles";
import type { Shopper, Suggestion } from "../customer/shopper";
import { t, worded } from "../customer/texts";
import type { Opened } from "../opened";

/** Answered ones are worth a look for as long as somebody remembers having made them. */
const ANSWERED_SHOWN = 4;
const TONES: Record<string, Tone> = { pending: "accent", accepted: "success", refused: "warning", expired: "neutral" };

/** What a suggestion would do, in words. */
export function suggested(opened: Opened, { operation, title, unit_price }: Suggestion): string {
  const line = opened.cart.value?.lines.find((each) => each.id === operation["line_id"]);
  const what = title ?? line?.title ?? t("suggest.a_line");
  const quantity = Number(operation["quantity"] ?? 1);
  switch (operation["kind"]) {
    case "add_line":
      return unit_price ? t("suggest.add_priced", { title: what, quantity, price: money(unit_price as never) }) : t("suggest.add", { title: what, quantity });
    case "set_quantity":
      return t("suggest.quantity", { title: what, quantity });
    case "remove_line":
      return t("suggest.remove", { title: what });
    case "apply_code":
    case "remove_code":
      return t(`suggest.${operation["kind"]}`, { code: String(operation["code"]) });
    case "set_shipping": {
      const option = opened.cart.value?.shipping_options.find((each) => each.id === operation["option_id"]);
      return option ? t("suggest.shipping", { option: option.title }) : t("suggest.destination");
    }
    default:
      return t("suggest.step");
  }
}

@customElement("cart-suggestions")
export class CartSuggestions extends LitElement {
  static override styles = [
    base,
    columnStyles,
    css`
      h4 {
        margin-block-start: 12px;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px 8px;
        padding-block: 6px;
      }
      q,
      .quiet {
        grid-column: 1;
      }
    `,
  ];

  @property({ attribute: false }) opened!: Opened;
  @property({ attribute: false }) shopper!: Shopper;
  protected readonly words = new LocaleController(this);
  private readonly watch = new Watch<Shopper>(this);

  override willUpdate(): void {
    this.watch.value = this.shopper;
  }

  override render(): TemplateResult | typeof nothing {
    const all = this.shopper.suggestions.value ?? [];
    const pending = all.filter((each) => each.status === "pending");
    const shown = [...pending, ...all.filter((each) => each.status !== "pending").slice(0, ANSWERED_SHOWN)];
    if (!shown.length) return nothing;
    return html`<h4>${t("suggest.heading")}</h4>
      <ul aria-live="polite">
        ${shown.map(
          (each) => html`<li>
            <span>${suggested(this.opened, each)}</span>
            <tresen-ui-badge tone=${TONES[each.status] ?? "neutral"}>${worded("suggestion", each.status)}</tresen-ui-badge>
            ${each.reason ? html`<q class="quiet">${each.reason}</q>` : nothing}
            <span class="quiet">${each.status === "pending" ? t("suggest.until", { time: clock(each.expires_at) }) : clock(each.created_at)}${each.suggested_by["name"] ? html` · ${each.suggested_by["name"]}` : nothing}</span>
          </li>`,
        )}
      </ul>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "cart-suggestions": CartSuggestions;
  }
}
