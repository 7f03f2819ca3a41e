/** State that tells when it has changed, and the way for a Lit element to be drawn anew then. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Listeners are called once for all changes of one turn of the event loop's microtasks. */
export class Observable {
  #listeners = new Set<() => void>();
  #due = false;

  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** Draws its host anew whenever what it watches has changed: `readonly log = new Watch(this, someLog)`; `this.log.value`. */
export class Watch<T extends Observable> implements ReactiveController {
  #stop: (() => void) | null = null;
  #value: T | null;
  readonly #host: ReactiveControllerHost;

  constructor(host: ReactiveControllerHost, value: T | null = null) {
    this.#host = host;
    this.#value = value;
    host.addController(this);
  }

  get value(): T | null {
    return this.#value;
  }

  /** Watches something else from now on. */
  set value(value: T | null) {
    if (value === this.#value) return;
    const was = this.#stop !== null;
    this.hostDisconnected();
    this.#value = value;
    if (was) this.hostConnected();
    this.#host.requestUpdate();
  }

  hostConnected(): void {
    this.#stop ??= this.#value?.subscribe(() => this.#host.requestUpdate()) ?? (() => undefined);
  }

  hostDisconnected(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
