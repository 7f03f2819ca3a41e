import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, type Entry } from "./link";
import { Problem } from "./problem";
import { FakeServer } from "./testing/server";

let server: FakeServer;
let link: Link;
let tokens: boolean[];

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  tokens = [];
  link = new Link({ origin: "https://help.example", token: async (renew) => (tokens.push(renew), `token-${tokens.length}`), socket: server.open });
});
afterEach(() => {
  link.close();
  vi.useRealTimers();
});

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
async function online(): Promise<void> {
  link.open();
  await settle();
  server.socket.welcomes();
}

test("says hello with a token, never in the address", async () => {
  await online();
  expect(server.socket.url).toBe("wss://help.example/v1/socket");
  expect(server.socket.sent[0]).toEqual({ type: "hello", token: "token-1", after: {} });
  expect(link.state).toBe("online");
  expect(link.me?.name).toBe("Ana");
});

test("asks while there is no connection, and is answered when there is", async () => {
  link.open();
  const answer = link.ask("session.read", {});
  await settle();
  server.socket.welcomes();
  const [asked] = server.socket.of("session.read");
  server.socket.says({ type: "result", id: asked!.id!, result: { name: "Ana" } });
  expect(await answer).toEqual({ name: "Ana" });
});

test("asks again with the same id and key what an interruption left unanswered", async () => {
  await online();
  const answer = link.ask("message.send", { id: "msg_9", conversation_id: "conv_1", text: "Hello" });
  const first = server.socket.of("message.send")[0]!;
  server.socket.breaks();
  await settle(1100);
  server.socket.welcomes();
  expect(server.sockets.length).toBe(2);
  expect(server.socket.of("message.send")).toEqual([first]);
  server.socket.says({ type: "result", id: "msg_9", result: { seq: 1 } });
  expect(await answer).toEqual({ seq: 1 });
});

test("the same id asked for twice is one request", async () => {
  await online();
  const asked = { id: "msg_9", conversation_id: "conv_1", text: "Hello" };
  const both = Promise.all([link.ask("message.send", asked), link.ask("message.send", asked)]);
  expect(server.socket.of("message.send").length).toBe(1);
  server.socket.says({ type: "result", id: "msg_9", result: null });
  await both;
});

test("a request for something new has an id of its kind", async () => {
  await online();
  link.ask("call.request", { conversation_id: "conv_1", media: "voice" }).catch(() => undefined);
  expect(server.socket.of("call.request")[0]!.id).toMatch(/^call_[0-9A-Z]{26}$/);
});

test("gives up with a sentence when nothing answers in time", async () => {
  await online();
  const answer = link.ask("session.read", {}, 5000).catch((problem: Problem) => problem);
  await settle(5001);
  expect((await answer) as Problem).toMatchObject({ status: 0, code: "unreachable" });
});

test("a refusal is the server's problem", async () => {
  await online();
  const answer = link.ask("session.read", {}).catch((problem: Problem) => problem);
  server.socket.says({ type: "error", id: server.socket.of("session.read")[0]!.id!, problem: { status: 403, code: "role", detail: "Not for you." } });
  expect((await answer) as Problem).toMatchObject({ status: 403, code: "role", message: "Not for you.", passing: false });
});

test("hands on every entry once and in order across an interruption, and says where it was", async () => {
  const got: number[] = [];
  await online();
  link.watch("conv_1", 0, (entry: Entry) => got.push(entry.seq));
  for (const seq of [1, 2, 3]) server.socket.entry(seq);
  server.socket.says({ type: "resume", resume: "resume-2" });
  server.socket.breaks();
  await settle(1100);
  server.socket.opens();
  expect(server.socket.sent[0]).toMatchObject({ type: "hello", resume: "resume-2", after: { conv_1: 3 } });
  server.socket.welcomes({ conversations: [{ conversation: { id: "conv_1", seq: 5 }, watching: true, after_seq: 3 }] });
  for (const seq of [3, 4, 5]) server.socket.entry(seq);
  expect(got).toEqual([1, 2, 3, 4, 5]);
  expect(server.socket.of("conversation.watch")).toEqual([]);
});

test("watches again what the server no longer watches", async () => {
  await online();
  link.watch("conv_1", 0, () => undefined);
  server.socket.entry(1);
  server.socket.breaks();
  await settle(1100);
  server.socket.welcomes();
  expect(server.socket.of("conversation.watch")[0]).toMatchObject({ conversation_id: "conv_1", after_seq: 1 });
});

test("acknowledges at the latest after two seconds, and at once after twenty entries", async () => {
  await online();
  link.watch("conv_1", 0, () => undefined);
  server.socket.entry(1);
  expect(server.socket.of("ack")).toEqual([]);
  await settle(2000);
  expect(server.socket.of("ack").at(-1)).toMatchObject({ seq: 1 });
  for (let seq = 2; seq <= 21; seq++) server.socket.entry(seq);
  expect(server.socket.of("ack").at(-1)).toMatchObject({ seq: 21 });
});

test("pauses grow and the browser's word that the network is back ends them", async () => {
  await online();
  for (let round = 0; round < 6; round++) {
    server.socket.breaks();
    await settle(31_000);
  }
  server.socket.breaks();
  expect(link.state).toBe("waiting");
  expect(link.retryAt - Date.now()).toBeGreaterThan(14_000);
  const before = server.sockets.length;
  window.dispatchEvent(new Event("online"));
  await settle(60);
  expect(server.sockets.length).toBe(before + 1);
});

test("a socket that answers no ping is dead, whatever the browser believes", async () => {
  await online();
  await settle(20_000);
  expect(server.socket.of("ping").length).toBe(1);
  await settle(5001);
  expect(link.state).toBe("waiting");
});

test("an expired token is renewed for the next connection", async () => {
  await online();
  server.socket.breaks(4401);
  await settle(1100);
  expect(tokens).toEqual([false, true]);
});

test("renews its token in time, on the same socket", async () => {
  link.open();
  await settle();
  const caller = { id: "cust_1", role: "customer", name: "", verified: false, expires_at: new Date(Date.now() + 120_000).toISOString() };
  server.socket.welcomes({ caller });
  const pong = (): void => server.socket.says({ type: "pong", id: null });
  for (let passed = 0; passed < 60_000; passed += 1000) {
    await settle(1000);
    pong();
  }
  expect(server.sockets.length).toBe(1);
  expect(server.socket.of("token.renew")[0]).toMatchObject({ token: "token-2" });
});

test("a session that was ended elsewhere ends the link, and what waits for an answer hears it", async () => {
  await online();
  const answer = link.ask("session.read", {}).catch((problem: Problem) => problem);
  server.socket.breaks(4403);
  expect(link.state).toBe("ended");
  expect((await answer) as Problem).toMatchObject({ code: "session_ended" });
});

test("a hello that is refused is said once more with a fresh token, then it is over", async () => {
  link.open();
  await settle();
  server.socket.opens();
  server.socket.breaks(1008);
  await settle(10);
  expect(tokens).toEqual([false, true]);
  server.socket.opens();
  server.socket.breaks(1008);
  await settle(10);
  expect(link.state).toBe("ended");
});
