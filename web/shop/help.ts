/**
 * All that a shop needs to have Tresen on its pages: the snippet, who the visitor is, which cart is theirs.
 *
 * The snippet stands in this file and not in the page, since the shop's Content-Security-Policy allows no inline script.
 */
import { backend } from "./backend";

type Tresen = ((...call: unknown[]) => void) & { q?: unknown[] };
const page = window as unknown as { tresen?: Tresen };

/** What anybody may say before the script has come: it waits in the queue. */
export function tresen(...call: unknown[]): void {
  const queue: Tresen =
    page.tresen ??
    (page.tresen = Object.assign((...later: unknown[]) => void (queue.q ??= []).push(later), { q: [] as unknown[] }));
  page.tresen!(...call);
}

/** What went wrong before somebody asks for help; "asked": nothing that the page knows of. */
export type Cause = "asked" | "declined" | "code";

export interface Embedding {
  address: string;
  siteId: string;
  locale: string;
  name: string;
  accent: string;
  dir?: string;
  cartId: string | null;
  /** Called when the widget or a rep has changed the cart, or an order came of it; with the cart, where the widget says which. */
  changed: (detail: unknown) => void;
}

const identify = (done: (token: string) => void): void => {
  backend.token().then(done, (problem: unknown) => console.warn("No token for the widget", problem));
};

/** Whether the widget has come: not where its script is blocked. */
let here = false;
export const widgetIsHere = (): boolean => here;

export function embed({ address, siteId, locale, name, accent, dir, cartId, changed }: Embedding): void {
  tresen("boot", { siteId, locale, name, accent, logo: `${address}/shop/images/GOOK-COP.svg`, ...(dir ? { dir } : {}) });
  tresen("identify", identify);
  if (cartId) tresen("cart", { id: cartId });
  tresen("on", "ready", () => (here = true));
  tresen("on", "cart", changed);
  tresen("on", "order", changed);
  const script = document.createElement("script");
  script.async = true;
  script.src = `${address}/widget/v1.js`;
  document.head.append(script);
}

/** Somebody signed in or out: whoever it was before, the widget belongs to who it is now. */
export const identifyAnew = (): void => tresen("identify", identify);
