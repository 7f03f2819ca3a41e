/**
 * The call page: lobby, call, end. Gets a session (token and addresses) from the server, publishes what the visitor chose and subscribes to the other
 * side. The link says who calls: /call/ROOM/customer or /call/ROOM/rep; where the operator hands out tokens instead, /call/ROOM#token=TOKEN.
 *
 * `window.tresenCall` is for tests and for people with a console: state, figures, the streams. No part of the product's faces.
 */
import { capture, WhipCall, type Credentials, type Figures } from "../media";
import { fill, inWords } from "./details";
import { credentials, other, role, room } from "./seat";
import { list, TROUBLE } from "./trouble";

const STATS_MS = 1000;
/** Nothing received for this long: the other side has gone, or is on its way back. */
const SILENCE_MS = 3000;
const STATUS = { idle: "", connecting: "Connecting …", connected: "Connected", reconnecting: "Reconnecting …", failed: "Not connected", closed: "" };
const query = new URLSearchParams(location.search);
/** For measurements: sound and picture as the devices give them. */
const plain = query.get("processing") === "off";

type View = "lobby" | "call" | "over";
type Kind = "audio" | "video";

function $<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as T;
}

const page = {
  view: "lobby" as View,
  stream: new MediaStream(),
  remote: new MediaStream(),
  media: null as WhipCall | null,
  figures: { receiving: null, sending: null } as Figures,
  heard: { bytes: 0, at: 0 },
  timer: 0,
};

function show(view: View): void {
  page.view = view;
  for (const id of ["lobby", "call", "over"]) $(id).hidden = id !== view;
}

function tellState(): void {
  const state = page.media?.state ?? "idle";
  $("status").dataset["state"] = state;
  $("status").textContent = STATUS[state];
  $("strip").hidden = state !== "reconnecting";
  if (state === "reconnecting") $("strip").textContent = "The connection was lost and is being restored. You need not do anything.";
}

/** Makes a stream, which an element plays on, have these tracks and no others. */
function fit(stream: MediaStream, tracks: readonly (MediaStreamTrack | null)[]): void {
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
  for (const track of tracks) if (track && !stream.getTracks().includes(track)) stream.addTrack(track);
}

const own = (kind: Kind): MediaStreamTrack | null => page.stream.getTracks().find((track) => track.kind === kind) ?? null;

// --- lobby ----------------------------------------------------------------------------------------------------------

async function look(choice: { camera?: string; microphone?: string } = {}): Promise<void> {
  for (const track of page.stream.getTracks()) track.stop();
  const { audio, video, trouble } = await capture({ audio: true, video: true, unprocessed: plain, ...choice });
  page.stream = new MediaStream([audio, video].filter((track) => track !== null));
  $<HTMLVideoElement>("preview").srcObject = page.stream;
  $("preview-empty").hidden = Boolean(video);
  $("trouble").hidden = trouble === null;
  $("trouble-text").textContent = trouble === null ? "" : TROUBLE[trouble];
  await listDevices();
  $("join").textContent = page.stream.getTracks().length ? "Join the call" : "Join and listen";
  $<HTMLButtonElement>("join").disabled = false;
}

async function listDevices(): Promise<void> {
  for (const id of ["camera-choice", "camera-switch"]) await list($<HTMLSelectElement>(id), "video", own("video"));
  for (const id of ["microphone-choice", "microphone-switch"]) await list($<HTMLSelectElement>(id), "audio", own("audio"));
}

function chosen(): { camera: string; microphone: string } {
  return { camera: $<HTMLSelectElement>("camera-choice").value, microphone: $<HTMLSelectElement>("microphone-choice").value };
}

// --- session --------------------------------------------------------------------------------------------------------

async function join(): Promise<void> {
  $<HTMLButtonElement>("join").disabled = true;
  let granted: Credentials | null;
  try {
    granted = await credentials();
  } catch (problem) {
    await end("This call cannot start", problem instanceof Error ? problem.message : "", "Try again");
    return;
  }
  const ask = async (): Promise<Credentials> => {
    const first = granted;
    granted = null;
    return first ?? credentials();
  };
  show("call");
  $<HTMLVideoElement>("own").srcObject = page.stream;
  $("self").hidden = own("video") === null;
  $<HTMLVideoElement>("remote").srcObject = page.remote;
  $("waiting-text").textContent = `Waiting for ${other} …`;
  $("waiting").hidden = false;
  $("hang-up-button").focus({ focusVisible: false } as FocusOptions);

  const media = new WhipCall(
    ask,
    { audio: own("audio"), video: own("video"), trouble: null },
    { codec: query.get("codec"), degradation: plain ? "maintain-resolution" : null, lines: { audio: 1, video: 1 }, unprocessed: plain },
  );
  page.media = media;
  media.addEventListener("state", () => {
    tellState();
    if (media.state === "failed") refuse(media.problem, media.refusal);
  });
  media.addEventListener("remote", () => {
    const { audio = [], video = [] } = media.subscriber ?? {};
    fit(page.remote, [...audio, ...video].map(({ track }) => track));
    play();
  });
  media.addEventListener("local", () => {
    if (page.view !== "call") return;
    fit(page.stream, [media.local.audio, media.local.video]);
    listDevices().catch(report);
  });
  page.timer = window.setInterval(() => measure().catch(report), STATS_MS);
  // A final refusal has been shown by the state.
  await media.open().catch(() => undefined);
}

function play(): void {
  const element = $<HTMLVideoElement>("remote");
  element.play().catch((problem: unknown) => {
    $("sound").hidden = !(problem instanceof DOMException && problem.name === "NotAllowedError");
  });
}

/** The server has refused for good: a link that is wrong or too old, in nearly every case. */
function refuse(problem: string | null, status: number | null): void {
  const reason = problem?.replace(/\.$/, "") ?? "";
  const ending =
    status === 401 || status === 403
      ? end("This link does not open the call", `Ask for a new one. The server says: ${reason}.`, "Try again")
      : end("This call cannot go on", reason ? `The server says: ${reason}.` : "", "Try again");
  ending.catch(report);
}

async function end(title: string, text: string, again = "Call again"): Promise<void> {
  if (page.view === "over") return;
  show("over");
  $("over-title").textContent = title;
  $("over-text").textContent = text;
  $("again").textContent = again;
  $("again").focus({ focusVisible: false } as FocusOptions);
  clearInterval(page.timer);
  for (const track of page.stream.getTracks()) track.stop();
  const media = page.media;
  page.media = null;
  await media?.close();
  $("status").textContent = "";
}

function report(problem: unknown): void {
  console.error(problem);
}

// --- in the call ----------------------------------------------------------------------------------------------------

async function measure(): Promise<void> {
  if (!page.media) {
    page.figures = { receiving: null, sending: null };
    return;
  }
  page.figures = await page.media.measure();
  const { receiving } = page.figures;
  const now = performance.now();
  if (receiving && receiving.bytes !== page.heard.bytes) page.heard = { bytes: receiving.bytes, at: now };
  const silent = page.heard.at === 0 || now - page.heard.at > SILENCE_MS;
  if ($("waiting").hidden === silent) {
    $("waiting").hidden = !silent;
    const left = `${(other[0] ?? "").toUpperCase()}${other.slice(1)} has left or is reconnecting …`;
    $("waiting-text").textContent = page.heard.at ? left : `Waiting for ${other} …`;
  }
  if ($("details-panel").hidden) return;
  $("quality").textContent = inWords(page.figures);
  fill($("numbers"), page.figures);
}

const CONTROLS = {
  audio: { name: "microphone", off: "Unmute microphone", on: "Mute microphone", key: "M" },
  video: { name: "camera", off: "Turn camera on", on: "Turn camera off", key: "V" },
} as const;

function toggle(kind: Kind): void {
  const { media } = page;
  // What is not there cannot be turned off.
  if (!media || (kind === "audio" ? !media.local.audio : $("self").hidden)) return;
  const off = $(`${CONTROLS[kind].name}-button`).getAttribute("aria-pressed") !== "true";
  press(kind, off);
  media.setMuted(kind, off).catch((problem: unknown) => {
    press(kind, media.isMuted(kind));
    report(problem);
  });
}

/** Shows a device as on or off. */
function press(kind: Kind, off: boolean): void {
  const words = CONTROLS[kind];
  const label = off ? words.off : words.on;
  const button = $(`${words.name}-button`);
  button.setAttribute("aria-pressed", String(off));
  button.setAttribute("aria-label", label);
  button.title = `${label} (${words.key})`;
  button.querySelector("use")?.setAttribute("href", `#${words.name}${off ? "-off" : ""}`);
  if (kind === "video") [$("own").hidden, $("own-off").hidden] = [off, !off];
}

function change(kind: Kind, select: HTMLSelectElement): void {
  page.media?.useDevice(`${kind}input`, select.value).catch((problem: unknown) => {
    report(problem);
    listDevices().catch(report);
  });
}

function toggleDetails(): void {
  const open = $("details-panel").hidden;
  $("details-panel").hidden = !open;
  $("details-button").setAttribute("aria-expanded", String(open));
  if (open) measure().catch(report);
}

// --- wiring ---------------------------------------------------------------------------------------------------------

$("who").textContent = role ? `You are the ${role} · ${room}` : room;
$("invitation").textContent = `You will talk with ${other}. Check your picture first; nobody sees it yet.`;
$("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  join().catch(report);
});
$("trouble-retry").addEventListener("click", () => look(chosen()).catch(report));
for (const id of ["camera-choice", "microphone-choice"]) $(id).addEventListener("change", () => look(chosen()).catch(report));
$("camera-switch").addEventListener("change", () => change("video", $<HTMLSelectElement>("camera-switch")));
$("microphone-switch").addEventListener("change", () => change("audio", $<HTMLSelectElement>("microphone-switch")));
$("microphone-button").addEventListener("click", () => toggle("audio"));
$("camera-button").addEventListener("click", () => toggle("video"));
$("details-button").addEventListener("click", toggleDetails);
$("hang-up-button").addEventListener("click", () => end("The call has ended", "Nothing is sent or received any more.").catch(report));
$("again").addEventListener("click", () => location.reload());
$("sound").addEventListener("click", () => {
  $("sound").hidden = true;
  play();
});
document.addEventListener("keydown", (event) => {
  if (page.view !== "call" || event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).matches("select, input")) return;
  const actions: Record<string, () => void> = { m: () => toggle("audio"), v: () => toggle("video"), d: toggleDetails };
  actions[event.key.toLowerCase()]?.();
});
// Back from the browser's page cache the sessions are gone: start over.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

const surface = {
  get view(): View {
    return page.view;
  },
  get state(): string {
    return page.media?.state ?? "idle";
  },
  get remoteStream(): MediaStream {
    return page.remote;
  },
  get publisher(): WhipCall["publisher"] {
    return page.media?.publisher ?? null;
  },
  get subscriber(): WhipCall["subscriber"] {
    return page.media?.subscriber ?? null;
  },
  /** The figures of both directions, read now. */
  async stats(): Promise<Figures> {
    await measure();
    return page.figures;
  },
};
Object.assign(window, { tresenCall: surface });

show("lobby");
$<HTMLButtonElement>("join").disabled = true;
look().catch(report);
