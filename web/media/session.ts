/**
 * One media session over HTTP: WHIP (RFC 9725) to publish, WHEP to subscribe. Knows nothing of pages or people.
 *
 * A session is opened by one POST and lives until `close`. While it lives it repairs itself: an interrupted path by an ICE restart (PATCH), a
 * session that the server no longer knows by a new POST with growing pauses in between. Every POST asks for its endpoint anew, so that a
 * token is never too old; PATCH and DELETE go with the token that made the session. Nothing is gathered before the POST and no candidate is
 * sent: the server is ICE-lite and learns ours from our checks. A former connection is closed when its successor is connected, not before.
 *
 *   connecting -> connected <-> reconnecting -> closed
 *   any -> failed (the server refused for good: `problem` says why), from where `open` begins again
 */
import { request } from "./http";
import { Refused, retryAfterOf } from "./refused";
import { fragmentOf, withFragment } from "./sdp";
import type { MediaState } from "./types";

const SDP = "application/sdp";
const FRAGMENT = "application/trickle-ice-sdpfrag";
/** Wi-Fi roaming mostly heals by itself within this time; later, a restart is quicker than waiting. */
const PATIENCE_MS = 2000;
/** A restart that has not connected by then is given up for a new session. */
const RESTART_MS = 6000;
/** The same for a new session after the server's answer. */
const CONNECT_MS = 10_000;
/** A server that has not answered by then is taken as not there. */
const ANSWER_MS = 10_000;
/** How long hanging up waits for the server's answer before the connection is closed all the same. */
const FAREWELL_MS = 500;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
/** Clients that lost the same server shall not come back in step. */
const JITTER = 0.2;

/** Where one POST goes, and with what. */
export interface Endpoint {
  url: string;
  token: string;
  iceServers: RTCIceServer[];
}

export interface SessionOptions {
  endpoint: () => Promise<Endpoint>;
  onState?: (state: MediaState, problem: Error | null) => void;
}

/** What the server keeps for us. */
export interface Resource {
  url: URL;
  authorization: string;
}

export abstract class MediaSession {
  connection: RTCPeerConnection | null = null;
  #former: RTCPeerConnection | null = null;
  #resource: Resource | null = null;
  #state: MediaState = "idle";
  #attempt = 0;
  #turn = 0;
  #posting = false;
  #restarting: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #leave = (): void => void this.#delete();

  constructor(readonly options: SessionOptions) {}

  get state(): MediaState {
    return this.#state;
  }

  /** The session as the server knows it; null between sessions. */
  get resource(): Resource | null {
    return this.#resource;
  }

  /** Opens the session; resolves when the first attempt is through, rejects when the server refuses for good. */
  async open(): Promise<void> {
    window.addEventListener("pagehide", this.#leave);
    this.#attempt = 0;
    this.#tell("connecting");
    await this.#post();
  }

  /** Ends the session here and at the server. */
  async close(): Promise<void> {
    window.removeEventListener("pagehide", this.#leave);
    clearTimeout(this.#timer);
    this.#tell("closed");
    this.#turn += 1;
    // First by HTTP: after the connection's own goodbye the server would no longer know the session. But not for long, media still flow.
    const ended = this.#delete();
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    this.#drop();
    await ended;
  }

  /** Repairs it now, for a caller that knows the network has changed: an ICE restart, or the next POST without its pause. */
  async restart(): Promise<void> {
    if (!["connecting", "connected", "reconnecting"].includes(this.#state) || this.#posting) return;
    if (this.connection && this.#resource) await this.#restart(this.connection);
    else this.#again();
  }

  /** A new session in the place of this one, which goes on until the new one is connected: for other m-lines. */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    // The server ends the old one by itself: it has one publication for each identity.
    this.#resource = null;
    this.#attempt = 0;
    await this.#post();
  }

  /** Puts the transceivers into a new connection. */
  protected abstract prepare(connection: RTCPeerConnection): void;

  /** A connection is the one in use from now on: at the answer where it is the first, else when it is connected. */
  protected adopted(_connection: RTCPeerConnection): void {}

  /** The server has a session of ours. */
  protected answered(_resource: Resource): void {}

  #tell(state: MediaState, problem: Error | null = null): void {
    if (this.#state === "closed" || (this.#state === state && !problem)) return;
    this.#state = state;
    this.options.onState?.(state, problem);
  }

  #drop(): void {
    for (const connection of [this.connection, this.#former]) if (connection) shut(connection);
    this.connection = this.#former = null;
  }

  /** Makes `connection` the one that is worked on; what was connected goes on being seen and heard meanwhile. */
  #succeed(connection: RTCPeerConnection): void {
    const old = this.connection;
    if (old) {
      old.onconnectionstatechange = null;
      if (this.#former) shut(old);
      else this.#former = old;
    }
    this.connection = connection;
    connection.onconnectionstatechange = () => this.#changed(connection);
  }

  async #post(): Promise<void> {
    const turn = ++this.#turn;
    const current = (): boolean => turn === this.#turn && this.#state !== "closed";
    this.#posting = true;
    try {
      let endpoint = await this.#endpoint();
      if (!current()) return;
      const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: endpoint.iceServers });
      this.#succeed(connection);
      this.prepare(connection);
      await connection.setLocalDescription();
      const offer = connection.localDescription?.sdp ?? "";
      let response = await this.#send(endpoint, offer);
      if (response.status === 401 || response.status === 403) {
        // A token that was too old, or of a leg that has a successor: once more with another one, where there is another one.
        const renewed = await this.#endpoint();
        if (renewed.token !== endpoint.token) response = await this.#send((endpoint = renewed), offer);
      }
      if (response.status !== 201) throw await Refused.from(response);
      const resource = {
        url: new URL(response.headers.get("Location") ?? "", new URL(endpoint.url, document.baseURI)),
        authorization: `Bearer ${endpoint.token}`,
      };
      const answer = await response.text();
      if (!current()) {
        await this.#delete(resource);
        return;
      }
      this.#resource = resource;
      this.answered(resource);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#unconnected(connection), CONNECT_MS);
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      if (!this.#former) this.adopted(connection);
    } catch (problem) {
      if (!current()) return;
      const error = problem instanceof Error ? problem : new Error(String(problem));
      if (error instanceof Refused && error.final) {
        clearTimeout(this.#timer);
        this.#drop();
        this.#tell("failed", error);
        throw error;
      }
      this.#later(error);
    } finally {
      if (turn === this.#turn) this.#posting = false;
    }
  }

  async #endpoint(): Promise<Endpoint> {
    try {
      return await this.options.endpoint();
    } catch (problem) {
      throw Refused.credentials(problem) ?? problem;
    }
  }

  #send(endpoint: Endpoint, offer: string): Promise<Response> {
    const headers = { Authorization: `Bearer ${endpoint.token}`, "Content-Type": SDP, Accept: SDP };
    return request(new URL(endpoint.url, document.baseURI), { method: "POST", headers, body: offer }, ANSWER_MS);
  }

  /** Another POST after a pause that grows with every failure. */
  #later(problem: Error): void {
    this.#tell("reconnecting", problem);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), Math.max(this.#pause(), retryAfterOf(problem)));
  }

  #pause(): number {
    return (PAUSES_MS[Math.min(this.#attempt++, PAUSES_MS.length - 1)] ?? 0) * (1 + JITTER * (2 * Math.random() - 1));
  }

  #again(): void {
    clearTimeout(this.#timer);
    const old = this.#resource;
    this.#resource = null;
    if (old) void this.#delete(old);
    // A final refusal has already been told through the state.
    this.#post().catch(() => undefined);
  }

  #unconnected(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return;
    if (connection.connectionState === "connected") this.#tell("connected");
    else this.#later(new Error("The media path could not be opened."));
  }

  #changed(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return;
    switch (connection.connectionState) {
      case "connected":
        clearTimeout(this.#timer);
        this.#attempt = 0;
        if (this.#former) {
          this.adopted(connection);
          shut(this.#former);
          this.#former = null;
        }
        this.#tell("connected");
        break;
      case "disconnected":
        clearTimeout(this.#timer);
        this.#tell("reconnecting");
        this.#timer = setTimeout(() => void this.#restart(connection), PATIENCE_MS);
        break;
      case "failed":
      case "closed":
        clearTimeout(this.#timer);
        void this.#restart(connection);
        break;
    }
  }

  /** ICE restart (RFC 9725 section 4.3.3): new credentials both ways; media and keys stay. One at a time. */
  #restart(connection: RTCPeerConnection): Promise<void> {
    this.#restarting ??= this.#exchange(connection).finally(() => {
      this.#restarting = null;
    });
    return this.#restarting;
  }

  async #exchange(connection: RTCPeerConnection): Promise<void> {
    const resource = this.#resource;
    if (connection !== this.connection) return;
    // One that has noticed nothing is restarted quietly: people are still heard and seen.
    const unharmed = (): boolean => connection.connectionState === "connected";
    if (!unharmed()) this.#tell("reconnecting");
    if (!resource || connection.connectionState === "closed") return this.#again();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#overdue(connection), RESTART_MS);
    const current = (): boolean => connection === this.connection && resource === this.#resource && this.#state !== "closed";
    try {
      const before = connection.remoteDescription?.sdp ?? "";
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      const headers = { Authorization: resource.authorization, "Content-Type": FRAGMENT, "If-Match": "*" };
      const body = fragmentOf(connection.localDescription?.sdp ?? "");
      const response = await request(resource.url, { method: "PATCH", headers, body }, ANSWER_MS);
      if (response.status !== 200) throw await Refused.from(response);
      const sdp = withFragment(before, await response.text());
      if (!current()) return;
      await connection.setRemoteDescription({ type: "answer", sdp });
      if (unharmed()) this.#attempt = 0;
    } catch (problem) {
      if (!current()) return;
      if (unharmed() && !(problem instanceof Refused)) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#restart(connection), this.#pause());
        return;
      }
      // A session that the server no longer has needs no pause: the next one is new to it.
      if (problem instanceof Refused && problem.status < 500 && this.#attempt === 0) this.#attempt = 1;
      else return this.#later(problem instanceof Error ? problem : new Error(String(problem)));
      this.#tell("reconnecting");
      this.#again();
    }
  }

  /** A restart has had its time. Where the connection never noticed anything, all is well. */
  #overdue(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return;
    if (connection.connectionState === "connected") this.#tell("connected");
    else {
      this.#tell("reconnecting");
      this.#again();
    }
  }

  /** Takes the session off the server; `keepalive` lets the request outlive the page. */
  async #delete(resource: Resource | null = this.#resource): Promise<void> {
    if (!resource) return;
    if (resource === this.#resource) this.#resource = null;
    try {
      await fetch(resource.url, { method: "DELETE", keepalive: true, headers: { Authorization: resource.authorization } });
    } catch (problem) {
      console.info("The session could not be ended at the server; it will notice by itself.", problem);
    }
  }
}

function shut(connection: RTCPeerConnection): void {
  connection.onconnectionstatechange = null;
  connection.ontrack = null;
  connection.close();
}
