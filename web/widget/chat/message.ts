/** One message as it is drawn: its words with links, what it answers, its cards and files, what can be done with it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Message } from "../../protocol";
import type { App } from "../app";
import { t } from "../words";
import { linkify } from "./linkify";
import type * as Cards from "./cards";

export interface Acts {
  /** How cards are drawn, once that is fetched; asking fetches it. */
  cards(): typeof Cards | null;
  reply(message: Message): void;
  edit(message: Message): void;
  takeBack(message: Message): void;
}

/** As the server allows it; a minute less, so that nobody begins what is refused. */
const EDIT_WITHIN_MS = 14 * 60_000;
/** A message of emoji alone is shown large. */
const EMOJI_ALONE = /^(?:\p{Extended_Pictographic}(?:\u200d\p{Extended_Pictographic}|[\ufe0f\u{1f3fb}-\u{1f3ff}])*\s*){1,3}$/u;
const PREVIEW = 80;

export const canEdit = (message: Message): boolean => message.seq !== null && !message.deleted && message.text !== "" && Date.now() - Date.parse(message.at) < EDIT_WITHIN_MS;

/** Somebody's words in one line, for what quotes them. */
export function preview(message: Message | undefined): string {
  if (!message || message.deleted) return t("message.deleted");
  const text = message.text || message.attachments.map((file) => file.name).join(", ") || message.blocks.map((block) => ("title" in block ? block.title : "")).join(" ");
  return [...text.trim().replace(/\s+/g, " ")].slice(0, PREVIEW).join("");
}

/** Text with its addresses as links: text bindings only, whatever it holds. */
export function words(text: string): (string | TemplateResult)[] {
  return linkify(text).map((part) => (part.href ? html`<a href=${part.href} target="_blank" rel="noopener noreferrer">${part.text}<span class="unseen"> ${t("new_tab")}</span></a>` : part.text));
}

function bubble(app: App, message: Message): TemplateResult | typeof nothing {
  if (message.deleted) return html`<div class="bubble deleted">${t("message.deleted")}</div>`;
  const texts = [message.text, ...message.blocks.flatMap((block) => (block.type === "text" ? [block.text] : []))].filter(Boolean);
  if (!texts.length) return nothing;
  const answered = message.reply_to ? preview(app.log?.message(message.reply_to)) : "";
  const quoted = answered ? html`<span class="quoted"><span class="unseen">${t("message.answers")} </span>${answered}</span>` : nothing;
  const text = texts.join("\n");
  const looks = `${message.seq === null ? "waits" : ""} ${EMOJI_ALONE.test(text) && !message.reply_to ? "big" : ""}`;
  // On one line: white space counts in a bubble.
  return html`<div class="bubble ${looks}" dir="auto">${quoted}${words(text)}</div>`;
}

export function messageView(app: App, message: Message, own: boolean, acts: Acts): TemplateResult {
  const carries = !message.deleted && (message.attachments.length > 0 || message.blocks.some((block) => block.type === "product_card" || block.type === "payment_card"));
  return html`<div class="message" data-id=${message.id}>
    ${bubble(app, message)}
    ${carries ? acts.cards()?.carried(app, message) : nothing}
    ${message.seq !== null && !message.deleted && !app.closed
      ? html`<div class="acts">
          <tresen-ui-button size="small" kind="quiet" icon="reply" label=${t("message.reply")} @click=${() => acts.reply(message)}></tresen-ui-button>
          ${own && canEdit(message) ? html`<tresen-ui-button size="small" kind="quiet" icon="pencil" label=${t("message.edit")} @click=${() => acts.edit(message)}></tresen-ui-button>` : nothing}
          ${own ? html`<tresen-ui-button size="small" kind="quiet" icon="trash-2" label=${t("message.delete")} @click=${() => acts.takeBack(message)}></tresen-ui-button>` : nothing}
        </div>`
      : nothing}
    ${message.edited && !message.deleted ? html`<span class="by">${t("message.edited")}</span>` : nothing}
  </div>`;
}
