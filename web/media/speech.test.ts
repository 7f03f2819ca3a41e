import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speechWriter } from "./speech";

const TRACK = { readyState: "live" } as MediaStreamTrack;
let made: FakeRecogniser[];

/** What a browser has: words when `hears` is called, ends when it likes. */
class FakeRecogniser extends EventTarget {
  static available = vi.fn(async (): Promise<string> => "available");
  lang = "";
  continuous = false;
  interimResults = false;
  processLocally = false;
  track: MediaStreamTrack | null = null;
  aborted = false;
  constructor() {
    super();
    made.push(this);
  }
  start(track: MediaStreamTrack): void {
    this.track = track;
  }
  abort(): void {
    this.aborted = true;
  }
  hears(text: string, isFinal: boolean): void {
    const results = [Object.assign([{ transcript: text }], { isFinal })];
    this.dispatchEvent(Object.assign(new Event("result"), { resultIndex: 0, results }));
  }
  ends(error?: string): void {
    if (error) this.dispatchEvent(Object.assign(new Event("error"), { error }));
    this.dispatchEvent(new Event("end"));
  }
}
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  made = [];
  FakeRecogniser.available.mockResolvedValue("available");
  vi.stubGlobal("SpeechRecognition", FakeRecogniser);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a browser without a recogniser, or with one that chooses its own microphone, has no writer", () => {
  vi.stubGlobal("SpeechRecognition", undefined);
  expect(speechWriter("de")).toBeNull();
  vi.stubGlobal("webkitSpeechRecognition", class extends EventTarget {});
  expect(speechWriter("de")).toBeNull();
});

test("the given track is written, on the device where that can be had", async () => {
  const heard = vi.fn();
  const stop = speechWriter("de")!.start(TRACK, heard, () => undefined);
  await settle();
  const [one] = made;
  expect([one!.lang, one!.track, one!.processLocally, one!.continuous, one!.interimResults]).toEqual(["de", TRACK, true, true, true]);
  one!.hears(" Guten ", false);
  one!.hears(" Guten Tag ", true);
  expect(heard.mock.calls.map(([words]) => words)).toEqual([{ line: "1.0", text: "Guten", final: false }, { line: "1.0", text: "Guten Tag", final: true }]);
  stop();
  expect(one!.aborted).toBe(true);
});

test.each([["downloadable"], ["unavailable"]])("where the device cannot (%s), that is said", async (answer) => {
  FakeRecogniser.available.mockResolvedValue(answer);
  expect(await speechWriter("de")!.local()).toBe(false);
});

test("silence ends a recogniser and begins another, with lines of its own", async () => {
  const heard = vi.fn();
  const failed = vi.fn();
  speechWriter("de")!.start(TRACK, heard, failed);
  for (let count = 0; count < 8; count += 1) {
    await settle(500);
    made.at(-1)!.ends("no-speech");
  }
  await settle(500);
  made.at(-1)!.hears("noch da", true);
  expect(heard.mock.calls[0]![0].line).toBe("9.0");
  expect(failed).not.toHaveBeenCalled();
});

test("what is forbidden fails at once, what is broken after five tries", async () => {
  const failed = vi.fn();
  speechWriter("de")!.start(TRACK, vi.fn(), failed);
  await settle();
  made.at(-1)!.ends("not-allowed");
  expect(failed).toHaveBeenCalledTimes(1);
  speechWriter("de")!.start(TRACK, vi.fn(), failed);
  for (let count = 0; count < 5; count += 1) {
    await settle(500);
    expect(failed).toHaveBeenCalledTimes(1);
    made.at(-1)!.ends("network");
  }
  expect(failed).toHaveBeenCalledTimes(2);
});
