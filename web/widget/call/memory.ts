/**
 * What is remembered of calls: for good, which devices somebody chose and what they said of captions; for this tab while a call runs, that it has it and what was turned
 * off, so that a reload brings the call back as it was, and nobody's microphone is open again by surprise.
 */
export interface Chosen {
  microphone?: string;
  camera?: string;
  speaker?: string;
  /** This person reads captions. */
  captions?: boolean;
  /** Their own words may be written. */
  maySpeech?: boolean;
}
export interface InCall {
  callId: string;
  muted: boolean;
  cameraOff: boolean;
  /** Without a microphone. */
  listening: boolean;
}

const DEVICES = "tresen.devices";
const CALL = "tresen.in-call";

function read<T>(storage: "localStorage" | "sessionStorage", name: string): T | null {
  try {
    return JSON.parse(window[storage].getItem(name) ?? "null") as T | null;
  } catch {
    // A browser that keeps nothing, or somebody else's hand: as good as nothing.
    return null;
  }
}

function write(storage: "localStorage" | "sessionStorage", name: string, value: unknown): void {
  try {
    if (value === null) window[storage].removeItem(name);
    else window[storage].setItem(name, JSON.stringify(value));
  } catch {
    // Nothing is kept here: the next call asks again.
  }
}

export const chosen = (): Chosen => read<Chosen>("localStorage", DEVICES) ?? {};
export const choose = (more: Chosen): void => write("localStorage", DEVICES, { ...chosen(), ...more });
export const inCall = (): InCall | null => read<InCall>("sessionStorage", CALL);
export const setInCall = (value: InCall | null): void => write("sessionStorage", CALL, value);
