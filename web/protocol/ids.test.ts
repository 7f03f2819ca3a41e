import { expect, test } from "vitest";
import { newId } from "./ids";

test("an id has its prefix and 26 digits, and sorts by time", () => {
  expect(newId("msg")).toMatch(/^msg_[0-9A-HJKMNP-TV-Z]{26}$/);
  expect(newId("msg", 1000) < newId("msg", 2000)).toBe(true);
  expect(newId("msg", 0).slice(4, 14)).toBe("0000000000");
});

test("two ids of one moment differ", () => {
  expect(newId("op", 5)).not.toBe(newId("op", 5));
});
