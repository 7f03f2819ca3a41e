/** One conversation a rep has open: its log, its present state, and what hangs on it (call, cart, ticket), kept up to date. */
import { ConversationLog, Observable, Problem, followCall, followCart, type Answer, type Call, type Cart, type Conversation, type Entry, type Followed, type Place } from "../protocol";
import type { App } from "./app";
import { CartSight } from "./cart/sight";
import { unsentKeep } from "./keep";

type Detail = Answer<"conversation.read">;

export class Opened extends Observable {
  readonly id: string;
  readonly app: App;
  readonly log: ConversationLog;
  readonly call: Followed<Call>;
  readonly cart: Followed<Cart>;
  /** What the customer lets this rep see of the cart, and do with it. */
  readonly sight: CartSight;
  /** What cannot be read at the moment, and why: shown in the place of the messages. */
  problem: Problem | null = null;
  #detail: Detail | null = null;
  #places: Place[] = [];
  #opened = false;
  #reading = false;
  #stale = false;
  #stops: (() => void)[] = [];

  constructor(app: App, id: string, known: Conversation | null = null) {
    super();
    this.app = app;
    this.id = id;
    this.log = new ConversationLog(app.link, id, unsentKeep(id));
    this.call = followCall(app.link, this.log);
    this.cart = followCart(app.link, this.log);
    this.sight = new CartSight(this);
    if (known) this.#detail = { conversation: known, participants: [] };
  }

  /** The present state; null until it was read. */
  get conversation(): Conversation | null {
    return this.#detail?.conversation ?? null;
  }
  get participants(): Detail["participants"] {
    return this.#detail?.participants ?? [];
  }
  /** The customer's name, or empty where nobody knows it. */
  get name(): string {
    return this.conversation?.customer_name ?? "";
  }
  get mine(): boolean {
    return this.conversation?.rep_id === this.app.me.id;
  }
  get open(): boolean {
    return this.conversation?.status === "open";
  }
  /** The conversation's places in the queue: what waits, is offered or is worked on. */
  get places(): readonly Place[] {
    return this.#places;
  }
  /** The ticket of this rep's chat in it; null where it was claimed past the queue, or is over. */
  get ticketId(): string | null {
    const own = this.#places.filter((each) => each.state !== "ended");
    return (own.find((each) => each.rep_id === this.app.me.id && each.channel === "chat") ?? own.find((each) => each.rep_id === this.app.me.id) ?? own[0])?.id ?? null;
  }
  get unread(): number {
    return this.log.unread;
  }

  /** Begins to follow it. */
  begin(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#stops = [
      this.log.onEntry((entry) => this.#concerned(entry)),
      this.log.subscribe(() => this.changed()),
      this.call.subscribe(() => this.changed()),
      this.cart.subscribe(() => this.changed()),
      this.sight.subscribe(() => this.changed()),
    ];
    this.sight.begin();
    this.log.open();
    this.call.open();
    this.cart.open();
    void this.refresh();
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#opened = false;
    this.sight.end();
    this.cart.close();
    this.call.close();
    this.log.close();
  }

  /** Takes the state that another answer brought. */
  put(conversation: Conversation): void {
    this.#detail = { conversation, participants: this.participants };
    this.changed();
  }

  /** Reads state and places anew; never two reads at once. */
  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale) {
      this.#stale = false;
      try {
        const [detail, places] = await Promise.all([
          this.app.link.ask("conversation.read", { conversation_id: this.id }),
          this.app.link.ask("queue.places", { conversation_id: this.id }),
        ]);
        this.#detail = detail;
        this.#places = places.data as Place[];
        this.problem = null;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.problem = error;
      }
      this.changed();
    }
    this.#reading = false;
  }

  #concerned(entry: Entry): void {
    if (/^(conversation|queue|customer|csat)\./.test(entry.type)) void this.refresh();
  }
}
