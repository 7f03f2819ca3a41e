/**
 * The call page: lobby, call, end. Gets a session (token and addresses) from the server, publishes what the visitor chose and
 * subscribes to the other side. The link says who calls: /call/ROOM/customer or /call/ROOM/rep; where the operator hands out
 * tokens instead, /call/ROOM#token=TOKEN.
 *
 * `window.tresenCall` is for tests and for people with a console: state, figures, the streams.
 */
import { TROUBLE, capture, captureOne, list, plain } from "./devices.js";
import { Meter, inWords, rows } from "./stats.js";
import { Publisher, Subscriber } from "./whip.js";

const STATS_MS = 1000;
/** Nothing received for this long: the other side has gone, or is on its way back. */
const SILENCE_MS = 3000;
const OTHER = { customer: "rep", rep: "customer" };
const STATUS = { idle: "", connecting: "Connecting …", connected: "Connected", reconnecting: "Reconnecting …", failed: "Not connected", closed: "" };

const $ = (id) => document.getElementById(id);
const [, , room, role = "guest"] = location.pathname.split("/").map(decodeURIComponent);
const query = new URLSearchParams(location.search);
const other = OTHER[role] ? `the ${OTHER[role]}` : "the other side";

const page = {
  /** lobby | call | over */
  view: "lobby",
  stream: new MediaStream(),
  remote: new MediaStream(),
  publisher: null,
  subscriber: null,
  meters: { receiving: new Meter(), sending: new Meter() },
  figures: { receiving: null, sending: null },
  heard: { bytes: 0, at: 0 },
  timer: 0,
};

function show(view) {
  page.view = view;
  for (const id of ["lobby", "call", "over"]) $(id).hidden = id !== view;
}

/** The weaker of both sessions decides what the visitor is told. */
function connectionState() {
  const order = ["failed", "reconnecting", "connecting", "idle", "closed", "connected"];
  const states = [page.publisher, page.subscriber].filter(Boolean).map((session) => session.state);
  return order.find((state) => states.includes(state)) ?? "idle";
}

function tellState() {
  const state = connectionState();
  $("status").dataset.state = state;
  $("status").textContent = STATUS[state];
  const lost = state === "reconnecting";
  $("strip").hidden = !lost;
  if (lost) $("strip").textContent = "The connection was lost and is being restored. You need not do anything.";
}

// --- lobby ----------------------------------------------------------------------------------------------------------

function tellTrouble(key) {
  $("trouble").hidden = key === null;
  $("trouble-text").textContent = key === null ? "" : TROUBLE[key];
}

async function look(choice = {}) {
  for (const track of page.stream.getTracks()) track.stop();
  const { stream, trouble } = await capture(choice);
  page.stream = stream;
  const [video] = stream.getVideoTracks();
  const [audio] = stream.getAudioTracks();
  $("preview").srcObject = stream;
  $("preview-empty").hidden = Boolean(video);
  tellTrouble(trouble);
  for (const select of ["camera-choice", "camera-switch"]) await list($(select), "videoinput", video);
  for (const select of ["microphone-choice", "microphone-switch"]) await list($(select), "audioinput", audio);
  $("join").textContent = stream.getTracks().length ? "Join the call" : "Join and listen";
  $("join").disabled = false;
}

function chosen() {
  return { camera: $("camera-choice").value, microphone: $("microphone-choice").value };
}

// --- session --------------------------------------------------------------------------------------------------------

/** Token and addresses: from the link, or from the demo's own endpoint. */
async function session() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has("token")) {
    const narrowed = given.has("participant") ? `?participant=${encodeURIComponent(given.get("participant"))}` : "";
    const name = encodeURIComponent(room);
    return { token: given.get("token"), whip: `/whip/${name}`, whep: `/whep/${name}${narrowed}` };
  }
  const response = await fetch("/demo/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ room, role }),
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? "This link does not lead to a call. Ask for a new one.");
  }
  return response.json();
}

/** A token that is always fresh: the demo's live for minutes only, a call may last longer. */
function tokens(first) {
  let current = first.token;
  const expires = () => JSON.parse(atob(current.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).exp * 1000;
  return async () => {
    if (Date.now() > expires() - 10_000) current = (await session()).token;
    return current;
  };
}

async function join() {
  $("join").disabled = true;
  let granted;
  try {
    granted = await session();
  } catch (problem) {
    end("This call cannot start", problem.message, "Try again");
    return;
  }
  const token = tokens(granted);
  show("call");
  $("own").srcObject = page.stream;
  $("self").hidden = page.stream.getVideoTracks().length === 0;
  $("remote").srcObject = page.remote;
  $("waiting-text").textContent = `Waiting for ${other} …`;
  $("waiting").hidden = false;
  $("hang-up-button").focus({ focusVisible: false });

  const onState = (state, problem) => {
    tellState();
    if (state === "failed") refuse(problem);
  };
  page.subscriber = new Subscriber({ url: granted.whep, token, onState, onTrack: receive });
  const opening = [page.subscriber.open()];
  if (page.stream.getTracks().length) {
    const degradation = plain ? "maintain-resolution" : null;
    page.publisher = new Publisher({ url: granted.whip, token, onState, stream: page.stream, codec: query.get("codec"), degradation });
    opening.push(page.publisher.open());
  }
  page.timer = setInterval(measure, STATS_MS);
  // A final refusal has been shown by onState.
  await Promise.allSettled(opening);
}

function receive(track) {
  for (const old of page.remote.getTracks().filter((one) => one.kind === track.kind)) page.remote.removeTrack(old);
  page.remote.addTrack(track);
  $("remote").play().catch(() => {
    $("sound").hidden = false;
  });
}

/** The server has refused for good: a link that is wrong or too old, in nearly every case. */
function refuse(problem) {
  const reason = problem?.message?.replace(/\.$/, "") ?? "";
  if ([401, 403].includes(problem?.status)) end("This link does not open the call", `Ask for a new one. The server says: ${reason}.`, "Try again");
  else end("This call cannot go on", reason ? `The server says: ${reason}.` : "", "Try again");
}

async function end(title, text, again = "Call again") {
  if (page.view === "over") return;
  show("over");
  $("over-title").textContent = title;
  $("over-text").textContent = text;
  $("again").textContent = again;
  $("again").focus({ focusVisible: false });
  clearInterval(page.timer);
  for (const track of page.stream.getTracks()) track.stop();
  const sessions = [page.publisher, page.subscriber].filter(Boolean);
  page.publisher = page.subscriber = null;
  await Promise.allSettled(sessions.map((one) => one.close()));
  $("status").textContent = "";
}

// --- in the call ----------------------------------------------------------------------------------------------------

async function measure() {
  page.figures = {
    receiving: await page.meters.receiving.read(page.subscriber?.connection, "inbound"),
    sending: await page.meters.sending.read(page.publisher?.connection, "outbound"),
  };
  const { receiving, sending } = page.figures;
  const now = performance.now();
  if (receiving && receiving.bytes !== page.heard.bytes) page.heard = { bytes: receiving.bytes, at: now };
  const silent = page.heard.at === 0 || now - page.heard.at > SILENCE_MS;
  if ($("waiting").hidden === silent) {
    $("waiting").hidden = !silent;
    $("waiting-text").textContent = page.heard.at ? `${other[0].toUpperCase()}${other.slice(1)} has left or is reconnecting …` : `Waiting for ${other} …`;
  }
  if ($("details-panel").hidden) return;
  $("quality").textContent = inWords(receiving, sending);
  const cell = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  $("numbers").replaceChildren(
    ...rows(receiving, sending).map(([what, ...values]) => {
      const row = document.createElement("tr");
      const head = cell("th", what);
      head.scope = "row";
      row.append(head, ...values.map((value) => cell("td", value)));
      return row;
    }),
  );
}

function toggle(kind) {
  const tracks = kind === "audio" ? page.stream.getAudioTracks() : page.stream.getVideoTracks();
  if (!tracks.length) return;
  const off = tracks[0].enabled;
  for (const track of tracks) track.enabled = !off;
  const [name, offText, onText] = kind === "audio" ? ["microphone", "Unmute microphone", "Mute microphone"] : ["camera", "Turn camera on", "Turn camera off"];
  const button = $(`${name}-button`);
  button.setAttribute("aria-pressed", String(off));
  button.setAttribute("aria-label", off ? offText : onText);
  button.title = `${off ? offText : onText} (${kind === "audio" ? "M" : "V"})`;
  button.querySelector("use").setAttribute("href", `#${name}${off ? "-off" : ""}`);
  if (kind === "video") [$("own").hidden, $("own-off").hidden] = [off, !off];
}

async function change(kind, deviceId) {
  const old = page.stream.getTracks().find((track) => track.kind === kind);
  const track = await captureOne(kind, deviceId);
  track.enabled = old?.enabled ?? true;
  old?.stop();
  await page.publisher?.replaceTrack(track);
  $("own").srcObject = page.stream;
}

function toggleDetails() {
  const open = $("details-panel").hidden;
  $("details-panel").hidden = !open;
  $("details-button").setAttribute("aria-expanded", String(open));
  if (open) measure();
}

// --- wiring ---------------------------------------------------------------------------------------------------------

$("who").textContent = OTHER[role] ? `You are the ${role} · ${room}` : room;
$("invitation").textContent = `You will talk with ${other}. Check your picture first; nobody sees it yet.`;
$("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
$("trouble-retry").addEventListener("click", () => look(chosen()));
for (const id of ["camera-choice", "microphone-choice"]) $(id).addEventListener("change", () => look(chosen()));
$("camera-switch").addEventListener("change", (event) => change("video", event.target.value));
$("microphone-switch").addEventListener("change", (event) => change("audio", event.target.value));
$("microphone-button").addEventListener("click", () => toggle("audio"));
$("camera-button").addEventListener("click", () => toggle("video"));
$("details-button").addEventListener("click", toggleDetails);
$("hang-up-button").addEventListener("click", () => end("The call has ended", "Nothing is sent or received any more."));
$("again").addEventListener("click", () => location.reload());
$("sound").addEventListener("click", () => {
  $("sound").hidden = true;
  $("remote").play();
});
document.addEventListener("keydown", (event) => {
  if (page.view !== "call" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
  const action = { m: () => toggle("audio"), v: () => toggle("video"), d: toggleDetails }[event.key.toLowerCase()];
  action?.();
});
// Back from the browser's page cache the sessions are gone: start over.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
window.addEventListener("online", () => {
  page.publisher?.restart();
  page.subscriber?.restart();
});

window.tresenCall = {
  get view() {
    return page.view;
  },
  get state() {
    return connectionState();
  },
  get remoteStream() {
    return page.remote;
  },
  get publisher() {
    return page.publisher;
  },
  get subscriber() {
    return page.subscriber;
  },
  /** The figures of both directions, read now. */
  async stats() {
    await measure();
    return page.figures;
  },
};

show("lobby");
$("join").disabled = true;
look();
