/**
 * What reps may do with the cart at this moment, what they suggest, and what they have changed: for the bar above the chat. One for an app.
 *
 * Everything follows from the timeline and two lists of the server's; grants end by themselves, so the clock counts too.
 */
import { Followed, Observable, Problem, newId, type Cart, type ConversationLog, type Schemas } from "../../protocol";
import type { App } from "../app";
import type { CartScope } from "../consent/questions";
import { changesByReps, type Change } from "./changes";

export type Grant = Schemas["Grant"];
export type Suggestion = Schemas["Suggestion"];
/** How an answer went; words are the bar's. */
export interface Result {
  kind: "accepted" | "refused" | "expired" | "conflict" | "failed" | "undone" | "overtaken";
  name: string;
  reason: string;
}

/** A moment later than the server's clock says, so that it has ended there as well. */
const AFTER_MS = 500;
const TIMER_MOST_MS = 2 ** 31 - 1;
const TOO_LATE = new Set(["suggestion_answered"]);
const OVERTAKEN = new Set(["cart_conflict", "undo_overtaken", "line_unknown", "cart_closed"]);

export class CartView extends Observable {
  readonly #app: App;
  #log: ConversationLog | null = null;
  #grants: Followed<Grant[]> | null = null;
  #suggestions: Followed<Suggestion[]> | null = null;
  #stops: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #seen = 0;
  result: Result | null = null;
  busy = false;

  constructor(app: App) {
    super();
    this.#app = app;
    app.subscribe(() => this.#look());
    this.#look();
  }

  /** Whether the server has said what is granted. */
  get known(): boolean {
    return Array.isArray(this.#grants?.value);
  }
  get grants(): readonly Grant[] {
    const now = Date.now();
    return (this.#grants?.value ?? []).filter((each) => Date.parse(each.expires_at) > now);
  }
  get scopes(): ReadonlySet<CartScope> {
    return new Set(this.grants.map((each) => each.scope));
  }
  /** Until when the cart is seen. */
  get until(): string | null {
    return this.grants.filter((each) => each.scope === "view").map((each) => each.expires_at).sort().at(-1) ?? null;
  }
  /** The rep it was granted to; null: any. */
  get repId(): string | null {
    return this.grants.find((each) => each.scope === "view")?.rep_id ?? null;
  }
  get cart(): Cart | null {
    return this.#app.cart?.value ?? null;
  }
  /** Nobody looks on while the customer pays. */
  get paying(): boolean {
    const step = this.#log?.last("payment.step_entered", "payment.step_left");
    return step?.type === "payment.step_entered" || this.cart?.checkout_step === "payment";
  }
  get pending(): readonly Suggestion[] {
    const now = Date.now();
    return (this.#suggestions?.value ?? []).filter((each) => each.status === "pending" && Date.parse(each.expires_at) > now).reverse();
  }
  /** What reps did by themselves and the customer has neither undone nor put aside. */
  get changes(): readonly Change[] {
    return changesByReps(this.#log?.entries ?? []).filter((change) => change.seq > this.#seen);
  }

  /** Nobody sees the cart any more, from now on. */
  async stop(): Promise<boolean> {
    return await this.#do(async (conversation_id) => {
      const { data } = await this.#app.link.ask("grant.revoke", { conversation_id, scopes: ["view"], rep_id: null });
      this.#grants?.put(data);
    });
  }

  async accept(suggestion: Suggestion): Promise<void> {
    await this.#answer(suggestion, "accepted", () => this.#app.link.ask("suggestion.accept", { conversation_id: suggestion.conversation_id, suggestion_id: suggestion.id }));
  }

  async refuse(suggestion: Suggestion): Promise<void> {
    await this.#answer(suggestion, "refused", () => this.#app.link.ask("suggestion.refuse", { conversation_id: suggestion.conversation_id, suggestion_id: suggestion.id }));
  }

  async undo(change: Change): Promise<void> {
    this.busy = true;
    this.changed();
    try {
      await this.#app.link.ask("cart.undo", { cart_id: change.cartId, op_id: newId("op"), of: change.opId });
      this.result = { kind: "undone", name: change.name, reason: "" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.result = { kind: OVERTAKEN.has(error.code) ? "overtaken" : "failed", name: change.name, reason: error.message };
      if (OVERTAKEN.has(error.code)) this.#seen = Math.max(this.#seen, change.seq);
    }
    this.busy = false;
    this.changed();
  }

  /** The changes so far are all right. */
  approve(): void {
    this.#seen = this.#log?.seq ?? 0;
    this.result = null;
    this.changed();
  }

  async #answer(suggestion: Suggestion, kind: "accepted" | "refused", work: () => Promise<unknown>): Promise<void> {
    const name = suggestion.suggested_by["name"] ?? "";
    this.busy = true;
    this.changed();
    try {
      await work();
      this.result = { kind, name, reason: "" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.result = { kind: TOO_LATE.has(error.code) ? "expired" : OVERTAKEN.has(error.code) ? "conflict" : "failed", name, reason: error.message };
    }
    this.busy = false;
    await this.#suggestions?.refresh();
    this.changed();
  }

  async #do(work: (conversationId: string) => Promise<void>): Promise<boolean> {
    if (!this.#log) return false;
    try {
      await work(this.#log.id);
      return true;
    } catch (error) {
      this.#app.report(error);
      return false;
    } finally {
      this.changed();
    }
  }

  #look(): void {
    const log = this.#app.log;
    if (log !== this.#log) this.#follow(log);
    this.changed();
  }

  #follow(log: ConversationLog | null): void {
    for (const stop of this.#stops) stop();
    this.#grants?.close();
    this.#suggestions?.close();
    clearTimeout(this.#timer);
    this.#log = log;
    this.#seen = 0;
    this.result = null;
    this.#grants = this.#suggestions = null;
    if (!log) return;
    const { link } = this.#app;
    this.#grants = new Followed<Grant[]>(
      log,
      (entry) => (entry.type === "consent.granted" || entry.type === "consent.revoked" ? "stale" : "nothing"),
      async () => (await link.ask("grant.list", { conversation_id: log.id })).data,
    );
    this.#suggestions = new Followed<Suggestion[]>(
      log,
      (entry) => (entry.type.startsWith("cart.sugg") ? "stale" : "nothing"),
      async () => (await link.ask("suggestion.list", { conversation_id: log.id })).data,
    );
    this.#stops = [
      this.#grants.subscribe(() => this.#wait()),
      this.#suggestions.subscribe(() => this.#wait()),
      log.onEntry((entry) => {
        // A new suggestion is more interesting than how the last one went.
        if (entry.type === "cart.suggested") this.result = null;
      }),
    ];
    this.#grants.open();
    this.#suggestions.open();
  }

  /** What ends next ends on the screen too. */
  #wait(): void {
    clearTimeout(this.#timer);
    const next = Math.min(...[...this.grants, ...this.pending].map((each) => Date.parse(each.expires_at)));
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#wait(), Math.min(Math.max(0, next - Date.now()) + AFTER_MS, TIMER_MOST_MS));
    this.changed();
  }
}

const made = new WeakMap<App, CartView>();

/** The app's one. */
export function cartViewOf(app: App): CartView {
  let view = made.get(app);
  if (!view) made.set(app, (view = new CartView(app)));
  return view;
}
