/**
 * The page's locale: which of our languages its words are in, which tag its formats follow, and which way it runs.
 *
 * Texts and formats both read it; it knows neither of them.
 */
export const LANGUAGES = ["en", "de", "pl", "ro", "el", "pt-BR"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Direction = "ltr" | "rtl";

export interface Locale {
  /** The language of the words. */
  language: Language;
  /** The tag for Intl: the visitor's own where we speak the language ("de-AT"), ours otherwise. */
  tag: string;
  direction: Direction;
}

/** Languages written from right to left. We have no words in them yet, but the page runs their way. */
const RIGHT_TO_LEFT = new Set(["ar", "he", "iw", "fa", "ur"]);
const ENGLISH: Locale = { language: "en", tag: "en", direction: "ltr" };

let current: Locale = ENGLISH;

function parse(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag);
  } catch {
    // Not a language tag: a shop's setting with a slip of the pen, or a browser's oddity. The next one counts.
    return null;
  }
}

function of(tag: string): Locale | null {
  const wanted = parse(tag);
  if (!wanted) return null;
  if (RIGHT_TO_LEFT.has(wanted.language)) return { ...ENGLISH, direction: "rtl" };
  const language = LANGUAGES.find((one) => one === tag) ?? LANGUAGES.find((one) => one.split("-")[0] === wanted.language);
  return language ? { language, tag: wanted.toString(), direction: "ltr" } : null;
}

/** The first of the wanted tags that we can serve; English when there is none. */
export function match(tags: readonly string[]): Locale {
  for (const tag of tags) {
    const found = of(tag);
    if (found) return found;
  }
  return ENGLISH;
}

/** Takes the locale into use. `asDirection` overrides the writing direction (tests, and shops that know better). */
export function use(wanted: string, asDirection?: Direction): void {
  const found = match(wanted === "auto" ? navigator.languages : [wanted]);
  current = asDirection ? { ...found, direction: asDirection } : found;
}

export const locale = (): Locale => current;
/** For the `lang` attribute of a face's outermost element. */
export const language = (): Language => current.language;
/** For the `dir` attribute of a face's outermost element. */
export const direction = (): Direction => current.direction;

/**
 * Words that run from left to right on a page that runs from right to left, held together (Unicode's isolates): the full stop stays
 * behind the sentence and the unit behind its number. As they are on every other page.
 */
export const held = (text: string): string => (current.direction === "rtl" && text !== "" ? `\u2066${text}\u2069` : text);

/** Which way text of this locale runs. */
export function dir(tag: string): Direction {
  return RIGHT_TO_LEFT.has(parse(tag)?.language ?? "") ? "rtl" : "ltr";
}
