import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Publisher } from "./publisher";
import { Refused } from "./refused";
import { fragmentOf, withFragment } from "./sdp";
import type { Endpoint } from "./session";
import { FakePeer, install, settle, track, uninstall, type FakeServer } from "./testing/peers";
import type { MediaState } from "./types";

let server: FakeServer;
let told: MediaState[];
let tokens: number;
const live: Publisher[] = [];

beforeEach(() => {
  server = install();
  told = [];
  tokens = 0;
});
afterEach(async () => {
  for (const one of live.splice(0)) {
    const closing = one.close();
    await vi.advanceTimersByTimeAsync(1000);
    await closing;
  }
  uninstall();
});

function session(endpoint?: () => Promise<Endpoint>): Publisher {
  const made = new Publisher({
    endpoint: endpoint ?? (async () => ({ url: "https://media.example/whip/shop", token: `t${++tokens}`, iceServers: [{ urls: "stun:s" }] })),
    onState: (state) => {
      if (told.at(-1) !== state) told.push(state);
    },
    lines: () => [{ kind: "audio", track: track("audio") }],
  });
  live.push(made);
  return made;
}

async function connected(): Promise<Publisher> {
  const made = session();
  await made.open();
  FakePeer.last.become("connected");
  return made;
}

test("a session is one POST, with the ICE servers it was given and without waiting for candidates", async () => {
  await connected();
  expect(server.methods).toEqual(["POST"]);
  expect(FakePeer.last.configuration.iceServers).toEqual([{ urls: "stun:s" }]);
  expect(told).toEqual(["connecting", "connected"]);
});

test("an interruption that heals by itself changes nothing at the server", async () => {
  await connected();
  FakePeer.last.become("disconnected");
  await vi.advanceTimersByTimeAsync(1900);
  FakePeer.last.become("connected");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.methods).toEqual(["POST"]);
  expect(told).toEqual(["connecting", "connected", "reconnecting", "connected"]);
});

test("a longer one is repaired by an ICE restart, with the token that made the session", async () => {
  await connected();
  const before = FakePeer.last.localDescription?.sdp;
  FakePeer.last.become("disconnected");
  await vi.advanceTimersByTimeAsync(2000);
  expect(server.asked.map(({ method, token }) => [method, token])).toEqual([
    ["POST", "t1"],
    ["PATCH", "t1"],
  ]);
  expect(FakePeer.last.localDescription?.sdp).not.toEqual(before);
  expect(FakePeer.last.remoteDescription?.sdp).toContain("a=ice-ufrag:again");
  FakePeer.last.become("connected");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakePeer.all).toHaveLength(1);
});

test("a restart that does not connect is given up for a new session, with a new token", async () => {
  await connected();
  const old = FakePeer.last;
  old.become("failed");
  await vi.advanceTimersByTimeAsync(5900);
  expect(FakePeer.all).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(server.asked.map(({ method, token }) => [method, token])).toEqual([
    ["POST", "t1"],
    ["PATCH", "t1"],
    ["DELETE", "t1"],
    ["POST", "t2"],
  ]);
  // What was seen last stays until the new one stands.
  expect(old.closed).toBe(false);
  FakePeer.last.become("connected");
  expect(old.closed).toBe(true);
  expect(told.at(-1)).toBe("connected");
});

test("a restart of what is unharmed is quiet, also where the server cannot be reached at first", async () => {
  const made = await connected();
  server.refuse = () => "away";
  await made.restart();
  await vi.advanceTimersByTimeAsync(450);
  expect(server.methods).toEqual(["POST", "PATCH"]);
  server.refuse = () => undefined;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.methods).toEqual(["POST", "PATCH", "PATCH"]);
  expect(told).toEqual(["connecting", "connected"]);
});

test("a session that the server has forgotten is opened anew at once", async () => {
  await connected();
  server.refuse = ({ method }) => (method === "PATCH" ? { status: 404 } : undefined);
  FakePeer.last.become("failed");
  await settle();
  expect(server.methods.slice(0, 2)).toEqual(["POST", "PATCH"]);
  expect(server.methods.at(-1)).toBe("POST");
});

test("while the server is away it is asked with growing pauses, and without one when the network is back", async () => {
  server.refuse = () => "away";
  const made = session();
  await made.open();
  const at = async (ms: number): Promise<number> => {
    await vi.advanceTimersByTimeAsync(ms);
    return server.asked.length;
  };
  expect(await at(0)).toBe(1);
  expect(await at(499)).toBe(1);
  expect(await at(1)).toBe(2);
  expect(await at(1000)).toBe(3);
  expect(await at(1999)).toBe(3);
  expect(told.at(-1)).toBe("reconnecting");
  server.refuse = () => undefined;
  void made.restart();
  await settle();
  expect(server.asked).toHaveLength(4);
  FakePeer.last.become("connected");
  expect(made.state).toBe("connected");
});

test("a server that is full says how long to wait", async () => {
  server.fetch.mockImplementationOnce(async () => new Response(null, { status: 503, headers: { "Retry-After": "7" } }));
  await session().open();
  await vi.advanceTimersByTimeAsync(6900);
  expect(server.methods).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(server.methods).toEqual(["POST"]);
});

test("a token that was refused is renewed once within the same attempt", async () => {
  server.refuse = ({ token }) => (token === "t1" ? { status: 401 } : undefined);
  await session().open();
  expect(server.asked.map(({ token }) => token)).toEqual(["t1", "t2"]);
  expect(told).toEqual(["connecting"]);
});

test("a refusal of the same token, or of a new one, is final", async () => {
  server.refuse = () => ({ status: 403, detail: "You are not in this call, or not any more." });
  await expect(session().open()).rejects.toThrow("You are not in this call");
  expect(server.asked).toHaveLength(2);
  server.asked = [];
  const same = session(async () => ({ url: "https://media.example/whip/shop", token: "one", iceServers: [] }));
  await expect(same.open()).rejects.toMatchObject({ status: 403, final: true });
  expect(server.asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.asked).toHaveLength(1);
  expect(same.state).toBe("failed");
});

test("credentials that are refused for good end it; a network that is away does not", async () => {
  let problem: Error = new TypeError("Failed to fetch");
  const made = session(() => Promise.reject(problem));
  await made.open();
  expect(made.state).toBe("reconnecting");
  problem = Object.assign(new Error("The call has ended."), { status: 409 });
  await vi.advanceTimersByTimeAsync(1000);
  expect(made.state).toBe("failed");
  expect(Refused.credentials(problem)).toMatchObject({ final: true, status: 409 });
});

test("a path that never opens is tried again with another session", async () => {
  await session().open();
  await vi.advanceTimersByTimeAsync(10_000 + 600);
  expect(server.methods).toEqual(["POST", "DELETE", "POST"]);
});

test("a server that does not answer is given up after a while", async () => {
  server.fetch.mockImplementationOnce(
    (_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
  );
  const made = session();
  const opening = made.open();
  await vi.advanceTimersByTimeAsync(10_000);
  await opening;
  expect(made.state).toBe("reconnecting");
});

test("closing ends it at the server, and nothing comes after", async () => {
  const made = await connected();
  const closing = made.close();
  await vi.advanceTimersByTimeAsync(1000);
  await closing;
  expect(server.methods).toEqual(["POST", "DELETE"]);
  expect(FakePeer.last.closed).toBe(true);
  FakePeer.last.become("failed");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.methods).toEqual(["POST", "DELETE"]);
  expect(told.at(-1)).toBe("closed");
});

test("a session that is closed while it is opened is taken off the server", async () => {
  const made = session();
  const opening = made.open();
  const closing = made.close();
  await vi.advanceTimersByTimeAsync(1000);
  await Promise.all([opening, closing]);
  expect(server.methods).not.toContain("PATCH");
  expect(server.methods.filter((one) => one === "POST").length).toBe(server.methods.filter((one) => one === "DELETE").length);
});

test("leaving the page ends the session", async () => {
  await connected();
  window.dispatchEvent(new Event("pagehide"));
  await settle();
  expect(server.methods).toEqual(["POST", "DELETE"]);
});

test("other lines come with a new session, and the old one goes on until that is connected", async () => {
  const made = await connected();
  const old = FakePeer.last;
  await made.renew();
  expect(server.methods).toEqual(["POST", "POST"]);
  expect(old.closed).toBe(false);
  FakePeer.last.become("connected");
  expect(old.closed).toBe(true);
});

test("the fragment of a restart has the credentials and the section they are for", () => {
  const sdp = "v=0\r\na=ice-options:trickle\r\nm=audio 9 UDP 111\r\na=mid:0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=rtpmap:111 opus/48000/2\r\n";
  expect(fragmentOf(sdp).split("\r\n")).toEqual(["a=ice-options:trickle", "a=ice-ufrag:u", "a=ice-pwd:p", "m=audio 9 UDP 111", "a=mid:0", ""]);
});

test("the answer takes the fragment's credentials everywhere and its candidates once", () => {
  const answer = "v=0\r\nm=audio 9 x\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\na=candidate:old\r\na=end-of-candidates\r\nm=video 9 x\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n";
  const renewed = withFragment(answer, "a=ice-ufrag:c\r\na=ice-pwd:d\r\na=candidate:new\r\na=candidate:new\r\n");
  expect(renewed.split("\r\n")).toEqual([
    "v=0",
    "m=audio 9 x",
    "a=ice-ufrag:c",
    "a=ice-pwd:d",
    "a=candidate:new",
    "a=end-of-candidates",
    "m=video 9 x",
    "a=ice-ufrag:c",
    "a=ice-pwd:d",
    "",
  ]);
});
