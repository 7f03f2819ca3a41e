/** What is heard of a call. It plays whether or not anything of the call is shown; where the browser wants a click first, it says so. */
import { Observable } from "../../protocol";

export class Sound extends Observable {
  /** Without controls, so that nothing is to be seen; it lives where the widget does, beside the panel, not in it. */
  readonly element = document.createElement("audio");
  #tracks: readonly MediaStreamTrack[] = [];
  #speaker = "";
  /** The browser wants the visitor to click before anything is heard. */
  blocked = false;

  play(tracks: readonly MediaStreamTrack[], speaker: string): void {
    this.#tracks = tracks;
    this.#speaker = speaker;
    void this.allow();
  }

  /** In a click's handler: plays what was refused before. */
  async allow(): Promise<void> {
    if (!this.#tracks.length && !this.element.srcObject) return;
    const { bindSound } = await import("../../media");
    const plays = await bindSound(this.element, this.#tracks, this.#speaker);
    if (this.blocked === !plays) return;
    this.blocked = !plays;
    this.changed();
  }

  stop(): void {
    this.#tracks = [];
    this.element.srcObject = null;
    this.blocked = false;
    this.changed();
  }
}
