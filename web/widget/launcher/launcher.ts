/**
 * The round button on the shop's page, and the one host element with the shadow root that everything of ours lives in.
 *
 * Without Lit: it is there on every page view, and nearly all of them never open it.
 */
import closeIcon from "lucide-static/icons/x.svg?raw";
import openIcon from "lucide-static/icons/message-circle.svg?raw";
import { number } from "../../text/formats";
import { onLocale } from "../../text/texts";
import { hostTokens } from "../../ui/host";
import type { Settings } from "../state/settings";
import looks from "./launcher.css?raw";
import { t } from "./words";

const MOST_SHOWN = 99;

/** One of our own icons as an element, without a string becoming markup. */
function picture(source: string): SVGElement {
  const parsed = new DOMParser().parseFromString(source.slice(source.indexOf("<svg")), "image/svg+xml").documentElement;
  parsed.setAttribute("aria-hidden", "true");
  return document.importNode(parsed, true) as unknown as SVGElement;
}

export class Launcher {
  readonly host = document.createElement("tresen-widget");
  readonly root: ShadowRoot;
  expanded = false;
  readonly #button = document.createElement("button");
  readonly #badge = document.createElement("span");
  readonly #icons: readonly [SVGElement, SVGElement];
  #unread = 0;

  constructor(settings: Settings, pressed: () => void) {
    this.host.id = "tresen-widget";
    if (settings.scheme) this.host.dataset["scheme"] = settings.scheme;
    if (settings.side) this.host.dataset["side"] = settings.side;
    this.root = this.host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(hostTokens() + looks);
    this.root.adoptedStyleSheets = [sheet];
    this.#icons = [picture(openIcon), picture(closeIcon)];
    this.#button.type = "button";
    this.#button.className = "launcher";
    this.#button.setAttribute("aria-haspopup", "dialog");
    this.#badge.className = "badge";
    this.#badge.setAttribute("aria-hidden", "true");
    this.#button.append(...this.#icons, this.#badge);
    this.#button.addEventListener("click", pressed);
    this.root.append(this.#button);
    onLocale(() => this.redraw());
    this.redraw();
  }

  setExpanded(expanded: boolean): void {
    const closed = this.expanded && !expanded;
    this.expanded = expanded;
    this.host.toggleAttribute("data-open", expanded);
    this.redraw();
    // Only when the focus was inside: who closed it by the page's own button is left there.
    if (closed && (this.root.activeElement || document.activeElement === document.body)) this.#button.focus();
  }

  setUnread(count: number): void {
    this.#unread = count;
    this.redraw();
  }

  setBusy(busy: boolean): void {
    this.#button.setAttribute("aria-busy", String(busy));
  }

  redraw(): void {
    const count = this.expanded ? 0 : this.#unread;
    const words = this.expanded ? t("close") : t("open");
    this.#button.setAttribute("aria-label", count ? `${words}: ${t("unread", { count })}` : words);
    this.#button.setAttribute("aria-expanded", String(this.expanded));
    this.#icons[0].toggleAttribute("hidden", this.expanded);
    this.#icons[1].toggleAttribute("hidden", !this.expanded);
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > MOST_SHOWN ? `${number(MOST_SHOWN)}+` : number(count);
  }
}
