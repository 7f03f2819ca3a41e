/**
 * What is said in a call, as text: the lines of those who speak, and this person's own words for those who read. See docs/calls.md, Captions.
 *
 * Knows nothing of microphones: a `Writer` turns sound into words, and `hear` says when there is sound that may be written. Nobody's words
 * are written before they have allowed it.
 */
import type { Actor, Frame, Link } from "./link";
import { Observable } from "./observable";

/** A sentence of this person's as far as it is understood; `line` stays while it grows. */
export interface Words {
  line: string;
  text: string;
  final: boolean;
}
/** Turns a microphone's sound into words. */
export interface Writer {
  /** Whether the sound stays on this device. */
  local(): Promise<boolean>;
  /** Begins; the returned function ends it. `failed`: no words will come any more. */
  start(track: MediaStreamTrack, heard: (words: Words) => void, failed: () => void): () => void;
}
/** A line of somebody else's. */
export interface Line extends Words {
  actor: Actor;
}

const WISH_EACH_MS = 15_000;
const WISH_LASTS_MS = 45_000;
/** Long enough to be read twice. */
const LINE_LASTS_MS = 8000;
const LINES_MOST = 3;
/** A sentence that grows faster only flickers. */
const WORDS_EACH_MS = 250;
const TEXT_MOST = 500;

type Timer = ReturnType<typeof setTimeout>;

export class Captions extends Observable {
  /** This person reads. */
  reading = false;
  /** Whether others may have this person's words; null: they have not said. */
  allowed: boolean | null;
  /** Whether the words are found on this device, once that is known. */
  local: boolean | null = null;
  readonly #link: Link;
  readonly #conversationId: string;
  readonly #writer: Writer | null;
  readonly #decided: (allowed: boolean) => void;
  #lines: { line: Line; timer: Timer }[] = [];
  #silent = new Map<string, Actor>();
  #readers = new Map<string, { actor: Actor; timer: Timer }>();
  #wish: ReturnType<typeof setInterval> | undefined;
  #track: MediaStreamTrack | null = null;
  #stopWriting: (() => void) | null = null;
  #toldAt = -Infinity;
  /** Why nobody gets words of this person was said to the present readers. */
  #excused = false;
  readonly #stops: (() => void)[];

  /** `allowed`: what this person said at an earlier call, `decided`: keeps it. Without a `writer` their words cannot be had here. */
  constructor(link: Link, conversationId: string, writer: Writer | null, allowed: boolean | null, decided: (allowed: boolean) => void) {
    super();
    this.#link = link;
    this.#conversationId = conversationId;
    this.#writer = writer;
    this.allowed = allowed;
    this.#decided = decided;
    const here = (frame: Frame): boolean => frame["conversation_id"] === conversationId;
    this.#stops = [
      link.on("caption", (frame) => here(frame) && this.#said(frame)),
      link.on("captions.wanted", (frame) => here(frame) && this.#wanted(frame["actor"] as Actor, frame["active"] === true)),
      link.on("welcome", () => this.#wishAgain()),
    ];
  }

  /** The last lines of the others, oldest first. */
  get lines(): readonly Line[] {
    return this.#lines.map((each) => each.line);
  }
  /** The same to be drawn; with names where several speak. */
  shown(called: (actor: Actor) => string): { key: string; name: string; text: string; final: boolean }[] {
    const several = new Set(this.lines.map((line) => line.actor.id)).size > 1;
    return this.lines.map(({ actor, line, text, final }) => ({ key: `${actor.id} ${line}`, name: several ? called(actor) : "", text, final }));
  }
  /** Who speaks without their words being written. */
  get silent(): readonly Actor[] {
    return [...this.#silent.values()];
  }
  /** Who reads this person's words. */
  get readers(): readonly Actor[] {
    return [...this.#readers.values()].map((each) => each.actor);
  }
  /** Whether this person is to be asked if their words may be written. */
  get asks(): boolean {
    return this.#writer !== null && this.#readers.size > 0 && this.allowed === null;
  }
  /** Whether this person's words are being written for somebody. */
  get writing(): boolean {
    return this.#stopWriting !== null;
  }

  read(on: boolean): void {
    if (this.reading === on) return;
    this.reading = on;
    clearInterval(this.#wish);
    if (on) this.#wish = setInterval(() => this.#wishAgain(), WISH_EACH_MS);
    else this.#forget();
    this.#link.tell({ type: "captions.wanted", conversation_id: this.#conversationId, active: on });
    this.changed();
  }

  allow(allowed: boolean): void {
    this.allowed = allowed;
    this.#excused = false;
    this.#decided(allowed);
    this.#look();
  }

  /** The sound that may be written now; null while this person is muted, on hold, or not in the call. */
  hear(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#halt();
    this.#look();
  }

  close(): void {
    this.read(false);
    this.#halt();
    for (const stop of this.#stops) stop();
    for (const { timer } of this.#readers.values()) clearTimeout(timer);
    this.#readers.clear();
  }

  // --- reading

  #wishAgain(): void {
    if (this.reading) this.#link.tell({ type: "captions.wanted", conversation_id: this.#conversationId, active: true });
  }

  #said(frame: Frame): void {
    if (!this.reading) return;
    const actor = frame["actor"] as Actor;
    if (frame["unavailable"] === true) {
      this.#silent.set(actor.id, actor);
      return this.changed();
    }
    this.#silent.delete(actor.id);
    const line: Line = { actor, line: String(frame["line"]), text: String(frame["text"]), final: frame["final"] === true };
    const known = this.#lines.find((each) => each.line.actor.id === actor.id && each.line.line === line.line);
    if (known) clearTimeout(known.timer);
    const shown = { line, timer: setTimeout(() => this.#drop(shown), LINE_LASTS_MS) };
    if (known) this.#lines[this.#lines.indexOf(known)] = shown;
    else this.#lines.push(shown);
    for (const old of this.#lines.splice(0, Math.max(0, this.#lines.length - LINES_MOST))) clearTimeout(old.timer);
    this.changed();
  }

  #drop(shown: { line: Line; timer: Timer }): void {
    this.#lines = this.#lines.filter((each) => each !== shown);
    this.changed();
  }

  #forget(): void {
    for (const { timer } of this.#lines) clearTimeout(timer);
    this.#lines = [];
    this.#silent.clear();
  }

  // --- being read

  #wanted(actor: Actor, active: boolean): void {
    const known = this.#readers.get(actor.id);
    if (known) clearTimeout(known.timer);
    else this.#excused = false;
    if (active) this.#readers.set(actor.id, { actor, timer: setTimeout(() => this.#wanted(actor, false), WISH_LASTS_MS) });
    else this.#readers.delete(actor.id);
    this.#look();
  }

  #look(): void {
    if (this.asks && this.local === null)
      void this.#writer?.local().then((local) => {
        this.local = local;
        this.changed();
      });
    const wanted = this.#readers.size > 0;
    if (wanted && !this.#excused && (this.#writer === null || this.allowed === false)) this.#excuse();
    if (wanted && this.allowed === true && this.#track && this.#writer && !this.#excused)
      this.#stopWriting ??= this.#writer.start(this.#track, (words) => this.#tell(words), () => this.#excuse());
    else this.#halt();
    this.changed();
  }

  #tell({ line, text, final }: Words): void {
    const now = performance.now();
    if (!final && now - this.#toldAt < WORDS_EACH_MS) return;
    this.#toldAt = now;
    // Of a sentence without an end the end is what is said now.
    this.#link.tell({ type: "caption", conversation_id: this.#conversationId, line, text: text.slice(-TEXT_MOST), final });
  }

  /** Tells the readers that they need not wait for words. */
  #excuse(): void {
    this.#excused = true;
    this.#halt();
    this.#link.tell({ type: "caption", conversation_id: this.#conversationId, line: "none", text: "", unavailable: true });
    this.changed();
  }

  #halt(): void {
    this.#stopWriting?.();
    this.#stopWriting = null;
  }
}
