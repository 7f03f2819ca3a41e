/** The widget's state against a stand-in for the server: who, where in the queue, what waits to be sent, and other tabs. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "../protocol/testing/server";
import { App } from "./app";
import type { Boot } from "./state/settings";
import { Store } from "./state/store";

const SITE = "site_1";
let server: FakeServer;
let begun: { body: Record<string, unknown>; path: string }[];
let apps: App[];
let emitted: [string, unknown][];

const jwt = (sub: string): string => `x.${btoa(JSON.stringify({ sub })).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.y`;
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  server = new FakeServer();
  begun = [];
  apps = [];
  emitted = [];
  const FakeWebSocket = function (url: string) {
    return server.open(url);
  };
  vi.stubGlobal("WebSocket", Object.assign(FakeWebSocket, { OPEN: 1 }));
  vi.stubGlobal("fetch", async (url: string, request: RequestInit) => {
    const path = new URL(url).pathname;
    const body = JSON.parse((request.body as string | null) ?? "{}") as Record<string, unknown>;
    begun.push({ path, body });
    const who = typeof body["token"] === "string" && body["token"].startsWith("x.") ? (JSON.parse(atob(body["token"].split(".")[1]!)) as { sub: string }).sub : null;
    const session = {
      token: `session-${begun.length}`, expires_at: "2100-01-01T00:00:00Z", person_id: who ? `cust_${who}` : "cust_1", name: who ?? "", verified: who !== null, cart_id: null, conversations: [],
    };
    return new Response(JSON.stringify(session), { status: 201, headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  for (const app of apps) app.link.close();
  vi.unstubAllGlobals();
});

function made(): App {
  const boot: Boot = { origin: "https://help.example", settings: { siteId: SITE, locale: "en" }, emit: (name, detail) => void emitted.push([name, detail]) };
  const app = new App(boot, new Store(SITE));
  apps.push(app);
  return app;
}

/** Answers what was asked, the newest of its kind, with this result. */
function answer(type: string, result: unknown): void {
  const sent = server.socket.of(type).at(-1);
  expect(sent, `${type} was asked`).toBeDefined();
  server.socket.says({ type: "result", id: sent!.id, result });
}

const place = (position: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "tick_1", conversation_id: "conv_1", channel: "chat", state: "waiting", position, eta_s: 120, callback: false, callback_offered: false, outcome: "", opens_at: null, ...more,
});

/** An app whose first words are on their way, the server being there. */
async function talking(): Promise<App> {
  const app = made();
  app.say({ text: "Hello" });
  await settled();
  server.socket.welcomes();
  await settled();
  return app;
}

test("asks the server nothing and keeps nothing before somebody acts", async () => {
  const app = made();
  app.setPage({ step: "address" });
  app.show("chat");
  await settled();
  expect(begun).toEqual([]);
  expect(server.sockets).toEqual([]);
  expect(localStorage.length + sessionStorage.length).toBe(0);
});

test("the first words begin a session and a conversation, in this order, then ask for somebody", async () => {
  const app = await talking();
  expect(begun.map((each) => each.path)).toEqual(["/v1/sessions"]);
  const sent = server.socket.sent.map((each) => each.type).filter((type) => type !== "hello");
  expect(sent.slice(0, 2)).toEqual(["conversation.create", "message.send"]);
  expect(app.log?.messages.map((message) => [message.text, message.state])).toEqual([["Hello", "sending"]]);
  answer("conversation.create", { id: app.log!.id });
  await settled();
  expect(server.socket.of("conversation.watch")).toHaveLength(1);
  expect(server.socket.of("queue.enter")).toHaveLength(1);
});

test("the place in the queue follows the server's notes", async () => {
  const app = await talking();
  answer("conversation.create", { id: app.log!.id });
  await settled();
  answer("queue.enter", place(3));
  await settled();
  expect(app.place?.position).toBe(3);
  server.socket.says({ type: "queue.position", conversation_id: app.log!.id, ticket_id: "tick_1", position: 2, eta_s: 60 });
  expect([app.place?.position, app.place?.eta_s]).toEqual([2, 60]);
  server.socket.says({ type: "queue.position", conversation_id: "conv_other", ticket_id: "tick_2", position: 9, eta_s: 60 });
  expect(app.place?.position).toBe(2);
});

test("where nobody is there, a message is asked for, with when that changes", async () => {
  const app = await talking();
  answer("conversation.create", { id: app.log!.id });
  await settled();
  answer("queue.enter", place(0, { state: "ended", outcome: "closed", position: null, opens_at: "2026-03-04T08:00:00Z" }));
  await settled();
  expect([app.view, app.opensAt, app.place]).toEqual(["offline", "2026-03-04T08:00:00Z", null]);
});

test("what was not sent is sent by the next page, under the same id", async () => {
  const before = await talking();
  const id = before.log!.messages[0]!.id;
  const conversation = before.log!.id;
  before.link.close();

  const after = made();
  after.resume();
  await settled();
  server.socket.welcomes();
  await settled();
  expect(after.log?.id).toBe(conversation);
  expect(server.socket.of("conversation.create").map((each) => each.id)).toEqual([conversation]);
  answer("conversation.create", { id: conversation });
  await settled();
  expect(server.socket.of("message.send").map((each) => each.id)).toEqual([id]);
  answer("message.send", { id });
  await settled();
  expect(localStorage.getItem(`tresen.${SITE}.unsent`)).toBeNull();
});

test("another customer finds nothing of the one before", async () => {
  const app = made();
  let customer = "ana";
  await app.identify((done) => done(jwt(customer)));
  app.say({ text: "My address is ..." });
  await settled();
  expect(app.session?.person_id).toBe("cust_ana");

  customer = "ben";
  await app.identify((done) => done(jwt(customer)));
  expect(begun.at(-1)!.body["previous_token"]).toBe("session-1");
  expect([app.session?.person_id, app.log, app.view, app.link.state]).toEqual(["cust_ben", null, "home", "closed"]);
  expect(localStorage.getItem(`tresen.${SITE}.conversation`)).toBeNull();
  expect(localStorage.getItem(`tresen.${SITE}.unsent`)).toBeNull();
});

test("a visitor who is identified keeps the conversation; the same customer keeps the session", async () => {
  const app = await talking();
  const conversation = app.log!.id;
  await app.identify((done) => done(jwt("ana")));
  await settled();
  expect(begun.at(-1)!.body["previous_token"]).toBe("session-1");
  expect([app.session?.person_id, app.log?.id]).toEqual(["cust_ana", conversation]);
  const sessions = begun.length;
  await app.identify((done) => done(jwt("ana")));
  expect([begun.length, app.log?.id]).toEqual([sessions, conversation]);
});

test("a customer who logged out of the shop leaves nothing behind", async () => {
  const app = made();
  await app.identify((done) => done(jwt("ana")));
  app.say({ text: "secret" });
  await settled();
  await app.identify(null);
  expect([app.session, app.log]).toEqual([null, null]);
});

test("a second tab shows the conversation that the first one began", async () => {
  const one = await talking();
  const two = made();
  const kept = JSON.stringify({ id: one.log!.id, made: true });
  localStorage.setItem(`tresen.${SITE}.conversation`, kept);
  dispatchEvent(new StorageEvent("storage", { key: `tresen.${SITE}.conversation`, newValue: kept }));
  await settled();
  expect(two.log?.id).toBe(one.log!.id);
  expect([one.open, two.open]).toEqual([false, false]);
});

test("two tabs that wait to send do not lose each other's words", () => {
  const unsent = (id: string): { id: string; at: string; text: string } => ({ id, at: "", text: id });
  const store = new Store(SITE);
  store.allow();
  const one = store.outbox("conv_1");
  const two = new Store(SITE).outbox("conv_1");
  one.save([unsent("msg_1")]);
  store.outbox("conv_2").save([unsent("msg_9")]);
  const other = new Store(SITE);
  other.allow();
  const third = other.outbox("conv_1");
  third.save([unsent("msg_2")]);
  expect(two.load().map((each) => each.id)).toEqual(["msg_1", "msg_2"]);
  one.save([]);
  expect(two.load().map((each) => each.id)).toEqual(["msg_2"]);
});
