import { expect, test, vi } from "vitest";
import type { ConversationLog } from "./conversation";
import { Followed, type Told } from "./followed";
import type { Entry } from "./link";
import { Problem } from "./problem";

/** Reads are answered by hand, in the order they were begun. */
function followed(told: (entry: Entry) => Told<number> = () => "stale") {
  const answers: { resolve: (value: number | null) => void; reject: (problem: Problem) => void }[] = [];
  const read = vi.fn(() => new Promise<number | null>((resolve, reject) => answers.push({ resolve, reject })));
  let hear: (entry: Entry) => void = () => undefined;
  const log = { onEntry: (listener: (entry: Entry) => void) => ((hear = listener), () => undefined) } as unknown as ConversationLog;
  const made = new Followed<number>(log, told, read);
  made.open();
  return { made, answers, read, hear: (type = "x.y") => hear({ type } as Entry) };
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("what changes while it is read is read once more, and only once", async () => {
  const { made, answers, read, hear } = followed();
  hear();
  hear();
  expect(read).toHaveBeenCalledTimes(1);
  answers[0]!.resolve(1);
  await settle();
  expect(read).toHaveBeenCalledTimes(2);
  answers[1]!.resolve(2);
  await settle();
  expect(made.value).toBe(2);
  expect(read).toHaveBeenCalledTimes(2);
});

test("what an entry brings is taken without asking, but not past a read under way", async () => {
  const { made, answers, read, hear } = followed(() => ({ now: 7 }));
  hear();
  answers[0]!.resolve(1);
  await settle();
  answers[1]!.resolve(8);
  await settle();
  expect(made.value).toBe(8);
  hear();
  expect(made.value).toBe(7);
  expect(read).toHaveBeenCalledTimes(2);
});

test("what may not be seen is null, and another refusal leaves what was known", async () => {
  const { made, answers, hear } = followed();
  answers[0]!.resolve(1);
  await settle();
  hear();
  answers[1]!.reject(new Problem({ status: 503, code: "unavailable", detail: "Not now." }));
  await settle();
  expect([made.value, made.problem?.code]).toEqual([1, "unavailable"]);
  hear();
  answers[2]!.reject(new Problem({ status: 403, code: "cart_view", detail: "Not shown." }));
  await settle();
  expect(made.value).toBeNull();
});
