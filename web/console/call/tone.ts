/**
 * What is heard of a call before anybody talks: the ring of one that comes in, the ring of one that goes out, a test tone.
 *
 * Made by WebAudio: no file to fetch, so that it sounds at once. A page that nobody has touched yet is silent by the browser's rule; the first
 * click or key makes it heard.
 */
type Kind = "incoming" | "outgoing";
interface Note {
  at: number;
  hertz: number;
  seconds: number;
}
/** Two soft notes, as a shop's door; every three seconds. */
const INCOMING: { notes: Note[]; each: number; gain: number } = {
  notes: [
    { at: 0, hertz: 659.3, seconds: 0.5 },
    { at: 0.22, hertz: 880, seconds: 0.9 },
  ],
  each: 3,
  gain: 0.16,
};
/** One second in five, 425 Hz, as European exchanges do. */
const OUTGOING = { notes: [{ at: 0, hertz: 425, seconds: 1 }], each: 5, gain: 0.06 };
const TEST: Note[] = [523.3, 659.3, 784].map((hertz, index) => ({ at: index * 0.25, hertz, seconds: 0.5 }));
const ATTACK_S = 0.02;

let context: AudioContext | null = null;
let ringing: { kind: Kind; timer: ReturnType<typeof setInterval> } | null = null;

function wake(): AudioContext | null {
  if (typeof AudioContext === "undefined") return null;
  if (!context) {
    context = new AudioContext();
    const resume = (): void => void context?.resume();
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, resume, { capture: true });
  }
  if (context.state === "suspended") context.resume().catch(() => undefined);
  return context;
}

function play(notes: readonly Note[], gain: number, to: AudioNode, on: AudioContext): void {
  for (const note of notes) {
    const begin = on.currentTime + note.at;
    const source = new OscillatorNode(on, { frequency: note.hertz, type: "sine" });
    const level = new GainNode(on, { gain: 0 });
    level.gain.setValueAtTime(0, begin);
    level.gain.linearRampToValueAtTime(gain, begin + ATTACK_S);
    level.gain.exponentialRampToValueAtTime(0.0001, begin + note.seconds);
    source.connect(level).connect(to);
    source.start(begin);
    source.stop(begin + note.seconds);
  }
}

/** Rings in this way from now on, or (null) no more. */
export function ring(kind: Kind | null): void {
  if (kind === (ringing?.kind ?? null)) return;
  if (ringing) clearInterval(ringing.timer);
  ringing = null;
  const on = kind ? wake() : null;
  if (!kind || !on) return;
  const sound = kind === "incoming" ? INCOMING : OUTGOING;
  const once = (): void => {
    // What was due while the page was silent is not made up for.
    if (on.state === "running") play(sound.notes, sound.gain, on.destination, on);
  };
  ringing = { kind, timer: setInterval(once, sound.each * 1000) };
  void (on.state === "running" ? once() : on.resume().then(once, () => undefined));
}

/** A short melody on this loudspeaker ("" is the browser's own). */
export async function testTone(sinkId = ""): Promise<void> {
  const on = wake();
  if (!on) return;
  const to = on.createMediaStreamDestination();
  const audio = new Audio();
  audio.srcObject = to.stream;
  if (sinkId && "setSinkId" in audio) await audio.setSinkId(sinkId).catch(() => undefined);
  await audio.play();
  play(TEST, 0.2, to, on);
  setTimeout(() => audio.pause(), 2000);
}
