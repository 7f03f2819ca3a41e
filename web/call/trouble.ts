/** What the call page says when a device is not to be had, and its lists of devices. */
import { devices, type CaptureTrouble } from "../media";

/** Why a capture failed, in words, with the way out. */
export const TROUBLE: Record<CaptureTrouble, string> = {
  denied: "The browser may not use your camera and microphone. Allow it with the camera sign in the address bar, then try again. You can also join and just listen.",
  no_devices: "No camera and no microphone were found. Plug one in and try again, or join and just listen.",
  in_use: "Your camera or microphone is in use by another program. Close that program and try again.",
  insecure: "Browsers hand out camera and microphone only over https or on this very machine. Open this page by https, or as localhost.",
  unsupported: "This browser cannot use a camera or a microphone. Try another one, or join and just listen.",
  no_camera: "No camera was found: the other side will hear you, but not see you.",
  no_microphone: "No microphone was found: the other side will see you, but not hear you.",
};

/** Fills a select with cameras or microphones; the one in use is chosen. */
export async function list(select: HTMLSelectElement, kind: "audio" | "video", track: MediaStreamTrack | null): Promise<void> {
  const found = await devices();
  const all = kind === "video" ? found.cameras : found.microphones;
  const word = kind === "video" ? "Camera" : "Microphone";
  const options = all.map((device, index) => new Option(device.label || `${word} ${index + 1}`, device.id));
  select.replaceChildren(...(options.length ? options : [new Option(`No ${word.toLowerCase()}`, "")]));
  select.disabled = options.length === 0;
  const current = track?.getSettings().deviceId;
  if (current && all.some((device) => device.id === current)) select.value = current;
}
