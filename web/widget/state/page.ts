/** Where on the shop's pages the visitor is: what the page said, and navigation without loading, which no event of `window` tells in all browsers. */
import type { PageContext } from "./settings";

interface NavigationLike extends EventTarget {
  currentEntry: unknown;
}
/** Where the browser has no Navigation API, the address is looked at now and then. */
const LOOK_EACH_MS = 1000;
const ATTRIBUTES_MOST = 30;
const TEXT_MOST = 1000;

/** Calls back when the address has become another one, by the History API or otherwise. The page's own functions stay as they are. */
export function watchPage(changed: () => void): () => void {
  let address = location.href;
  const look = (): void => {
    if (location.href === address) return;
    address = location.href;
    changed();
  };
  const navigation = (window as unknown as { navigation?: NavigationLike }).navigation;
  if (navigation) {
    navigation.addEventListener("currententrychange", look);
    return () => navigation.removeEventListener("currententrychange", look);
  }
  addEventListener("popstate", look);
  const timer = setInterval(look, LOOK_EACH_MS);
  return () => {
    removeEventListener("popstate", look);
    clearInterval(timer);
  };
}

/** As the API wants it: names and texts. The query and the fragment of the address stay on the page, as they may hold anything. */
export function pageAttributes(page: PageContext): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(page).slice(0, ATTRIBUTES_MOST)) {
    if (typeof value !== "string" || !/^[\w.-]{1,60}$/.test(name)) continue;
    const text = name === "url" ? value.split(/[?#]/)[0]! : value;
    // Control characters are refused.
    found[name === "email" ? name : `page_${name}`] = text.replace(/[\u0000-\u001f\u007f]/g, " ").slice(0, TEXT_MOST);
  }
  return found;
}
