/**
 * Whose language the page speaks: one locale for the whole page, a dictionary per face, English wherever a language has a gap.
 *
 * A face has one module `texts.ts`:
 *
 *     import { texts } from "../text/texts";
 *     import en from "./text/en.json";
 *     export const t = texts({ de: () => import("./text/de.json"), ...the other four }, en);
 *
 * and writes `t("queue.place", { count: 2 })`. Only the chosen language is fetched besides English. Formats of money, time and
 * numbers are in formats.ts; this file holds no text of its own.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { number } from "./formats";
import { LANGUAGES, held, locale, use, type Direction, type Language } from "./locale";

export { dir, direction, language, locale, type Direction, type Language } from "./locale";
export { LANGUAGES };

/** A text, or one text for each plural category of the language, chosen by `{count}`. */
export type Entry = string | { other: string; zero?: string; one?: string; two?: string; few?: string; many?: string };
export type Dictionary = Record<string, Entry>;
export type Values = Record<string, string | number>;
type Fetched = Dictionary | { default: Dictionary };
/** How to fetch each language but English, which comes with the face. */
export type Loaders = Record<Exclude<Language, "en">, () => Promise<Fetched>> & { en?: () => Promise<Fetched> };
export type Translate<Key extends string> = (key: Key, values?: Values) => string;

interface Book {
  loaders: Loaders;
  english: Dictionary;
  pages: Partial<Record<Language, Dictionary>>;
  coming: Partial<Record<Language, Promise<void>>>;
}

const books: Book[] = [];
const readers = new Set<() => void>();

const tell = (): void => readers.forEach((reader) => reader());

/** The dictionary of a language, fetched once. A failed fetch leaves English in place and is tried again when the locale is next set. */
function fetchPages(book: Book, language: Language): Promise<void> {
  if (language === "en" || book.pages[language]) return Promise.resolve();
  return (book.coming[language] ??= book.loaders[language]()
    .then(
      (fetched) => {
        book.pages[language] = ("default" in fetched ? fetched.default : fetched) as Dictionary;
        tell();
      },
      (problem: unknown) => console.warn(`Tresen: no texts in ${language}, English instead`, problem),
    )
    .finally(() => delete book.coming[language]));
}

/**
 * Sets the locale of everything on the page: "auto" takes the visitor's first language that there are texts for. Resolves when the
 * texts of all dictionaries known so far are there; a face awaits it before its first render, so that no English flashes by.
 */
export async function setLocale(wanted: "auto" | (string & {}), asDirection?: Direction): Promise<void> {
  use(wanted, asDirection);
  const chosen = locale().language;
  await Promise.all(books.map((book) => fetchPages(book, chosen)));
  tell();
}

/** A translator of one dictionary; its keys are those of the English texts. */
export function texts<English extends Dictionary>(loaders: Loaders, english: English): Translate<keyof English & string> {
  const book: Book = { loaders, english, pages: {}, coming: {} };
  books.push(book);
  const missed = new Set<Language>();
  return (key, values = {}) => {
    const { language } = locale();
    const own = book.pages[language];
    // A face that came after the locale was set: fetched at the first word, once; whoever listens renders again.
    if (!own && !missed.has(language)) {
      missed.add(language);
      void fetchPages(book, language);
    }
    const entry = own?.[key];
    return held(entry === undefined ? fill(english[key], values, "en") : fill(entry, values, language));
  };
}

/**
 * Says words that the server or a shop makes up: `worded("status", word)` is the text under `status.<word>` where there is one, else the
 * `fallback`, else the word itself. A face has one beside its `t`.
 */
export function wordsOf<English extends Dictionary>(t: Translate<keyof English & string>, english: English) {
  return (prefix: string, word: string | null | undefined, fallback = word ?? "", values: Values = {}): string => {
    const key = `${prefix}.${word ?? ""}`;
    return key in english ? t(key as keyof English & string, values) : fallback;
  };
}

const rules = new Map<Language, Intl.PluralRules>();

function category(language: Language, count: number): Intl.LDMLPluralRule {
  let rule = rules.get(language);
  if (!rule) rules.set(language, (rule = new Intl.PluralRules(language)));
  return rule.select(count);
}

/** The entry with its placeholders filled. Numbers are written as the locale writes them. */
export function fill(entry: Entry | undefined, values: Values, language: Language): string {
  if (entry === undefined) return "";
  const text = typeof entry === "string" ? entry : (entry[category(language, Number(values["count"] ?? 0))] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/** Calls back after the locale changed or its texts arrived; returns how to stop. */
export function onLocale(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

/** Renders its host again when the locale changes or its texts arrive: `private readonly words = new LocaleController(this)`. */
export class LocaleController implements ReactiveController {
  #stop: (() => void) | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#stop = onLocale(() => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#stop?.();
  }
}
