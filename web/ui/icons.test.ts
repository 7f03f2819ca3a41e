/** Every picture that a template names is there: a wrong name would show nothing, and so would a desk's picture in the widget. */
import { expect, test } from "vitest";
import { icons } from "./icons";
import { desk } from "./icons-desk";
import { more } from "./icons-more";

const sources = import.meta.glob<string>(["../{ui,widget,console,shop,call}/**/*.ts", "!../**/*.test.ts"], { eager: true, query: "?raw", import: "default" });

const named = (text: string): string[] =>
  [...text.matchAll(/(?:<tresen-ui-icon[^>]*\sname=|\sicon(?:-end)?=)(?:"([\w-]+)"|\$\{([^}]*)\})/g)].flatMap(([, plain, code]) =>
    // In `${muted ? "mic-off" : "mic"}` every literal after the question is a name.
    plain ? [plain] : [...(code ?? "").matchAll(/[?:]\s*"([\w-]+)"/g)].map((found) => found[1]!),
  );

/** Wherever they stand in the widget: names that are nothing but a picture's. */
const hyphened = (text: string): string[] => [...text.matchAll(/"([a-z0-9]+(?:-[a-z0-9]+)+)"/g)].map((found) => found[1]!).filter((name) => name in desk);

test.each(Object.entries(sources).filter(([, text]) => named(text).length || hyphened(text).length))("%s", (path, text) => {
  const known = new Set<string>([...Object.keys(icons), ...Object.keys(more), ...(path.startsWith("../widget/") ? [] : Object.keys(desk))]);
  const wanted = path.startsWith("../widget/") ? [...named(text), ...hyphened(text)] : named(text);
  expect(wanted.filter((name) => !known.has(name))).toEqual([]);
  // The parts and the open widget come without them; who shows one has to bring it.
  if (/^\.\.\/widget|^\.\/|^\.\.\/ui/.test(path) && !/icons-(more|desk)"/.test(text)) expect(named(text.replace(/\/\*[^]*?\*\//g, "")).filter((name) => name in more)).toEqual([]);
});

test("no picture is in two sets", () => expect([...Object.keys(icons), ...Object.keys(more), ...Object.keys(desk)].filter((name, at, all) => all.indexOf(name) !== at)).toEqual([]));
test("pictures are pictures", () => expect(Object.values({ ...icons, ...more, ...desk }).filter((svg) => !/<svg[^>]*viewBox="0 0 24 24"[^>]*>[^]*<\/svg>/.test(svg))).toEqual([]));
