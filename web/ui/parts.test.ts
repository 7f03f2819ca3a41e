/** The decisions inside the parts that need no browser: names, keys, addresses. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { colourOf, initials } from "./avatar";
import { ariaKeys, combination, keyCaps, pressed } from "./keys";
import { link, picture } from "./url";

describe("a name", () => {
  test.each([
    ["Rita Sommer", "RS"],
    ["  ada  ", "A"],
    ["Maria da Conceição Oliveira", "MO"],
    ["𝒜da 🎉", "𝒜🎉"],
    ["", ""],
  ])("%j is shown as %j", (name, shown) => expect(initials(name)).toBe(shown));

  test("keeps its colour, and names spread over all six", () => {
    const names = Array.from({ length: 200 }, (_, at) => `Customer ${at}`);
    expect(names.map(colourOf)).toEqual(names.map(colourOf));
    expect([...new Set(names.map(colourOf))].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("an address from data", () => {
  test.each(["https://shop.example/a.png", "http://shop.example/", "/local"])("%s may be a link", (address) => expect(link(address)).toMatch(/^https?:/));
  test.each(["javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "blob:https://shop.example/1", "vbscript:x", "", null, undefined])("%j may not", (address) =>
    expect(link(address)).toBeUndefined(),
  );
  test("a picture may be one the browser holds", () => expect(picture("blob:https://shop.example/1")).toBe("blob:https://shop.example/1"));
  test("a picture may not be data", () => expect(picture("data:image/svg+xml,<svg onload=alert(1)>")).toBeUndefined());
});

describe("keys", () => {
  afterEach(() => vi.restoreAllMocks());
  const key = (name: string, init: KeyboardEventInit = {}): KeyboardEvent => new KeyboardEvent("keydown", { key: name, ...init });
  const on = (platform: string): void => void vi.spyOn(navigator, "platform", "get").mockReturnValue(platform);

  test.each<[string, KeyboardEvent, boolean]>([
    ["m", key("m"), true],
    ["m", key("M", { shiftKey: true }), false],
    ["shift+m", key("M", { shiftKey: true }), true],
    ["m", key("m", { ctrlKey: true }), false],
    ["mod+k", key("k", { ctrlKey: true }), true],
    ["mod+k", key("k", { metaKey: true }), false],
    ["?", key("?", { shiftKey: true }), true],
    ["+", key("+"), true],
    ["alt+1", key("1", { altKey: true }), true],
    ["arrowdown", key("ArrowDown"), true],
    ["space", key(" "), true],
    // Greek and Cyrillic layouts: the key in the place of J.
    ["j", key("ξ", { code: "KeyJ" }), true],
    // Dvorak: what is printed on the key counts, not its place.
    ["j", key("h", { code: "KeyJ" }), false],
  ])("%s", (text, event, hit) => {
    on("Linux x86_64");
    expect(pressed(event, combination(text))).toBe(hit);
  });

  test("are shown as the machine names them", () => {
    on("Linux x86_64");
    expect([keyCaps("mod+shift+k"), keyCaps("escape"), ariaKeys("mod+k"), ariaKeys("h")]).toEqual([["Ctrl", "Shift", "K"], ["Esc"], "Control+K", "H"]);
    on("MacIntel");
    expect([keyCaps("mod+k"), ariaKeys("mod+k")]).toEqual([["⌘", "K"], "Meta+K"]);
    expect(pressed(key("k", { metaKey: true }), combination("mod+k"))).toBe(true);
  });
});
