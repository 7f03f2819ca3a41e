/** Cameras, microphones, loudspeakers and screens: asking for them, listing them, and telling why one is not to be had. */
import type { Capture, CaptureTrouble, Choice, Device, Devices } from "./types";

const VIDEO: MediaTrackConstraints = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PLAIN_AUDIO: MediaTrackConstraints = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
/** Letters must stay sharp; movement may be slower. */
const SCREEN: MediaTrackConstraints = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 15, max: 30 } };

/** A device could not be had; `trouble` says why in one of few words. */
export class CaptureFailed extends Error {
  constructor(readonly trouble: CaptureTrouble, options?: ErrorOptions) {
    super(`capture failed: ${trouble}`, options);
    this.name = "CaptureFailed";
  }
}

function constraints(kind: "audio" | "video", deviceId?: string, unprocessed = false): MediaTrackConstraints {
  const base = kind === "video" ? VIDEO : unprocessed ? PLAIN_AUDIO : AUDIO;
  return deviceId ? { ...base, deviceId: { exact: deviceId } } : base;
}

function nameOf(problem: unknown): string {
  return problem instanceof Error || problem instanceof DOMException ? problem.name : "";
}

/** Which trouble a browser's error is. NotFoundError says only that something of the wish is missing. */
function troubleOf(problem: unknown, wish: { audio: boolean; video: boolean }): CaptureTrouble {
  switch (nameOf(problem)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return wish.audio && wish.video ? "no_devices" : wish.video ? "no_camera" : "no_microphone";
    case "TypeError":
    case "NotSupportedError":
      return "unsupported";
    default:
      return "in_use";
  }
}

/** Whether the browser hands out devices at all on this page; null: it does. */
function obstacle(): CaptureTrouble | null {
  if (navigator.mediaDevices) return null;
  return window.isSecureContext === false ? "insecure" : "unsupported";
}

async function ask(wish: MediaStreamConstraints): Promise<Capture> {
  const stream = await navigator.mediaDevices.getUserMedia(wish);
  return { audio: stream.getAudioTracks()[0] ?? null, video: stream.getVideoTracks()[0] ?? null, trouble: null };
}

/**
 * Asks for what is chosen and takes what there is: both, the microphone alone, the camera alone, none. Never rejects.
 *
 * One prompt for both where both are wished. A device that has gone gives way to the default one; one that is missing or in use leaves the
 * other to be tried. After a refusal of both, the microphone alone is tried only where it is not what was refused: a second prompt after a no
 * is rude.
 */
export async function capture(choice: Choice): Promise<Capture> {
  const none: Capture = { audio: null, video: null, trouble: null };
  if (!choice.audio && !choice.video) return none;
  const blocked = obstacle();
  if (blocked) return { ...none, trouble: blocked };
  const audio = constraints("audio", choice.microphone, choice.unprocessed);
  const video = constraints("video", choice.camera);
  try {
    return await ask({ ...(choice.audio ? { audio } : {}), ...(choice.video ? { video } : {}) });
  } catch (problem) {
    if (nameOf(problem) === "OverconstrainedError" && (choice.microphone || choice.camera)) {
      return capture({ audio: choice.audio, video: choice.video, ...(choice.unprocessed ? { unprocessed: true } : {}) });
    }
    const first = troubleOf(problem, choice);
    if (!(choice.audio && choice.video) || (first === "denied" && !(await microphoneIsOpen()))) return { ...none, trouble: first };
    const attempts: [MediaStreamConstraints, CaptureTrouble][] = [
      [{ audio }, "no_camera"],
      [{ video }, "no_microphone"],
    ];
    for (const [wish, missing] of attempts) {
      try {
        return { ...(await ask(wish)), trouble: first === "no_devices" ? missing : first };
      } catch (next) {
        if (first === "denied" || nameOf(next) === "NotAllowedError") break;
      }
    }
    return { ...none, trouble: first };
  }
}

/** Whether asking for the microphone alone makes sense after both were refused: it is allowed already, or the camera alone is blocked. */
async function microphoneIsOpen(): Promise<boolean> {
  const state = async (name: string): Promise<PermissionState> => (await navigator.permissions.query({ name: name as PermissionName })).state;
  try {
    const [microphone, camera] = await Promise.all([state("microphone"), state("camera")]);
    return microphone === "granted" || (microphone === "prompt" && camera === "denied");
  } catch {
    // A browser that does not tell its permissions would ask the person a second time.
    return false;
  }
}

/** One track of one device (the default one where it is left out or has gone); rejects with `CaptureFailed`. */
export async function captureOne(kind: "audio" | "video", deviceId?: string, unprocessed = false): Promise<MediaStreamTrack> {
  const got = await capture({
    audio: kind === "audio",
    video: kind === "video",
    ...(deviceId ? { [kind === "audio" ? "microphone" : "camera"]: deviceId } : {}),
    unprocessed,
  });
  const track = got[kind];
  if (!track) throw new CaptureFailed(got.trouble ?? "in_use");
  return track;
}

/** The screen or window a person picks, with its sound where they allow it. Rejects with `CaptureFailed("denied")` where they cancel. */
export async function captureScreen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | null }> {
  if (!navigator.mediaDevices?.getDisplayMedia) throw new CaptureFailed(obstacle() ?? "unsupported");
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: true });
    const [video] = stream.getVideoTracks();
    if (!video) throw new CaptureFailed("unsupported");
    video.contentHint = "detail";
    return { video, audio: stream.getAudioTracks()[0] ?? null };
  } catch (problem) {
    if (problem instanceof CaptureFailed) throw problem;
    throw new CaptureFailed(troubleOf(problem, { audio: false, video: true }), { cause: problem });
  }
}

/** Whether this browser can share a screen: phones mostly cannot. */
export function canShareScreen(): boolean {
  return Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);
}

/** Whether this browser lets a page choose the loudspeaker. */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** What is plugged in. Before anything has been allowed browsers tell neither labels nor ids: then the lists are short or empty. */
export async function devices(): Promise<Devices> {
  const all = navigator.mediaDevices?.enumerateDevices ? await navigator.mediaDevices.enumerateDevices() : [];
  const of = (kind: MediaDeviceKind): Device[] =>
    all.filter((one) => one.kind === kind && one.deviceId).map((one) => ({ id: one.deviceId, label: one.label }));
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}

/** Calls back when something is plugged in or pulled out, until the returned function is called. */
export function onDevicesChange(listener: () => void): () => void {
  const source = navigator.mediaDevices;
  if (!source?.addEventListener) return () => undefined;
  source.addEventListener("devicechange", listener);
  return () => source.removeEventListener("devicechange", listener);
}
