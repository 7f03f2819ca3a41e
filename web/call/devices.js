/** Cameras and microphones: asking for them, listing them, and saying in words why one is not to be had. */

const VIDEO = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Why a capture failed, in words, with the way out. */
export const TROUBLE = {
  NotAllowedError: "The browser may not use your camera and microphone. Allow it with the camera sign in the address bar, then try again. You can also join and just listen.",
  NotFoundError: "No camera and no microphone were found. Plug one in and try again, or join and just listen.",
  NotReadableError: "Your camera or microphone is in use by another program. Close that program and try again.",
  OverconstrainedError: "The chosen camera or microphone has gone. Choose another one.",
  InsecureContext: "Browsers hand out camera and microphone only over https or on this very machine. Open this page by https, or as localhost.",
  NoCamera: "No camera was found: the other side will hear you, but not see you.",
  NoMicrophone: "No microphone was found: the other side will see you, but not hear you.",
};

/** Query switch for measurements: `?processing=off` leaves sound and picture as the devices give them. */
export const plain = new URLSearchParams(location.search).get("processing") === "off";

function constraints(kind, deviceId) {
  const base = kind === "video" ? VIDEO : plain ? Object.fromEntries(Object.keys(AUDIO).map((key) => [key, false])) : AUDIO;
  return { ...base, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
}

/**
 * Asks for camera and microphone, and takes what there is: both, one, or none.
 * Returns the stream and the key of TROUBLE that tells what is missing, or null.
 */
export async function capture({ camera = "", microphone = "" } = {}) {
  if (!navigator.mediaDevices) return { stream: new MediaStream(), trouble: "InsecureContext" };
  const wishes = [
    { wish: { video: constraints("video", camera), audio: constraints("audio", microphone) }, trouble: null },
    { wish: { audio: constraints("audio", microphone) }, trouble: "NoCamera" },
    { wish: { video: constraints("video", camera) }, trouble: "NoMicrophone" },
  ];
  let first = null;
  for (const { wish, trouble } of wishes) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(wish), trouble };
    } catch (problem) {
      first ??= problem;
      // Only a missing device leaves something else to try; a refusal holds for both.
      if (problem.name !== "NotFoundError") break;
    }
  }
  return { stream: new MediaStream(), trouble: first.name in TROUBLE ? first.name : "NotReadableError" };
}

/** One track of one device. */
export async function captureOne(kind, deviceId) {
  const stream = await navigator.mediaDevices.getUserMedia({ [kind]: constraints(kind, deviceId) });
  return stream.getTracks()[0];
}

/** Fills a select with the devices of one kind ("videoinput" or "audioinput"); the one in use is chosen. */
export async function list(select, kind, track) {
  const devices = navigator.mediaDevices ? (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === kind && one.deviceId) : [];
  const word = kind === "videoinput" ? "Camera" : "Microphone";
  const options = devices.map((device, index) => new Option(device.label || `${word} ${index + 1}`, device.deviceId));
  select.replaceChildren(...(options.length ? options : [new Option(`No ${word.toLowerCase()}`, "")]));
  select.disabled = options.length === 0;
  const current = track?.getSettings().deviceId;
  if (current && devices.some((device) => device.deviceId === current)) select.value = current;
}
