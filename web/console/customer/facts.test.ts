import { expect, test } from "vitest";
import type { Entry } from "../../protocol";
import { allowances, others, pageOf, zoneOf } from "./facts";
import type { Consent, Customer } from "./shopper";

const customer = (signed: Record<string, unknown>, said: Record<string, unknown>): Customer => ({ attributes: signed, unverified_attributes: said }) as unknown as Customer;

test("the page is named by its title, else by its path", () => {
  expect(pageOf(customer({}, { page_url: "https://shop.example/kettles/1", page_title: "<i>Kettle</i>" }))).toEqual({ title: "<i>Kettle</i>", url: "https://shop.example/kettles/1" });
  expect(pageOf(customer({}, { page_url: "https://shop.example/kettles/1" }))?.title).toBe("/kettles/1");
  expect(pageOf(customer({}, { page_url: "nonsense" }))?.title).toBe("nonsense");
  expect(pageOf(customer({}, { page_title: 7 }))).toBeNull();
});

test("a zone counts where it is one", () => {
  expect(zoneOf(customer({ timezone: "Europe/Lisbon" }, { page_timezone: "Asia/Tokyo" }))).toBe("Europe/Lisbon");
  expect(zoneOf(customer({}, { page_timezone: "Moon/Crater" }))).toBeNull();
  expect(zoneOf(customer({}, {}))).toBeNull();
});

test("other attributes are read, whatever they are", () => {
  expect(others({ page_url: "x", page_loyalty_level: "gold", points: 3, nested: { a: 1 } })).toEqual([
    ["loyalty level", "gold"],
    ["points", "3"],
    ["nested", '{"a":1}'],
  ]);
});

test("the last word on each purpose counts, in this conversation and for good", () => {
  const now = Date.parse("2026-01-02T00:00:00Z");
  const row = (purpose: string, action: string, at: string, expires_at: string | null = null, conversation_id: string | null = "conv_1") => ({ purpose, action, at, expires_at, conversation_id }) as Consent;
  const entry = (type: string, purpose: string, at: string) => ({ type, at, data: { purpose } }) as unknown as Entry;
  const ledger = [
    row("cart_view", "revoked", "2026-01-01T12:00:00Z"),
    row("cart_view", "granted", "2026-01-01T11:00:00Z"),
    row("recording", "granted", "2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"),
    row("marketing", "granted", "2026-01-01T10:00:00Z", null, null),
    row("cart_edit", "granted", "2026-01-01T10:00:00Z", null, "conv_2"),
  ];
  const asked = [entry("consent.asked", "marketing", "2026-01-01T13:00:00Z"), entry("consent.asked", "place_order", "2026-01-01T13:00:00Z"), entry("consent.refused", "place_order", "2026-01-01T13:01:00Z"), entry("consent.asked", "cart_view", "2026-01-01T11:30:00Z")];
  expect(allowances(ledger, asked, "conv_1", now).map((each) => [each.purpose, each.state])).toEqual([
    ["recording", "expired"],
    ["marketing", "granted"],
    ["cart_view", "revoked"],
    ["place_order", "refused"],
  ]);
});
