/** From the board to a conversation: a real link, which the console follows without loading anew. */
import { html, type TemplateResult } from "lit";
import { pathOf } from "../route";
import { router } from "../router";

export const goTo = (conversationId: string): void => router.toConversation(conversationId);

export function conversationLink(conversationId: string, words: string): TemplateResult {
  const go = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(conversationId);
  };
  return html`<a href=${pathOf({ page: "desk", conversationId })} @click=${go}>${words}</a>`;
}
