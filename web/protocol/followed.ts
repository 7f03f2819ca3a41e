/** Something of the server's (a call, a cart, an order) that is read anew whenever the conversation's log says that it has changed. */
import type { ConversationLog } from "./conversation";
import type { Entry } from "./link";
import { Observable } from "./observable";
import { Problem } from "./problem";

/** What an entry means for it: nothing, "read it anew", or the thing itself as the entry brings it (null: not to be seen any more). */
export type Told<T> = "nothing" | "stale" | { now: T | null };

/**
 * Never two reads at once: what changes meanwhile is read afterwards, so an older answer never replaces a newer one. What the reader may
 * not see (403, 404) is null.
 */
export class Followed<T> extends Observable {
  #value: T | null = null;
  #problem: Problem | null = null;
  #reading = false;
  #stale = false;
  #stop: (() => void) | null = null;
  readonly #log: ConversationLog;
  readonly #told: (entry: Entry) => Told<T>;
  readonly #read: () => Promise<T | null>;

  constructor(log: ConversationLog, told: (entry: Entry) => Told<T>, read: () => Promise<T | null>) {
    super();
    this.#log = log;
    this.#told = told;
    this.#read = read;
  }

  get value(): T | null {
    return this.#value;
  }
  get problem(): Problem | null {
    return this.#problem;
  }

  open(): void {
    this.#stop ??= this.#log.onEntry((entry) => {
      const told = this.#told(entry);
      if (told === "nothing") return;
      // While a read is under way its answer may be older than this entry, or newer: only another read can tell.
      if (told === "stale" || this.#reading) void this.refresh();
      else this.put(told.now);
    });
    void this.refresh();
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** Takes a value that another answer brought. */
  put(value: T | null): void {
    this.#value = value;
    this.#problem = null;
    this.changed();
  }

  /** Reads it anew. */
  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale) {
      this.#stale = false;
      try {
        this.put(await this.#read());
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 403 || error.status === 404) this.put(null);
        else this.#problem = error;
        this.changed();
      }
    }
    this.#reading = false;
  }
}
