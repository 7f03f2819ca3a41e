/** How somebody likes the console, kept in their browser: scheme, language, sound, notifications, two conversations side by side. */
import { direction, language, setLocale, type Direction } from "../text/texts";
import { Observable } from "../protocol";
import { keep, kept } from "./keep";

export type Scheme = "system" | "light" | "dark";
export type Beside = "auto" | "on" | "off";
export interface Wishes {
  scheme: Scheme;
  /** "auto" or a language of ours. */
  language: string;
  sound: boolean;
  notifications: boolean;
  beside: Beside;
}

const NAME = "preferences";
const DEFAULTS: Wishes = { scheme: "system", language: "auto", sound: true, notifications: false, beside: "auto" };
/** From here on there is room for two. */
export const WIDE = "(min-width: 1680px)";

class Preferences extends Observable {
  #wishes: Wishes = { ...DEFAULTS, ...kept<Partial<Wishes>>(NAME) };
  readonly #wide = matchMedia(WIDE);

  constructor() {
    super();
    this.#wide.addEventListener("change", () => this.changed());
  }

  get wishes(): Readonly<Wishes> {
    return this.#wishes;
  }
  /** Whether two conversations stand side by side. */
  get beside(): boolean {
    return this.#wishes.beside === "on" || (this.#wishes.beside === "auto" && this.#wide.matches);
  }

  set(wishes: Partial<Wishes>): void {
    this.#wishes = { ...this.#wishes, ...wishes };
    keep(NAME, this.#wishes);
    void this.apply();
  }

  /** Takes them into use on this page. Resolves when the words are there. */
  async apply(): Promise<void> {
    const root = document.documentElement;
    if (this.#wishes.scheme === "system") delete root.dataset["scheme"];
    else root.dataset["scheme"] = this.#wishes.scheme;
    await setLocale(this.#wishes.language, asked());
    root.lang = language();
    root.dir = direction();
    this.changed();
  }
}

/** `?dir=rtl` runs the page from right to left, for who wants to see it so. */
function asked(): Direction | undefined {
  const wanted = new URLSearchParams(location.search).get("dir");
  return wanted === "rtl" || wanted === "ltr" ? wanted : undefined;
}

export const preferences = new Preferences();
