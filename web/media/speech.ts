/**
 * A microphone's sound as words, by the browser's own recogniser (Web Speech API): on the device where the browser can, else by its maker.
 *
 * Only browsers that take a track are used: one that listens to a microphone of its own choosing would hear who is muted here.
 */

interface Alternative {
  transcript: string;
}
interface Result extends ArrayLike<Alternative> {
  isFinal: boolean;
}
interface Recogniser extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally?: boolean;
  start(track: MediaStreamTrack): void;
  abort(): void;
}
interface Maker {
  new (): Recogniser;
  available?(options: { langs: string[]; processLocally: boolean }): Promise<string>;
}

/** Errors after which another try would only fail again; of the others so many in a row. */
const FINAL = new Set(["not-allowed", "service-not-allowed", "language-not-supported", "audio-capture"]);
/** Nobody spoke, or we have ended it: no fault. */
const QUIET = new Set(["no-speech", "aborted"]);
const TRIES_MOST = 5;
const PAUSE_MS = 500;

const maker = (): Maker | null => {
  const page = globalThis as unknown as { SpeechRecognition?: Maker; webkitSpeechRecognition?: Maker };
  const found = page.SpeechRecognition ?? page.webkitSpeechRecognition ?? null;
  // `available` came with tracks and with recognition on the device.
  return found?.available ? found : null;
};

/** Turns speech in `lang` (a language tag) into words; null where the browser cannot. Fits `Writer` of the protocol. */
export function speechWriter(lang: string): SpeechWriter | null {
  const made = maker();
  return made ? new SpeechWriter(made, lang) : null;
}

export class SpeechWriter {
  readonly #maker: Maker;
  readonly #lang: string;
  #local: boolean | null = null;
  #begun = 0;

  constructor(made: Maker, lang: string) {
    this.#maker = made;
    this.#lang = lang;
  }

  async local(): Promise<boolean> {
    if (this.#local === null) {
      try {
        this.#local = (await this.#maker.available?.({ langs: [this.#lang], processLocally: true })) === "available";
      } catch {
        // Said by browsers that do not know the language: then it is not to be had here.
        this.#local = false;
      }
    }
    return this.#local;
  }

  start(track: MediaStreamTrack, heard: (words: { line: string; text: string; final: boolean }) => void, failed: () => void): () => void {
    let recogniser: Recogniser | null = null;
    let over = false;
    let tries = 0;
    const begin = async (): Promise<void> => {
      const local = await this.local();
      if (over) return;
      const run = ++this.#begun;
      const one = (recogniser = new this.#maker());
      one.lang = this.#lang;
      one.continuous = one.interimResults = true;
      if (local) one.processLocally = true;
      one.addEventListener("result", (event) => {
        const { resultIndex, results } = event as unknown as { resultIndex: number; results: ArrayLike<Result> };
        tries = 0;
        for (let index = resultIndex; index < results.length; index += 1) {
          const result = results[index]!;
          const text = result[0]?.transcript.trim() ?? "";
          if (text) heard({ line: `${run}.${index}`, text, final: result.isFinal });
        }
      });
      one.addEventListener("error", (event) => {
        const { error } = event as unknown as { error: string };
        if (FINAL.has(error)) tries = TRIES_MOST;
        else if (!QUIET.has(error)) tries += 1;
      });
      // Ends of itself after a silence or a fault, and is begun again.
      one.addEventListener("end", () => {
        if (over || recogniser !== one) return;
        if (tries >= TRIES_MOST || track.readyState === "ended") failed();
        else setTimeout(() => void begin(), PAUSE_MS);
      });
      try {
        one.start(track);
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        failed();
      }
    };
    void begin();
    return () => {
      over = true;
      recogniser?.abort();
    };
  }
}
