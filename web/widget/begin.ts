/** The app's beginning, apart from the entry so that a page nobody asks for help on does not fetch it. */
import { App } from "./app";
import { attend } from "./call/attend";
import type { Launcher } from "./launcher/launcher";
import type { Identify } from "./state/session";
import type { Boot, PageContext } from "./state/settings";
import type { Store } from "./state/store";
import { countInTitle } from "./state/title";

/** An app that goes on with what there was, once it is known whose it is. */
export async function createApp(
  boot: Boot,
  store: Store,
  launcher: Launcher,
  said: { identify?: Identify | null; cart: string | null; page: Partial<PageContext> },
  openPanel: () => void,
): Promise<App> {
  const app = new App(boot, store);
  app.openPanel = openPanel;
  app.cartId = said.cart;
  app.setPage(said.page);
  app.subscribe(() => launcher.setExpanded(app.open));
  attend(app, launcher.root);
  countInTitle(app);
  try {
    if (said.identify !== undefined) await app.identify(said.identify);
  } catch (error) {
    // Offline, or the shop's callback is silent: what is on this device stays; the next renewal asks again.
    console.warn("Tresen: the shop could not say who is there.", error);
  }
  app.resume();
  return app;
}
