/**
 * What this rep may see of a conversation's cart, and do with it, at this moment; and that what they may no longer see leaves the page.
 *
 * The server decides: it answers 404 and redacts entries. This keeps the page as strict as that between two answers: when the customer
 * takes the view back, when a grant runs out by itself, and while the customer pays, the cart and what earlier entries told of it are
 * dropped at once; when the view is back, they are read anew.
 */
import { Observable, Problem, type Answer, type Entry } from "../../protocol";
import type { Opened } from "../opened";

export type Grant = Answer<"grant.list">["data"][number];
export type Scope = Grant["scope"];
/** none: there is no cart. hidden: the customer does not let this rep see it. */
export type View = "none" | "hidden" | "paying" | "open";
export interface Question {
  purpose: string;
  at: string;
  answer: "waiting" | "granted" | "refused";
}

/** Reps see suggestions without a grant: they are their own words. */
const OWN = new Set(["cart.suggested", "cart.suggestion_accepted", "cart.suggestion_refused"]);
const TIMER_MOST_MS = 2 ** 31 - 1;
const PAGE = 500;

export const tellsOfCart = (entry: Entry): boolean => entry.type.startsWith("cart.") && !OWN.has(entry.type) && !("redacted" in entry.data);

/** The scopes this rep has, and until when (ms since the epoch). */
export function scopesOf(grants: readonly Grant[], repId: string, now: number): Map<Scope, number> {
  const found = new Map<Scope, number>();
  for (const grant of grants) {
    const until = Date.parse(grant.expires_at);
    if ((grant.rep_id === null || grant.rep_id === repId) && until > now) found.set(grant.scope, Math.max(until, found.get(grant.scope) ?? 0));
  }
  return found.has("view") ? found : new Map();
}

/** What was asked of the customer last for this purpose, and what they said. */
export function questionOf(entries: readonly Entry[], purpose: string): Question | null {
  let question = null as Question | null;
  for (const entry of entries) {
    if (entry.data["purpose"] !== purpose) continue;
    if (entry.type === "consent.asked") question = { purpose, at: entry.at, answer: "waiting" };
    else if (entry.type === "consent.refused") question = { purpose, at: entry.at, answer: "refused" };
    else if (question && entry.type === "consent.granted") question = { ...question, answer: "granted" };
    else if (entry.type === "consent.revoked") question = null;
  }
  return question;
}

export class CartSight extends Observable {
  readonly #opened: Opened;
  #grants: readonly Grant[] = [];
  #read = false;
  #reading = false;
  #stale = false;
  #paying = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stops: (() => void)[] = [];

  constructor(opened: Opened) {
    super();
    this.#opened = opened;
  }

  get grants(): readonly Grant[] {
    return this.#grants;
  }
  /** Whether the server has said what holds. */
  get known(): boolean {
    return this.#read;
  }
  get scopes(): ReadonlyMap<Scope, number> {
    return scopesOf(this.#grants, this.#opened.app.me.id, Date.now());
  }
  get paying(): boolean {
    return this.#paying;
  }
  get view(): View {
    if (this.#paying) return "paying";
    if (!this.scopes.has("view")) return "hidden";
    return this.#opened.conversation?.cart_id || this.#opened.cart.value ? "open" : "none";
  }

  may(scope: Scope): boolean {
    return this.scopes.has(scope);
  }
  question(purpose: string): Question | null {
    return questionOf(this.#opened.log.entries, purpose);
  }

  begin(): void {
    this.#stops = [this.#opened.log.onEntry((entry) => this.#heard(entry)), this.#opened.app.link.on("welcome", () => void this.refresh())];
    void this.refresh();
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#timer);
  }

  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale) {
      this.#stale = false;
      try {
        this.#grants = (await this.#opened.app.link.ask("grant.list", { conversation_id: this.#opened.id })).data;
        this.#read = true;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // Without an answer nothing is known to be allowed any more than before; the next welcome or entry asks again.
        if (!error.passing) this.#grants = [];
      }
      this.#judge();
    }
    this.#reading = false;
  }

  #heard(entry: Entry): void {
    if (entry.type === "payment.step_entered" || entry.type === "payment.step_left") {
      this.#paying = entry.type === "payment.step_entered";
      this.#judge();
      if (!this.#paying) void this.#restore();
    } else if (entry.type === "consent.revoked" && entry.data["purpose"] === "cart_view") {
      this.#grants = [];
      this.#judge();
      void this.refresh();
    } else if (entry.type.startsWith("consent.")) {
      const saw = this.scopes.has("view");
      void this.refresh().then(() => {
        if (!saw && this.scopes.has("view")) return this.#restore();
        return undefined;
      });
    }
  }

  /** What may not be seen goes; what ends by itself is waited for. */
  #judge(): void {
    clearTimeout(this.#timer);
    if (this.#read && (this.#paying || !this.scopes.has("view"))) {
      this.#opened.log.redact(tellsOfCart, { redacted: "cart_view" });
      if (this.#opened.cart.value) this.#opened.cart.put(null);
    }
    const ends = [...this.scopes.values()];
    if (ends.length) this.#timer = setTimeout(() => this.#judge(), Math.min(Math.max(Math.min(...ends) - Date.now(), 0) + 1, TIMER_MOST_MS));
    this.changed();
  }

  /** The view is back: what was hidden meanwhile is shown again, as far as the server shows it. */
  async #restore(): Promise<void> {
    const { log, app, id, cart } = this.#opened;
    void cart.refresh();
    const first = log.entries.find((entry) => "redacted" in entry.data)?.seq;
    if (first === undefined) return;
    try {
      for (let after = first - 1, more = true; more; ) {
        const page = await app.link.ask("timeline.read", { conversation_id: id, after_seq: after, limit: PAGE });
        const entries = page.entries as unknown as Entry[];
        log.put(entries.filter((entry) => entry.seq <= log.seq));
        after = entries.at(-1)?.seq ?? after;
        more = page.has_more && entries.length > 0;
      }
    } catch (error) {
      // What stays hidden is less than may be seen, never more.
      if (!(error instanceof Problem)) throw error;
    }
    this.#judge();
  }
}
