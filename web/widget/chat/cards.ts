/** What a message can carry besides words: goods, payments, orders, files. Fetched with the first that comes, since most chats have none. */
import { html, nothing, type TemplateResult } from "lit";
import type { Entry, Message, Money } from "../../protocol";
import type { App } from "../app";
import "./attachment";
import "./order";
import "./payment";
import "./product";

/** Under its words, in the message's order. */
export function carried(app: App, message: Message): TemplateResult {
  const conversation = app.log?.id ?? "";
  return html`${message.blocks.map((block) => {
    if (block.type === "product_card") return html`<tresen-product .app=${app} .card=${block}></tresen-product>`;
    if (block.type === "payment_card") return html`<tresen-payment .app=${app} payment=${block.payment_id} heading=${block.title ?? ""} .amount=${block.total}></tresen-payment>`;
    return nothing;
  })}
  ${message.attachments.map((file) => html`<tresen-attachment .app=${app} conversation=${conversation} .file=${file}></tresen-attachment>`)}`;
}

export const order = (entry: Entry): TemplateResult => html`<tresen-order .entry=${entry}></tresen-order>`;

export const payment = (app: App, { data }: Entry): TemplateResult =>
  html`<tresen-payment .app=${app} payment=${data["payment_id"] as string} .amount=${data["amount"] as Money}></tresen-payment>`;
