/** Which page an address is, and going to another one without loading: real links, the browser's history. */
export type Route =
  | { page: "shelf"; category: string; text: string; sort: string }
  | { page: "product"; id: string }
  | { page: "cart" }
  | { page: "checkout"; step: Step }
  | { page: "orders" }
  | { page: "order"; id: string }
  | { page: "nothing" };
export type Step = "address" | "delivery" | "payment";
export const STEPS: readonly Step[] = ["address", "delivery", "payment"];

export function route(address: URL): Route {
  const [first = "", second = ""] = address.pathname.split("/").filter(Boolean).map(safely);
  const sort = address.searchParams.get("sort") ?? "";
  switch (first) {
    case "":
      return { page: "shelf", category: "", text: "", sort };
    case "category":
      return { page: "shelf", category: second, text: "", sort };
    case "search":
      return { page: "shelf", category: "", text: address.searchParams.get("q") ?? "", sort };
    case "product":
      return second ? { page: "product", id: second } : { page: "nothing" };
    case "cart":
      return { page: "cart" };
    case "checkout":
      return { page: "checkout", step: STEPS.find((step) => step === second) ?? "address" };
    case "orders":
      return second ? { page: "order", id: second } : { page: "orders" };
    default:
      return { page: "nothing" };
  }
}

function safely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone percent sign: no page has such a name
  }
}

let arrived: () => void = () => undefined;

export function go(path: string): void {
  history.pushState(null, "", path);
  arrived();
}

/** Calls back after every change of the address, and makes plain presses on the shop's own links one. */
export function navigate(onArrival: () => void): void {
  arrived = onArrival;
  addEventListener("popstate", onArrival);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((one): one is HTMLAnchorElement => one instanceof HTMLAnchorElement);
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute("download") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    if (link.href !== location.href) go(link.href);
  });
}
