/** What an open conversation's log tells the left column: what is unread, what was said last, since when the customer waits. */
import type { Heard } from "./attention";
import type { Opened } from "./opened";

export function heardOf(opened: Opened): Heard {
  const said = opened.log.messages.filter((each) => each.actor.kind !== "system" && !each.deleted && each.seq !== null);
  const last = said.at(-1);
  const lastByStaff = said.findLastIndex((each) => each.actor.kind !== "customer");
  const unanswered = said.slice(lastByStaff + 1).find((each) => each.actor.kind === "customer");
  return {
    unread: opened.unread,
    said: last ? preview(last.text, last.attachments.length) : "",
    typing: opened.log.typists.some((each) => each.kind === "customer"),
    unansweredSince: unanswered ? Date.parse(unanswered.at) : null,
    lastAt: last ? Date.parse(last.at) : 0,
  };
}

const PREVIEW_MOST = 120;

function preview(text: string, files: number): string {
  const line = text.replace(/\s+/g, " ").trim().slice(0, PREVIEW_MOST);
  return line || (files ? "📎" : "");
}
