/**
 * The demonstration's shop: a storefront as a customer of Tresen would have one, on an origin of its own.
 *
 * Pages change without loading; the widget (help.ts) stays. Nothing here reaches into the widget, and nothing of Tresen's protocol is used.
 */
import { html, render, type TemplateResult } from "lit";
import { accent } from "../ui/accent";
import "../ui/icons-more";
import { direction, language, onLocale, setLocale, LANGUAGES, type Direction } from "../text/texts";
import { backend } from "./backend";
import { embed, tresen, widgetIsHere } from "./help";
import { navigate, route, type Route } from "./route";
import { change, fetching, keepLooking, onChange, set, shelf as fetchShelf, shown, told } from "./state";
import { t } from "./texts";
import { cartPage } from "./views/cart";
import { checkout } from "./views/checkout";
import { failure, frame, NAME } from "./views/frame";
import { orderList, orderPage } from "./views/order";
import { chosen, product } from "./views/product";
import { shelf } from "./views/shelf";

const LOCALE = "kontor-locale";
/** The shop's colour. */
const ACCENT = "#a3492a";
const CORE_STEPS = { address: "address", delivery: "shipping", payment: "review" } as const;

let here: Route = route(new URL(location.href));
const arguments_ = new URL(location.href).searchParams;
const asDirection = (["ltr", "rtl"] as const).find((one) => one === arguments_.get("dir")) as Direction | undefined;

function content(): TemplateResult {
  const waiting = html`<p class="calm quiet" role="status">${t("loading")}</p>`;
  if (shown.failed) return failure(() => void arrive());
  switch (here.page) {
    case "shelf":
      return shelf(here);
    case "product":
      return shown.product ? product(shown.product) : waiting;
    case "cart":
      return cartPage(shown.cart);
    case "checkout":
      return checkout(here.step, shown.cart);
    case "orders":
      return shown.orders ? orderList(shown.orders) : waiting;
    case "order":
      return shown.order ? orderPage(shown.order, location.search.includes("new")) : waiting;
    case "nothing":
      return html`<section class="calm"><h1>${t("nothing")}</h1><a class="go" href="/">${t("all")}</a></section>`;
  }
}

function title(): string {
  switch (here.page) {
    case "product":
      return shown.product?.title ?? "";
    case "cart":
      return t("cart");
    case "checkout":
      return t("checkout");
    case "order":
      return shown.order ? t("order", { number: shown.order.number }) : "";
    default:
      return "";
  }
}

function draw(): void {
  const root = document.documentElement;
  [root.lang, root.dir] = [language(), direction()];
  document.title = title() ? `${title()} · ${NAME}` : NAME;
  const at = here.page === "shelf" ? { text: here.text, category: here.category } : here.page === "checkout" ? { step: here.step } : {};
  render(frame(content(), at, speak), document.getElementById("shop")!);
}

/** What a page needs is fetched when it is arrived at. */
async function fetchPage(at: Route): Promise<void> {
  switch (at.page) {
    case "shelf":
      return fetchShelf(at.category, at.text, at.sort);
    case "product":
      await fetching(async () => ({ product: await backend.product(at.id, language()) }));
      if (shown.product) {
        chosen.delivery = await backend.delivery(shown.product.variants[0]!.id, language()).catch(() => []);
        draw();
      }
      return;
    case "order":
      return fetching(async () => ({ order: await backend.order(at.id) }));
    case "orders":
      return fetching(async () => ({ orders: await backend.orders() }));
    case "checkout": {
      const step = CORE_STEPS[at.step];
      if (shown.cart && shown.cart.lines.length > 0 && shown.cart.checkout_step !== step) await change({ kind: "set_step", step });
      return;
    }
    case "cart":
      if (shown.cart && shown.cart.checkout_step !== "cart") await change({ kind: "set_step", step: "cart" });
  }
}

async function arrive(first = false): Promise<void> {
  here = route(new URL(location.href));
  const keep = here.page === "order" && shown.order?.id === here.id ? shown.order : null;
  chosen.variant = "";
  chosen.delivery = [];
  set({ products: null, product: null, order: keep, notice: null, failed: false });
  if (!first) {
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
  await fetchPage(here);
  tresen("page", { url: location.href, title: document.title, ...(here.page === "product" ? { product_id: here.id } : {}), ...(here.page === "checkout" ? { step: here.step } : {}) });
}

async function speak(tag: string): Promise<void> {
  const known = LANGUAGES.find((one) => one === tag);
  if (!known) return;
  localStorage.setItem(LOCALE, known);
  await backend.prefer(known);
  location.reload(); // the widget takes its language when it boots
}

async function open(): Promise<void> {
  accent(document.documentElement, ACCENT);
  await setLocale(arguments_.get("lang") ?? localStorage.getItem(LOCALE) ?? "auto", asDirection);
  onChange(draw);
  onLocale(draw);
  navigate(() => void arrive());
  draw();
  await fetching(async () => {
    let visit = await backend.visit();
    if (visit.locale !== language()) visit = await backend.prefer(language());
    return { visit, cart: visit.cart_id ? await backend.cart() : null };
  });
  const { tresen: at, cart_id: cartId } = shown.visit;
  if (at.address)
    embed({ address: at.address, siteId: at.site_id, locale: language(), name: NAME, accent: ACCENT, cartId, changed: (detail) => void told(detail), ...(asDirection ? { dir: asDirection } : {}) });
  keepLooking(widgetIsHere);
  await arrive(true);
}

void open();
