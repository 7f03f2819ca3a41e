/**
 * The widget's entry on a shop's page: the commands of `tresen(...)`, one host element, the launcher. Everything else is fetched when
 * somebody opens it, or when there is a conversation to go on with.
 *
 * The page may call at any time and in any order; what comes before `boot` waits for it.
 */
import { accent } from "../ui/accent";
import { direction, language, setLocale } from "../text/texts";
import type { App } from "./app";
import { Launcher } from "./launcher/launcher";
import type { Identify } from "./state/session";
import type { PageContext, Settings } from "./state/settings";
import { Store } from "./state/store";

interface Opening {
  view?: "home" | "chat" | "callback" | "help" | "voice" | "video";
  reason?: string;
  step?: string;
}
type Listener = (detail: unknown) => void;

const COMMANDS = "boot, identify, cart, open, close, page, on, shutdown";
const origin = (window as unknown as { tresen?: { host?: string } }).tresen?.host ?? location.origin;

let settings: Settings | null = null;
let store: Store | null = null;
let launcher: Launcher | null = null;
let app: Promise<App> | null = null;
/** Said before there was an app. */
let said: { identify?: Identify | null; cart: string | null; page: Partial<PageContext> } = { cart: null, page: {} };
const listeners = new Map<string, Set<Listener>>();

const warn = (problem: string): void => console.warn(`Tresen: ${problem}`);

function emit(name: string, detail: unknown = null): void {
  if (name === "unread") launcher?.setUnread((detail as { count: number }).count);
  for (const listener of listeners.get(name) ?? []) {
    try {
      listener(detail);
    } catch (error) {
      // A fault of the page's listener must not become ours.
      reportError(error);
    }
  }
}

/** The app, made at the first wish for it. */
function wake(): Promise<App> {
  app ??= begin().catch((error: unknown) => {
    app = null;
    throw error;
  });
  return app;
}

async function begin(): Promise<App> {
  const { createApp } = await import("./begin");
  return await createApp({ origin, settings: settings!, emit }, store!, launcher!, said, () => void open());
}

async function open({ view, reason, step }: Opening = {}): Promise<void> {
  launcher?.setBusy(true);
  try {
    const [running, { openPanel }] = await Promise.all([wake(), import("./panel/open")]);
    openPanel(running, launcher!, view, { ...(reason ? { reason } : {}), ...(step ? { step } : {}) });
  } catch (error) {
    warn("it could not be opened. Is the server reachable?");
    reportError(error);
  } finally {
    launcher?.setBusy(false);
  }
}

async function close(): Promise<void> {
  if (app) (await app).open = false;
}

function boot(wanted: Partial<Settings> = {}): void {
  if (settings) return warn("boot was called twice; call shutdown first.");
  if (typeof wanted.siteId !== "string") return warn("boot needs a siteId: tresen('boot', {siteId: 'site_...'}).");
  settings = { locale: "auto", ...wanted, siteId: wanted.siteId };
  store = new Store(settings.siteId);
  launcher = new Launcher(settings, () => void (launcher!.expanded ? close() : open()));
  const { host } = launcher;
  if (settings.accent && !accent(host, settings.accent)) warn(`accent must be a hexadecimal colour such as "#0b6b5d", not "${settings.accent}".`);
  void setLocale(settings.locale, settings.dir).then(() => {
    host.lang = language();
    host.dir = direction();
    launcher?.redraw();
    document.body.append(host);
    emit("ready");
    // Somebody is in the middle of something: on an earlier page, or in another tab.
    if (store?.getHere("open")) void open();
    else if (store?.get("conversation")) void wake();
  });
}

const running = (use: (app: App) => void): void => void app?.then(use);

const commands: Record<string, (...args: never[]) => void> = {
  boot,
  identify(identify: Identify | null) {
    if (identify !== null && typeof identify !== "function") return warn("identify needs a function: tresen('identify', function (cb) { ... cb(token) }), or null when nobody is logged in.");
    said.identify = identify;
    running((each) => void each.identify(identify).catch((error: unknown) => warn(`identify: ${String(error)}`)));
  },
  cart(cart: { id: string | null } | null) {
    said.cart = cart?.id ?? null;
    running((each) => each.setCart(said.cart));
  },
  page(page: Partial<PageContext>) {
    said.page = page;
    running((each) => each.setPage(page));
  },
  open(opening?: Opening) {
    if (!settings) return warn("open was called before boot: tresen('boot', {siteId: 'site_...'}).");
    void open(opening);
  },
  close: () => void close(),
  on(name: string, listener: Listener) {
    if (typeof listener !== "function") return warn("on needs a name and a function: tresen('on', 'unread', function (detail) { ... }).");
    listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
  },
  shutdown() {
    running((each) => void each.shutdown().catch((error: unknown) => warn(`shutdown: ${String(error)}`)));
    launcher?.host.remove();
    settings = store = launcher = app = null;
    said = { cart: null, page: {} };
  },
};

function run(name: unknown, ...args: unknown[]): void {
  const command = typeof name === "string" && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) (command as (...args: unknown[]) => void)(...args);
  else warn(`there is no command ${JSON.stringify(name)}. There are: ${COMMANDS}.`);
}

const early = (window as unknown as { tresen?: { q?: ArrayLike<unknown>[] } }).tresen?.q ?? [];
Object.assign(window, { tresen: Object.assign((...args: unknown[]) => run(args[0], ...args.slice(1)), { host: origin, q: [] }) });
// What waits for boot comes after it: order among the rest stays.
const waiting = early.map((each) => Array.from(each));
for (const [name, ...args] of [...waiting.filter((each) => each[0] !== "open"), ...waiting.filter((each) => each[0] === "open")]) run(name, ...args);
