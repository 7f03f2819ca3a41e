/** What the board shows, kept up to date: read anew soon after a note says that something has changed, and every few seconds while it is looked at. */
import { Observable, Problem } from "../../protocol";
import type { App } from "../app";
import type { Board } from "./figures";

/** Notes come in bursts. */
const GATHER_MS = 300;
/** Whatever no note tells: figures of the past, the quality of lines. */
const EACH_MS = 10_000;
const NOTES = ["queue.length", "rep.status_changed", "lobby", "lobby.reset", "welcome"];

export class Feed extends Observable {
  board: Board | null = null;
  problem: Problem | null = null;
  /** When the figures were read (ms since the epoch). */
  at = 0;
  readonly #app: App;
  #hours = 24;
  #due: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #reading = false;
  #stale = false;
  #stops: (() => void)[] = [];

  constructor(app: App) {
    super();
    this.#app = app;
  }

  get hours(): number {
    return this.#hours;
  }
  set hours(hours: number) {
    this.#hours = hours;
    void this.refresh();
  }

  begin(): void {
    const { link, desk } = this.#app;
    this.#stops = [...NOTES.map((type) => link.on(type, () => this.#soon())), desk.subscribe(() => this.changed())];
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, EACH_MS);
    void this.refresh();
  }

  end(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearInterval(this.#timer);
    clearTimeout(this.#due);
    this.#due = undefined;
  }

  async refresh(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale) {
      this.#stale = false;
      try {
        this.board = (await this.#app.link.ask("board.read", { hours: this.#hours })) as Board;
        this.problem = null;
        this.at = Date.now();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.problem = error;
      }
      this.changed();
    }
    this.#reading = false;
  }

  #soon(): void {
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      void this.refresh();
    }, GATHER_MS);
  }
}
