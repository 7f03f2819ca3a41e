/** One line of a cart or an order: picture, what it is, how many, what it costs, and whose idea it was. Plain templates for their lists. */
import { html, nothing, type TemplateResult } from "lit";
import { list, money } from "../../text/formats";
import "../../ui/icon";
import { picture } from "../../ui/url";
import { t } from "../customer/texts";
import { called } from "../called";
import type { Opened } from "../opened";
import type { Line } from "./changes";

/** The picture at the server's address; an icon where there is none. */
export function thumbnail(opened: Opened, address: string | null): TemplateResult {
  const src = address === null ? undefined : picture(new URL(address, opened.app.rest.url("/")).href);
  return src ? html`<img class="picture" src=${src} alt="" loading="lazy" />` : html`<span class="picture"><tresen-ui-icon name="package"></tresen-ui-icon></span>`;
}

export const attributesOf = (line: Line): string => list(Object.values(line.attributes).filter((value) => !line.title.includes(value)));

/** "Added by Maria", "Suggested by Rita, accepted by Maria", "Added by the shop". */
export function attribution(opened: Opened, { added_by }: Line): string {
  const customer = called(opened.name);
  if (added_by.kind === "shop" || added_by.kind === "system") return t("line.by_shop");
  if (added_by.kind === "customer") return t("line.by", { name: added_by.name || customer });
  const name = added_by.id === opened.app.me.id ? t("line.you") : added_by.name || t("line.rep");
  return added_by.accepted_by ? t("line.suggested", { name, customer }) : t("line.by", { name });
}

export function lineFacts(opened: Opened, line: Line, controls: TemplateResult | typeof nothing = nothing): TemplateResult {
  const facts = attributesOf(line);
  return html`
    ${thumbnail(opened, line.image_url)}
    <span class="title">${line.title}</span>
    <span class="amount">${money(line.total)}</span>
    <div class="below spread"
      ><span class="quiet">${facts ? html`${facts} · ` : nothing}${t("line.each", { price: money(line.unit_price) })}${line.discount_total.amount ? html` · ${t("line.saved", { amount: money(line.discount_total) })}` : nothing}</span>${controls}</div
    >
  `;
}
