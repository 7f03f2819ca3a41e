/** Draws its host anew each second while it is to be seen: for waiting times and countdowns. */
import type { ReactiveController, ReactiveControllerHost } from "lit";

const SECOND_MS = 1000;

export class Tick implements ReactiveController {
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #host: ReactiveControllerHost;
  readonly #wanted: () => boolean;

  constructor(host: ReactiveControllerHost, wanted: () => boolean = () => true) {
    this.#host = host;
    this.#wanted = wanted;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = setInterval(() => {
      if (!document.hidden && this.#wanted()) this.#host.requestUpdate();
    }, SECOND_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }
}
