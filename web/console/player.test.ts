import { describe, expect, it } from "vitest";
import type { Entry } from "../protocol";
import { Player } from "./player";

const START = Date.parse("2026-03-01T10:00:00Z");
const entries = (...seconds: number[]): Entry[] =>
  seconds.map((second, index) => ({ conversation_id: "c", seq: index + 1, type: "x", at: new Date(START + second * 1000).toISOString(), actor: { kind: "system", id: "system", name: "" }, data: {} }));

/** A clock whose time passes when it is told to. */
function made(...seconds: number[]) {
  const waits: number[] = [];
  let due: (() => void) | null = null;
  const player = new Player({
    after: (ms, then) => {
      waits.push(ms);
      due = then;
      return () => (due = null);
    },
  });
  player.take(entries(...seconds));
  return { player, waits, pass: () => due?.(), waiting: () => due !== null };
}

describe("the player", () => {
  it("begins at the present, and stays there as more comes", () => {
    const { player } = made(0, 1);
    expect([player.count, player.live]).toEqual([2, true]);
    player.take(entries(0, 1, 2));
    expect(player.count).toBe(3);
  });

  it("stays where somebody looks back, while more comes", () => {
    const { player } = made(0, 1, 2);
    player.step(-2);
    player.take(entries(0, 1, 2, 3));
    expect([player.count, player.live]).toEqual([1, false]);
  });

  it("plays from the beginning in the time it took, silences cut short, then is at the present", () => {
    const { player, waits, pass, waiting } = made(0, 1, 600);
    player.setSpeed(1);
    player.play();
    expect(player.count).toBe(0);
    for (const _ of [1, 2, 3]) pass();
    expect(waits).toEqual([60, 1000, 2000]);
    expect([player.count, player.playing, player.live, waiting()]).toEqual([3, false, true, false]);
  });

  it("plays faster on demand, and goes on from where it is paused", () => {
    const { player, waits, pass } = made(0, 1, 2);
    player.setSpeed(5);
    player.play();
    pass();
    player.pause();
    expect([player.count, player.playing]).toEqual([1, false]);
    player.play();
    pass();
    expect([player.count, waits.at(-1)]).toEqual([2, 200]);
  });

  it("never leaves the conversation", () => {
    const { player } = made(0, 1);
    player.step(-9);
    expect(player.count).toBe(0);
    player.step(9);
    expect([player.count, player.live]).toEqual([2, true]);
  });
});
