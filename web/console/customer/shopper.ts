/**
 * What the shop knows of a conversation's customer: who they are, earlier conversations, orders, payments, consents, suggestions made to
 * them. Each is read when the column is first shown, and again when an entry says that it has changed.
 */
import { Followed, Observable, type Answer, type Conversation, type Entry, type Order, type Told } from "../../protocol";
import type { Opened } from "../opened";

export type Customer = Answer<"customer.read">;
export type Consent = Answer<"customer.consents">["data"][number];
export type Payment = Answer<"payment.list">["data"][number];
export type Suggestion = Answer<"suggestion.list">["data"][number];

/** Who looked at a customer's data is written into the audit log, so it is not read at every word they say. */
const LOOK_EACH_MS = 15_000;
const LISTED = 20;

export class Shopper extends Observable {
  readonly customer: Followed<Customer>;
  readonly history: Followed<Conversation[]>;
  readonly consents: Followed<Consent[]>;
  readonly orders: Followed<Order[]>;
  readonly payments: Followed<Payment[]>;
  readonly suggestions: Followed<Suggestion[]>;
  readonly #all: Followed<unknown>[];
  #looked = 0;
  #stops: (() => void)[] = [];

  constructor(opened: Opened) {
    super();
    const { log, app } = opened;
    const conversation_id = opened.id;
    const whose = async (): Promise<string> => (opened.conversation ?? (await app.link.ask("conversation.read", { conversation_id })).conversation).customer_id;
    const on = (pattern: RegExp) => (entry: Entry): Told<never> => (pattern.test(entry.type) ? "stale" : "nothing");
    this.customer = new Followed<Customer>(
      log,
      (entry) => {
        if (entry.type !== "customer.identified" && (entry.actor.kind !== "customer" || Date.now() - this.#looked < LOOK_EACH_MS)) return "nothing";
        return "stale";
      },
      async () => {
        this.#looked = Date.now();
        return app.link.ask("customer.read", { customer_id: await whose() });
      },
    );
    this.history = new Followed<Conversation[]>(log, on(/^(conversation|csat|customer)\./), async () => {
      const page = await app.link.ask("conversation.list", { customer_id: await whose(), limit: LISTED });
      return page.data.filter((each) => each.id !== conversation_id);
    });
    this.consents = new Followed<Consent[]>(log, on(/^consent\./), async () => (await app.link.ask("customer.consents", { customer_id: await whose() })).data);
    this.orders = new Followed<Order[]>(log, on(/^(order|payment|customer)\./), async () => (await app.link.ask("order.list", { customer_id: await whose(), limit: LISTED })).data);
    this.payments = new Followed<Payment[]>(log, on(/^payment\./), async () => (await app.link.ask("payment.list", { conversation_id })).data);
    this.suggestions = new Followed<Suggestion[]>(log, on(/^cart\.sugg/), async () => (await app.link.ask("suggestion.list", { conversation_id })).data);
    this.#all = [this.customer, this.history, this.consents, this.orders, this.payments, this.suggestions] as Followed<unknown>[];
  }

  begin(): void {
    if (this.#stops.length) return;
    this.#stops = this.#all.map((each) => each.subscribe(() => this.changed()));
    for (const each of this.#all) each.open();
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    for (const each of this.#all) each.close();
  }
}
