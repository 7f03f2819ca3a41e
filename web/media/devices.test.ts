import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CaptureFailed, canShareScreen, capture, captureOne, captureScreen, devices, onDevicesChange } from "./devices";
import { FakeStream, FakeTrack } from "./testing/peers";

type Wish = Record<"audio" | "video", MediaTrackConstraints | undefined>;
/** What a device answers: an error's name, or nothing for its track. */
let answers: { audio?: string; video?: string };
/** What was asked for, each prompt a word. */
let prompts: string[];
let permissions: Record<string, PermissionState>;
let last: Wish;

function stub(more: Record<string, unknown> = {}): void {
  vi.stubGlobal("navigator", {
    mediaDevices: {
      getUserMedia: async (wish: Wish) => {
        last = wish;
        const kinds = (["audio", "video"] as const).filter((kind) => wish[kind]);
        prompts.push(kinds.join("+"));
        const gone = kinds.find((kind) => typeof wish[kind]?.deviceId === "object" && (wish[kind].deviceId as { exact: string }).exact === "gone");
        if (gone) throw new DOMException(gone, "OverconstrainedError");
        const problem = kinds.map((kind) => answers[kind]).find((name) => name !== undefined);
        if (problem) throw new DOMException("no", problem);
        return new FakeStream(kinds.map((kind) => new FakeTrack(kind)) as unknown as MediaStreamTrack[]);
      },
      ...more,
    },
    permissions: {
      query: async ({ name }: { name: string }) => {
        const state = permissions[name];
        if (!state) throw new TypeError(`no ${name}`);
        return { state };
      },
    },
  });
}

beforeEach(() => {
  answers = {};
  prompts = [];
  permissions = {};
  stub();
});
afterEach(() => vi.unstubAllGlobals());

const both = async (): Promise<[boolean, boolean, string | null]> => {
  const got = await capture({ audio: true, video: true });
  return [got.audio !== null, got.video !== null, got.trouble];
};

test("both are asked for in one prompt, with echo cancellation", async () => {
  expect(await both()).toEqual([true, true, null]);
  expect(prompts).toEqual(["audio+video"]);
  expect(last.audio).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: true });
});

test.each<[string, typeof answers, [boolean, boolean, string | null]]>([
  ["no camera", { video: "NotFoundError" }, [true, false, "no_camera"]],
  ["no microphone", { audio: "NotFoundError" }, [false, true, "no_microphone"]],
  ["neither", { audio: "NotFoundError", video: "NotFoundError" }, [false, false, "no_devices"]],
  ["a camera in use elsewhere", { video: "NotReadableError" }, [true, false, "in_use"]],
  ["a person's no", { audio: "NotAllowedError", video: "NotAllowedError" }, [false, false, "denied"]],
  ["a browser that cannot", { audio: "NotSupportedError", video: "NotSupportedError" }, [false, false, "unsupported"]],
])("what there is is taken, and what is missing is told: %s", async (_, missing, expected) => {
  answers = missing;
  expect(await both()).toEqual(expected);
});

test("after a no nobody is asked a second time", async () => {
  answers = { audio: "NotAllowedError", video: "NotAllowedError" };
  permissions = { microphone: "denied", camera: "denied" };
  await both();
  permissions = { microphone: "prompt", camera: "prompt" };
  await both();
  expect(prompts).toEqual(["audio+video", "audio+video"]);
});

test("a camera that is blocked leaves the microphone", async () => {
  answers = { video: "NotAllowedError" };
  permissions = { microphone: "prompt", camera: "denied" };
  expect(await both()).toEqual([true, false, "denied"]);
});

test("a chosen device that has gone gives way to the default one", async () => {
  const got = await capture({ audio: true, video: true, microphone: "gone" });
  expect([got.audio !== null, got.video !== null, got.trouble, prompts]).toEqual([true, true, null, ["audio+video", "audio+video"]]);
});

test("voice alone asks for no camera, and nothing asks for nothing", async () => {
  await capture({ audio: true, video: false });
  await capture({ audio: false, video: false });
  expect(prompts).toEqual(["audio"]);
});

test("a page that is not secure has no devices", async () => {
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("isSecureContext", false);
  expect(await both()).toEqual([false, false, "insecure"]);
  expect(await devices()).toEqual({ microphones: [], cameras: [], speakers: [] });
  expect(canShareScreen()).toBe(false);
  onDevicesChange(() => undefined)();
});

test("one device rejects with its trouble", async () => {
  answers = { video: "NotReadableError" };
  await expect(captureOne("video")).rejects.toEqual(new CaptureFailed("in_use"));
  expect((await captureOne("audio")).kind).toBe("audio");
});

test("a screen that is not picked is a no", async () => {
  stub({ getDisplayMedia: () => Promise.reject(new DOMException("no", "NotAllowedError")) });
  await expect(captureScreen()).rejects.toMatchObject({ trouble: "denied" });
  stub();
  await expect(captureScreen()).rejects.toMatchObject({ trouble: "unsupported" });
});

test("devices are listed by kind; those the browser does not tell yet are left out", async () => {
  const one = (kind: string, deviceId: string) => ({ kind, deviceId, label: `the ${deviceId}` });
  stub({ enumerateDevices: async () => [one("audioinput", "mic"), one("videoinput", ""), one("audiooutput", "box")] });
  expect(await devices()).toEqual({ microphones: [{ id: "mic", label: "the mic" }], cameras: [], speakers: [{ id: "box", label: "the box" }] });
});
