/**
 * What the widget remembers on the shop's page, and nothing else: the session's token, which conversation is open, messages that are not
 * sent yet; and for this tab alone, whether the panel is open.
 *
 * Nothing is written before the visitor acts (`allow`): until then everything is in memory. Names begin with the site, so that two shops
 * on one origin do not meet. Other tabs are told by the browser's `storage` event.
 */
import type { Unsent } from "../../protocol";

export interface StoredSession {
  token: string;
  expires_at: string;
  person_id: string;
  name: string;
  verified: boolean;
  cart_id: string | null;
  /** The shop's number of the customer; null for a visitor. */
  sub: string | null;
}
/** `made`: the server knows it. Without that it is asked for again, under the same id. */
export interface StoredConversation {
  id: string;
  made: boolean;
}
interface Shapes {
  session: StoredSession;
  conversation: StoredConversation;
  unsent: Record<string, Unsent[]>;
  sound: boolean;
  /** The tab that has the call, so that the others leave it alone. */
  call: { tab: string; call_id: string };
}
interface TabShapes {
  open: boolean;
  tab: string;
  draft: string;
}

export class Store {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();
  #allowed = false;

  constructor(siteId: string) {
    this.#prefix = `tresen.${siteId}.`;
    this.#allowed = this.#read(this.#local(), "session") !== null;
  }

  /** The visitor has acted: from now on it is kept. */
  allow(): void {
    if (this.#allowed) return;
    this.#allowed = true;
    for (const [name, text] of this.#memory) this.#write(name.startsWith("tab.") ? this.#session() : this.#local(), name, text);
    this.#memory.clear();
  }

  get<Name extends keyof Shapes>(name: Name): Shapes[Name] | null {
    return this.#get(this.#local(), name) as Shapes[Name] | null;
  }

  set<Name extends keyof Shapes>(name: Name, value: Shapes[Name] | null): void {
    this.#set(this.#local(), name, value);
  }

  getHere<Name extends keyof TabShapes>(name: Name): TabShapes[Name] | null {
    return this.#get(this.#session(), `tab.${name}`) as TabShapes[Name] | null;
  }

  setHere<Name extends keyof TabShapes>(name: Name, value: TabShapes[Name] | null): void {
    this.#set(this.#session(), `tab.${name}`, value);
  }

  /** Everything that belongs to one person: gone. Whether there is sound is not theirs. */
  forget(): void {
    for (const name of ["session", "conversation", "unsent", "call"] as const) this.set(name, null);
    this.setHere("draft", null);
  }

  /** Calls back when another tab has changed something. */
  onChange(listener: (name: keyof Shapes) => void): () => void {
    const heard = (event: StorageEvent): void => {
      if (event.key?.startsWith(this.#prefix)) listener(event.key.slice(this.#prefix.length) as keyof Shapes);
    };
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }

  /**
   * Messages of a conversation that wait. Tabs share the list: each takes out only what it has put in, and to send one twice is harmless,
   * since its id is the same.
   */
  outbox(conversationId: string): { load(): Unsent[]; save(unsent: Unsent[]): void } {
    let own = new Set<string>();
    return {
      load: () => this.get("unsent")?.[conversationId] ?? [],
      save: (unsent) => {
        const all = this.get("unsent") ?? {};
        const kept = (all[conversationId] ?? []).filter((each) => !own.has(each.id) && !unsent.some((one) => one.id === each.id));
        own = new Set(unsent.map((each) => each.id));
        const list = [...kept, ...unsent];
        if (list.length) all[conversationId] = list;
        else delete all[conversationId];
        this.set("unsent", Object.keys(all).length ? all : null);
      },
    };
  }

  #get(storage: Storage | null, name: string): unknown {
    const text = this.#memory.get(name) ?? this.#read(storage, name);
    if (text === null || text === undefined) return null;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Somebody else's hand: as good as nothing.
      return null;
    }
  }

  #set(storage: Storage | null, name: string, value: unknown): void {
    const text = value === null ? null : JSON.stringify(value);
    if (this.#allowed && this.#write(storage, name, text)) this.#memory.delete(name);
    else if (text === null) this.#memory.delete(name);
    else this.#memory.set(name, text);
  }

  #read(storage: Storage | null, name: string): string | null {
    return storage?.getItem(this.#prefix + name) ?? null;
  }

  #write(storage: Storage | null, name: string, text: string | null): boolean {
    if (!storage) return false;
    try {
      if (text === null) storage.removeItem(this.#prefix + name);
      else storage.setItem(this.#prefix + name, text);
      return true;
    } catch {
      // Full: memory will do until the page is left.
      return false;
    }
  }

  #local(): Storage | null {
    return storageOf("localStorage");
  }

  #session(): Storage | null {
    return storageOf("sessionStorage");
  }
}

/** Browsers that keep nothing for a page throw at the mere sight of it. */
function storageOf(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}
