/**
 * One conversation as a client holds it: the timeline as it comes, the messages it adds up to, who types, who has read how far, and
 * what is on its way to the server. The log is the truth; everything here follows from it and may be made anew from it.
 */
import type { Schemas } from "./api";
import { newId } from "./ids";
import type { Actor, Entry, Link } from "./link";
import { Observable } from "./observable";
import { Problem } from "./problem";

export type Block = Schemas["TextBlock"] | Schemas["ProductCard"] | Schemas["PaymentCard"] | Schemas["QuickReplies"];
export interface Attachment {
  id: string;
  name: string;
  content_type: string;
  size_bytes: number;
  [more: string]: unknown;
}
/** sending: not acknowledged yet. failed: refused; `problem` says why. */
export interface Message {
  id: string;
  seq: number | null;
  at: string;
  actor: Actor;
  text: string;
  blocks: Block[];
  attachments: Attachment[];
  reply_to: string | null;
  /** Set where nobody wrote it: what it is about, so that a client says it in its own words. */
  system: string | null;
  edited: boolean;
  deleted: boolean;
  state: "sent" | "sending" | "failed";
  problem: Problem | null;
}
/** What is sent: kept until it is acknowledged. */
export interface Unsent {
  id: string;
  at: string;
  text: string;
  blocks?: Block[];
  reply_to?: string | null;
  attachment_ids?: string[];
}
/** How far somebody has got. */
export interface Receipt {
  actor: Actor;
  delivered: number;
  read: number;
}
/** Where unsent messages outlive the page. */
export interface Keep {
  load(): Unsent[];
  save(unsent: Unsent[]): void;
}

const NOWHERE: Keep = { load: () => [], save: () => undefined };
/** A writer who says nothing more is not shown as writing for longer than this. */
const TYPING_MS = 6000;
/** The server takes a `typing` a second; a writer is told again when half the time above is over. */
const TYPING_EACH_MS = 3000;
/** An unanswered message is not given up while the page lives: it goes when there is a connection again. */
const PATIENCE_MS = 2 ** 31 - 1;

export class ConversationLog extends Observable {
  readonly id: string;
  readonly #link: Link;
  readonly #keep: Keep;
  readonly #entries: Entry[] = [];
  readonly #messages: Message[] = [];
  readonly #byId = new Map<string, Message>();
  readonly #receipts = new Map<string, Receipt>();
  readonly #typing = new Map<string, { actor: Actor; timer: ReturnType<typeof setTimeout> }>();
  readonly #listeners = new Set<(entry: Entry) => void>();
  #unsent: Unsent[] = [];
  #toldTyping = 0;
  #delivered = 0;
  #read = 0;
  #stops: (() => void)[] = [];

  constructor(link: Link, id: string, keep: Keep = NOWHERE) {
    super();
    this.#link = link;
    this.id = id;
    this.#keep = keep;
  }

  /** The timeline so far, ascending, without gaps. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }
  get seq(): number {
    return this.#entries.at(-1)?.seq ?? 0;
  }
  /** In the order they were said; those on their way last. */
  get messages(): readonly Message[] {
    return this.#messages;
  }
  get receipts(): readonly Receipt[] {
    return [...this.#receipts.values()];
  }
  /** Who is writing at the moment, the client's own person left out. */
  get typists(): readonly Actor[] {
    return [...this.#typing.values()].map((each) => each.actor);
  }
  /** Messages of others beyond what this person has read. */
  get unread(): number {
    const me = this.#link.me?.id;
    const read = Math.max(this.#read, me ? (this.#receipts.get(me)?.read ?? 0) : 0);
    return this.#messages.filter((each) => each.seq !== null && each.seq > read && each.actor.id !== me && each.actor.kind !== "system" && !each.deleted).length;
  }

  message(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** The last entry of a kind, such as `cart.updated`, or of any kind that begins with `prefix.`. */
  last(...kinds: string[]): Entry | undefined {
    return this.#entries.findLast((entry) => kinds.some((kind) => entry.type === kind || (kind.endsWith(".") && entry.type.startsWith(kind))));
  }

  /** Takes out of this page's memory what entries tell, where the server no longer shows it: they stay, with `left` for their data. */
  redact(concerns: (entry: Entry) => boolean, left: Record<string, unknown>): void {
    this.#rewrite((entry) => (concerns(entry) ? { ...entry, data: left } : entry));
  }

  /** Takes these entries as the server shows them now, in the place of those it had shown before. */
  put(entries: readonly Entry[]): void {
    const now = new Map(entries.map((entry) => [entry.seq, entry]));
    this.#rewrite((entry) => now.get(entry.seq) ?? entry);
  }

  /** Begins to follow the conversation and sends what an earlier page left unsent. */
  open(): void {
    if (this.#stops.length) return;
    this.#stops = [
      this.#link.watch(this.id, this.seq, (entry) => this.#take(entry)),
      this.#link.on("typing", (frame) => {
        if (frame["conversation_id"] === this.id) this.#types(frame["actor"] as Actor, frame["active"] === true);
      }),
    ];
    for (const unsent of this.#keep.load()) if (!this.#byId.has(unsent.id)) void this.#post(unsent);
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    for (const { timer } of this.#typing.values()) clearTimeout(timer);
    this.#typing.clear();
  }

  /** Calls `listener` with each new entry, after it is part of this log. */
  onEntry(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says something: it is there at once, `sending`, and goes as soon as there is a connection. Its id. */
  send(said: Omit<Unsent, "id" | "at">): string {
    const unsent = { ...said, id: newId("msg"), at: new Date().toISOString() };
    this.#toldTyping = 0;
    void this.#post(unsent);
    return unsent.id;
  }

  /** Sends a message that has failed again. */
  retry(id: string): void {
    const unsent = this.#unsent.find((each) => each.id === id);
    if (unsent) void this.#post(unsent);
  }

  /** Forgets a message that has failed. */
  discard(id: string): void {
    this.#settled(id);
    const index = this.#messages.findIndex((each) => each.id === id && each.seq === null);
    if (index >= 0) this.#messages.splice(index, 1);
    this.#byId.delete(id);
    this.changed();
  }

  async edit(id: string, text: string): Promise<void> {
    await this.#link.ask("message.edit", { conversation_id: this.id, message_id: id, text });
  }

  async delete(id: string): Promise<void> {
    await this.#link.ask("message.delete", { conversation_id: this.id, message_id: id });
  }

  /** Tells the others that this person is writing, or no longer is; may be called at every key. */
  typing(active: boolean): void {
    const now = performance.now();
    if (active && now - this.#toldTyping < TYPING_EACH_MS) return;
    if (!active && this.#toldTyping === 0) return;
    this.#toldTyping = active ? now : 0;
    this.#link.tell({ type: "typing", conversation_id: this.id, active });
  }

  /** This person has seen everything so far. */
  markRead(): void {
    const upTo = this.#lastOfOthers();
    if (upTo <= this.#read) return;
    this.#read = this.#delivered = upTo;
    this.#mark("receipt.read", upTo);
    this.changed();
  }

  /** Everything so far has arrived at this device. */
  markDelivered(): void {
    const upTo = this.#lastOfOthers();
    if (upTo <= this.#delivered) return;
    this.#delivered = upTo;
    this.#mark("receipt.delivered", upTo);
  }

  #rewrite(as: (entry: Entry) => Entry): void {
    for (const [index, entry] of this.#entries.entries()) this.#entries[index] = as(entry);
    this.changed();
  }

  // --- from the server

  #take(entry: Entry): void {
    this.#entries.push(entry);
    const data = entry.data ?? {};
    const about = data["id"] as string | undefined;
    switch (entry.type) {
      case "message.created":
        this.#said(entry);
        break;
      case "message.updated":
        this.#change(about, { text: data["text"] as string, edited: true });
        break;
      case "message.deleted":
        this.#change(about, { text: "", blocks: [], attachments: [], deleted: true });
        break;
      case "message.delivered":
      case "message.read":
        this.#marked(entry);
        break;
    }
    for (const listener of this.#listeners) listener(entry);
    this.changed();
  }

  #said(entry: Entry): void {
    const data = entry.data as Partial<Message> & { id: string };
    const message: Message = {
      id: data.id,
      seq: entry.seq,
      at: entry.at,
      actor: entry.actor,
      text: data.text ?? "",
      blocks: data.blocks ?? [],
      attachments: data.attachments ?? [],
      reply_to: data.reply_to ?? null,
      system: data.system ?? null,
      edited: false,
      deleted: data.deleted ?? false,
      state: "sent",
      problem: null,
    };
    this.#settled(data.id);
    this.#types(entry.actor, false);
    const before = this.#byId.get(data.id);
    if (before) this.#messages.splice(this.#messages.indexOf(before), 1);
    const unsent = this.#messages.findIndex((each) => each.seq === null);
    this.#messages.splice(unsent < 0 ? this.#messages.length : unsent, 0, message);
    this.#byId.set(data.id, message);
  }

  #change(id: string | undefined, change: Partial<Message>): void {
    const message = id === undefined ? undefined : this.#byId.get(id);
    if (!message) return;
    const changed = { ...message, ...change };
    this.#messages[this.#messages.indexOf(message)] = changed;
    this.#byId.set(message.id, changed);
  }

  #marked(entry: Entry): void {
    const upTo = entry.data["up_to_seq"] as number;
    const before = this.#receipts.get(entry.actor.id) ?? { actor: entry.actor, delivered: 0, read: 0 };
    const read = entry.type === "message.read" ? Math.max(before.read, upTo) : before.read;
    this.#receipts.set(entry.actor.id, { actor: entry.actor, delivered: Math.max(before.delivered, upTo), read });
  }

  #types(actor: Actor, active: boolean): void {
    const before = this.#typing.get(actor.id);
    if (before) clearTimeout(before.timer);
    if (active && actor.id !== this.#link.me?.id) {
      const timer = setTimeout(() => this.#types(actor, false), TYPING_MS);
      this.#typing.set(actor.id, { actor, timer });
    } else if (!this.#typing.delete(actor.id)) return;
    this.changed();
  }

  // --- to the server

  async #post(unsent: Unsent): Promise<void> {
    const me = this.#link.me;
    const actor: Actor = { kind: me?.role === "customer" || !me ? "customer" : "rep", id: me?.id ?? "", name: me?.name ?? "" };
    if (!this.#unsent.some((each) => each.id === unsent.id)) this.#unsent.push(unsent);
    this.#keep.save(this.#unsent);
    this.#show({
      id: unsent.id,
      seq: null,
      at: unsent.at,
      actor,
      text: unsent.text,
      blocks: unsent.blocks ?? [],
      attachments: [],
      reply_to: unsent.reply_to ?? null,
      system: null,
      edited: false,
      deleted: false,
      state: "sending",
      problem: null,
    });
    const { at: _, ...draft } = unsent;
    try {
      await this.#link.ask("message.send", { conversation_id: this.id, ...draft }, PATIENCE_MS);
      this.#settled(unsent.id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Without a connection it stays kept, for the next page.
      this.#change(unsent.id, { state: "failed", problem: error });
      this.changed();
    }
  }

  #show(message: Message): void {
    const before = this.#byId.get(message.id);
    if (before?.seq != null) return;
    if (before) this.#messages[this.#messages.indexOf(before)] = message;
    else this.#messages.push(message);
    this.#byId.set(message.id, message);
    this.changed();
  }

  #settled(id: string): void {
    const left = this.#unsent.filter((each) => each.id !== id);
    if (left.length === this.#unsent.length) return;
    this.#unsent = left;
    this.#keep.save(left);
  }

  #lastOfOthers(): number {
    return this.#messages.findLast((each) => each.seq !== null && each.actor.id !== this.#link.me?.id)?.seq ?? 0;
  }

  #mark(name: "receipt.read" | "receipt.delivered", upTo: number): void {
    this.#link.ask(name, { conversation_id: this.id, up_to_seq: upTo }).catch((problem: unknown) => {
      // A receipt that did not get through is made good by the next one.
      if (!(problem instanceof Problem)) throw problem;
      if (name === "receipt.read") this.#read = 0;
      this.#delivered = 0;
    });
  }
}
