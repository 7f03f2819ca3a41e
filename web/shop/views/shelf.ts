/** The shelves: all goods, those of a category, or what a search found; sorted as wished. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { ifDefined } from "lit/directives/if-defined.js";
import { money } from "../../text/formats";
import { picture } from "../../ui/url";
import type { Product } from "../backend";
import { go, type Route } from "../route";
import { shown } from "../state";
import { t } from "../texts";
import { CATEGORIES } from "./frame";

export const pictureOf = (url: string | null): string | undefined => picture(url);
export const SORTS = ["relevance", "price", "-price", "title"] as const;
const WORDS = { relevance: "sort.relevance", price: "sort.price", "-price": "sort.dear", title: "sort.title" } as const;

function card(product: Product): TemplateResult {
  const cheapest = product.variants.reduce((one, other) => (other.price.money.amount < one.price.money.amount ? other : one));
  const several = product.variants.some((one) => one.price.money.amount !== cheapest.price.money.amount);
  const gone = product.variants.every((one) => one.stock.status === "out_of_stock");
  const before = cheapest.price.compare_at;
  return html`<li>
    <a class="card" href="/product/${encodeURIComponent(product.id)}">
      <img src=${ifDefined(pictureOf(product.image_url))} alt="" width="400" height="400" loading="lazy" />
      <span class="title">${product.title}</span>
      <span class="brand">${product.brand}</span>
      <span class="price">
        ${several ? t("price.from", { price: money(cheapest.price.money) }) : money(cheapest.price.money)}
        ${before ? html`<s><span class="away">${t("price.before")} </span>${money(before)}</s>` : nothing}
      </span>
      ${gone ? html`<span class="mark">${t("stock.out_of_stock")}</span>` : before ? html`<span class="mark sale">${t("sale")}</span>` : nothing}
    </a>
  </li>`;
}

const waiting = (): TemplateResult => html`${Array.from({ length: 8 }, () => html`<li class="card blank" aria-hidden="true"></li>`)}`;

function sorting(at: Route & { page: "shelf" }): TemplateResult {
  const chosen = (event: Event): void => {
    const address = new URL(location.href);
    address.searchParams.set("sort", (event.target as HTMLSelectElement).value);
    go(address.href);
  };
  return html`<div class="sorting">
    <label for="sort">${t("sort")}</label>
    <select id="sort" @change=${chosen}>
      ${SORTS.map((sort) => html`<option value=${sort} ?selected=${sort === (at.sort || "relevance")}>${t(WORDS[sort])}</option>`)}
    </select>
  </div>`;
}

const hero = (): TemplateResult => html`<section class="hero">
  <div><h1>${t("hero")}</h1><p>${t("hero.text")}</p><a class="go" href="/category/kitchen">${t("hero.go")}</a></div>
  <div class="still" aria-hidden="true">
    ${["GOOK-COP", "STOM-SEA", "TERP-22", "WOOB-EMB"].map((sku) => html`<img src="/shop/images/${sku}.svg" alt="" width="400" height="400" />`)}
  </div>
</section>`;

export function shelf(at: Route & { page: "shelf" }): TemplateResult {
  const found = shown.products;
  const category = CATEGORIES.find((one) => one === at.category);
  const heading = at.text ? t("search.found", { text: at.text }) : category ? t(`category.${category}`) : t("all");
  const home = !at.text && !at.category;
  return html`
    ${home ? hero() : nothing}
    <section aria-labelledby="shelf">
      <div class="over">
        ${home ? html`<h2 id="shelf">${heading}</h2>` : html`<h1 id="shelf">${heading}</h1>`}
        ${found ? html`<p class="quiet">${t("goods", { count: found.length })}</p>` : nothing} ${sorting(at)}
      </div>
      ${found && found.length === 0
        ? html`<div class="calm"><p>${t("search.none")}</p><a href="/">${t("all")}</a></div>`
        : html`<ul class="goods" aria-busy=${found ? "false" : "true"}>${found ? repeat(found, (one) => one.id, card) : waiting()}</ul>`}
    </section>
  `;
}
