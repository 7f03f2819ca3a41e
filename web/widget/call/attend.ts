/**
 * Fetches what calls need when there is one: a rep rings, a call runs, or this tab was in one before it was reloaded. Until then nothing of it is
 * on the page. Also tells the shop's page of each new version of its cart, whoever has made it.
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

export function attend(app: App, root: ShadowRoot): void {
  let fetched = false;
  let told = { id: "", version: 0 };
  const look = (): void => {
    const cart = app.cart?.value;
    if (cart && (cart.id !== told.id || cart.version > told.version)) {
      told = { id: cart.id, version: cart.version };
      app.emit("cart", cart);
    }
    if (fetched || !(app.call?.value || wasInCall())) return;
    fetched = true;
    import("./card").then(
      ({ showCard }) => showCard(app, root),
      (problem: unknown) => {
        // Offline at this very moment: the next change tries again.
        fetched = false;
        console.warn("Tresen: calls could not be fetched.", problem);
      },
    );
  };
  app.subscribe(look);
  look();
}
