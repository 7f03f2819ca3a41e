/**
 * Goes through a conversation again, entry by entry, in the time it took or faster; long silences are cut short. Holds a place and a pace;
 * what was there at the place is replay.ts's to say. The clock is given, so that a test needs none.
 */
import { Observable, type Entry } from "../protocol";

export const SPEEDS = [1, 2, 5, 20] as const;
/** Nobody watches a silence: it takes this long at most, before the speed is counted. */
const SILENCE_MS_MOST = 2000;
const GAP_MS_LEAST = 60;

export interface Clock {
  after: (ms: number, then: () => void) => () => void;
}
const REAL: Clock = {
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

export class Player extends Observable {
  #entries: readonly Entry[] = [];
  #count = 0;
  #speed = 2;
  #playing = false;
  /** At the end it follows what comes. */
  #following = true;
  #stop: (() => void) | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock = REAL) {
    super();
    this.#clock = clock;
  }

  /** How many entries have happened, at this place. */
  get count(): number {
    return this.#count;
  }
  get length(): number {
    return this.#entries.length;
  }
  get playing(): boolean {
    return this.#playing;
  }
  get speed(): number {
    return this.#speed;
  }
  /** Whether this is the present. */
  get live(): boolean {
    return this.#following;
  }

  /** The entries as they are now: at the end the place moves on with them. */
  take(entries: readonly Entry[]): void {
    this.#entries = entries;
    if (!this.#following || this.#count === entries.length) return;
    this.#count = entries.length;
    this.changed();
  }

  /** Goes to a place. */
  to(count: number): void {
    const bounded = Math.max(0, Math.min(this.#entries.length, count));
    this.#count = bounded;
    this.#following = bounded === this.#entries.length && !this.#playing;
    if (this.#playing) this.#next();
    this.changed();
  }

  step(by: number): void {
    this.pause();
    this.to(this.#count + by);
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
    if (this.#playing) this.#next();
    this.changed();
  }

  play(): void {
    if (this.#count >= this.#entries.length) this.#count = 0;
    this.#playing = true;
    this.#following = false;
    this.#next();
    this.changed();
  }

  pause(): void {
    this.#stop?.();
    this.#stop = null;
    if (!this.#playing) return;
    this.#playing = false;
    this.#following = this.#count === this.#entries.length;
    this.changed();
  }

  #next(): void {
    this.#stop?.();
    this.#stop = null;
    const [before, next] = [this.#entries[this.#count - 1], this.#entries[this.#count]];
    if (!next) {
      this.#playing = false;
      this.#following = true;
      this.changed();
      return;
    }
    const gap = before ? Math.min(Date.parse(next.at) - Date.parse(before.at), SILENCE_MS_MOST) : 0;
    this.#stop = this.#clock.after(Math.max(gap / this.#speed, GAP_MS_LEAST), () => {
      this.#count++;
      this.changed();
      this.#next();
    });
  }
}
