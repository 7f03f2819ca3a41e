import { expect, test } from "vitest";
import type { Place } from "../../protocol";
import { conversion, curvesOf, gathered, levelOf, reasonOf, skillsOf, skillsTyped, tagsOf, tilesOf, type Board, type Hour, type LiveCall, type RepView } from "./figures";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const hour = (at: number, more: Partial<Hour> = {}): Hour => ({
  at: new Date(Date.UTC(2026, 0, 1, at)).toISOString(),
  entered: 0,
  answered: 0,
  answered_within_threshold: 0,
  abandoned: 0,
  mean_wait_s: null,
  longest_wait_s: null,
  conversations: {},
  orders: 0,
  assisted: 0,
  csat: null,
  csat_count: 0,
  ...more,
});
const rep = (status: string, load: number) => ({ status, capacity: { chat: 3, voice: 0 }, load: { chat: load } }) as unknown as RepView;
const call = (quality: string | null, rtt_ms: number | null = 20, loss_percent: number | null = 0) => ({ quality, rtt_ms, loss_percent }) as LiveCall;

test("tiles say who waits, for how long, and who is free", () => {
  const place = (entered_at: string) => ({ entered_at }) as Place;
  const board = { queues: [{ answered: 3, answered_within_threshold: 2, abandoned: 1 }], calls: [call("poor"), call("good"), call(null)] } as unknown as Board;
  const tiles = tilesOf(board, [place("2026-01-01T11:59:30Z"), place("2026-01-01T11:50:00Z")], [rep("available", 2), rep("available", 3), rep("away", 0), rep("offline", 0)], NOW);
  expect(tiles).toEqual({ waiting: 2, longest: 600, level: 0.5, free: 1, present: 3, poor: 1, calls: 3 });
  expect(tilesOf(null, [], [], NOW)).toEqual({ waiting: 0, longest: 0, level: null, free: 0, present: 0, poor: 0, calls: 0 });
});

test("a level of nothing is none", () => expect(levelOf([hour(1), hour(2)])).toBeNull());

test("curves keep gaps and gather hours by what stands behind them", () => {
  const hours = [
    hour(8, { answered: 1, answered_within_threshold: 1, mean_wait_s: 10, longest_wait_s: 10, conversations: { chat: 2 }, csat: 5, csat_count: 1 }),
    hour(9, { answered: 3, answered_within_threshold: 0, abandoned: 1, mean_wait_s: 30, longest_wait_s: 50, conversations: { chat: 1, video: 1 }, orders: 3, assisted: 1, csat: 2, csat_count: 2 }),
    hour(10),
    hour(11),
  ];
  const one = curvesOf(hours);
  expect([one.meanWait, one.level, one.csat]).toEqual([[10, 30, null, null], [1, 0, null, null], [5, 2, null, null]]);
  const two = curvesOf(hours, 2);
  expect([two.meanWait, two.longestWait, two.level, two.channels.chat, two.orders, two.csat]).toEqual([[25, null], [50, null], [0.2, null], [3, 0], [3, 0], [3, null]]);
  expect(conversion(hours)).toBe(0.25);
  expect(conversion([hour(1)])).toBeNull();
});

test("hours that do not divide evenly begin with the short part", () => expect(gathered([1, 2, 3, 4, 5].map((at) => hour(at)), 2).map((part) => part.length)).toEqual([1, 2, 2]));

test.each([
  ["good", 20, 0, null],
  [null, null, null, null],
  ["poor", 100, 12, "loss"],
  ["fair", 500, 0, "delay"],
  ["poor", 900, 9, "both"],
])("a line that is %s with %s ms and %s %% has the reason %s", (quality, rtt, loss, reason) => expect(reasonOf(call(quality, rtt, loss))).toBe(reason));

test("skills and languages are read as they are written", () => {
  expect(skillsOf("billing 3, returns\nvip_care 100")).toEqual({ billing: 3, returns: 1, vip_care: 100 });
  expect(skillsOf(skillsTyped({ billing: 3 }))).toEqual({ billing: 3 });
  expect(["Billing", "billing 101", "<b>"].map(skillsOf)).toEqual([null, null, null]);
  expect(tagsOf("de, pt-BR")).toEqual(["de", "pt-BR"]);
  expect(tagsOf("de, deutsch!")).toBeNull();
});
