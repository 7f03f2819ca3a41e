/** Which devices this person chose, remembered by the browser, so that a call begins with them without a question. */
export interface Kept {
  microphone?: string;
  camera?: string;
  speaker?: string;
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
