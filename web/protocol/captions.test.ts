import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Captions, type Words, type Writer } from "./captions";
import { Link, type Actor } from "./link";
import { FakeServer } from "./testing/server";

const RITA: Actor = { kind: "rep", id: "rep_1", name: "Rita" };
const TRACK = {} as MediaStreamTrack;
let server: FakeServer;
let link: Link;
let captions: Captions;

/** Writes whatever `says` is given. */
class FakeWriter implements Writer {
  running = 0;
  says: (words: Words) => void = () => undefined;
  fails: () => void = () => undefined;
  local = async (): Promise<boolean> => true;
  start(_: MediaStreamTrack, heard: (words: Words) => void, failed: () => void): () => void {
    this.running += 1;
    this.says = heard;
    this.fails = failed;
    return () => void (this.running -= 1);
  }
}
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const make = (writer: Writer | null, allowed: boolean | null = null, decided = vi.fn()): Captions => (captions = new Captions(link, "conv_1", writer, allowed, decided));
const wants = (active = true): void => server.socket.says({ type: "captions.wanted", conversation_id: "conv_1", actor: RITA, active, visibility: "all" });
const says = (line: string, text: string, more: Record<string, unknown> = {}): void =>
  server.socket.says({ type: "caption", conversation_id: "conv_1", actor: RITA, line, text, final: false, unavailable: false, ...more });
const read = (): string[] => captions.lines.map((each) => each.text);
const excuses = (): number => server.socket.of("caption").filter((each) => each["unavailable"] === true).length;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  link = new Link({ origin: "https://help.example", token: async () => "token", socket: server.open });
  link.open();
  await settle();
  server.socket.welcomes();
});
afterEach(() => {
  captions.close();
  link.close();
  vi.useRealTimers();
});

test("whoever reads says so, and again while they read", async () => {
  make(null);
  captions.read(true);
  await settle(16_000);
  captions.read(false);
  expect(server.socket.of("captions.wanted").map((each) => each["active"])).toEqual([true, true, false]);
});

test("a line grows in its place, the oldest make room, and all go after a while", async () => {
  make(null);
  says("1", "not read yet");
  captions.read(true);
  says("1", "The");
  says("1", "The kettle", { final: true });
  for (const [line, text] of [["2", "b"], ["3", "c"], ["4", "d"]] as const) says(line, text);
  expect(read()).toEqual(["b", "c", "d"]);
  await settle(5000);
  says("4", "d and e");
  await settle(4000);
  expect(read()).toEqual(["d and e"]);
});

test("lines bear names where several speak", () => {
  make(null);
  captions.read(true);
  says("1", "a");
  expect(captions.shown((actor) => actor.name)).toEqual([{ key: "rep_1 1", name: "", text: "a", final: false }]);
  says("1", "b", { actor: { kind: "rep", id: "rep_2", name: "Rolf" } });
  expect(captions.shown((actor) => actor.name).map((each) => each.name)).toEqual(["Rita", "Rolf"]);
});

test("whose words do not come is named, until they do", () => {
  make(null);
  captions.read(true);
  says("none", "", { unavailable: true });
  expect(captions.silent.map((each) => each.name)).toEqual(["Rita"]);
  says("1", "now");
  expect(captions.silent).toEqual([]);
});

test("nobody's words are written before they have said yes", async () => {
  const writer = new FakeWriter();
  const decided = vi.fn();
  make(writer, null, decided);
  captions.hear(TRACK);
  expect(captions.asks).toBe(false);
  wants();
  await settle();
  expect([captions.asks, captions.local, writer.running]).toEqual([true, true, 0]);
  captions.allow(true);
  expect([captions.asks, captions.writing, writer.running, decided.mock.calls]).toEqual([false, true, 1, [[true]]]);
  writer.says({ line: "1.0", text: "Yes", final: true });
  expect(server.socket.of("caption")).toMatchObject([{ conversation_id: "conv_1", line: "1.0", text: "Yes", final: true }]);
});

test("words that grow are sent four times a second at most, a sentence's end always", async () => {
  const writer = new FakeWriter();
  make(writer, true);
  captions.hear(TRACK);
  wants();
  await settle(1000);
  for (let count = 1; count <= 10; count += 1) {
    writer.says({ line: "1.0", text: "word ".repeat(count).trim(), final: false });
    await settle(50);
  }
  writer.says({ line: "1.0", text: "x".repeat(600), final: true });
  const sent = server.socket.of("caption");
  expect(sent.length).toBe(3);
  expect(sent.at(-1)).toMatchObject({ final: true, text: "x".repeat(500) });
});

test("who is muted or on hold is not written", () => {
  const writer = new FakeWriter();
  make(writer, true);
  wants();
  expect(writer.running).toBe(0);
  captions.hear(TRACK);
  expect(writer.running).toBe(1);
  captions.hear(null);
  expect([writer.running, captions.writing]).toEqual([0, false]);
});

test("writing ends when nobody reads any more, said or not", async () => {
  const writer = new FakeWriter();
  make(writer, true);
  captions.hear(TRACK);
  wants();
  wants(false);
  expect(writer.running).toBe(0);
  wants();
  await settle(44_000);
  expect(writer.running).toBe(1);
  await settle(2000);
  expect(writer.running).toBe(0);
});

test.each([
  ["no recogniser", null, null],
  ["a refusal", new FakeWriter(), false],
] as const)("%s is told to each new reader once", async (_, writer, allowed) => {
  make(writer, allowed);
  wants();
  wants();
  expect(excuses()).toBe(1);
  wants(false);
  wants();
  expect(excuses()).toBe(2);
});

test("a recogniser that fails is told and not begun again", async () => {
  const writer = new FakeWriter();
  make(writer, true);
  captions.hear(TRACK);
  wants();
  writer.fails();
  wants();
  expect([excuses(), writer.running]).toEqual([1, 0]);
});
