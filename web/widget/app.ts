/**
 * The widget's state: who the visitor is, the open conversation with its call and its cart, the place in the queue, and which view shows.
 *
 * It knows nothing of elements. The panel, the call and the cart bar watch it and call it. A session begins when somebody does something
 * that needs one, not before; everything that hangs on a session is thrown away when it becomes somebody else's.
 */
import { Followed, Link, Observable, Problem, Rest, followCall, followCart, newId, ConversationLog, type Call, type Cart, type Entry, type Place } from "../protocol";
import { Session, type Identify } from "./state/session";
import type { Boot, Notice, PageContext, Settings, Tone, View } from "./state/settings";
import { Store } from "./state/store";
import { pageAttributes, watchPage } from "./state/page";
import { followPlace } from "./state/place";
import { shopsTitle } from "./state/title";

export type { Settings, View } from "./state/settings";

/** A creation waits for a connection as long as the page lives. */
const PATIENCE_MS = 2 ** 31 - 1;
const NOTICE_MS = 6000;
/** Reasons of the help button that reps read in their own language. */
const CAUSES = ["asked", "declined", "code"] as const;
/** Somebody who pages quickly is told of once. */
const PAGE_AFTER_MS = 1500;
/** How the queue says that nobody takes it now: what is asked for is a message. */
const NOBODY_THERE = new Set(["closed", "offline_message", "voicemail"]);

export class App extends Observable {
  readonly origin: string;
  readonly settings: Settings;
  readonly rest: Rest;
  readonly store: Store;
  readonly emit: (name: string, detail?: unknown) => void;
  link: Link;
  log: ConversationLog | null = null;
  call: Followed<Call> | null = null;
  cart: Followed<Cart> | null = null;
  page: PageContext;
  cartId: string | null = null;
  notices: readonly Notice[] = [];
  readonly #session: Session;
  #places: Followed<Place> | null = null;
  #view: View = "home";
  #open: boolean;
  #making: Promise<ConversationLog> | null = null;
  #stops: (() => void)[] = [];
  #forLife: (() => void)[] = [];
  #pageTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #since = Date.now();
  #noticed = 0;
  #unread = 0;
  /** When somebody is there again, as the queue said when it was entered last. */
  opensAt: string | null = null;

  constructor({ origin, settings, emit }: Boot, store = new Store(settings.siteId)) {
    super();
    this.origin = origin;
    this.settings = settings;
    this.emit = emit;
    this.store = store;
    this.rest = new Rest(origin);
    this.page = { url: location.href, title: shopsTitle() };
    this.#session = new Session(this.rest, store, settings.siteId);
    this.#session.attributes = () => pageAttributes(this.page);
    this.#session.onOther = () => this.#detach();
    this.link = this.#newLink();
    this.#open = store.getHere("open") === true;
    if (store.getHere("tab") === null) store.setHere("tab", newId("tab"));
    this.#forLife = [store.onChange((name) => this.#otherTab(name)), watchPage(() => this.setPage({}))];
  }

  // --- who

  get session(): { person_id: string; name: string; verified: boolean; cart_id: string | null } | null {
    return this.#session.current;
  }

  /** For REST: a token that is good now; a session begins where there is none. */
  token(): Promise<string> {
    return this.#session.token();
  }

  /** The shop's callback. Where there is a session already, it is asked at once whether it still is the same person's. Null: nobody is logged in. */
  async identify(identify: Identify | null): Promise<void> {
    this.#session.identify = identify;
    const current = this.#session.current;
    if (!current) return;
    if (!identify) {
      if (current.sub === null) return;
      this.#detach();
      this.link = this.#newLink();
      await this.#session.end();
      return;
    }
    if (!(await this.#session.check())) return;
    this.#detach();
    this.link = this.#newLink();
    // A visitor's open conversation has become the customer's; somebody else's was forgotten with their session.
    this.resume();
    this.changed();
  }

  /** Ends everything: `tresen('shutdown')`. */
  async shutdown(): Promise<void> {
    this.#detach();
    for (const stop of this.#forLife) stop();
    this.store.setHere("open", null);
    await this.#session.end();
  }

  // --- the conversation

  /** Goes on with what an earlier page or another tab began. */
  resume(): void {
    const kept = this.store.get("conversation");
    if (!kept || this.log?.id === kept.id || !this.session) return;
    this.#attach(kept.id);
    if (kept.made) this.#follow();
    else void this.#make(kept.id).catch((error: unknown) => this.#failed(kept.id, error));
  }

  /** The open conversation; one is begun where there is none, or where the last one is closed. */
  async ensureConversation(): Promise<ConversationLog> {
    this.store.allow();
    if (this.log && !this.closed) return await (this.#making ?? this.log);
    const id = newId("conv");
    this.#detachConversation();
    this.store.set("conversation", { id, made: false });
    this.#attach(id);
    return await this.#make(id);
  }

  /** Opens one of the visitor's conversations. */
  openConversation(id: string): void {
    if (this.log?.id !== id) {
      this.#detachConversation();
      this.store.set("conversation", { id, made: true });
      this.#attach(id);
      this.#follow();
    }
    this.show("chat");
  }

  /** Leaves the conversation, so that the next words begin a new one. */
  leaveConversation(): void {
    this.#detachConversation();
    this.store.set("conversation", null);
    this.show("home");
  }

  /** Says something; the first words of a conversation also ask for somebody. Kept and sent later where there is no connection. */
  say(said: { text: string; reply_to?: string | null; attachment_ids?: string[] }): string {
    const first = !this.log || this.closed;
    // The conversation is there at once, though the server may not know it yet: what is asked is asked in this order.
    void this.#askForSomebody();
    const id = this.log!.send(said);
    if (first) this.emit("conversation", { id: this.log!.id });
    return id;
  }

  /** Waits in the queue for a chat, unless somebody is there or it waits already. */
  async #askForSomebody(): Promise<void> {
    const making = this.ensureConversation();
    const id = this.log?.id;
    try {
      const log = await making;
      if (this.#served(log) || this.place) return;
      if (log.last("queue.left", "queue.entered")?.type === "queue.left" && this.away) return;
      this.#arrived(await this.link.ask("queue.enter", { conversation_id: log.id, channel: "chat" }, PATIENCE_MS));
    } catch (error) {
      this.#failed(id, error);
    }
  }

  /** The help button on the shop's page: somebody is asked for at once, with the reason, before a word is said. */
  async askForHelp({ reason, step }: { reason?: string; step?: string }): Promise<void> {
    this.show("chat");
    const log = await this.ensureConversation();
    // A page's own words are for the rep to read; what is a known cause is told in the rep's language.
    const cause = CAUSES.find((each) => each === reason);
    const said = { ...(cause ? { cause } : { note: reason ?? "" }), step: step ?? this.page.step ?? "", page: here(this.page) };
    await this.link.ask("help.request", { id: newId("help"), conversation_id: log.id, channel: "chat", ...said }, PATIENCE_MS);
    await this.#places?.refresh();
  }

  async endConversation(): Promise<void> {
    if (this.log && !this.closed) await this.link.ask("conversation.close", { conversation_id: this.log.id, reason: "customer" });
  }

  /** Takes what the queue answered. */
  #arrived(place: Place): void {
    this.opensAt = place.opens_at ?? null;
    if (place.state === "waiting" || place.state === "offered") this.#places?.put(place);
    else if (place.state === "ended" && NOBODY_THERE.has(place.outcome)) this.show("offline");
  }

  /** Whether a rep takes part in the conversation. */
  get rep(): { id: string; name: string } | null {
    return this.log && this.#served(this.log);
  }

  #served(log: ConversationLog): { id: string; name: string } | null {
    const entry = log.last("conversation.assigned", "conversation.transferred", "conversation.released", "conversation.closed", "queue.entered");
    if (!entry || (entry.type !== "conversation.assigned" && entry.type !== "conversation.transferred")) return null;
    const id = entry.data["rep_id"] as string;
    const said = log.messages.findLast((message) => message.actor.kind === "rep" && message.actor.id === id);
    return { id, name: (entry.data["rep_name"] as string) || said?.actor.name || (entry.actor.id === id ? entry.actor.name : "") };
  }

  get place(): { ticket_id: string; position: number | null; eta_s: number | null; channel: string; callback: boolean; callback_offered: boolean } | null {
    const place = this.#places?.value;
    if (!place) return null;
    const { id, position, eta_s, channel, callback, callback_offered } = place;
    return { ticket_id: id, position, eta_s, channel, callback, callback_offered };
  }

  /** Whether the queue gave up for want of anybody: a message is asked for. */
  get away(): boolean {
    const left = this.log?.last("queue.left", "queue.entered", "conversation.assigned");
    return left?.type === "queue.left" && NOBODY_THERE.has(left.data["reason"] as string);
  }

  get closed(): boolean {
    return this.log?.last("conversation.closed", "conversation.reopened")?.type === "conversation.closed";
  }
  /** Whether a rep has said anything here. */
  get spoken(): boolean {
    return this.log?.messages.some((message) => message.actor.kind === "rep") ?? false;
  }
  get rated(): boolean {
    return this.log?.last("csat.submitted") !== undefined;
  }
  get unread(): number {
    return this.log?.unread ?? 0;
  }
  /** Whether another tab of this browser has the call. */
  get callElsewhere(): boolean {
    const held = this.store.get("call");
    return held !== null && held.call_id === this.call?.value?.id && held.tab !== this.store.getHere("tab");
  }

  /** This tab has the call now; null: it no longer has. */
  holdCall(callId: string | null): void {
    const tab = this.store.getHere("tab") ?? "";
    if (callId) this.store.set("call", { tab, call_id: callId });
    else if (this.store.get("call")?.tab === tab) this.store.set("call", null);
    this.changed();
  }

  /** Changes the place by an operation of the queue. */
  async onPlace(name: "queue.keep_waiting" | "queue.leave" | "queue.callback", number?: string): Promise<void> {
    const ticket = this.place?.ticket_id;
    if (!ticket) return;
    if (name === "queue.leave") await this.link.ask(name, { ticket_id: ticket });
    else if (name === "queue.callback") await this.link.ask(name, { ticket_id: ticket, channel: "voice", number: number ?? null });
    else await this.link.ask(name, { ticket_id: ticket });
    await this.#places?.refresh();
  }

  /** Asks to be called back: keeps the place there is, or takes one for a call. */
  async callBack(number?: string): Promise<void> {
    const log = await this.ensureConversation();
    await this.#places?.refresh();
    if (!this.place) {
      const place = await this.link.ask("queue.enter", { conversation_id: log.id, channel: "voice", reason: "callback" });
      if (place.state === "ended") return this.#arrived(place);
      this.#places?.put(place);
    }
    await this.onPlace("queue.callback", number);
  }

  /** A message for when somebody is there again. The address is the visitor's own word, and kept as such. */
  async leaveMessage(text: string, email: string): Promise<void> {
    const log = await this.ensureConversation();
    if (email) {
      this.page = { ...this.page, email };
      await this.link.ask("session.attributes", { unverified_attributes: pageAttributes(this.page) });
    }
    log.send({ text });
    if (!this.place && !this.rep && !this.away) await this.link.ask("queue.enter", { conversation_id: log.id, channel: "chat" });
  }

  // --- what shows

  get view(): View {
    return this.#view;
  }
  show(view: View): void {
    if (view === this.#view) return;
    this.#view = view;
    this.changed();
  }

  get open(): boolean {
    return this.#open;
  }
  set open(open: boolean) {
    if (open === this.#open) return;
    this.#open = open;
    if (open) this.store.allow();
    this.store.setHere("open", open || null);
    this.emit(open ? "open" : "close");
    this.changed();
  }

  /** Says something to the visitor that goes away by itself. */
  notice(text: string, tone: Tone = "info"): void {
    const notice = { id: ++this.#noticed, text, tone };
    this.notices = [...this.notices.filter((each) => each.text !== text), notice];
    setTimeout(() => this.dismiss(notice.id), NOTICE_MS);
    this.changed();
  }
  dismiss(id: number): void {
    this.notices = this.notices.filter((each) => each.id !== id);
    this.changed();
  }

  /** Opens the panel, fetching it where that is not done yet; the entry knows how. */
  openPanel: () => void = () => {
    this.open = true;
  };

  /** Words for problems come from the panel, which has the dictionary. */
  words: (problem: Problem) => string = (problem) => problem.message;
  /** Says what went wrong. What is no refusal of the server's is a fault of ours, and goes up. */
  report(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    this.notice(this.words(error), "danger");
  }

  /** As `report`, unless that conversation is no longer the open one: its requests were given up with it. */
  #failed(id: string | undefined, error: unknown): void {
    if (error instanceof Problem && this.log?.id !== id) return;
    this.report(error);
  }

  // --- the page

  setPage(said: Partial<PageContext>): void {
    const page = { ...this.page, ...said, url: location.href, title: said.title ?? shopsTitle() };
    if (JSON.stringify(page) === JSON.stringify(this.page)) return;
    this.page = page;
    clearTimeout(this.#pageTimer);
    this.#pageTimer = setTimeout(() => void this.#tellPage(), PAGE_AFTER_MS);
    this.changed();
  }

  async #tellPage(): Promise<void> {
    if (this.link.state !== "online") return;
    try {
      await this.link.ask("session.attributes", { unverified_attributes: pageAttributes(this.page) });
    } catch (error) {
      // The next page, or the next connection, tells again.
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** The cart that the shop's page shows, attached to the conversation. */
  setCart(id: string | null): void {
    this.cartId = id;
    if (id && this.log) void this.#attachCart(this.log);
    this.changed();
  }

  async #attachCart(log: ConversationLog): Promise<void> {
    const id = this.cartId;
    if (!id || this.closed || this.cart?.value?.id === id) return;
    try {
      await this.link.ask("conversation.set_cart", { conversation_id: log.id, cart_id: id });
      await this.cart?.refresh();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.warn(`Tresen: the cart ${id} cannot be attached: ${error.message}`);
    }
  }

  // --- inside

  #newLink(): Link {
    const link = new Link({ origin: this.origin, token: (renew) => this.#session.token(renew) });
    link.subscribe(() => {
      if (link === this.link) this.#linkChanged(link);
    });
    return link;
  }

  #linkChanged(link: Link): void {
    if (link.state === "ended" && link.problem?.code === "session_ended") {
      // Ended at the server: an erasure, a log-out elsewhere. What is open here is nobody's any more.
      this.store.forget();
      this.#detach();
      this.link = this.#newLink();
      this.#view = "home";
      this.emit("ended");
    }
    this.changed();
  }

  #attach(id: string): void {
    const log = new ConversationLog(this.link, id, this.store.outbox(id));
    this.log = log;
    this.call = followCall(this.link, log);
    this.cart = followCart(this.link, log);
    this.#places = followPlace(this.link, log);
    this.#stops = [log, this.call, this.cart, this.#places].map((each) => each.subscribe(() => this.#heard()));
    this.#stops.push(log.onEntry((entry) => this.#happened(entry)));
    this.link.open();
    this.changed();
  }

  async #make(id: string): Promise<ConversationLog> {
    const log = this.log!;
    const asked = this.link.ask("conversation.create", { id, channel: "chat", locale: this.locale }, PATIENCE_MS);
    this.#making = asked.then(() => {
      if (this.log === log) {
        this.store.set("conversation", { id, made: true });
        this.#follow();
      }
      return log;
    });
    const done = (): void => void (this.#making = null);
    this.#making.then(done, done);
    return await this.#making;
  }

  /** For the conversation's language. */
  get locale(): string {
    return this.settings.locale === "auto" ? navigator.language : this.settings.locale;
  }

  #follow(): void {
    const { log } = this;
    if (!log) return;
    log.open();
    for (const each of [this.call, this.cart, this.#places]) each?.open();
    this.#stops.push(this.link.on("welcome", () => void this.#tellPage()));
    void this.#attachCart(log);
  }

  #happened(entry: Entry): void {
    this.emit("entry", { type: entry.type, seq: entry.seq });
    // What was over before this page began is not asked about.
    if (entry.type === "conversation.closed" && this.#view === "chat" && !this.rated && Date.parse(entry.at) > this.#since && this.spoken) this.show("csat");
  }

  #heard(): void {
    const unread = this.unread;
    if (unread !== this.#unread) this.emit("unread", { count: unread });
    this.#unread = unread;
    this.changed();
  }

  #detachConversation(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    for (const each of [this.call, this.cart, this.#places, this.log]) each?.close();
    this.log = this.call = this.cart = this.#places = this.#making = null;
    this.opensAt = null;
    this.#heard();
  }

  #detach(): void {
    this.#detachConversation();
    this.link.close();
    this.#view = "home";
    this.changed();
  }

  #otherTab(name: string): void {
    if (name === "session") {
      const now = this.session;
      if (this.link.me && now?.person_id !== this.link.me.id) {
        this.#detach();
        this.link = this.#newLink();
      }
    }
    if (name === "session" || name === "conversation") {
      const kept = this.store.get("conversation");
      if (!kept) this.#detachConversation();
      else if (kept.id !== this.log?.id && kept.made) {
        this.#detachConversation();
        this.resume();
      }
    }
    this.changed();
  }
}

const here = (page: PageContext): { url: string; title: string } => ({ url: page.url.slice(0, 2048), title: page.title.slice(0, 200) });
