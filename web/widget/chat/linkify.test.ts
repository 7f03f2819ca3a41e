/** Addresses become links, and nothing else does. */
import { describe, expect, test } from "vitest";
import { linkify } from "./linkify";

const links = (text: string): (string | undefined)[] => linkify(text).filter((part) => part.href).map((part) => part.href);

describe("linkify", () => {
  test.each([
    ["See https://shop.example/tea?x=1#a.", ["https://shop.example/tea?x=1#a"]],
    ["(https://shop.example/a_(b))", ["https://shop.example/a_(b)"]],
    ["http://one.example, https://two.example!", ["http://one.example/", "https://two.example/"]],
    ["www.shop.example/ä", ["https://www.shop.example/%C3%A4"]],
    ["HTTPS://Shop.Example", ["https://shop.example/"]],
    ["https://", []],
    ["javascript:alert(1)", []],
    ["data:text/html,<script>alert(1)</script>", []],
    ["xhttps://shop.example", []],
    ["https://shop.example@evil.example/", []],
    ["ftp://shop.example file:///etc/passwd", []],
    [`https://shop.example/"><img src=x onerror=alert(1)>`, ["https://shop.example/"]],
    ["https://shop.example/\u202egnp.exe", ["https://shop.example/"]],
    [`https://shop.example/${"a".repeat(3000)}`, []],
  ])("%s", (text, wanted) => expect(links(text)).toEqual(wanted));

  test.each(["", "no link", "a https://b.example c", "<b>https://b.example</b>", "https://a.example https://b.example"])("keeps every character of %j", (text) => {
    expect(linkify(text).map((part) => part.text).join("")).toBe(text);
  });
});
