/**
 * `CallMedia` over WHIP and WHEP: one session that sends, one that receives, a third one for a shared screen.
 *
 * Holds these together and tells of changes; each of them repairs itself. The weaker of sending and receiving is the call's state. Figures are
 * taken once a second, for who is to be seen, and judged every other time.
 */
import { ScreenShare } from "./screen";
import { watchNetwork } from "./network";
import { OwnDevices } from "./own-devices";
import { NOBODY, people, SCREEN, unchanged, type People } from "./people";
import { Publisher } from "./publisher";
import { QualityJudge } from "./quality";
import { Refused } from "./refused";
import type { Endpoint, MediaSession } from "./session";
import { Flow, Meter, rowsOf } from "./stats";
import { Subscriber } from "./subscriber";
import type { CallMedia, Capture, CaptureTrouble, Credentials, Figures, LocalMedia, MediaState, Quality, RemotePerson } from "./types";

const LOOK_MS = 1000;
/** Looks without a byte before a picture is taken as turned off. */
const STILL_LOOKS = 3;
const LOOKS_A_SAMPLE = 2;
/** How many of the others' voices and pictures (cameras and screens) there can be at a time: three people beside oneself, and a screen. */
const LINES = { audio: 4, video: 5 };
const WEAKEST: readonly MediaState[] = ["failed", "reconnecting", "connecting", "idle", "closed", "connected"];

export interface CallMediaOptions {
  /** VP8, VP9, H264 or AV1 first, where the browser has it. */
  codec?: string | null;
  /** What of one's own picture gives way on a slow machine or path. */
  degradation?: RTCDegradationPreference | null;
  /** How many of the others' voices and pictures can be had at a time. */
  lines?: { audio: number; video: number };
  /** Where one's own devices are to be taken as they are: for measurements. */
  unprocessed?: boolean;
  /**
   * Told when the person has picked a screen, before it is sent (true): the moment to ask the server for a screen's place in the call; and when it is
   * over (false). What it rejects with, `shareScreen` rejects with.
   */
  announceScreen?: (shown: boolean) => Promise<void>;
}

export class WhipCall extends EventTarget implements CallMedia {
  publisher: Publisher | null = null;
  subscriber: Subscriber | null = null;
  problem: string | null = null;
  refusal: number | null = null;
  quality: Quality | null = null;
  speaker = "";
  readonly #ask: () => Promise<Credentials>;
  readonly #options: CallMediaOptions;
  readonly #own: OwnDevices;
  readonly #screen: ScreenShare;
  readonly #meters = { receiving: new Meter("inbound"), sending: new Meter("outbound") };
  readonly #flow = new Flow();
  readonly #judge = new QualityJudge();
  #asking: Promise<Credentials> | null = null;
  #identity = "";
  #alone = "remote";
  #people: People = NOBODY;
  #still: ReadonlySet<string> = new Set();
  #state: MediaState = "idle";
  #connectedAt = 0;
  #looks = 0;
  #ends: (() => void)[] = [];

  constructor(credentials: () => Promise<Credentials>, capture: Capture, options: CallMediaOptions = {}) {
    super();
    this.#ask = credentials;
    this.#options = options;
    this.#own = new OwnDevices({
      capture,
      unprocessed: options.unprocessed ?? false,
      send: async (kind, track) => this.publisher?.replaceTrack(kind, track),
      relined: () => this.#relined(),
      changed: () => this.#tell("local"),
    });
    this.#screen = new ScreenShare({
      endpoint: async () => {
        const { screenToken, screenWhip, whip, iceServers } = await this.#credentials();
        const url = screenWhip ?? whip;
        if (!screenToken || !url) throw new Refused(403, "The call has no place for a shared screen.", true);
        return { url, token: screenToken, iceServers };
      },
      announce: async (shown) => options.announceScreen?.(shown),
      changed: () => this.#tell("local"),
    });
  }

  get state(): MediaState {
    return this.#state;
  }

  get local(): LocalMedia {
    return { audio: this.#own.audio, video: this.#own.video, screen: this.#screen.track };
  }

  get trouble(): CaptureTrouble | null {
    return this.#own.trouble;
  }

  get remotes(): readonly RemotePerson[] {
    return this.#people.remotes;
  }

  get sounds(): readonly MediaStreamTrack[] {
    return this.#people.sounds;
  }

  async open(): Promise<void> {
    if (this.#state !== "idle" && this.#state !== "failed") return;
    for (const end of this.#ends.splice(0)) end();
    const former = this.#sessions;
    this.publisher = this.subscriber = null;
    for (const session of former) void session.close();
    [this.problem, this.refusal] = [null, null];
    this.#become("connecting");
    let first: Credentials;
    try {
      first = await this.#credentials();
    } catch (problem) {
      this.#failed(problem);
      throw problem;
    }
    if (this.state !== "connecting") return;
    const look = setInterval(() => void this.#look(), LOOK_MS);
    this.#ends.push(
      () => clearInterval(look),
      watchNetwork(
        () => this.restart(),
        () => this.#sessions.filter((one) => one.state === "reconnecting").forEach((one) => void one.restart()),
      ),
    );
    this.#identity = first.identity;
    // A reload shall be back soon: the first POSTs go with what has just been answered.
    const fresh: Partial<Record<"whip" | "whep", Credentials>> = { whip: first, whep: first };
    const endpoint = async (which: "whip" | "whep"): Promise<Endpoint> => {
      const { [which]: url, token, iceServers, identity } = fresh[which] ?? (await this.#credentials());
      delete fresh[which];
      this.#identity = identity;
      if (!url) throw new Refused(403, "The call does not take this any more.", true);
      return { url, token, iceServers };
    };
    const onState = (_: MediaState, problem: Error | null): void => this.#follow(problem);
    const opening: Promise<void>[] = [];
    if (first.whep) {
      this.#alone = new URL(first.whep, document.baseURI).searchParams.get("participant") ?? this.#alone;
      const lines = this.#options.lines ?? LINES;
      const [onChange, onGone] = [() => this.#arrange(), () => this.restart()];
      this.subscriber = new Subscriber({ endpoint: () => endpoint("whep"), onState, ...lines, onChange, onGone });
      opening.push(this.subscriber.open());
    }
    if (first.whip) {
      const { codec = null, degradation = null } = this.#options;
      this.publisher = new Publisher({ endpoint: () => endpoint("whip"), onState, codec, degradation, lines: () => this.#own.lines() });
      if (this.#own.lines().length) opening.push(this.publisher.open());
    }
    const refused = (await Promise.allSettled(opening)).find((one) => one.status === "rejected");
    if (refused) throw refused.reason;
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#become("closed");
    for (const end of this.#ends.splice(0)) end();
    this.#own.close();
    await Promise.all([this.#screen.stop(), ...this.#sessions.map((one) => one.close())]);
    this.#arrange();
    this.#tell("local");
  }

  setMuted(kind: "audio" | "video", muted: boolean): Promise<void> {
    return this.#own.setMuted(kind, muted);
  }

  isMuted(kind: "audio" | "video"): boolean {
    return this.#own.isMuted(kind);
  }

  async useDevice(kind: "audioinput" | "videoinput" | "audiooutput", deviceId: string): Promise<void> {
    if (kind !== "audiooutput") return this.#own.use(kind === "audioinput" ? "audio" : "video", deviceId);
    this.speaker = deviceId;
    this.#tell("local");
  }

  addVideo(deviceId?: string): Promise<void> {
    return this.#own.addVideo(deviceId);
  }

  removeVideo(): Promise<void> {
    return this.#own.removeVideo();
  }

  shareScreen(): Promise<void> {
    return this.#screen.start();
  }

  stopScreen(): Promise<void> {
    return this.#screen.stop();
  }

  restart(): void {
    for (const session of [...this.#sessions, this.#screen.publisher]) void session?.restart();
  }

  async measure(): Promise<Figures> {
    const [receiving, sending] = await Promise.all([
      this.#meters.receiving.read(this.subscriber?.connection ?? null),
      this.#meters.sending.read(this.publisher?.connection ?? null),
    ]);
    return { receiving, sending };
  }

  get #sessions(): MediaSession[] {
    return [this.subscriber, this.publisher].filter((one) => one !== null);
  }

  #tell(event: "state" | "remote" | "local" | "quality"): void {
    this.dispatchEvent(new Event(event));
  }

  /** Several sessions that ask at the same moment share one answer. */
  #credentials(): Promise<Credentials> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  #failed(problem: unknown): void {
    this.problem = problem instanceof Error ? problem.message : String(problem);
    this.refusal = Refused.credentials(problem)?.status ?? null;
    this.#become("failed");
  }

  #become(state: MediaState): void {
    if (this.#state === "closed" || (this.#state === state && !this.problem)) return;
    this.#state = state;
    if (state === "connected") [this.problem, this.refusal] = [null, null];
    this.#tell("state");
  }

  /** A session's state has changed. One that is not open (nothing to send) does not count. */
  #follow(problem: Error | null): void {
    if (problem) {
      this.problem = problem.message;
      if (problem instanceof Refused && problem.final) this.refusal = problem.status;
    }
    const states = this.#sessions.map((one) => one.state).filter((state): boolean => state !== "idle");
    const state = WEAKEST.find((one) => states.includes(one)) ?? "connecting";
    if (state === "connected" && this.#state !== "connected") this.#connectedAt = performance.now();
    this.#become(state);
  }

  /** The lines to send on are others: a new session in the place of the old one, or a first one. */
  async #relined(): Promise<void> {
    const publisher = this.publisher;
    if (!publisher || !["connecting", "connected", "reconnecting"].includes(this.#state)) return;
    if (!this.#own.lines().length) {
      const { codec = null, degradation = null } = this.#options;
      this.publisher = new Publisher({ ...publisher.options, codec, degradation, lines: () => this.#own.lines() });
      await publisher.close();
    } else if (publisher.state === "idle") await publisher.open();
    else await publisher.renew();
  }

  /** Who is where, anew. */
  #arrange(): void {
    const { audio = [], video = [], seats } = this.subscriber ?? {};
    const mids = new Map(video.map(({ track, mid }) => [track, mid]));
    for (const { track } of video) track.onunmute = () => this.#arrange();
    const flows = (track: MediaStreamTrack): boolean => !track.muted && !this.#still.has(mids.get(track) ?? "") && !this.#still.has(track.id);
    const lines = { audio: audio.map(({ track }) => track), video: video.map(({ track }) => track) };
    const now = unchanged(this.#people, people(lines, seats, this.#identity.replace(SCREEN, ""), flows, this.#alone));
    if (now === this.#people) return;
    this.#people = now;
    this.#tell("remote");
  }

  async #look(): Promise<void> {
    const rows = await rowsOf(this.subscriber?.connection ?? null);
    this.#still = this.#flow.take(rows, STILL_LOOKS);
    this.#arrange();
    if (++this.#looks % LOOKS_A_SAMPLE || !["connected", "reconnecting"].includes(this.#state)) return;
    const figures = await this.measure();
    if (!["connected", "reconnecting"].includes(this.#state)) return;
    this.quality = this.#judge.take(figures, {
      state: this.#state,
      expecting: this.#people.remotes.some((one) => one.audio ?? one.video),
      showing: this.#own.video !== null,
      connected_ms: performance.now() - this.#connectedAt,
    });
    this.#tell("quality");
  }
}

/** The media of one call; `capture` is what is sent at first, and belongs to the call from now on. */
export function callMedia(credentials: () => Promise<Credentials>, capture: Capture, options: CallMediaOptions = {}): CallMedia {
  return new WhipCall(credentials, capture, options);
}
