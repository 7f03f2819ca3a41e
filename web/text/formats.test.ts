import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { ago, clock, compact, dayHeading, duration, exponent, fileSize, languageName, list, money, percent, stopwatch, wait } from "./formats";
import { setLocale } from "./texts";

afterEach(() => setLocale("en"));
/** Intl's spaces are of several kinds; which one is not the point. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f\u2009]/g, " ");

test("exponents are those of the server, for every currency it knows", () => {
  const currencies = readFileSync(`${import.meta.dirname}/../../signalling/commerce/currencies.py`, "utf8");
  const groups = [...currencies.matchAll(/^ {4}(\d): \(?([^:}]*?)\)?,$/gms)];
  const known = groups.flatMap(([, digits, codes]) => [...codes!.matchAll(/\b[A-Z]{3}\b/g)].map(([code]) => [code, Number(digits)] as const));
  expect(known.length).toBeGreaterThan(160);
  expect(known.filter(([code, digits]) => exponent(code) !== digits)).toEqual([]);
});

test.each([
  ["en-US", { amount: 5900, currency: "EUR" }, "€59.00"],
  ["de", { amount: 123_456, currency: "EUR" }, "1.234,56 €"],
  ["pt-BR", { amount: 5900, currency: "BRL" }, "R$ 59,00"],
  ["pl", { amount: 5900, currency: "PLN" }, "59,00 zł"],
  ["en", { amount: 5900, currency: "JPY" }, "¥5,900"],
  ["en", { amount: 5900, currency: "KWD" }, "KWD 5.900"],
  ["en", { amount: 5900, currency: "HUF" }, "HUF 59.00"],
])("money in %s", async (tag, amount, shown) => {
  await setLocale(tag);
  expect(plain(money(amount))).toBe(shown);
});

test("money without empty cents, and with its sign", () => {
  expect(money({ amount: 5900, currency: "EUR" }, { whole: true })).toBe("€59");
  expect(money({ amount: 5950, currency: "EUR" }, { whole: true })).toBe("€59.50");
  expect(money({ amount: 500, currency: "EUR" }, { sign: true })).toBe("+€5.00");
});

test("times of day and days", async () => {
  const now = new Date(2026, 2, 11, 14, 5);
  const before = (days: number): Date => new Date(2026, 2, 11 - days, 23, 59);
  await setLocale("en-GB");
  expect([0, 1, 2, 30, 500].map((days) => dayHeading(before(days), now))).toEqual(["Today", "Yesterday", "Monday", "9 February", "27 October 2024"]);
  expect(clock(now)).toBe("14:05");
  await setLocale("de");
  expect([0, 1].map((days) => dayHeading(before(days), now))).toEqual(["Heute", "Gestern"]);
  await setLocale("en-US");
  expect(plain(clock(now))).toBe("2:05 PM");
});

test("how long ago", () => {
  expect([10, 130, 7300, 90_000].map((seconds) => ago(Date.now() - seconds * 1000, Date.now()))).toEqual(["10 seconds ago", "2 minutes ago", "2 hours ago", "yesterday"]);
});

test("lengths of time", async () => {
  expect([0, 45, 180, 7200, 200_000].map((seconds) => duration(seconds))).toEqual(["0 sec", "45 sec", "3 min", "2 hr", "2 days"]);
  expect([5, 61, 240].map(wait)).toEqual(["1 minute", "2 minutes", "4 minutes"]);
  expect([0, 187, 3729].map(stopwatch)).toEqual(["0:00", "3:07", "1:02:09"]);
  await setLocale("pl");
  expect(wait(240)).toBe("4 minuty");
});

test("shares, sizes, lists", async () => {
  expect([percent(0.834), compact(1234), fileSize(0), fileSize(480_000), fileSize(2_400_000)]).toEqual(["83%", "1.2K", "0 bytes", "480 kB", "2.4 MB"]);
  await setLocale("de");
  expect(list(["Anna", "Ben", "Cem"])).toBe("Anna, Ben und Cem");
});

test("languages by name", () => {
  setLocale("de");
  expect(languageName("en")).toBe("Englisch");
  expect(languageName("pl", "pl")).toBe("polski");
  expect(languageName("not a tag")).toBe("not a tag");
});
