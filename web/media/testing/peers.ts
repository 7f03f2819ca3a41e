/** Doubles for tests in virtual time: peer connections, tracks, and a server of WHIP and WHEP that can be told to fail. */
import { vi } from "vitest";

export class FakeTrack extends EventTarget {
  readonly id = Math.random().toString(36).slice(2);
  enabled = true;
  muted = false;
  contentHint = "";
  readyState: "live" | "ended" = "live";
  onended: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId = "default",
  ) {
    super();
  }
  stop(): void {
    this.readyState = "ended";
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }
  /** Pulled out. */
  end(): void {
    this.readyState = "ended";
    this.onended?.();
  }
}

export const track = (kind: "audio" | "video", deviceId?: string): MediaStreamTrack => new FakeTrack(kind, deviceId) as unknown as MediaStreamTrack;

export class FakeStream {
  #tracks: MediaStreamTrack[];
  constructor(tracks: MediaStreamTrack[] = []) {
    this.#tracks = [...tracks];
  }
  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks];
  }
  getAudioTracks(): MediaStreamTrack[] {
    return this.#tracks.filter((one) => one.kind === "audio");
  }
  getVideoTracks(): MediaStreamTrack[] {
    return this.#tracks.filter((one) => one.kind === "video");
  }
}

let ufrags = 0;

export class FakePeer {
  static all: FakePeer[] = [];
  static get last(): FakePeer {
    const found = FakePeer.all.at(-1);
    if (!found) throw new Error("no connection was made");
    return found;
  }
  connectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  ontrack: unknown = null;
  localDescription: { sdp: string } | null = null;
  remoteDescription: { sdp: string } | null = null;
  rows: Record<string, unknown>[] = [];
  readonly transceivers: { mid: string; direction: string; sender: { track: MediaStreamTrack | null }; receiver: { track: MediaStreamTrack } }[] = [];
  constructor(readonly configuration: RTCConfiguration) {
    FakePeer.all.push(this);
  }
  addTransceiver(what: MediaStreamTrack | "audio" | "video", { direction }: { direction: string }) {
    const kind = typeof what === "string" ? what : (what.kind as "audio" | "video");
    const sender = {
      track: typeof what === "string" ? null : what,
      replaceTrack: async (next: MediaStreamTrack | null) => {
        sender.track = next;
      },
      getParameters: () => ({}),
      setParameters: async () => undefined,
    };
    const made = { mid: String(this.transceivers.length), direction, sender, receiver: { track: track(kind) } };
    this.transceivers.push(made);
    return made;
  }
  getTransceivers() {
    return this.transceivers;
  }
  async createOffer(): Promise<{ sdp: string }> {
    return { sdp: this.#sdp() };
  }
  async setLocalDescription(description?: { sdp: string }): Promise<void> {
    this.localDescription = description ?? { sdp: this.#sdp() };
  }
  async setRemoteDescription(description: { sdp: string }): Promise<void> {
    this.remoteDescription = description;
  }
  async getStats(): Promise<Map<string, unknown>> {
    return new Map(this.rows.map((row) => [String(row["id"]), row]));
  }
  close(): void {
    this.connectionState = "closed";
  }
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  get closed(): boolean {
    return this.connectionState === "closed";
  }
  #sdp(): string {
    return `v=0\r\na=ice-ufrag:ours${++ufrags}\r\na=ice-pwd:p\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n`;
  }
}

const ANSWER = "v=0\r\na=ice-ufrag:theirs\r\na=ice-pwd:q\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
const FRAGMENT = "a=ice-ufrag:again\r\na=ice-pwd:r\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 2 typ host\r\n";

export interface Asked {
  method: string;
  path: string;
  token: string;
}

/** Answers as the media server does, until `refuse` says otherwise. */
export class FakeServer {
  asked: Asked[] = [];
  #sessions = 0;
  /** What to answer instead: a status with a sentence, "away" (no network), or undefined (all is well). */
  refuse: (request: Asked) => { status: number; detail?: string } | "away" | undefined = () => undefined;
  /** The first session's list is not there any more. */
  gone = false;
  tracks: { tracks: { kind: string; index: number; identity: string }[]; mix: string[] | null } = { tracks: [], mix: null };

  readonly fetch = vi.fn(async (url: URL, init: RequestInit = {}): Promise<Response> => {
    const headers = init.headers as Record<string, string>;
    const request = { method: init.method ?? "GET", path: url.pathname, token: (headers["Authorization"] ?? "").replace("Bearer ", "") };
    if (request.method === "GET") return this.#list(headers["If-None-Match"], init.signal);
    this.asked.push(request);
    const refused = this.refuse(request);
    if (refused === "away") throw new TypeError("Failed to fetch");
    if (refused) return Response.json({ detail: refused.detail ?? "No." }, { status: refused.status });
    if (request.method === "POST") return new Response(ANSWER, { status: 201, headers: { Location: `${url.pathname}/s${++this.#sessions}`, ETag: '"1"' } });
    if (request.method === "PATCH") return new Response(FRAGMENT, { status: 200, headers: { ETag: '"2"' } });
    return new Response(null, { status: 200 });
  });

  /** The methods so far, for short. */
  get methods(): string[] {
    return this.asked.map(({ method }) => method);
  }

  async #list(known: string | undefined, signal?: AbortSignal | null): Promise<Response> {
    const etag = (): string => JSON.stringify(JSON.stringify(this.tracks));
    while (known === etag()) {
      if (this.gone) return new Response(null, { status: 404 });
      if (signal?.aborted) throw signal.reason;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return Response.json(this.tracks, { headers: { ETag: etag() } });
  }
}

/** Puts the doubles in the place of the browser's own; give it to `beforeEach`. */
export function install(): FakeServer {
  const server = new FakeServer();
  FakePeer.all = [];
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", FakeStream);
  return server;
}

export function uninstall(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
}

/** What is due at this moment and needs no time. */
export const settle = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0);
};
