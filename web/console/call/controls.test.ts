import { describe, expect, it } from "vitest";
import type { Call } from "../../protocol";
import { controls } from "./controls";
import { CUSTOMER, ME, MINE, call, leg, transfer } from "./samples";

describe("how a call stands", () => {
  const cases: [string, Partial<Call>][] = [
    ["ringing", { state: "ringing" }],
    ["joining", { state: "connecting", legs: [CUSTOMER, { ...MINE, state: "joining" }] }],
    ["customer_joining", { state: "connecting", legs: [{ ...CUSTOMER, state: "joining" }, MINE] }],
    ["talking", {}],
    ["on_hold", { state: "held" }],
    ["customer_away", { state: "reconnecting", legs: [{ ...CUSTOMER, state: "away" }, MINE] }],
    ["rep_away", { state: "reconnecting", legs: [CUSTOMER, { ...MINE, state: "away" }] }],
    ["transferring", { state: "held", transfer: transfer("ringing") }],
    ["consulting", { state: "held", transfer: transfer("consulting") }],
    ["swapped", { state: "active", transfer: transfer("swapped") }],
    ["i_wait", { state: "active", transfer: transfer("swapped"), legs: [CUSTOMER, { ...MINE, held: true }] }],
    ["listening", { legs: [CUSTOMER, leg("leg_s", ME, "supervisor", { supervising: "monitor" })] }],
    ["whispering", { legs: [CUSTOMER, leg("leg_s", ME, "supervisor", { supervising: "whisper" })] }],
    ["barging", { legs: [CUSTOMER, leg("leg_s", ME, "supervisor", { supervising: "barge" })] }],
    ["ended", { state: "ended" }],
  ];
  it.each(cases)("%s", (standing, more) => expect(controls(call(more), ME).standing).toBe(standing));
});

describe("what can be done", () => {
  it("offers everything in a call that runs, recording only with consent", () => {
    const { can } = controls(call(), ME);
    expect(can).toMatchObject({ mute: true, camera: true, screen: true, hold: true, resume: "absent", transfer: true, add: true, record: "no_consent", stop_recording: "absent", hang_up: true });
    expect(controls(call(), ME, true).can.record).toBe(true);
  });
  it("turns hold into resume", () => {
    expect(controls(call({ state: "held" }), ME).can).toMatchObject({ hold: "absent", resume: true, transfer: true, add: true });
  });
  it("leaves hold, another transfer and a third person alone during a transfer", () => {
    const { can } = controls(call({ state: "held", transfer: transfer("ringing") }), ME);
    expect(can).toMatchObject({ hold: "transfer", resume: "absent", transfer: "transfer", add: "transfer", hang_up: true, mute: true });
  });
  it("does not count a transfer that is over", () => {
    expect(controls(call({ transfer: transfer("declined") }), ME).can.transfer).toBe(true);
  });
  it("waits for a call that connects or comes back, except for mute and hanging up", () => {
    expect(controls(call({ state: "connecting" }), ME).can).toMatchObject({ hold: "connecting", transfer: "connecting", mute: true, hang_up: true, screen: "connecting" });
    expect(controls(call({ state: "reconnecting" }), ME).can).toMatchObject({ hold: "reconnecting", add: "reconnecting", camera: true });
    const sharing = call({ state: "reconnecting", legs: [CUSTOMER, { ...MINE, screen: true }] });
    expect(controls(sharing, ME).can.screen, "a shared screen can always be taken back").toBe(true);
  });
  it("offers to stop a recording that runs", () => {
    expect(controls(call({ recording: { id: "rec_1", paused: false } }), ME, true).can).toMatchObject({ record: "absent", stop_recording: true });
  });
  it("lets a call be left before anybody has answered, and nothing else", () => {
    const { can } = controls(call({ state: "ringing", requested_by: ME, legs: [{ ...CUSTOMER, state: "ringing" }, { ...MINE, state: "joining" }] }), ME);
    expect(Object.entries(can).filter(([, allowed]) => allowed !== "absent")).toEqual([["hang_up", true]]);
  });
  it("lets who only listens leave, and who is heard mute themselves", () => {
    const as = (supervising: string) => controls(call({ legs: [CUSTOMER, leg("leg_s", ME, "supervisor", { supervising })] }), ME).can;
    expect(as("monitor")).toMatchObject({ hang_up: true, mute: "absent", hold: "absent" });
    expect(as("whisper")).toMatchObject({ hang_up: true, mute: true, hold: "absent" });
  });
  it("knows when a conference is full", () => {
    const legs = [CUSTOMER, MINE, ...[2, 3, 4, 5, 6].map((each) => leg(`leg_${each}`, `rep_${each}`, "rep"))];
    expect(controls(call({ legs }), ME).can.add).toBe("full");
    const left = legs.map((each) => (each.id === "leg_6" ? { ...each, state: "left" } : each));
    expect(controls(call({ legs: left }), ME).can.add).toBe(true);
  });
  it("offers nothing to who is not in it", () => {
    expect(new Set(Object.values(controls(call(), "rep_9").can))).toEqual(new Set(["absent"]));
  });
});
