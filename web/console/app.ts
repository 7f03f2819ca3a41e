/**
 * The console as a whole, for all its parts: the connection, who works here, which conversations are open, and the one in front.
 *
 * Made when somebody has signed in, ended when they sign out. Draws nothing.
 */
import { Link, Observable, Problem, type Conversation, type Rest } from "../protocol";
import { Shortcuts } from "../ui/shortcuts";
import { toast } from "../ui/toast";
import type { Account } from "./account";
import { Desk, type RepView } from "./desk";
import { Opened } from "./opened";
import { inWords } from "./problems";

export type Tone = "neutral" | "success" | "warning" | "danger";
export type Status = "available" | "away" | "offline";
export interface Me {
  id: string;
  name: string;
  role: "rep" | "supervisor" | "admin";
}

/** A socket watches 50 conversations at most; some are left for what else is looked at. */
const OPENED_MOST = 40;

export class App extends Observable {
  readonly rest: Rest;
  readonly account: Account;
  readonly link: Link;
  readonly me: Me;
  readonly desk: Desk;
  /** The keys of the console: each part adds its own, `?` shows them all. */
  readonly shortcuts = new Shortcuts();
  readonly opened = new Map<string, Opened>();
  #current: Opened | null = null;

  constructor(account: Account, rest: Rest, origin: string) {
    super();
    const session = account.session;
    if (!session) throw new Error("nobody has signed in");
    this.account = account;
    this.rest = rest;
    this.me = { id: session.person_id, name: session.name, role: session.role as Me["role"] };
    this.link = new Link({ origin, token: (renew) => account.token(renew) });
    this.desk = new Desk(this);
  }

  /** The rep as the queue sees them: status, capacity, load. Null until it was read. */
  get status(): RepView | null {
    return this.desk.rep;
  }
  /** The conversation in front. */
  get current(): Opened | null {
    return this.#current;
  }
  get supervises(): boolean {
    return this.me.role !== "rep";
  }

  /** A token that is good now, for REST. */
  token(): Promise<string> {
    return this.account.token();
  }

  begin(): void {
    this.link.subscribe(() => {
      if (this.link.state === "ended") this.account.over();
    });
    this.link.on("welcome", () => this.#welcomed());
    this.desk.begin();
    this.link.open();
  }

  end(): void {
    this.desk.end();
    for (const opened of this.opened.values()) opened.end();
    this.opened.clear();
    this.link.close();
    this.shortcuts.end();
  }

  /** How somebody of the staff is called, by their id; empty where nobody knows. */
  nameOf(id: string): string {
    if (id === this.me.id) return this.me.name;
    return this.desk.reps.get(id)?.name ?? "";
  }

  /** The conversation, followed from now on; not necessarily in front. */
  open(conversationId: string, known: Conversation | null = null): Opened {
    let opened = this.opened.get(conversationId);
    if (!opened) {
      this.#makeRoom();
      opened = new Opened(this, conversationId, known);
      this.opened.set(conversationId, opened);
      opened.subscribe(() => this.changed());
      opened.begin();
      this.changed();
    }
    return opened;
  }

  /** Puts a conversation in front, or none. */
  show(conversationId: string | null): void {
    this.#current = conversationId === null ? null : this.open(conversationId);
    this.changed();
  }

  /** Follows it no longer. */
  forget(conversationId: string): void {
    this.opened.get(conversationId)?.end();
    this.opened.delete(conversationId);
    if (this.#current?.id === conversationId) this.#current = null;
    this.changed();
  }

  /** Says something in passing. */
  notice(text: string, tone: Tone = "neutral"): void {
    toast(text, { tone });
  }

  /** Comes, has a break (`reason`), goes. */
  async setStatus(status: Status, reason = ""): Promise<void> {
    await this.attempt(async () => {
      this.desk.put(await this.link.ask("rep.set_status", { status, ...(reason ? { reason } : {}) }));
    }, inWords);
    void this.desk.refresh();
  }

  /** Does what may be refused; says why where it is. Whether it was done. */
  async attempt(work: () => Promise<unknown>, refused: (problem: Problem) => string = inWords): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.notice(refused(error), "danger");
      return false;
    }
  }

  #welcomed(): void {
    for (const { conversation } of this.link.welcome?.conversations ?? []) this.open(conversation.id, conversation as unknown as Conversation);
  }

  /** Beyond what a socket watches, what is not this rep's and not in front goes. */
  #makeRoom(): void {
    if (this.opened.size < OPENED_MOST) return;
    const idle = [...this.opened.values()].find((each) => !each.mine && each !== this.#current);
    if (idle) this.forget(idle.id);
  }
}
