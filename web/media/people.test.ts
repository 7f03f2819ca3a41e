import { expect, test } from "vitest";
import { NOBODY, people, unchanged } from "./people";
import { seatsOf } from "./roster";
import { track } from "./testing/peers";

const lines = { audio: [track("audio"), track("audio")], video: [track("video"), track("video"), track("video")] };
const always = (): boolean => true;
const seat = (kind: "audio" | "video", index: number, identity: string) => ({ kind, index, identity });

test("everybody's tracks are theirs, screens beside cameras, whichever line they lie on", () => {
  const seats = [seat("audio", 1, "anna"), seat("video", 2, "anna"), seat("video", 0, "anna.screen"), seat("audio", 0, "bob")];
  const found = people(lines, { seats, mix: null }, "me", always, "remote");
  expect(found.remotes).toEqual([
    { id: "anna", audio: lines.audio[1], video: lines.video[2], screen: lines.video[0] },
    { id: "bob", audio: lines.audio[0], video: null, screen: null },
  ]);
  expect(found.sounds).toEqual(lines.audio);
});

test("one's own screen comes back and is neither shown nor heard", () => {
  const seats = [seat("video", 0, "me.screen"), seat("audio", 1, "me.screen"), seat("audio", 0, "anna")];
  const found = people(lines, { seats, mix: null }, "me", always, "remote");
  expect(found.remotes.map(({ id }) => id)).toEqual(["anna"]);
  expect(found.sounds).toEqual([lines.audio[0]]);
});

test("a camera that sends nothing is no picture; a screen that stands still is one", () => {
  const seats = [seat("video", 0, "anna"), seat("video", 1, "anna.screen")];
  const found = people(lines, { seats, mix: null }, "me", () => false, "remote");
  expect(found.remotes).toEqual([{ id: "anna", audio: null, video: null, screen: lines.video[1] }]);
});

test("in a mix everybody in it has its track, and oneself is left out", () => {
  const found = people(lines, { seats: [seat("video", 0, "anna")], mix: ["anna", "bob", "me"] }, "me", always, "remote");
  expect(found.remotes.map(({ id, audio }) => [id, audio === lines.audio[0]])).toEqual([
    ["anna", true],
    ["bob", true],
  ]);
});

test("on hold nobody is there, and the music is heard", () => {
  const found = people(lines, { seats: [], mix: [] }, "me", always, "remote");
  expect(found).toEqual({ remotes: [], sounds: lines.audio });
});

test("a server that tells nobody's name has one person", () => {
  const found = people(lines, null, "me", always, "rep");
  expect(found.remotes).toEqual([{ id: "rep", audio: lines.audio[0], video: lines.video[0], screen: null }]);
  expect(people(lines, undefined, "me", always, "rep")).toEqual({ remotes: [], sounds: lines.audio });
  expect(people({ audio: [], video: [] }, null, "me", always, "rep")).toEqual(NOBODY);
});

test("what has not changed stays the same object", () => {
  const seats = [seat("audio", 0, "anna"), seat("audio", 1, "bob")];
  const first = people(lines, { seats, mix: null }, "me", always, "");
  expect(unchanged(first, people(lines, { seats, mix: null }, "me", always, ""))).toBe(first);
  const second = unchanged(first, people(lines, { seats: [...seats, seat("video", 0, "bob")], mix: null }, "me", always, ""));
  expect(second.remotes[0]).toBe(first.remotes[0]);
  expect(second.remotes[1]).not.toBe(first.remotes[1]);
});

test("of the server's list only what is understood is taken", () => {
  const body = { tracks: [seat("audio", 0, "anna"), { kind: "smell", index: 0, identity: "x" }, { kind: "video", index: "0", identity: "x" }, null], mix: ["a", 5] };
  expect(seatsOf(body)).toEqual({ seats: [seat("audio", 0, "anna")], mix: ["a"] });
  expect(seatsOf(null)).toEqual({ seats: [], mix: null });
});
