/**
 * All of this person's calls at this page: those that ring, the one they are in, and one that another window has.
 *
 * One for each console, made on first use (`callingOf`). After a reload it asks the server what rings and what it was in, and goes on without
 * a click. Draws nothing.
 */
import { capture } from "../../media";
import { newId, Observable, Problem, type Call } from "../../protocol";
import type { App } from "../app";
import { called } from "../called";
import type { Opened } from "../opened";
import { router } from "../router";
import { ActiveCall, type How } from "./active";
import { ENTERED, legOf } from "./controls";
import { wish } from "./kept";
import { t } from "./texts";
import { ring } from "./tone";
import { endWords } from "./words";

export interface Ring {
  call: Call;
  legId: string;
  transferId: string | null;
  /** ms since 1970; null where nobody has said. */
  until: number | null;
  since: number;
  busy: boolean;
}
/** How the last call at a conversation ended, until the rep closes it or the next one begins. */
export interface Ended {
  conversationId: string;
  words: string;
  talkedS: number;
  /** It may be tried again. */
  again: "voice" | "video" | null;
}

/** This window had the call before it was reloaded. */
const HERE = "tresen.call";
const CHANNEL = "tresen.call";

export class Calling extends Observable {
  readonly app: App;
  rings: Ring[] = [];
  active: ActiveCall | null = null;
  /** In a call that another window has. */
  elsewhere: Call | null = null;
  ended: Ended | null = null;
  readonly #channel = new BroadcastChannel(CHANNEL);
  #taking = "";

  constructor(app: App) {
    super();
    this.app = app;
    app.link.on("call.ring", (frame) => void this.#rang(frame["call_id"] as string, frame["leg_id"] as string, (frame["transfer_id"] as string | null) ?? null));
    app.link.on("call.ring_ended", (frame) => this.#stopped(frame["leg_id"] as string, frame["outcome"] as string | null));
    app.link.on("welcome", () => void this.recover());
    app.desk.subscribe(() => this.changed());
    app.link.subscribe(() => {
      // Signed out: nobody's voice goes on.
      if (app.link.state === "closed" || app.link.state === "ended") this.#signedOut();
    });
    this.#channel.onmessage = (message: MessageEvent<{ taken: string }>) => this.#taken(message.data.taken);
    if (app.link.state === "online") void this.recover();
  }

  /** Rings at the customer. */
  async start(opened: Opened, media: "voice" | "video"): Promise<void> {
    if (this.#refuseSecond()) return;
    const captured = capture(wish(media === "video"));
    try {
      const call = await this.app.link.ask("call.request", { conversation_id: opened.id, id: newId("call"), media });
      this.#begin(call, captured);
    } catch (error) {
      this.#refused(error, captured);
    }
  }

  /** Takes a call that rings: its conversation comes to the front, and the rep is in it. */
  async accept(one: Ring): Promise<void> {
    if (one.busy || this.#refuseSecond()) return;
    one.busy = true;
    this.#taking = one.call.id;
    this.#sound();
    this.changed();
    const captured = capture(wish(one.call.media === "video"));
    router.toConversation(one.call.conversation_id);
    try {
      const call = await this.app.link.ask("call.accept", { call_id: one.call.id });
      this.#forget(one.legId);
      this.#begin(call, captured);
    } catch (error) {
      one.busy = false;
      if (error instanceof Problem && error.status === 409) this.#forget(one.legId);
      this.#refused(error, captured);
    } finally {
      this.#taking = "";
      this.changed();
    }
  }

  async decline(one: Ring): Promise<void> {
    if (one.busy) return;
    one.busy = true;
    this.#sound();
    this.changed();
    try {
      await this.app.link.ask("call.decline", { call_id: one.call.id });
    } catch (error) {
      this.#refused(error);
    }
    this.#forget(one.legId);
  }

  /** Comes into a call as a supervisor. False: refused, and said. */
  async supervise(callId: string, how: How): Promise<boolean> {
    if (this.active?.id === callId) {
      await this.active.supervise(how);
      return true;
    }
    if (this.#refuseSecond()) return false;
    try {
      this.#begin(await this.app.link.ask("call.supervise", { call_id: callId, how }), null);
      return true;
    } catch (error) {
      this.#refused(error);
      return false;
    }
  }

  /** Goes into a call that became this person's without a ring: somebody who waited was picked. */
  async enter(callId: string): Promise<void> {
    if (this.active) return;
    try {
      const call = await this.app.link.ask("call.read", { call_id: callId });
      if (!this.active && legOf(call, this.app.me.id)) this.#begin(call, null);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** Takes over the call that another window has. */
  continueHere(): void {
    const call = this.elsewhere;
    if (!call) return;
    this.#channel.postMessage({ taken: call.id });
    router.toConversation(call.conversation_id);
    this.#begin(call, null);
  }

  closeEnded(): void {
    this.ended = null;
    this.changed();
  }

  /** After a reload, and whenever the connection is back: what rings, and what one is in. */
  async recover(): Promise<void> {
    let calls: Call[];
    try {
      calls = (await this.app.link.ask("call.mine", {})).data;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return; // the next welcome asks again
    }
    const me = this.app.me.id;
    const ringing = new Set<string>();
    this.elsewhere = null;
    for (const call of calls) {
      const leg = legOf(call, me);
      if (leg?.state === "ringing") {
        ringing.add(leg.id);
        this.#show(call, leg.id, call.transfer?.target_leg_id === leg.id ? call.transfer.id : null);
      } else if (leg && ENTERED.has(leg.state) && this.active?.id !== call.id && this.#taking !== call.id) {
        if (!this.active && here() === call.id) {
          if (leg.role !== "supervisor") router.toConversation(call.conversation_id);
          this.#begin(call, null);
        } else if (!this.active) this.elsewhere = call;
      }
    }
    for (const one of this.rings) if (!ringing.has(one.legId)) this.#forget(one.legId);
    this.#sound();
    this.changed();
  }

  // --- rings

  async #rang(callId: string, legId: string, transferId: string | null): Promise<void> {
    try {
      const call = await this.app.link.ask("call.read", { call_id: callId });
      if (legOf(call, this.app.me.id)?.id === legId && call.legs.some((leg) => leg.id === legId && leg.state === "ringing")) this.#show(call, legId, transferId);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Not to be read now: the next welcome tells whether it still rings.
      console.info("Tresen: a call rings that cannot be read.", error);
    }
  }

  #show(call: Call, legId: string, transferId: string | null): void {
    if (this.rings.some((one) => one.legId === legId)) return;
    const until = call.legs.find((leg) => leg.id === legId)?.until ?? null;
    this.rings = [...this.rings, { call, legId, transferId, until: until ? Date.parse(until) : null, since: Date.now(), busy: false }];
    this.#sound();
    this.changed();
  }

  #stopped(legId: string, outcome: string | null): void {
    const one = this.rings.find((each) => each.legId === legId);
    if (!one) return;
    const ours = one.busy || this.#taking === one.call.id;
    this.#forget(legId);
    if (ours) return;
    const customer = this.customerOf(one.call);
    if (outcome === "missed") this.app.notice(t("ring.missed", { customer }), "warning");
    else if (outcome === "cancelled") this.app.notice(t("ring.cancelled", { customer }));
    else if (outcome === "joining" || outcome === "joined") {
      this.app.notice(t("ring.elsewhere"));
      void this.recover();
    }
  }

  /** How the customer of a call is called, as far as this page knows. */
  customerOf(call: Call): string {
    const { desk, opened } = this.app;
    return called(opened.get(call.conversation_id)?.name || desk.conversations.get(call.conversation_id)?.customer_name);
  }

  #forget(legId: string): void {
    this.rings = this.rings.filter((one) => one.legId !== legId);
    this.#sound();
    this.changed();
  }

  #sound(): void {
    const outgoing = this.active?.controls.standing === "ringing" && this.active.call.requested_by === this.app.me.id;
    ring(this.rings.some((one) => !one.busy) && !this.active ? "incoming" : outgoing ? "outgoing" : null);
  }

  // --- the call one is in

  #begin(call: Call, captured: ReturnType<typeof capture> | null): void {
    this.ended = this.elsewhere = null;
    let over = false;
    const active = new ActiveCall(this.app, call, (last) => ((over = true), this.#over(last)), captured);
    if (over) return;
    this.active = active;
    remember(call.id);
    active.subscribe(() => {
      this.#sound();
      this.changed();
    });
    this.#sound();
    this.changed();
  }

  #over(call: Call): void {
    this.active = null;
    remember(null);
    const said = endWords(call, this.app.me.id);
    const target = call.transfer?.target_leg_id ? call.legs.find((leg) => leg.id === call.transfer?.target_leg_id)?.person_id : null;
    const who = (target && this.app.desk.reps.get(target)?.name) || t("who.rep");
    const words = t(said.key, { customer: this.customerOf(call), who });
    const talkedS = call.connected_at ? Math.max(0, (Date.parse(call.ended_at ?? new Date().toISOString()) - Date.parse(call.connected_at)) / 1000) : 0;
    this.ended = { conversationId: call.conversation_id, words, talkedS, again: said.again ? (call.media as "voice" | "video") : null };
    if (this.app.current?.id !== call.conversation_id) this.app.notice(words);
    this.#sound();
    this.changed();
  }

  /** Another window goes on with the call this one has. */
  #taken(callId: string): void {
    if (this.active?.id !== callId) return;
    const { call } = this.active;
    this.active.drop();
    this.active = null;
    remember(null);
    this.elsewhere = call;
    this.changed();
  }

  #signedOut(): void {
    ring(null);
    this.rings = [];
    this.active?.drop();
    this.active = null;
    this.changed();
  }

  #refuseSecond(): boolean {
    if (!this.active) return false;
    this.app.notice(t("ring.busy"), "warning");
    return true;
  }

  #refused(error: unknown, captured: ReturnType<typeof capture> | null = null): void {
    void captured?.then((got) => (got.audio?.stop(), got.video?.stop()));
    if (!(error instanceof Problem)) throw error;
    this.app.notice(t("act.refused", { problem: error.message }), "danger");
  }
}

function here(): string | null {
  return sessionStorage.getItem(HERE);
}

function remember(callId: string | null): void {
  if (callId) sessionStorage.setItem(HERE, callId);
  else sessionStorage.removeItem(HERE);
}

const all = new WeakMap<App, Calling>();

/** The one of this console. */
export function callingOf(app: App): Calling {
  let found = all.get(app);
  if (!found) all.set(app, (found = new Calling(app)));
  return found;
}
