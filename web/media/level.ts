/** How loud a track is, for "is my microphone heard" and for who is speaking. Nothing is played, nothing is sent. */

/** Below this nothing is shown: a quiet room's noise. */
const FLOOR_DB = -60;
const SAMPLES = 1024;

/** One audio context for all meters: browsers allow but a few. Closed with the last meter. */
let shared: { context: AudioContext; users: number } | null = null;

function borrow(): AudioContext {
  shared ??= { context: new AudioContext(), users: 0 };
  shared.users += 1;
  return shared.context;
}

function giveBack(): void {
  if (!shared || --shared.users > 0) return;
  const { context } = shared;
  shared = null;
  void context.close();
}

/** `level` follows speech as the eye expects: in decibels, from a quiet room's noise (0) to full scale (1). Read it as often as you draw. */
export class LevelMeter {
  #analyser: AnalyserNode | null;
  #source: MediaStreamAudioSourceNode | null;
  readonly #samples = new Float32Array(SAMPLES);

  constructor(track: MediaStreamTrack) {
    const context = borrow();
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = SAMPLES;
    this.#source.connect(this.#analyser);
    this.#wake(context);
  }

  get level(): number {
    const analyser = this.#analyser;
    if (!analyser) return 0;
    this.#wake(analyser.context as AudioContext);
    analyser.getFloatTimeDomainData(this.#samples);
    let power = 0;
    for (const sample of this.#samples) power += sample * sample;
    const db = 10 * Math.log10(power / SAMPLES + 1e-12);
    return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
  }

  stop(): void {
    if (!this.#analyser) return;
    this.#source?.disconnect();
    this.#source = this.#analyser = null;
    giveBack();
  }

  /** A context that was made before the person touched the page is suspended until it is asked again. */
  #wake(context: AudioContext): void {
    if (context.state === "suspended") context.resume().catch(() => undefined);
  }
}
