import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakePeer, FakeStream, FakeTrack, install, settle, track, uninstall, type FakeServer } from "./testing/peers";
import type { Capture, Credentials } from "./types";
import { WhipCall, type CallMediaOptions } from "./whip-call";

let server: FakeServer;
let asked: number;
let over: Error | null;
/** Which devices there are; `getUserMedia` gives tracks of them. */
let plugged: Set<string>;
let picked: FakeTrack[];
let plug: EventTarget;
const live: WhipCall[] = [];

beforeEach(() => {
  server = install();
  asked = 0;
  over = null;
  plugged = new Set(["audio", "video"]);
  picked = [];
  plug = new EventTarget();
  const media = Object.assign(plug, {
    getUserMedia: async (wish: Record<"audio" | "video", MediaTrackConstraints | undefined>) => {
      const kinds = (["audio", "video"] as const).filter((kind) => wish[kind]);
      if (kinds.some((kind) => !plugged.has(kind))) throw new DOMException("none", "NotFoundError");
      const made = kinds.map((kind) => new FakeTrack(kind, (wish[kind]?.deviceId as { exact: string } | undefined)?.exact));
      picked.push(...made);
      return new FakeStream(made as unknown as MediaStreamTrack[]);
    },
    getDisplayMedia: async () => {
      const made = new FakeTrack("video");
      picked.push(made);
      return new FakeStream([made as unknown as MediaStreamTrack]);
    },
  });
  vi.stubGlobal("navigator", { mediaDevices: media });
});
afterEach(async () => {
  for (const one of live.splice(0)) {
    const closing = one.close();
    await vi.advanceTimersByTimeAsync(1000);
    await closing;
  }
  uninstall();
});

const credentials = async (): Promise<Credentials> => {
  if (over) throw over;
  asked += 1;
  const token = `t${asked}`;
  return { identity: "me", token, whip: "https://m/whip/r", whep: "https://m/whep/r", iceServers: [], screenToken: `s${asked}` };
};

function call(capture: Partial<Capture> = { audio: track("audio") }, options: CallMediaOptions = {}): WhipCall {
  const made = new WhipCall(credentials, { audio: null, video: null, trouble: null, ...capture }, { lines: { audio: 2, video: 2 }, ...options });
  live.push(made);
  return made;
}

async function connected(capture?: Partial<Capture>, options?: CallMediaOptions): Promise<WhipCall> {
  const made = call(capture, options);
  await made.open();
  for (const peer of FakePeer.all) peer.become("connected");
  await settle();
  return made;
}

const sent = (peer: FakePeer): (string | null)[] => peer.transceivers.map(({ sender }) => sender.track?.kind ?? null);
const posts = (path: string): number => server.asked.filter((one) => one.method === "POST" && one.path === path).length;
const publishing = (): FakePeer => {
  const found = FakePeer.all.filter((peer) => !peer.closed && peer.transceivers[0]?.direction === "sendonly").at(-1);
  if (!found) throw new Error("nothing is published");
  return found;
};

test("both sessions of a call go with one answer for credentials, and later ones ask anew", async () => {
  const media = await connected();
  expect([media.state, asked]).toEqual(["connected", 1]);
  server.refuse = ({ method }) => (method === "PATCH" ? { status: 404 } : undefined);
  FakePeer.all[0]?.become("failed");
  await settle();
  expect(media.state).toBe("reconnecting");
  expect(asked).toBe(2);
});

test("who only listens publishes nothing and is connected all the same", async () => {
  const media = await connected({});
  expect(media.state).toBe("connected");
  expect(posts("/whip/r")).toBe(0);
});

test("people come and go as the server tells it, told by one event each time", async () => {
  const media = await connected();
  const told: string[][] = [];
  media.addEventListener("remote", () => told.push(media.remotes.map(({ id }) => id)));
  server.tracks = { tracks: [{ kind: "audio", index: 0, identity: "anna" }], mix: null };
  await vi.advanceTimersByTimeAsync(1000);
  server.tracks = { tracks: [...server.tracks.tracks, { kind: "video", index: 1, identity: "bob.screen" }], mix: null };
  await vi.advanceTimersByTimeAsync(1000);
  server.tracks = { tracks: [], mix: null };
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([["anna"], ["anna", "bob"], []]);
  expect(media.sounds).toHaveLength(2);
});

test("a server that has ended one session has ended both: they come back together, before the connections notice", async () => {
  await connected();
  server.tracks = { tracks: [{ kind: "audio", index: 0, identity: "anna" }], mix: null };
  await vi.advanceTimersByTimeAsync(1000);
  server.gone = true;
  server.refuse = ({ method }) => (method === "POST" ? undefined : { status: 404 });
  await vi.advanceTimersByTimeAsync(500);
  expect([posts("/whep/r"), posts("/whip/r")]).toEqual([2, 2]);
});

test("the call is over when the server says so: the sentence and the status are told", async () => {
  server.refuse = ({ method }) => (method === "POST" ? { status: 403, detail: "You are not in this call, or not any more." } : undefined);
  const media = call();
  await expect(media.open()).rejects.toThrow("not in this call");
  expect([media.state, media.refusal, media.problem]).toEqual(["failed", 403, "You are not in this call, or not any more."]);
});

test("credentials that are refused from the start fail it, and it can be opened again", async () => {
  over = Object.assign(new Error("The call has ended."), { status: 409 });
  const media = call();
  await expect(media.open()).rejects.toThrow("ended");
  expect([media.state, media.refusal]).toEqual(["failed", 409]);
  over = null;
  await media.open();
  for (const peer of FakePeer.all) peer.become("connected");
  expect([media.state, media.problem]).toEqual(["connected", null]);
});

test("a muted microphone stays open, a muted camera is let go and taken again", async () => {
  const [audio, video] = [track("audio"), track("video")];
  const media = await connected({ audio, video });
  await media.setMuted("audio", true);
  expect([audio.enabled, audio.readyState, media.isMuted("audio")]).toEqual([false, "live", true]);
  await media.setMuted("video", true);
  expect([video.readyState, media.local.video, media.isMuted("video")]).toEqual(["ended", null, true]);
  await vi.advanceTimersByTimeAsync(2500);
  expect(sent(publishing())).toEqual(["audio", null]);
  await media.setMuted("video", false);
  expect(media.local.video?.readyState).toBe("live");
  expect(sent(publishing())).toEqual(["audio", "video"]);
  expect(posts("/whip/r")).toBe(1);
});

test("a camera that is gone when it is turned on again is told, and stays off", async () => {
  const media = await connected({ audio: track("audio"), video: track("video") });
  await media.setMuted("video", true);
  plugged.delete("video");
  await expect(media.setMuted("video", false)).rejects.toMatchObject({ trouble: "no_camera" });
  expect(media.isMuted("video")).toBe(true);
});

test("another device takes the line over, muted where its predecessor was", async () => {
  const first = track("audio");
  const media = await connected({ audio: first });
  await media.setMuted("audio", true);
  await media.useDevice("audioinput", "headset");
  expect(first.readyState).toBe("ended");
  expect([media.local.audio?.getSettings().deviceId, media.local.audio?.enabled]).toEqual(["headset", false]);
  expect(publishing().transceivers[0]?.sender.track).toBe(media.local.audio);
  await media.useDevice("audiooutput", "speaker");
  expect(media.speaker).toBe("speaker");
});

test("a device that is pulled out gives way to the default one, or to the next that is plugged in", async () => {
  const headset = new FakeTrack("audio", "headset");
  const media = await connected({ audio: headset as unknown as MediaStreamTrack });
  headset.end();
  await settle();
  expect(media.local.audio).toBe(picked[0]);
  plugged.delete("audio");
  picked[0]?.end();
  await settle();
  expect([media.local.audio, media.trouble, sent(publishing())]).toEqual([null, "no_microphone", [null]]);
  plugged.add("audio");
  plug.dispatchEvent(new Event("devicechange"));
  await settle();
  expect([media.local.audio?.readyState, media.trouble, sent(publishing())]).toEqual(["live", null, ["audio"]]);
});

test("voice becomes video and voice again by a new session each, without a gap", async () => {
  const media = await connected();
  const voice = publishing();
  await media.addVideo();
  expect(sent(publishing())).toEqual(["audio", "video"]);
  expect(voice.closed).toBe(false);
  publishing().become("connected");
  expect(voice.closed).toBe(true);
  expect(media.state).toBe("connected");
  const camera = media.local.video;
  await media.removeVideo();
  expect([sent(publishing()), camera?.readyState, posts("/whip/r")]).toEqual([["audio"], "ended", 3]);
});

test("who came to listen can speak up later", async () => {
  const media = await connected({});
  await media.setMuted("audio", false);
  expect([posts("/whip/r"), sent(publishing())]).toEqual([1, ["audio"]]);
});

test("a screen is a session of its own, announced before and after, and ends with the browser's own button", async () => {
  const announced: boolean[] = [];
  const media = await connected(undefined, { announceScreen: async (shown) => void announced.push(shown) });
  await media.shareScreen();
  expect(media.local.screen).toBe(picked[0]);
  expect(server.asked.at(-1)).toEqual({ method: "POST", path: "/whip/r", token: "s2" });
  let told = 0;
  media.addEventListener("local", () => (told += 1));
  picked[0]?.end();
  await vi.advanceTimersByTimeAsync(1000);
  expect([media.local.screen, told, announced, server.methods.at(-1)]).toEqual([null, 1, [true, false], "DELETE"]);
  expect(media.state).toBe("connected");
});

test("a screen that the call has no place for is given back", async () => {
  const media = await connected(undefined, { announceScreen: () => Promise.reject(new Error("Not now.")) });
  await expect(media.shareScreen()).rejects.toThrow("Not now.");
  expect([picked[0]?.readyState, media.local.screen]).toEqual(["ended", null]);
});

test("back on line both sessions restart at once", async () => {
  await connected();
  window.dispatchEvent(new Event("online"));
  await settle();
  expect(server.methods.filter((one) => one === "PATCH")).toHaveLength(2);
});

test("a page that comes out of the browser's cache opens both sessions anew", async () => {
  await connected();
  window.dispatchEvent(new Event("pagehide"));
  await settle();
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  await settle();
  expect(server.methods).toEqual(["POST", "POST", "DELETE", "DELETE", "POST", "POST"]);
});

test("after sleep both sessions restart at once", async () => {
  await connected();
  vi.setSystemTime(Date.now() + 600_000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(server.methods.filter((one) => one === "PATCH")).toHaveLength(2);
});

test("a picture on which nothing comes any more is taken away, and comes back with its first bytes", async () => {
  const media = await connected();
  server.tracks = { tracks: [{ kind: "video", index: 0, identity: "anna" }], mix: null };
  const receiving = FakePeer.all.find((peer) => peer.transceivers[0]?.direction === "recvonly");
  const bytes = (bytesReceived: number) => {
    if (receiving) receiving.rows = [{ id: "v", type: "inbound-rtp", kind: "video", mid: "2", bytesReceived, timestamp: Date.now() }];
  };
  bytes(10_000);
  await vi.advanceTimersByTimeAsync(2000);
  expect(media.remotes[0]?.video).not.toBeNull();
  await vi.advanceTimersByTimeAsync(4000);
  expect(media.remotes[0]?.video).toBeNull();
  bytes(20_000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(media.remotes[0]?.video).not.toBeNull();
  expect(media.quality?.figures.receiving?.bytes).toBeGreaterThan(0);
});

test("closing turns every device off and frees the server", async () => {
  const [audio, video] = [track("audio"), track("video")];
  const media = await connected({ audio, video });
  await media.shareScreen();
  const closing = media.close();
  await vi.advanceTimersByTimeAsync(1000);
  await closing;
  expect([audio.readyState, video.readyState, picked.at(-1)?.readyState]).toEqual(["ended", "ended", "ended"]);
  expect(server.methods.filter((one) => one === "DELETE")).toHaveLength(3);
  expect(FakePeer.all.every((peer) => peer.closed)).toBe(true);
  expect([media.state, media.remotes, media.sounds]).toEqual(["closed", [], []]);
});
