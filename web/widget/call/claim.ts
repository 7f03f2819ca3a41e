/**
 * One tab has the call: a lock of the browser's says which. It goes with its tab, whatever becomes of that; taking the call over takes it away.
 *
 * A tab that was duplicated has a copy of what the first one remembers, so memory alone cannot tell.
 */
const NAME = "tresen.call";

export class Claim {
  #release: (() => void) | null = null;

  get held(): boolean {
    return this.#release !== null;
  }

  /**
   * Whether this tab has it now. `waitMs`: how long another one may take to let go, as a page that is being reloaded does. `steal`: whoever has it
   * loses it. `lost` is called when that happens here.
   */
  take(options: { waitMs: number; steal: boolean }, lost: () => void): Promise<boolean> {
    if (this.#release || !navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      const request: LockOptions = options.steal ? { steal: true } : { signal: AbortSignal.timeout(options.waitMs) };
      const had = (): Promise<void> =>
        new Promise((release) => {
          this.#release = release;
          resolve(true);
        });
      navigator.locks.request(NAME, request, had).catch(() => {
        // Not given in time, or taken away.
        if (this.#release) {
          this.#release = null;
          lost();
        } else resolve(false);
      });
    });
  }

  release(): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }
}
