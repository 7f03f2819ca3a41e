import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConversationLog, type Unsent } from "./conversation";
import { Link } from "./link";
import { FakeServer } from "./testing/server";

const ME = { kind: "customer", id: "cust_1", name: "Ana" };
let server: FakeServer;
let link: Link;
let log: ConversationLog;
let kept: Unsent[];

const keep = { load: () => [...kept], save: (unsent: Unsent[]) => void (kept = [...unsent]) };
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const words = (): string[] => log.messages.map((each) => each.text);

beforeEach(async () => {
  vi.useFakeTimers();
  server = new FakeServer();
  kept = [];
  link = new Link({ origin: "https://help.example", token: async () => "token", socket: server.open });
  link.open();
  await settle();
  server.socket.welcomes();
  log = new ConversationLog(link, "conv_1", keep);
  log.open();
});
afterEach(() => {
  log.close();
  link.close();
  vi.useRealTimers();
});

test("what is said is there at once, and takes its place when the log has it", async () => {
  const id = log.send({ text: "Hello" });
  expect(log.messages[0]).toMatchObject({ id, state: "sending", text: "Hello" });
  server.socket.entry(1, "message.created", { id: "msg_other", text: "Good day" });
  server.socket.entry(2, "message.created", { id, text: "Hello" }, ME);
  expect(log.messages.map((each) => [each.text, each.state])).toEqual([["Good day", "sent"], ["Hello", "sent"]]);
  expect(kept).toEqual([]);
});

test("the answer may come before the entry, or after it: one message either way", async () => {
  const id = log.send({ text: "Hello" });
  server.socket.says({ type: "result", id, result: { seq: 1 } });
  await settle();
  server.socket.entry(1, "message.created", { id, text: "Hello" }, ME);
  expect(words()).toEqual(["Hello"]);
});

test("what is not acknowledged outlives the page and goes with its own id", async () => {
  const id = log.send({ text: "Hello" });
  log.close();
  link.close();
  await settle();
  expect(kept.map((each) => each.id)).toEqual([id]);
  link = new Link({ origin: "https://help.example", token: async () => "token", socket: server.open });
  link.open();
  await settle();
  server.socket.welcomes();
  log = new ConversationLog(link, "conv_1", keep);
  log.open();
  expect(server.socket.of("message.send")[0]).toMatchObject({ id, text: "Hello" });
});

test("a refused message says why, can be sent again and can be forgotten", async () => {
  const id = log.send({ text: "Hello" });
  const refuse = { type: "error", id, problem: { status: 409, code: "closed", detail: "It is closed." } };
  server.socket.says(refuse);
  await settle();
  expect(log.messages[0]).toMatchObject({ state: "failed" });
  expect(log.messages[0]!.problem?.code).toBe("closed");
  log.retry(id);
  expect(log.messages[0]).toMatchObject({ state: "sending" });
  server.socket.says(refuse);
  await settle();
  log.discard(id);
  expect(log.messages).toEqual([]);
  expect(kept).toEqual([]);
});

test("edits and deletions change the message they are about", () => {
  server.socket.entry(1);
  server.socket.entry(2, "message.updated", { id: "msg_1", seq: 1, text: "better" });
  expect(log.messages[0]).toMatchObject({ text: "better", edited: true });
  server.socket.entry(3, "message.deleted", { id: "msg_1", seq: 1 });
  expect(log.messages[0]).toMatchObject({ text: "", deleted: true });
});

test("a message that was deleted before it was read here is shown as deleted", () => {
  server.socket.entry(1, "message.created", { id: "msg_1", deleted: true });
  expect(log.messages[0]).toMatchObject({ text: "", deleted: true, blocks: [] });
});

test("unread counts what others said until it is read", () => {
  server.socket.entry(1);
  server.socket.entry(2);
  server.socket.entry(3, "message.created", { id: "msg_3", text: "mine" }, ME);
  expect(log.unread).toBe(2);
  log.markRead();
  expect(log.unread).toBe(0);
  expect(server.socket.of("receipt.read")[0]).toMatchObject({ up_to_seq: 2 });
  server.socket.entry(4);
  expect(log.unread).toBe(1);
});

test("somebody writes until they have sent, have stopped or say nothing more", async () => {
  const types = (active: boolean): void => server.socket.says({ type: "typing", conversation_id: "conv_1", actor: { kind: "rep", id: "rep_1", name: "Rita" }, active });
  types(true);
  expect(log.typists.map((each) => each.name)).toEqual(["Rita"]);
  server.socket.entry(1);
  expect(log.typists).toEqual([]);
  types(true);
  await settle(6000);
  expect(log.typists).toEqual([]);
});

test("tells that this person writes once in three seconds, and that they have stopped once", async () => {
  await settle(5000);
  log.typing(true);
  log.typing(true);
  log.typing(false);
  log.typing(false);
  expect(server.socket.of("typing").map((each) => each["active"])).toEqual([true, false]);
});

test("receipts only move forward", () => {
  const reads = (upTo: number, seq: number, kind = "message.read"): void => server.socket.entry(seq, kind, { up_to_seq: upTo });
  reads(5, 6);
  reads(3, 7, "message.delivered");
  expect(log.receipts[0]).toMatchObject({ read: 5, delivered: 5 });
});
