/** Which devices this person chose and what they said of captions, remembered by the browser, so that a call begins without a question. */
export interface Kept {
  microphone?: string;
  camera?: string;
  speaker?: string;
  /** This person reads captions. */
  captions?: boolean;
  /** Their own words may be written. */
  maySpeech?: boolean;
}
const PLACE = "tresen.devices";

export function kept(): Kept {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return found && typeof found === "object" ? (found as Kept) : {};
  } catch {
    // Storage is switched off, or holds something that is not ours: the browser's own choice of devices is good enough.
    return {};
  }
}

export function keep(change: Kept): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ ...kept(), ...change }));
  } catch {
    console.info("Tresen: the choice of devices cannot be remembered here.");
  }
}

/** The chosen devices as `capture` takes them. */
export function wish(video: boolean): { audio: true; video: boolean; microphone?: string; camera?: string } {
  const { microphone, camera } = kept();
  return { audio: true, video, ...(microphone ? { microphone } : {}), ...(camera ? { camera } : {}) };
}
