/**
 * The socket to the server, as one thing that lasts: it comes back by itself, says where it was, and asks again what was not answered.
 *
 * Every frame is described in docs/socket.md. What belongs to conversations is handed to those who watch them, each number once and
 * in order, across any interruption; everything else is told by type. Knows nothing of pages, chats or carts.
 */
import type { Answer, Asking, OperationName } from "./api";
import { newId } from "./ids";
import { Observable } from "./observable";
import { OWN_IDS } from "./own-ids";
import { Problem, unreachable } from "./problem";

export interface Actor {
  kind: "customer" | "rep" | "bot" | "shop" | "system";
  id: string;
  name: string;
}
/** A line of a conversation's timeline. `type` "hidden": there is something that is not for this client. */
export interface Entry {
  conversation_id: string;
  seq: number;
  type: string;
  at: string;
  actor: Actor;
  data: Record<string, unknown>;
}
/** Anything the server sends; `type` says what. */
export type Frame = { type: string } & Record<string, unknown>;
export interface Myself {
  id: string;
  role: "customer" | "rep" | "supervisor" | "admin";
  name: string;
  verified: boolean;
  expires_at: string | null;
}
export interface Restored {
  conversation: { id: string; seq: number } & Record<string, unknown>;
  watching: boolean;
  after_seq: number;
  ticket?: Record<string, unknown>;
  call?: { id: string; media: string; state: string; rep_id: string | null };
  cart?: { id: string; version: number };
}
export interface Welcome extends Frame {
  caller: Myself;
  resumed: boolean;
  conversations: Restored[];
}
/** connecting: no answer yet. online. waiting: comes back by itself (`retryAt`). ended: the session is over, somebody must sign in again. */
export type LinkState = "closed" | "connecting" | "online" | "waiting" | "ended";

interface Pending {
  frame: string;
  resolve: (value: never) => void;
  reject: (problem: Problem) => void;
}
interface Watcher {
  after: number;
  acknowledged: number;
  listener: (entry: Entry) => void;
}

/** As docs/socket.md asks: 1 s, twice as long each time, 30 s at most, with a random part. */
const PAUSE_FIRST_MS = 1000;
const PAUSE_MOST_MS = 30_000;
/** After a page was asleep or offline, the first try comes at once. */
const PAUSE_WOKEN_MS = 50;
/** Acknowledging every entry would be as much traffic as the entries. */
const ACK_EACH = 20;
const ACK_AFTER_MS = 2000;
/** A socket that says nothing for this long after being asked is dead, whatever the browser believes. */
const PONG_WITHIN_MS = 5000;
const PING_EACH_MS = 20_000;
/** Before the token expires, so that the socket need not be closed for it. */
const RENEW_BEFORE_MS = 60_000;
/** `setTimeout` takes 31 bits. */
const TIMER_MOST_MS = 2 ** 31 - 1;
const ENDING_CODES = new Set([1008, 4403]);

export interface LinkOptions {
  /** Origin of the server, such as https://help.example. */
  origin: string;
  /** A token that is good now. `renew`: the one it gave before was refused or expires. A Problem that is not `passing` ends the link. */
  token: (renew: boolean) => Promise<string>;
  socket?: (url: string) => WebSocket;
}

export class Link extends Observable {
  #state: LinkState = "closed";
  #problem: Problem | null = null;
  #retryAt = 0;
  #welcome: Welcome | null = null;
  readonly #options: LinkOptions;
  #socket: WebSocket | null = null;
  #resume: string | null = null;
  #renewing = false;
  #refused = false;
  #attempt = 0;
  #number = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #heart: ReturnType<typeof setInterval> | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;
  readonly #pending = new Map<string, Pending & { promise: Promise<unknown> }>();
  readonly #watchers = new Map<string, Watcher>();
  readonly #listeners = new Map<string, Set<(frame: Frame) => void>>();
  #lobby = false;
  readonly #wake = (): void => this.#woken();
  readonly #offline = (): void => this.#gone();

  constructor(options: LinkOptions) {
    super();
    this.#options = options;
  }

  get state(): LinkState {
    return this.#state;
  }
  /** Why it has ended, or why the last try failed. */
  get problem(): Problem | null {
    return this.#problem;
  }
  /** When the next try comes (ms since the epoch), while waiting. */
  get retryAt(): number {
    return this.#retryAt;
  }
  /** What the server said at the beginning of this connection. */
  get welcome(): Welcome | null {
    return this.#welcome;
  }
  get me(): Myself | null {
    return this.#welcome?.caller ?? null;
  }

  /** Begins, and goes on until `close`. */
  open(): void {
    if (this.#state !== "closed" && this.#state !== "ended") return;
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#offline);
    addEventListener("pageshow", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#attempt = 0;
    void this.#connect();
  }

  /** Ends it; what was not answered is refused with `unreachable`. */
  close(): void {
    this.#end("closed", null);
  }

  /** Tries now rather than later: for a "try again" button. */
  hurry(): void {
    if (this.#state === "waiting") this.#again(0);
  }

  /**
   * Asks for an operation; its answer, or a Problem. Waits while there is no connection, for `patienceMs`, and asks again after an
   * interruption: an id in `fields` or the idempotency key that is added here makes that harmless.
   */
  ask<Name extends OperationName>(name: Name, fields: Asking<Name>, patienceMs = 20_000): Promise<Answer<Name>> {
    return this.#ask(name, fields as Record<string, unknown>, patienceMs) as Promise<Answer<Name>>;
  }

  /** Sends a frame that nobody answers, if there is a connection: typing, for one. */
  tell(frame: Frame): void {
    if (this.#state === "online") this.#send(JSON.stringify(frame));
  }

  /** Calls `listener` for frames of this type (`typing`, `presence`, `queue.position`, `offer.made`, `call.ring`, `lobby`, `welcome`, ...). */
  on(type: string, listener: (frame: Frame) => void): () => void {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all.add(listener));
    return () => all.delete(listener);
  }

  /** Hands every entry after `after` to `listener`, once each, ascending, until the returned function is called. One watcher for each conversation. */
  watch(conversationId: string, after: number, listener: (entry: Entry) => void): () => void {
    const watcher = { after, acknowledged: after, listener };
    this.#watchers.set(conversationId, watcher);
    if (this.#state === "online") this.#askToWatch(conversationId, after);
    return () => {
      if (this.#watchers.get(conversationId) !== watcher) return;
      this.#watchers.delete(conversationId);
      if (this.#state === "online") this.#control("conversation.unwatch", { conversation_id: conversationId });
    };
  }

  /** For staff: frames of type `lobby` and `lobby.reset` from now on, across interruptions. */
  watchLobby(on: boolean): void {
    this.#lobby = on;
    if (this.#state === "online") this.#control(on ? "lobby.watch" : "lobby.unwatch", {});
  }

  // --- requests

  #ask(name: OperationName, fields: Record<string, unknown>, patienceMs: number): Promise<unknown> {
    const prefix = OWN_IDS[name];
    const given = typeof fields["id"] === "string" ? fields["id"] : null;
    const id = given ?? (prefix ? newId(prefix) : `r${++this.#number}-${Math.random().toString(36).slice(2, 8)}`);
    const same = this.#pending.get(id);
    if (same) return same.promise;
    if (this.#state === "closed" || this.#state === "ended") return Promise.reject(this.#problem ?? unreachable());
    const frame = JSON.stringify({ idempotency_key: id, ...fields, type: name, id });
    let resolve!: (value: never) => void;
    let reject!: (problem: Problem) => void;
    const promise = new Promise<unknown>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    const timer = setTimeout(() => {
      if (this.#pending.delete(id)) reject(unreachable());
    }, patienceMs);
    const settled = (): void => clearTimeout(timer);
    promise.then(settled, settled);
    this.#pending.set(id, { frame, resolve, reject, promise });
    if (this.#state === "online") this.#send(frame);
    return promise;
  }

  #control(type: string, fields: Record<string, unknown>): void {
    this.#send(JSON.stringify({ ...fields, type, id: `c${++this.#number}` }));
  }

  #askToWatch(conversationId: string, after: number): void {
    this.#control("conversation.watch", { conversation_id: conversationId, after_seq: after });
  }

  #send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  // --- connection

  async #connect(): Promise<void> {
    this.#tell("connecting");
    let token: string;
    try {
      token = await this.#options.token(this.#renewing);
      this.#renewing = false;
    } catch (error) {
      const problem = error instanceof Problem ? error : unreachable();
      if (this.#over()) return;
      if (problem.passing) this.#wait(problem);
      else this.#end("ended", problem);
      return;
    }
    if (this.#over()) return;
    const url = new URL("/v1/socket", this.#options.origin);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.#options.socket ?? ((address: string) => new WebSocket(address)))(url.href);
    this.#socket = socket;
    socket.onopen = () => {
      const after = Object.fromEntries([...this.#watchers].map(([id, watcher]) => [id, watcher.after]));
      socket.send(JSON.stringify({ type: "hello", token, after, ...(this.#resume ? { resume: this.#resume } : {}) }));
    };
    socket.onmessage = (message) => this.#receive(socket, message.data as string);
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#closed(event.code, event.reason);
    };
  }

  #over(): boolean {
    return this.#state === "closed" || this.#state === "ended";
  }

  #closed(code: number, reason: string): void {
    this.#drop();
    if (code === 4401) this.#renewing = true;
    if (ENDING_CODES.has(code) && this.#state !== "connecting") this.#end("ended", new Problem({ status: 401, code: "session_ended", detail: reason || "The session has ended." }));
    else if (ENDING_CODES.has(code)) this.#refusedHello(reason);
    else this.#wait(unreachable());
  }

  /** A hello is refused where the token is: once more with a fresh one, then it is over. */
  #refusedHello(reason: string): void {
    if (this.#refused) {
      this.#end("ended", new Problem({ status: 401, code: "session_ended", detail: reason || "The session has ended." }));
      return;
    }
    this.#refused = this.#renewing = true;
    this.#again(0);
  }

  #wait(problem: Problem): void {
    this.#problem = problem;
    const pause = Math.min(PAUSE_FIRST_MS * 2 ** this.#attempt, PAUSE_MOST_MS);
    this.#attempt++;
    this.#again(pause * (0.5 + Math.random() / 2));
  }

  #again(pauseMs: number): void {
    clearTimeout(this.#retry);
    this.#retryAt = Date.now() + pauseMs;
    this.#retry = setTimeout(() => void this.#connect(), pauseMs);
    this.#tell("waiting");
  }

  /** The page is visible or online again: what was waited for is tried now, and what seems to live is asked whether it does. */
  #woken(): void {
    if (document.visibilityState === "hidden") return;
    if (this.#state === "waiting") {
      this.#attempt = 0;
      this.#again(PAUSE_WOKEN_MS);
    } else if (this.#state === "online") this.#ping();
  }

  /** The browser says that there is no network: no need to wait for a timeout to know. */
  #gone(): void {
    if (this.#socket) this.#lost();
  }

  #lost(): void {
    this.#drop();
    this.#wait(unreachable());
  }

  #drop(): void {
    clearInterval(this.#heart);
    clearTimeout(this.#expiry);
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #end(state: "closed" | "ended", problem: Problem | null): void {
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#offline);
    removeEventListener("pageshow", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#retry);
    this.#drop();
    this.#problem = problem;
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      pending.reject(problem ?? unreachable());
    }
    this.#tell(state);
  }

  #tell(state: LinkState): void {
    this.#state = state;
    this.changed();
  }

  #ping(): void {
    const asked = performance.now();
    this.#control("ping", {});
    const socket = this.#socket;
    setTimeout(() => {
      if (this.#socket === socket && socket && this.#heard < asked) this.#lost();
    }, PONG_WITHIN_MS);
  }

  // --- frames

  #receive(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    this.#heard = performance.now();
    const frame = JSON.parse(text) as Frame;
    switch (frame.type) {
      case "welcome":
        this.#welcomed(frame as Welcome);
        break;
      case "resume":
        this.#resume = frame["resume"] as string;
        break;
      case "result":
        this.#answer(frame["id"] as string | null)?.resolve(frame["result"] as never);
        break;
      case "error":
        this.#answer(frame["id"] as string | null)?.reject(new Problem(frame["problem"] as never));
        break;
      case "entry":
        this.#entry(frame["entry"] as Entry);
        break;
    }
    for (const listener of this.#listeners.get(frame.type) ?? []) listener(frame);
  }

  #answer(id: string | null): Pending | undefined {
    const pending = id === null ? undefined : this.#pending.get(id);
    if (id !== null) this.#pending.delete(id);
    return pending;
  }

  #welcomed(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#resume = welcome["resume"] as string;
    this.#attempt = 0;
    this.#refused = false;
    this.#problem = null;
    this.#heart = setInterval(() => this.#ping(), PING_EACH_MS);
    this.#renewInTime(welcome.caller.expires_at);
    this.#tell("online");
    const watched = new Set(welcome.conversations.filter((each) => each.watching).map((each) => each.conversation.id));
    for (const [id, watcher] of this.#watchers) if (!watched.has(id)) this.#askToWatch(id, watcher.after);
    if (this.#lobby !== (welcome["lobby"] === true)) this.watchLobby(this.#lobby);
    for (const pending of this.#pending.values()) this.#send(pending.frame);
  }

  #renewInTime(expiresAt: string | null): void {
    if (!expiresAt) return;
    const inMs = Math.max(Date.parse(expiresAt) - Date.now() - RENEW_BEFORE_MS, 0);
    this.#expiry = setTimeout(() => void this.#renew(), Math.min(inMs, TIMER_MOST_MS));
  }

  async #renew(): Promise<void> {
    const socket = this.#socket;
    try {
      const token = await this.#options.token(true);
      if (this.#socket === socket) this.#control("token.renew", { token });
    } catch (error) {
      // The server closes with 4401 when the time has come, and the next connection tells whether the session is over.
      if (!(error instanceof Problem)) throw error;
    }
  }

  #entry(entry: Entry): void {
    const watcher = this.#watchers.get(entry.conversation_id);
    if (!watcher || entry.seq <= watcher.after) return;
    watcher.after = entry.seq;
    watcher.listener(entry);
    if (entry.seq - watcher.acknowledged >= ACK_EACH) this.#acknowledge();
    else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ACK_AFTER_MS);
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    for (const [id, watcher] of this.#watchers) {
      if (watcher.after === watcher.acknowledged) continue;
      this.tell({ type: "ack", conversation_id: id, seq: watcher.after });
      watcher.acknowledged = watcher.after;
    }
  }
}
