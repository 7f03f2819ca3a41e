import { describe, expect, it } from "vitest";
import { CUSTOMER, ME, MINE, call, leg } from "./samples";
import { endWords, legReason } from "./words";

describe("why a call is over", () => {
  it.each([
    ["declined", "end.declined", true],
    ["no_answer", "end.no_answer", true],
    ["customer_left", "end.customer_left", false],
    ["customer_lost", "end.customer_lost", true],
    ["something_new", "end.other", false],
  ])("%s", (end_reason, key, again) => expect(endWords(call({ state: "ended", end_reason }), ME)).toEqual({ key, again }));

  it.each([
    ["transferred", "transferred.completed"],
    ["removed", "end.removed"],
    ["rep_lost", "end.rep_lost"],
    ["rep_left", "end.handed_over"],
  ])("for one of several, %s", (reason, key) => {
    expect(endWords(call({ legs: [CUSTOMER, { ...MINE, state: "left", reason }, leg("leg_2", "rep_2", "rep")] }), ME).key).toBe(key);
  });

  it("goes by the last part of somebody who was in it twice", () => {
    const legs = [CUSTOMER, { ...MINE, state: "left", reason: "transferred" }, { ...MINE, id: "leg_3", state: "left", reason: "removed" }];
    expect(endWords(call({ legs }), ME).key).toBe("end.removed");
  });
});

it("says what makes a connection bad, by the figure that is out of bounds", () => {
  expect(legReason(null)).toBeNull();
  expect(legReason({ level: "good", rtt_ms: 20, loss_percent: 0 })).toBeNull();
  expect(legReason({ level: "fair", rtt_ms: 20, loss_percent: 5 })).toBe("loss");
  expect(legReason({ level: "fair", rtt_ms: 500, loss_percent: 1 })).toBe("late");
  expect(legReason({ level: "poor", rtt_ms: 900, loss_percent: 12 })).toBe("loss");
});
