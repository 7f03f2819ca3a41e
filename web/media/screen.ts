/** A shared screen: a publication of its own beside the camera's, since a publishing session has one picture. */
import { captureScreen } from "./devices";
import { Publisher, type Line } from "./publisher";
import type { Endpoint } from "./session";

export interface ScreenShareOptions {
  /** Where and with what it is sent; asked for each new session. */
  endpoint: () => Promise<Endpoint>;
  /** After the person has picked something and before anything is sent (true), and when it is over (false). */
  announce: (shown: boolean) => Promise<void>;
  changed: () => void;
}

export class ScreenShare {
  #publisher: Publisher | null = null;
  #tracks: MediaStreamTrack[] = [];

  constructor(readonly options: ScreenShareOptions) {}

  get track(): MediaStreamTrack | null {
    return this.#tracks.find((track) => track.kind === "video") ?? null;
  }

  get publisher(): Publisher | null {
    return this.#publisher;
  }

  async start(): Promise<void> {
    if (this.#tracks.length) return;
    // First of all: browsers let a page ask only as long as the click is fresh.
    const { video, audio } = await captureScreen();
    this.#tracks = audio ? [audio, video] : [video];
    video.onended = () => void this.stop();
    try {
      await this.options.announce(true);
      // Ended by the browser's own button meanwhile.
      if (!this.#tracks.length) return;
      const lines = (): Line[] => this.#tracks.map((track) => ({ kind: track.kind as Line["kind"], track }));
      this.#publisher = new Publisher({
        endpoint: this.options.endpoint,
        lines,
        degradation: "maintain-resolution",
        onState: (state) => {
          // Refused for good while it ran: the call has forbidden screens.
          if (state === "failed") void this.stop();
        },
      });
      this.options.changed();
      await this.#publisher.open();
    } catch (problem) {
      await this.stop();
      throw problem;
    }
  }

  async stop(): Promise<void> {
    if (!this.#tracks.length) return;
    for (const track of this.#tracks) {
      track.onended = null;
      track.stop();
    }
    this.#tracks = [];
    const publisher = this.#publisher;
    this.#publisher = null;
    this.options.changed();
    await publisher?.close();
    await this.options.announce(false);
  }
}
