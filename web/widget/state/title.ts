/** How many messages are new, before the page's title: in a background tab the launcher cannot be seen. Where the tab is looked at, the title is the shop's. */
import type { App } from "../app";

let count = "";

/** The page's title as the shop wrote it. */
export const shopsTitle = (): string => (count && document.title.startsWith(count) ? document.title.slice(count.length) : document.title);

export function countInTitle(app: App): void {
  const show = (): void => {
    const now = document.visibilityState === "hidden" && app.unread > 0 ? `(${app.unread}) ` : "";
    if (now === count) return;
    const title = shopsTitle();
    count = now;
    document.title = now + title;
  };
  app.subscribe(show);
  document.addEventListener("visibilitychange", show);
}
