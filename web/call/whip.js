/**
 * One media session over HTTP: WHIP (RFC 9725) to publish, WHEP to subscribe. Knows nothing of pages or people.
 *
 * A session is opened by one POST and lives until `close`. While it lives it repairs itself: an interrupted path by an ICE
 * restart (PATCH), a session that the server no longer knows by a new POST with growing pauses in between.
 *
 * States, told through `onState(state, problem?)`:
 *   connecting -> connected <-> reconnecting -> closed
 *   any -> failed (the server refused for good: `problem` says why)
 */

const SDP = "application/sdp";
const FRAGMENT = "application/trickle-ice-sdpfrag";
/** Wi-Fi roaming mostly heals by itself within this time; later, a restart is quicker than waiting. */
const PATIENCE_MS = 2000;
/** A restart that has not connected by then is given up for a new session. */
const RESTART_MS = 6000;
/** How long hanging up waits for the server's answer before the connection is closed all the same. */
const FAREWELL_MS = 500;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** What the server answered instead of a session. `final`: trying the same again is useless. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
    this.final = status >= 400 && status < 500 && ![404, 408, 409, 425, 429].includes(status);
  }

  static async from(response) {
    let detail = response.statusText;
    try {
      if ((response.headers.get("Content-Type") ?? "").includes("json")) detail = (await response.json()).detail ?? detail;
    } catch {
      // A broken body leaves the status line to speak for itself.
    }
    return new Refused(response.status, detail);
  }
}

class MediaSession {
  #url;
  #token;
  #onState;
  #resource = null;
  #attempt = 0;
  #timer = 0;
  #state = "idle";
  #opened = 0;

  /** @param {{url: string, token: string | (() => Promise<string>), onState?: (state: string, problem?: Error) => void}} options */
  constructor({ url, token, onState = () => {} }) {
    this.#url = new URL(url, document.baseURI);
    this.#token = typeof token === "function" ? token : async () => token;
    this.#onState = onState;
    /** @type {RTCPeerConnection | null} */
    this.connection = null;
    this.leave = () => this.#delete();
  }

  get state() {
    return this.#state;
  }

  /** Opens the session; resolves when the server has answered, rejects when it refuses for good. */
  async open() {
    window.addEventListener("pagehide", this.leave);
    this.#tell("connecting");
    await this.#post();
  }

  /** Ends the session here and at the server. */
  async close() {
    window.removeEventListener("pagehide", this.leave);
    clearTimeout(this.#timer);
    this.#tell("closed");
    // First by HTTP: after the connection's own goodbye the server would no longer know the session. But not for long, media still flow.
    const ended = this.#delete();
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    this.#drop();
    await ended;
  }

  /** Subclasses put their transceivers into a new connection. */
  prepare(_connection) {}

  #tell(state, problem) {
    if (this.#state === "closed" || (this.#state === state && !problem)) return;
    this.#state = state;
    this.#onState(state, problem);
  }

  #drop() {
    const connection = this.connection;
    this.connection = null;
    if (connection) {
      connection.onconnectionstatechange = null;
      connection.ontrack = null;
      connection.close();
    }
  }

  async #headers(more) {
    return { Authorization: `Bearer ${await this.#token()}`, ...more };
  }

  async #post() {
    const turn = ++this.#opened;
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#drop();
    this.connection = connection;
    connection.onconnectionstatechange = () => this.#changed(connection);
    this.prepare(connection);
    try {
      await connection.setLocalDescription();
      const response = await fetch(this.#url, {
        method: "POST",
        headers: await this.#headers({ "Content-Type": SDP, Accept: SDP }),
        body: connection.localDescription.sdp,
      });
      if (response.status !== 201) throw await Refused.from(response);
      const resource = {
        url: new URL(response.headers.get("Location"), this.#url),
        etag: response.headers.get("ETag"),
        authorization: (await this.#headers()).Authorization,
      };
      const answer = await response.text();
      if (turn !== this.#opened || this.#state === "closed") {
        await this.#delete(resource);
        return;
      }
      this.#resource = resource;
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
    } catch (problem) {
      if (turn !== this.#opened || this.#state === "closed") return;
      this.#drop();
      if (problem instanceof Refused && problem.final) {
        this.#tell("failed", problem);
        throw problem;
      }
      this.#later(problem);
    }
  }

  /** Another POST after a pause that grows with every failure. */
  #later(problem) {
    this.#tell("reconnecting", problem);
    const pause = PAUSES_MS[Math.min(this.#attempt++, PAUSES_MS.length - 1)];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), pause);
  }

  #again() {
    const old = this.#resource;
    this.#resource = null;
    if (old) this.#delete(old);
    // A final refusal has already been told through the state.
    this.#post().catch(() => {});
  }

  #changed(connection) {
    if (connection !== this.connection) return;
    clearTimeout(this.#timer);
    switch (connection.connectionState) {
      case "connected":
        this.#attempt = 0;
        this.#tell("connected");
        break;
      case "disconnected":
        this.#tell("reconnecting");
        this.#timer = setTimeout(() => this.#restart(connection), PATIENCE_MS);
        break;
      case "failed":
        this.#restart(connection);
        break;
    }
  }

  /** ICE restart (RFC 9725 section 4.3.3): new credentials both ways; media and keys stay. */
  async #restart(connection) {
    if (connection !== this.connection || !this.#resource) return;
    this.#tell("reconnecting");
    this.#timer = setTimeout(() => this.#again(), RESTART_MS);
    try {
      const before = connection.remoteDescription.sdp;
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      const response = await fetch(this.#resource.url, {
        method: "PATCH",
        headers: await this.#headers({ "Content-Type": FRAGMENT, "If-Match": "*" }),
        body: fragmentOf(connection.localDescription.sdp),
      });
      if (response.status !== 200) throw await Refused.from(response);
      this.#resource.etag = response.headers.get("ETag") ?? this.#resource.etag;
      const sdp = withFragment(before, await response.text());
      if (connection === this.connection) await connection.setRemoteDescription({ type: "answer", sdp });
    } catch (problem) {
      if (connection === this.connection && this.#state !== "closed") this.#later(problem);
    }
  }

  /** Restarts ICE now, for a caller that knows the network has changed. */
  restart() {
    if (this.connection) return this.#restart(this.connection);
  }

  /** Takes the session off the server; `keepalive` lets the request outlive the page. */
  async #delete(resource = this.#resource) {
    if (!resource) return;
    if (resource === this.#resource) this.#resource = null;
    try {
      await fetch(resource.url, { method: "DELETE", keepalive: true, headers: { Authorization: resource.authorization } });
    } catch (problem) {
      console.info("The session could not be ended at the server; it will notice by itself.", problem);
    }
  }
}

/**
 * Sends the tracks of a stream. `codec`: VP8, VP9, H264 or AV1 first, where the browser has it. `degradation`: what gives way on a
 * slow machine or path, as RTCDegradationPreference; the browser's own choice where left out.
 */
export class Publisher extends MediaSession {
  #stream;
  #codec;
  #degradation;

  constructor({ stream, codec = null, degradation = null, ...rest }) {
    super(rest);
    this.#stream = stream;
    this.#codec = codec;
    this.#degradation = degradation;
  }

  prepare(connection) {
    for (const track of this.#stream.getTracks()) {
      const transceiver = connection.addTransceiver(track, { direction: "sendonly", streams: [this.#stream] });
      if (track.kind !== "video") continue;
      if (this.#codec) preferCodec(transceiver, this.#codec);
      if (this.#degradation) transceiver.sender.setParameters({ ...transceiver.sender.getParameters(), degradationPreference: this.#degradation });
    }
  }

  /** Puts another track in the place of the one of the same kind, without a new session. */
  async replaceTrack(track) {
    for (const old of this.#stream.getTracks().filter((one) => one.kind === track.kind)) this.#stream.removeTrack(old);
    this.#stream.addTrack(track);
    const sender = this.connection?.getSenders().find((one) => one.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }
}

/** Receives one audio and one video track, which come whenever the other side publishes. */
export class Subscriber extends MediaSession {
  #onTrack;

  constructor({ onTrack, ...rest }) {
    super(rest);
    this.#onTrack = onTrack;
  }

  prepare(connection) {
    connection.ontrack = ({ track }) => this.#onTrack(track);
    connection.addTransceiver("audio", { direction: "recvonly" });
    connection.addTransceiver("video", { direction: "recvonly" });
  }
}

/** Offers one video codec (with retransmission), so that it is the one in use. */
function preferCodec(transceiver, name) {
  const all = RTCRtpSender.getCapabilities("video").codecs;
  const wanted = all.filter((codec) => codec.mimeType.toLowerCase() === `video/${name.toLowerCase()}`);
  if (wanted.length === 0) throw new Error(`This browser has no ${name}.`);
  // Packetisation mode 1 first: mode 0 cannot split a picture over packets.
  wanted.sort((a, b) => (b.sdpFmtpLine ?? "").includes("packetization-mode=1") - (a.sdpFmtpLine ?? "").includes("packetization-mode=1"));
  transceiver.setCodecPreferences([...wanted, ...all.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx")]);
}

/** The SDP fragment (RFC 8840 section 9) of a restart: credentials, and the media section they are for. */
export function fragmentOf(sdp) {
  const lines = sdp.split(/\r?\n/);
  const first = (prefix) => lines.find((line) => line.startsWith(prefix));
  const wanted = [first("a=ice-options:"), first("a=ice-ufrag:"), first("a=ice-pwd:"), first("m="), first("a=mid:")];
  return [...wanted.filter(Boolean), ...lines.filter((line) => line.startsWith("a=candidate:")), ""].join("\r\n");
}

/** The former answer with the credentials and candidates of the server's fragment in the place of its own. */
export function withFragment(sdp, fragment) {
  const news = fragment.split(/\r?\n/).filter(Boolean);
  const value = (prefix) => news.find((line) => line.startsWith(prefix));
  const ufrag = value("a=ice-ufrag:");
  const password = value("a=ice-pwd:");
  const candidates = [...new Set(news.filter((line) => line.startsWith("a=candidate:")))];
  const kept = sdp.split(/\r?\n/).filter((line) => !candidates.length || !/^a=(candidate:|end-of-candidates)/.test(line));
  const renewed = kept.map((line) => {
    if (ufrag && line.startsWith("a=ice-ufrag:")) return ufrag;
    if (password && line.startsWith("a=ice-pwd:")) return password;
    return line;
  });
  if (!candidates.length) return renewed.join("\r\n");
  // Candidates belong into a media section; with BUNDLE the first one counts.
  const start = renewed.findIndex((line) => line.startsWith("m="));
  const next = renewed.findIndex((line, at) => at > start && line.startsWith("m="));
  const end = next === -1 ? renewed.length - (renewed.at(-1) === "" ? 1 : 0) : next;
  renewed.splice(end, 0, ...candidates, "a=end-of-candidates");
  return renewed.join("\r\n");
}
