/** Every pair of text and ground, control and ground that the parts use, measured in both schemes. */
import { describe, expect, test } from "vitest";
import { GROUNDS, accentOf } from "./accent";
import { contrast, hex, mix, type Rgb } from "./contrast";
import source from "./tokens.css?raw";
import { forHost } from "./tokens";

const css = source.replace(/\/\*[^]*?\*\//g, "");
const root = css.slice(css.indexOf("{", css.indexOf(":root {")) + 1, css.indexOf("}"));
const tokens = [...root.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!] as const);

/** Both arguments of every `light-dark()` in a value; their own brackets hold none. */
const BOTH = /light-dark\(((?:[^(),]|\([^()]*\))+), ((?:[^(),]|\([^()]*\))+)\)/g;
const scheme = (argument: "$1" | "$2"): Record<string, string> => Object.fromEntries(tokens.map(([name, value]) => [name, value.replace(BOTH, argument)]));
const [light, dark] = [scheme("$1"), scheme("$2")];
const schemes = { light, dark };

/** A token's colour, through `var()` and its fallback; `on` is what shows through where it is translucent. */
function colour(scheme: Record<string, string>, name: string, on: Rgb = [0, 0, 0]): Rgb {
  const value = scheme[name] ?? "";
  const reference = /^var\((--[\w-]+)(?:,\s*(.+))?\)$/.exec(value);
  if (reference) return scheme[reference[1]!] ? colour(scheme, reference[1]!, on) : hex(reference[2]!)!;
  const through = /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(value);
  if (through) return mix(on, through.slice(1, 4).map(Number) as unknown as Rgb, Number(through[4]) / 100);
  const found = hex(value);
  if (!found) throw new Error(`${name} is no colour: ${value}`);
  return found;
}

const GROUND = ["--paper", "--raised", "--sunken"];
const TINTS = ["success", "warning", "danger"];
const text: [string, string][] = [
  ...["--ink", "--grey-text", "--accent-text", "--success", "--warning", "--danger"].flatMap((ink) => GROUND.map((ground): [string, string] => [ink, ground])),
  ...TINTS.flatMap((tone): [string, string][] => [[`--${tone}`, `--${tone}-ground`], ["--ink", `--${tone}-ground`], ["--grey-text", `--${tone}-ground`]]),
  ["--accent-text", "--accent-ground"],
  ["--ink", "--accent-ground"],
  ["--grey-text", "--accent-ground"],
  ["--on-accent", "--accent"],
  ["--on-danger", "--danger"],
  ["--on-hang-up", "--hang-up"],
  ["--on-bubble-own", "--bubble-own"],
  ["--on-bubble-other", "--bubble-other"],
  ["--grey-text", "--bubble-own"],
  ["--grey-text", "--bubble-other"],
  ["--on-stage", "--stage"],
  ["--on-stage-quiet", "--stage"],
  ["--on-stage", "--stage-control"],
  ["--stage", "--on-stage"],
  ...[1, 2, 3, 4, 5, 6].map((at): [string, string] => [`--on-person-${at}`, `--person-${at}`]),
];
const controls: [string, string][] = [
  ...["--grey-control", "--focus", "--accent", "--online", "--away", "--danger", "--chart-1", "--chart-2", "--chart-3", "--chart-4"].flatMap((part) =>
    GROUND.map((ground): [string, string] => [part, ground]),
  ),
  ["--hang-up", "--stage"],
  ["--on-stage", "--stage-control"],
  ["--focus", "--accent-ground"],
];

describe.each(["light", "dark"] as const)("%s", (name) => {
  const scheme = schemes[name];
  const ratio = ([one, other]: [string, string]): number => contrast(colour(scheme, one, colour(scheme, other)), colour(scheme, other));
  const failing = (pairs: [string, string][], least: number): string[] =>
    pairs.filter((pair) => ratio(pair) < least).map((pair) => `${pair.join(" on ")}: ${ratio(pair).toFixed(2)}`);

  test("text can be read", () => expect(failing(text, 4.5)).toEqual([]));
  test("controls can be seen", () => expect(failing(controls, 3)).toEqual([]));
  test("text on what the pointer is over can be read", () => {
    const weak = GROUND.flatMap((ground) => ["--ink", "--grey-text"].map((ink) => [ink, ground, contrast(colour(scheme, ink), colour(scheme, "--hover", colour(scheme, ground)))] as const));
    expect(weak.filter(([, , value]) => value < 4.5)).toEqual([]);
  });
});

test("every colour that differs by scheme says both", () => {
  expect(Object.values({ ...light, ...dark }).filter((value) => value.includes("light-dark("))).toEqual([]);
  expect(dark["--paper"]).not.toBe(light["--paper"]);
});
test("scroll bars are drawn in a control's colour, on the ground they lie on", () =>
  expect(css).toMatch(/:root \{[^}]*scrollbar-color: var\(--grey-control\) transparent;/));
test("the accent is checked against the hardest grounds of both schemes", () => expect(GROUNDS).toEqual({ light: light["--sunken"], dark: dark["--raised"] }));

test("a shadow root gets the same, in pixels", () => {
  const host = forHost(source);
  expect(host).not.toMatch(/:root|rem\b|\/\*/);
  expect(host).toContain(':host([data-scheme="light"])');
  expect(host).toContain(':host([data-scheme="dark"])');
  expect(host).toContain("--text-13: 13px");
});

describe("a shop's accent", () => {
  test("stays as it is where it can be seen", () => expect(accentOf("#0b6b5d")?.light.accent).toBe("#0b6b5d"));
  test.each(["#ffff00", "#ffffff", "#000000", "#808080", "#f36", "#0000ff", "#00ff88"])("%s can be seen and read on", (own) => {
    for (const [scheme, ground] of Object.entries(GROUNDS)) {
      const shown = accentOf(own)![scheme as "light" | "dark"];
      expect(contrast(hex(shown.accent)!, hex(ground)!)).toBeGreaterThanOrEqual(3);
      expect(contrast(hex(shown.text)!, hex(ground)!)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(hex(shown.text)!, hex(shown.ground)!)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(hex(shown.on)!, hex(shown.accent)!)).toBeGreaterThanOrEqual(4.5);
    }
  });
  test.each(["red", "url(x)", "#12", "rgb(1,2,3)", "", "#0b6b5d;background:url(x)"])("%j is no colour", (own) => expect(accentOf(own)).toBeNull());
});
