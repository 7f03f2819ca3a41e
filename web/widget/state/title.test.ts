/** The count before the page's title. */
import { beforeEach, expect, test, vi } from "vitest";
import { Observable } from "../../protocol";
import type { App } from "../app";
import { countInTitle, shopsTitle } from "./title";

class Unread extends Observable {
  unread = 0;
  /** Told as everything observable is: in a moment, once. */
  async has(unread: number): Promise<void> {
    this.unread = unread;
    this.changed();
    await Promise.resolve();
  }
}

const seen = vi.spyOn(document, "visibilityState", "get");
const looks = (state: DocumentVisibilityState): void => {
  seen.mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
};

beforeEach(() => {
  looks("visible");
  document.title = "Kettles";
});

test("counts while nobody looks, and leaves the shop's title as it was", async () => {
  const app = new Unread();
  countInTitle(app as unknown as App);
  await app.has(1);
  expect(document.title).toBe("Kettles");
  looks("hidden");
  expect(document.title).toBe("(1) Kettles");
  await app.has(2);
  expect([document.title, shopsTitle()]).toEqual(["(2) Kettles", "Kettles"]);
  looks("visible");
  expect(document.title).toBe("Kettles");
});

test("a title that the shop changes meanwhile is the shop's, also one that looks counted", async () => {
  const app = new Unread();
  countInTitle(app as unknown as App);
  looks("hidden");
  await app.has(1);
  document.title = "(3) Mugs";
  expect(shopsTitle()).toBe("(3) Mugs");
  await app.has(2);
  expect(document.title).toBe("(2) (3) Mugs");
  looks("visible");
  expect(document.title).toBe("(3) Mugs");
});
