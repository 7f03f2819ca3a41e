/** What the shop's pages show, in one place: visit, cart, where we are; and what a visitor can do. Whoever renders is told of changes. */
import { language } from "../text/texts";
import { backend, Refused, type Address, type Cart, type Change, type Order, type Product, type Visit } from "./backend";
import { identifyAnew, tresen, type Cause } from "./help";
import { t } from "./texts";

/** The widget tells when a rep has changed the cart. Only where it is blocked, and for orders it may know nothing of, one has to look. */
const LOOK_EACH_MS = 4000;
/** The shop's other tabs in this browser, which have the same cart. */
const tabs = new BroadcastChannel("kontor-cart");
const ADDRESS = "kontor-address";

export interface Shown {
  visit: Visit;
  cart: Cart | null;
  products: Product[] | null;
  product: Product | null;
  order: Order | null;
  orders: Order[] | null;
  /** What is said in the page's status line, and how. */
  notice: { text: string; tone: "info" | "danger"; help?: Cause } | null;
  busy: boolean;
  /** Something could not be fetched: the page says so and offers to try again. */
  failed: boolean;
}

export const shown: Shown = {
  visit: { account: null, locale: "en", cart_id: null, tresen: { address: "", site_id: "" } },
  cart: null,
  products: null,
  product: null,
  order: null,
  orders: null,
  notice: null,
  busy: false,
  failed: false,
};

let tell: () => void = () => undefined;
export const onChange = (render: () => void): void => void (tell = render);

export function set(change: Partial<Shown>): void {
  Object.assign(shown, change);
  tell();
}

export const address = (): Address => {
  const kept = sessionStorage.getItem(ADDRESS);
  if (kept) return JSON.parse(kept) as Address;
  const account = shown.visit.account;
  return account
    ? { name: account.name, street: account.street, postcode: account.postcode, city: account.city, country: account.country, email: account.email }
    : { name: "", street: "", postcode: "", city: "", country: "DE", email: "" };
};
export const keepAddress = (given: Address): void => sessionStorage.setItem(ADDRESS, JSON.stringify(given));

function took(cart: Cart | null): void {
  const known = shown.cart?.id;
  set({ cart });
  if (cart && cart.id !== known) tresen("cart", { id: cart.id });
}

const REASONS = ["card_declined", "card_expired", "out_of_stock", "cart_conflict", "offline", "price_changed"] as const;
const reason = (code: string): string => (REASONS.find((known) => known === code) ? t(`refused.${code as (typeof REASONS)[number]}`) : t("refused.other"));

/** Wishes are done one after the other: each sees what the one before has made of the cart. */
let before: Promise<unknown> = Promise.resolve();

/** Does something at the backend; what goes wrong is said on the page. True when it went well. */
function doing(what: () => Promise<void>, help?: Cause): Promise<boolean> {
  const done = before.then(() => attempt(what, help));
  before = done.catch(() => undefined);
  return done;
}

async function attempt(what: () => Promise<void>, help?: Cause): Promise<boolean> {
  set({ busy: true, notice: null });
  try {
    await what();
    tabs.postMessage("changed");
    return true;
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    if (problem.cart) took(problem.cart);
    set({ notice: { text: reason(problem.code), tone: "danger", ...(help ? { help: problem.code === "card_declined" || problem.code === "card_expired" ? "declined" : help } : {}) } });
    return false;
  } finally {
    set({ busy: false });
  }
}

export const change = (operation: Change, said?: string): Promise<boolean> =>
  doing(async () => {
    took(await backend.change(operation));
    if (said) set({ notice: { text: said, tone: "info" } });
  });

export const pay = async (card: string): Promise<Order | null> => {
  if (shown.busy) return null; // a second press is no second order
  let placed: Order | null = null;
  await doing(async () => {
    if (!shown.cart) throw new Refused("cart_conflict", 409);
    try {
      placed = await backend.pay(card, shown.cart.version, address());
    } finally {
      set({ cart: await backend.cart() });
    }
    set({ order: placed });
  }, "asked");
  return placed;
};

export const signIn = (): Promise<boolean> =>
  doing(async () => {
    set({ visit: await backend.signIn() });
    sessionStorage.removeItem(ADDRESS);
    identifyAnew();
    took(await backend.cart());
  });

export const signOut = (): Promise<boolean> =>
  doing(async () => {
    set({ visit: await backend.signOut(), cart: null, order: null, orders: null });
    sessionStorage.removeItem(ADDRESS);
    identifyAnew();
    tresen("cart", { id: null });
  });

/** Fetches what a page shows. */
export async function fetching(what: () => Promise<Partial<Shown>>): Promise<void> {
  set({ failed: false });
  try {
    set(await what());
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    set({ failed: true });
  }
}

export const shelf = (category: string, text: string, sort: string): Promise<void> =>
  fetching(async () => ({ products: await backend.products({ category, text, sort, locale: language() }) }));

/** The cart as it is now; quiet when it cannot be had, since the next look comes soon. */
export async function look(): Promise<void> {
  if (shown.busy) return;
  try {
    const cart = await backend.cart();
    if (!shown.busy && (cart?.id !== shown.cart?.id || cart?.version !== shown.cart?.version)) took(cart);
    if (shown.order) set({ order: await backend.order(shown.order.id) });
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
  }
}

/** The widget tells that a cart has changed: perhaps one that was begun in the conversation, of which the shop does not know yet. */
export async function told(detail: unknown): Promise<void> {
  const { id, status } = (detail ?? {}) as { id?: unknown; status?: unknown };
  try {
    if (!shown.cart && typeof id === "string" && status === "open") took(await backend.adopt(id));
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
  }
  await look();
}

/** `told`: whether the widget is there to tell. */
export function keepLooking(told: () => boolean): void {
  setInterval(() => {
    if (document.visibilityState === "visible" && (shown.order || (shown.cart && !told()))) void look();
  }, LOOK_EACH_MS);
  tabs.addEventListener("message", () => void look());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void look();
  });
}
