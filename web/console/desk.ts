/**
 * The rep's desk as the server tells it: status and capacity, offers, who waits, whose conversations are open. Lobby frames and notes are
 * hints; what counts is read anew. Decides nothing about how it is shown: `attention.ts` sorts.
 */
import { Observable, Problem, type Answer, type Conversation, type Entry, type Frame, type Place } from "../protocol";
import type { App } from "./app";

export type RepView = Answer<"rep.me">;
export type Queue = Answer<"queues.read">;

/** Hints come in bursts: one reading for all of them. */
const GATHER_MS = 250;
/** A page of the list of open conversations; who has more is a shop with a board. */
const LISTED = 200;

export class Desk extends Observable {
  rep: RepView | null = null;
  /** What is offered to and had by this rep. */
  work: Place[] = [];
  /** Who waits, the next first. */
  lobby: Place[] = [];
  /** All open conversations, by id. */
  readonly conversations = new Map<string, Conversation>();
  readonly reps = new Map<string, RepView>();
  readonly queues = new Map<string, Queue>();
  /** When an offer ends, by ticket. */
  readonly offerEnds = new Map<string, number>();
  /** What the customer said last, by conversation, where it was heard of. */
  readonly lastSaid = new Map<string, { text: string; at: string }>();
  /** Chats and calls of this rep that have ended and of which nothing was written down yet: ticket by id, the last one last. */
  readonly finished = new Map<string, Place>();
  problem: Problem | null = null;
  read = false;
  readonly #app: App;
  #due: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #stale = false;
  /** Tickets of which everything was said. */
  readonly #settled = new Set<string>();
  #stops: (() => void)[] = [];

  constructor(app: App) {
    super();
    this.#app = app;
  }

  get offers(): Place[] {
    return this.work.filter((each) => each.state === "offered");
  }

  /** Whether this rep looks after a conversation, opened in this page or not; at once after accepting it. */
  has(conversationId: string): boolean {
    const me = this.#app.me.id;
    return (
      this.work.some((each) => each.conversation_id === conversationId && each.state !== "offered") ||
      this.conversations.get(conversationId)?.rep_id === me ||
      this.#app.opened.get(conversationId)?.mine === true
    );
  }

  /** Takes what another answer brought. */
  put(rep: RepView): void {
    this.rep = rep;
    this.changed();
  }

  /** An offer was accepted: no longer one, before the next reading says so. */
  took(place: Place): void {
    this.work = [...this.work.filter((each) => each.id !== place.id), place];
    this.changed();
  }

  /** An offer was declined. */
  dropped(ticketId: string): void {
    this.work = this.work.filter((each) => each.id !== ticketId);
    this.changed();
  }

  /** It is written down how it went, or nobody wants to. */
  settle(ticketId: string): void {
    this.finished.delete(ticketId);
    this.#settled.add(ticketId);
    this.changed();
  }

  begin(): void {
    const { link } = this.#app;
    link.watchLobby(true);
    const soon = (): void => this.#soon();
    this.#stops = [
      link.on("welcome", () => void this.refresh()),
      link.on("lobby.reset", soon),
      link.on("queue.length", soon),
      link.on("offer.ended", (frame) => {
        this.offerEnds.delete(frame["ticket_id"] as string);
        this.work = this.work.filter((each) => each.id !== frame["ticket_id"] || each.state !== "offered");
        this.changed();
        soon();
      }),
      link.on("offer.made", (frame) => {
        this.offerEnds.set(frame["ticket_id"] as string, Date.parse(frame["expires_at"] as string));
        void this.refresh();
      }),
      link.on("rep.status_changed", soon),
      link.on("lobby", (frame) => this.#heard(frame)),
    ];
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#due);
  }

  /** Reads all of it anew; never two readings at once. */
  async refresh(): Promise<void> {
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale) {
      this.#stale = false;
      try {
        await this.#readAll();
        this.problem = null;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.problem = error;
      }
      this.changed();
    }
    this.#reading = false;
  }

  /** Queues change rarely: read once, and again where somebody chooses among them. */
  async readQueues(): Promise<void> {
    replace(this.queues, (await this.#app.link.ask("queues.list", {})).data as Queue[], (each) => each.id);
    this.changed();
  }

  async #readAll(): Promise<void> {
    const { link } = this.#app;
    const [rep, work, lobby, reps, queues, open] = await Promise.all([
      link.ask("rep.me", {}),
      link.ask("rep.work", {}),
      link.ask("queue.lobby", { limit: LISTED }),
      link.ask("rep.list", {}),
      this.queues.size ? null : link.ask("queues.list", {}),
      link.ask("conversation.list", { status: "open", limit: LISTED }),
    ]);
    this.rep = rep;
    this.#compare(work.data as Place[]);
    this.work = work.data as Place[];
    this.lobby = lobby.data as Place[];
    replace(this.reps, reps.data, (each) => each.rep_id);
    if (queues) replace(this.queues, queues.data as Queue[], (each) => each.id);
    replace(this.conversations, open.data, (each) => each.id);
    this.read = true;
  }

  /** What was worked on and is no longer: whoever has written nothing about it is asked to. */
  #compare(work: Place[]): void {
    const now = new Set(work.map((each) => each.id));
    for (const place of this.work) {
      const ended = place.state === "assigned" && place.rep_id === this.#app.me.id && !now.has(place.id);
      if (ended && !this.#settled.has(place.id)) this.finished.set(place.id, place);
    }
  }

  #heard(frame: Frame): void {
    const entry = frame["entry"] as Entry;
    const data = entry.data ?? {};
    if (entry.type === "message.created" && entry.actor?.kind === "customer") {
      this.lastSaid.set(entry.conversation_id, { text: typeof data["text"] === "string" ? data["text"] : "", at: entry.at });
      this.changed();
      return;
    }
    this.#soon();
  }

  #soon(): void {
    this.#due ??= setTimeout(() => void this.refresh(), GATHER_MS);
  }
}

function replace<T>(map: Map<string, T>, values: readonly T[], key: (value: T) => string): void {
  map.clear();
  for (const value of values) map.set(key(value), value);
}
