/** A soft sound for what others say while nobody looks. Off until the visitor has pressed something, as browsers want it; can be switched off. */
import type { ConversationLog } from "../../protocol";
import type { App } from "../app";

const TONES_HZ = [660, 880];
const TONE_S = 0.12;
/** Audible in a quiet room, not in the next one. */
const LOUDNESS = 0.06;

export class Chime {
  #context: AudioContext | null = null;
  #stop: (() => void) | null = null;

  /** Sounds for new messages of others in this conversation; what was said before is no news. */
  follow(log: ConversationLog | null, app: App): void {
    this.#stop?.();
    this.#stop = null;
    const since = Date.now();
    this.#stop =
      log?.onEntry((entry) => {
        if (entry.type !== "message.created" || !["rep", "bot", "shop"].includes(entry.actor.kind)) return;
        const seen = app.open && app.view === "chat" && document.hasFocus();
        if (!seen && Date.parse(entry.at) >= since && this.on(app)) this.play();
      }) ?? null;
  }

  on(app: App): boolean {
    return app.store.get("sound") !== false;
  }
  set(app: App, on: boolean): void {
    app.store.set("sound", on);
    if (on) this.play();
  }

  play(): void {
    // Without it having been pressed, an AudioContext only makes browsers complain.
    if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    TONES_HZ.forEach((hertz, index) => {
      const start = context.currentTime + index * TONE_S;
      const tone = context.createOscillator();
      const level = context.createGain();
      tone.frequency.value = hertz;
      level.gain.setValueAtTime(0, start);
      level.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, start + TONE_S * 2);
      tone.connect(level).connect(context.destination);
      tone.start(start);
      tone.stop(start + TONE_S * 2);
    });
  }
}
