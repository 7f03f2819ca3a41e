/**
 * Every folder `text/` of a face or of a part of it is whole: six languages, the same keys and placeholders, every plural category, nothing empty, nothing
 * left in English, no key without a use, no use without a key.
 *
 * A text that rightly reads as in English stands in `text/identical.json` beside it: `{"English text": "why"}`. A source speaks the
 * dictionary whose `texts.ts` it imports, else that of the nearest folder above it.
 */
import { describe, expect, test } from "vitest";
import { LANGUAGES, type Language } from "./locale";
import type { Dictionary, Entry } from "./texts";

const files = import.meta.glob<Dictionary>(["../*/text/*.json", "../*/*/text/*.json", "!../node_modules/**", "!../dist/**"], { eager: true, import: "default" });
const raw = import.meta.glob<string>(["../*/**/*.ts", "!../**/*.test.ts", "!../**/*.gen.ts", "!../node_modules/**", "!../dist/**"], {
  eager: true,
  query: "?raw",
  import: "default",
});

/** Without comments: an example in one is no use of a key. */
const sources = Object.fromEntries(Object.entries(raw).map(([path, text]) => [path, text.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/gm, "")]));

const faces = [...new Set(Object.keys(files).map((path) => /^\.\.\/(.+)\/text\//.exec(path)![1]!))];
const read = (face: string, language: string): Dictionary | undefined => files[`../${face}/text/${language}.json`];
const forms = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry));
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
const words = (text: string): string => text.replace(/\{\w+\}/g, "").replace(/[^\p{Letter}]/gu, "");

/** Whose words a source speaks. */
function faceOf(path: string, text: string): string | undefined {
  const folder = path.slice(3).split("/").slice(0, -1);
  for (const [, from] of text.matchAll(/from "(\.[^"]*)\/texts"/g)) {
    const there = from!.split("/").reduce((at, step) => (step === ".." ? at.slice(0, -1) : step === "." ? at : [...at, step]), folder).join("/");
    if (faces.includes(there)) return there;
  }
  for (let up = folder; up.length; up = up.slice(0, -1)) if (faces.includes(up.join("/"))) return up.join("/");
  return undefined;
}
const spokenBy = new Map<string | undefined, string[]>();
for (const [path, text] of Object.entries(sources)) {
  const face = faceOf(path, text);
  spokenBy.set(face, [...(spokenBy.get(face) ?? []), text]);
}

/** What a source says that could be a key: string literals, and template literals with their holes open. */
function spoken(face: string): { exact: Set<string>; open: RegExp[] } {
  const exact = new Set<string>();
  const open: RegExp[] = [];
  for (const text of spokenBy.get(face) ?? []) {
    for (const [, literal] of text.matchAll(/["']([\w.-]+)["']/g)) exact.add(literal!);
    // `worded("status", word)`: any word the server has, as far as there is a text for it.
    for (const [, prefix] of text.matchAll(/\b(?:worded|options)\(\s*["']([\w.]+)["']/g)) open.push(new RegExp(`^${prefix!.replaceAll(".", "\\.")}\\.[\\w.-]+$`));
    for (const [, literal] of text.matchAll(/`([\w.-]*(?:\$\{[^}]*\}[\w.-]*)+|[\w.-]+)`/g)) {
      const parts = literal!.split(/\$\{[^}]*\}/);
      if (parts.length === 1) exact.add(literal!);
      // A template that is all hole could be anything, so it proves nothing.
      else if (parts[0]!.length > 1) open.push(new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join("[\\w.-]+")}$`));
    }
  }
  return { exact, open };
}

test("there are dictionaries at all", () => expect(faces).toContain("ui"));

describe.each(faces)("%s", (face) => {
  const english = read(face, "en") ?? {};
  const keys = Object.keys(english);
  const identical = (read(face, "identical") ?? {}) as Record<string, string>;

  test("every text is said somewhere", () => {
    const { exact, open } = spoken(face);
    expect(keys.filter((key) => !exact.has(key) && !open.some((pattern) => pattern.test(key)))).toEqual([]);
  });

  test("every t(...) has its text", () => {
    const wanted = (spokenBy.get(face) ?? [])
      .flatMap((text) => [...text.matchAll(/\bt\(\s*["']([^"']+)["']/g)].map((found) => found[1]!));
    expect([...new Set(wanted)].filter((key) => !keys.includes(key))).toEqual([]);
  });

  test("each allowed sameness has a reason and a text", () => {
    const all = new Set(Object.values(english).flatMap(forms));
    expect(Object.entries(identical).filter(([text, why]) => !all.has(text) || why.length < 5)).toEqual([]);
  });

  describe.each(LANGUAGES)("%s", (language: Language) => {
    const own = read(face, language) ?? {};

    test("has exactly the English keys", () => expect(Object.keys(own).sort()).toEqual([...keys].sort()));

    test("has the same placeholders", () => {
      const wrong = keys.filter((key) => {
        const wanted = placeholders(forms(english[key]!).join(" "));
        // A form for exactly one or two may say the number in words.
        const mild = (form: string): string[] => [...new Set([...placeholders(form), "{count}"])].sort();
        const plural = typeof own[key] === "object";
        return forms(own[key] ?? "").some((form) => String(plural ? mild(form) : placeholders(form)) !== String(plural ? [...new Set([...wanted, "{count}"])].sort() : wanted));
      });
      expect(wrong).toEqual([]);
    });

    test("has every plural category, and plurals where English has", () => {
      const categories = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
      const wrong = keys.filter((key) => {
        const entry = own[key];
        return typeof english[key] === "object" ? typeof entry !== "object" || String(Object.keys(entry).sort()) !== String(categories) : typeof entry !== "string";
      });
      expect(wrong).toEqual([]);
    });

    test("has no empty text", () => expect(keys.filter((key) => forms(own[key] ?? "").some((form) => !form.trim()))).toEqual([]));

    test.skipIf(language === "en")("is not left in English", () => {
      const same = keys.filter((key) => {
        const before = forms(english[key]!);
        return forms(own[key] ?? "").some((form) => words(form) !== "" && before.includes(form) && !(form in identical));
      });
      expect(same).toEqual([]);
    });
  });
});
