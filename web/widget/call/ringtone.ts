/** A soft ring made of two tones, and a phone's buzz, until it is stopped. A page nobody has touched yet may stay silent: so browsers want it. */

const EACH_MS = 3000;
const TONES = [
  { hertz: 587.33, at: 0 },
  { hertz: 440, at: 0.28 },
] as const;
const LOUD = 0.12;
const BUZZ = [180, 120, 180];

export class Ringtone {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  start(): void {
    if (this.#timer) return;
    this.#context = "AudioContext" in window ? new AudioContext() : null;
    this.#ring();
    this.#timer = setInterval(() => this.#ring(), EACH_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    void this.#context?.close();
    this.#context = null;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(0);
  }

  #ring(): void {
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ);
    const context = this.#context;
    if (!context) return;
    if (context.state === "suspended") context.resume().catch(() => undefined);
    for (const { hertz, at } of TONES) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      const begin = context.currentTime + at;
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(0, begin);
      gain.gain.linearRampToValueAtTime(LOUD, begin + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, begin + 0.6);
      tone.connect(gain).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + 0.65);
    }
  }
}
