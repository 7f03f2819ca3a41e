import { afterEach, describe, expect, test, vi } from "vitest";
import { LANGUAGES, dir, direction, fill, language, locale, onLocale, setLocale, texts } from "./texts";
import { percent } from "./formats";
import { match } from "./locale";

const english = { hello: "Hello {name}", gap: "Only here", place: { one: "{count} person before you", other: "{count} people before you" } };
const polish = { hello: "Dzień dobry, {name}", place: { one: "{count} osoba", few: "{count} osoby", many: "{count} osób", other: "{count} osoby" } };
const none = () => Promise.resolve({});
const loaders = { de: none, pl: () => Promise.resolve({ default: polish }), ro: none, el: none, "pt-BR": none };

afterEach(() => setLocale("en"));

test.each([
  [["de-AT"], "de", "de-AT", "ltr"],
  [["fr", "pl-PL"], "pl", "pl-PL", "ltr"],
  [["pt"], "pt-BR", "pt", "ltr"],
  [["pt-BR"], "pt-BR", "pt-BR", "ltr"],
  [["ar-EG", "en"], "en", "en", "rtl"],
  [["he"], "en", "en", "rtl"],
  [["en-GB", "ar"], "en", "en-GB", "ltr"],
  [["not a tag", "ro-MD"], "ro", "ro-MD", "ltr"],
  [["zu"], "en", "en", "ltr"],
  [[], "en", "en", "ltr"],
])("%j is served by %s", (wanted, language, tag, direction) => expect(match(wanted)).toEqual({ language, tag, direction }));

test("which way a language runs", () => expect(["ar", "he-IL", "fa", "ur-PK", "de", "nonsense!"].map(dir)).toEqual(["rtl", "rtl", "rtl", "rtl", "ltr", "ltr"]));

test("auto follows the browser, and a direction can be forced", async () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["el-GR"]);
  await setLocale("auto");
  expect([language(), locale().tag, direction()]).toEqual(["el", "el-GR", "ltr"]);
  await setLocale("de", "rtl");
  expect([language(), direction()]).toEqual(["de", "rtl"]);
  vi.restoreAllMocks();
});

describe("a translator", () => {
  const t = texts(loaders, english);

  test("fills placeholders and leaves unknown ones standing", () => {
    expect(t("hello", { name: "Ada" })).toBe("Hello Ada");
    expect(t("hello")).toBe("Hello {name}");
    // What a person typed is not looked through again.
    expect(t("hello", { name: "{name}" })).toBe("Hello {name}");
  });

  test("chooses the plural of its language and writes numbers as its locale", async () => {
    expect([1, 2].map((count) => t("place", { count }))).toEqual(["1 person before you", "2 people before you"]);
    await setLocale("pl");
    expect([1, 3, 5, 12_000].map((count) => t("place", { count }))).toEqual(["1 osoba", "3 osoby", "5 osób", "12\u00a0000 osób"]);
  });

  test("falls to English, plurals by English rules, where a language has a gap", async () => {
    await setLocale("de");
    expect([t("gap"), t("place", { count: 1 })]).toEqual(["Only here", "1 person before you"]);
  });

  test("tells when texts arrive, and stays English when they cannot be had", async () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue();
    let told = 0;
    const stop = onLocale(() => told++);
    const broken = texts({ ...loaders, ro: () => Promise.reject(new Error("offline")) }, english);
    await setLocale("ro");
    expect([broken("gap"), warned.mock.calls.length, told > 0]).toEqual(["Only here", 1, true]);
    stop();
    vi.restoreAllMocks();
  });

  test("fetches for itself when it came after the locale was set", async () => {
    await setLocale("pl");
    const late = texts(loaders, english);
    const arrived = new Promise<void>((resolve) => onLocale(resolve));
    expect(late("hello", { name: "Ada" })).toBe("Hello Ada");
    await arrived;
    expect(late("hello", { name: "Ada" })).toBe("Dzień dobry, Ada");
  });
});

test("English on a page from right to left keeps its full stop", async () => {
  await setLocale("ar");
  expect(texts(loaders, english)("hello", { name: "Ada" })).toBe("\u2066Hello Ada\u2069");
  expect(percent(0.5)).toBe("\u206650%\u2069");
  await setLocale("de");
  expect(percent(0.5)).toBe("50\u00a0%");
});

test("an entry without a count is its general form", () => expect(fill({ one: "one", other: "many" }, {}, "en")).toBe("many"));
test("six languages", () => expect(LANGUAGES).toHaveLength(6));
