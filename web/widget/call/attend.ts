/**
 * Fetches what calls and consents need when there is one: a rep rings, a call runs, this tab was in one before it was reloaded; a rep is there and
 * a cart as well, or something was asked or suggested. Until then nothing of it is on the page. Also tells the shop's page of each new version of
 * its cart, whoever has made it, and of its orders.
 */
import type { App } from "../app";

/** Whether this tab was in a call. The name is memory.ts's, which is not to be fetched for this. */
function wasInCall(): boolean {
  try {
    return sessionStorage.getItem("tresen.in-call") !== null;
  } catch {
    // A browser that keeps nothing for this page: there was none.
    return false;
  }
}

/** A part of the widget that is fetched once it is needed. What could not be fetched is tried again at the next change. */
class Part {
  #fetched = false;

  constructor(
    private readonly needed: () => boolean,
    private readonly fetch: () => Promise<unknown>,
  ) {}

  look(): void {
    if (this.#fetched || !this.needed()) return;
    this.#fetched = true;
    this.fetch().catch((problem: unknown) => {
      this.#fetched = false;
      console.warn("Tresen: a part of the widget could not be fetched.", problem);
    });
  }
}

export function attend(app: App, root: ShadowRoot): void {
  let told = { id: "", version: 0 };
  const tell = (): void => {
    const cart = app.cart?.value;
    if (!cart || (cart.id === told.id && cart.version <= told.version)) return;
    told = { id: cart.id, version: cart.version };
    app.emit("cart", cart);
  };
  const calls = new Part(
    () => Boolean(app.call?.value) || wasInCall(),
    async () => {
      const [{ showCard }] = await Promise.all([import("./card"), import("./call")]);
      showCard(app, root);
    },
  );
  const consents = new Part(
    () => Boolean(app.log?.last("consent.", "cart.suggested") ?? (app.cart?.value && (app.rep ?? app.call?.value))),
    () => Promise.all([import("../consent/prompts"), import("../cart/bar")]),
  );
  let followed: App["log"] = null;
  const follow = (): void => {
    if (app.log === followed) return;
    followed = app.log;
    followed?.onEntry((entry) => {
      if (entry.type.startsWith("order.") && entry.data["order"]) app.emit("order", entry.data["order"]);
    });
  };
  const look = (): void => {
    follow();
    tell();
    calls.look();
    consents.look();
  };
  app.subscribe(look);
  look();
}
