import { describe, expect, it } from "vitest";
import { call, leg, transfer } from "./samples";
import { mishap, sight } from "./transfers";

const between = (state: string, more = {}) => {
  const current = transfer(state, more);
  return { current, of: call({ transfer: current, legs: [leg("leg_c", "cust_1", "customer"), leg("leg_1", "rep_1", "rep"), leg("leg_2", "rep_2", "rep")] }) };
};
const seen = (state: string, me: string, more = {}) => {
  const { current, of } = between(state, more);
  return sight(of, current, me);
};

describe("the transferring rep", () => {
  it.each([
    ["waiting", "transfer.waiting", ["abort"]],
    ["ringing", "transfer.ringing", ["abort"]],
    ["connecting", "transfer.connecting", ["abort"]],
    ["consulting", "transfer.consulting", ["complete", "swap", "abort"]],
    ["swapped", "transfer.swapped", ["complete", "swap", "abort"]],
  ])("%s", (state, says, steps) => expect(seen(state, "rep_1")).toMatchObject({ side: "from", says, steps, targetId: "rep_2" }));

  it("has nothing to decide once it is over", () => expect(seen("completed", "rep_1").steps).toEqual([]));
  it("waits for the queue to find somebody", () => {
    expect(seen("waiting", "rep_1", { target_rep_id: null, target_leg_id: null }).targetId).toBeNull();
  });
});

describe("everybody else", () => {
  it("the target is told what goes on and decides nothing", () => {
    expect(seen("consulting", "rep_2")).toMatchObject({ side: "target", says: "transfer.consulting.target", steps: [], fromId: "rep_1" });
    expect(seen("swapped", "rep_2").says).toBe("transfer.swapped.target");
    expect(seen("connecting", "rep_2").says).toBe("transfer.joining.target");
  });
  it("a third rep sees that it happens", () => expect(seen("consulting", "rep_3")).toMatchObject({ side: "other", says: "transfer.other", steps: [] }));
  it("a supervisor may decide in the rep's place", () => {
    const { current, of } = between("consulting");
    expect(sight(of, current, "rep_9", true).steps).toEqual(["complete", "swap", "abort"]);
  });
});

it("tells mishaps from what went as wished", () => {
  expect(["declined", "timed_out", "failed", "cancelled"].map(mishap)).toEqual(["declined", "timed_out", "failed", "cancelled"]);
  expect(["completed", "aborted", "ringing"].map(mishap)).toEqual([null, null, null]);
});
