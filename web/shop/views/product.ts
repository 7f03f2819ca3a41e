/** One of the goods: picture, kinds, price, stock, how it comes, how many. */
import { html, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { money } from "../../text/formats";
import type { DeliveryOption, Product, Variant } from "../backend";
import { button } from "../parts/button";
import { icon } from "../parts/icon";
import { change, set, shown } from "../state";
import { t } from "../texts";
import { CATEGORIES } from "./frame";
import { pictureOf } from "./shelf";

/** What was chosen on the page; gone with it. */
export const chosen: { variant: string; quantity: number; delivery: DeliveryOption[] } = { variant: "", quantity: 1, delivery: [] };
const QUANTITY_MOST = 99;

export const days = (option: DeliveryOption): string =>
  option.days_least === option.days_most
    ? t("days", { count: option.days_most })
    : t("days.between", { least: option.days_least, count: option.days_most });

const stock = ({ stock: { status, available } }: Variant): TemplateResult => html`<p class="stock ${status}">
  ${icon(status === "out_of_stock" ? "alert" : "check")}
  ${status === "low" && available !== null ? t("stock.low", { count: available }) : status === "out_of_stock" ? t("stock.out_of_stock") : t("stock.in_stock")}
</p>`;

async function add(event: SubmitEvent, variant: Variant): Promise<void> {
  event.preventDefault();
  const quantity = Number(new FormData(event.target as HTMLFormElement).get("quantity"));
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_MOST) return;
  await change({ kind: "add_line", variant_id: variant.id, quantity }, t("added"));
}

export function product(made: Product): TemplateResult {
  const variant = made.variants.find((one) => one.id === chosen.variant) ?? made.variants.find((one) => one.stock.status !== "out_of_stock") ?? made.variants[0]!;
  const category = CATEGORIES.find((one) => one === made.category);
  const pick = (id: string): void => {
    chosen.variant = id;
    set({ notice: null });
  };
  return html`
    <nav class="crumbs" aria-label=${t("crumbs")}>
      <a href="/">${t("all")}</a>${category ? html`<a href="/category/${category}">${t(`category.${category}`)}</a>` : nothing}
    </nav>
    <article class="product">
      <img class="large" src=${ifDefined(pictureOf(variant.image_url ?? made.image_url))} alt=${t("picture", { title: made.title })} width="400" height="400" />
      <div class="about">
        <p class="brand">${made.brand}</p>
        <h1>${made.title}</h1>
        <p class="price large">
          <strong>${money(variant.price.money)}</strong>
          ${variant.price.compare_at ? html`<s><span class="away">${t("price.before")} </span>${money(variant.price.compare_at)}</s>` : nothing}
          ${variant.price.tax_included ? html`<small>${t("tax.included")}</small>` : nothing}
        </p>
        <p>${made.description}</p>
        <form @submit=${(event: SubmitEvent) => add(event, variant)}>
          ${made.variants.length > 1
            ? html`<fieldset class="kinds">
                <legend>${t("kind")}</legend>
                ${made.variants.map(
                  (one) => html`<label class="kind">
                    <input type="radio" name="variant" value=${one.id} .checked=${one.id === variant.id} @change=${() => pick(one.id)} />
                    <img src=${ifDefined(pictureOf(one.image_url))} alt="" width="48" height="48" /><span>${one.title}</span>
                  </label>`,
                )}
              </fieldset>`
            : nothing}
          ${stock(variant)}
          <div class="buy">
            <label for="quantity">${t("quantity")}</label>
            <input id="quantity" name="quantity" type="number" inputmode="numeric" min="1" max=${QUANTITY_MOST} value="1" required />
            ${button(t("add"), { kind: "primary", size: "large", icon: "cart", submit: true, busy: shown.busy, off: variant.stock.status === "out_of_stock" })}
          </div>
        </form>
        ${chosen.delivery.length > 0
          ? html`<ul class="ways">
              ${chosen.delivery.map((option) => html`<li>${icon("truck")}<span>${option.title} <span class="quiet">${days(option)}</span></span><span>${money(option.price)}</span></li>`)}
            </ul>`
          : nothing}
      </div>
    </article>
  `;
}
