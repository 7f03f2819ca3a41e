/**
 * One's own microphone and camera while a call runs: muted, exchanged, pulled out, plugged in again.
 *
 * A muted microphone stays open (`enabled` false: it is back at once, and the browser shows it as in use, as it is); a muted camera is stopped, so
 * that its light is out. A device that ends by itself gives way to the default one; where there is none, its line sends nothing until something
 * is plugged in. Changes go one after another. Sending is the caller's: `send` for another track on a line, `relined` for other lines.
 */
import { blackPicture } from "./black";
import { CaptureFailed, captureOne, onDevicesChange } from "./devices";
import type { Line } from "./publisher";
import type { Capture, CaptureTrouble } from "./types";

/** How long the black picture is sent before nothing is: a few frames of it must arrive over a poor path. */
const BLACK_MS = 1500;

type Kind = Line["kind"];

export interface OwnDevicesOptions {
  capture: Capture;
  unprocessed: boolean;
  send: (kind: Kind, track: MediaStreamTrack | null) => Promise<void>;
  relined: () => Promise<void>;
  changed: () => void;
}

export class OwnDevices {
  trouble: CaptureTrouble | null;
  readonly #tracks: Record<Kind, MediaStreamTrack | null>;
  readonly #muted: Record<Kind, boolean> = { audio: false, video: false };
  /** Which lines there are, also while nothing is sent on them. */
  readonly #lines: Record<Kind, boolean>;
  readonly #chosen: Partial<Record<Kind, string>> = {};
  readonly #options: OwnDevicesOptions;
  readonly #forget: () => void;
  #queue: Promise<unknown> = Promise.resolve();
  #endBlack: (() => void) | null = null;
  #closed = false;

  constructor(options: OwnDevicesOptions) {
    this.#options = options;
    const { audio, video, trouble } = options.capture;
    this.trouble = trouble;
    this.#tracks = { audio, video };
    this.#lines = { audio: audio !== null, video: video !== null };
    for (const kind of ["audio", "video"] as const) this.#watch(kind, this.#tracks[kind]);
    this.#forget = onDevicesChange(() => void this.#retry());
  }

  get audio(): MediaStreamTrack | null {
    return this.#tracks.audio;
  }

  get video(): MediaStreamTrack | null {
    return this.#tracks.video;
  }

  /** For a new session. */
  lines(): Line[] {
    return (["audio", "video"] as const).filter((kind) => this.#lines[kind]).map((kind) => ({ kind, track: this.#tracks[kind] }));
  }

  isMuted(kind: Kind): boolean {
    return this.#muted[kind];
  }

  setMuted(kind: Kind, muted: boolean): Promise<void> {
    return this.#next(async () => {
      if (muted === this.#muted[kind] && (muted || this.#tracks[kind])) return;
      if (kind === "video" && muted) await this.#dark();
      else if (muted || this.#tracks[kind]) this.#enable(kind, !muted);
      else await this.#fetch(kind, this.#chosen[kind]);
      this.#muted[kind] = muted;
      this.#options.changed();
    });
  }

  use(kind: Kind, deviceId: string): Promise<void> {
    return this.#next(async () => {
      if (!this.#lines[kind] || (kind === "video" && this.#muted.video)) {
        this.#chosen[kind] = deviceId;
        return;
      }
      const old = this.#tracks[kind];
      let track: MediaStreamTrack;
      try {
        track = await this.#ask(kind, deviceId);
      } catch (problem) {
        // Some phones open one camera at a time.
        if (!old || !(problem instanceof CaptureFailed) || problem.trouble !== "in_use") throw problem;
        this.#release(old);
        track = await this.#ask(kind, deviceId).catch(async (again: unknown) => {
          await this.#put(kind, await this.#ask(kind, this.#chosen[kind]));
          throw again;
        });
      }
      this.#chosen[kind] = deviceId;
      await this.#put(kind, track);
      this.#options.changed();
    });
  }

  addVideo(deviceId?: string): Promise<void> {
    return this.#next(async () => {
      if (deviceId) this.#chosen.video = deviceId;
      if (this.#tracks.video) return;
      await this.#fetch("video", this.#chosen.video);
      this.#muted.video = false;
      this.#options.changed();
    });
  }

  removeVideo(): Promise<void> {
    return this.#next(async () => {
      if (!this.#lines.video) return;
      this.#endBlack?.();
      this.#release(this.#tracks.video);
      this.#tracks.video = null;
      this.#lines.video = this.#muted.video = false;
      await this.#options.relined();
      this.#options.changed();
    });
  }

  /** Turns everything off. */
  close(): void {
    this.#closed = true;
    this.#forget();
    this.#endBlack?.();
    for (const kind of ["audio", "video"] as const) this.#release(this.#tracks[kind]);
  }

  #next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #enable(kind: Kind, enabled: boolean): void {
    const track = this.#tracks[kind];
    if (track) track.enabled = enabled;
  }

  async #ask(kind: Kind, deviceId?: string): Promise<MediaStreamTrack> {
    const track = await captureOne(kind, deviceId, this.#options.unprocessed);
    if (this.#closed) {
      track.stop();
      throw new CaptureFailed("in_use");
    }
    return track;
  }

  /** A device for a line that has none, and the line itself where there is none yet. */
  async #fetch(kind: Kind, deviceId?: string): Promise<void> {
    const track = await this.#ask(kind, deviceId);
    const fresh = !this.#lines[kind];
    this.#lines[kind] = true;
    this.trouble = null;
    if (kind === "video") this.#endBlack?.();
    await this.#put(kind, track, true);
    if (fresh) await this.#options.relined();
  }

  /** Puts a track in the place of the former one, which is stopped. */
  async #put(kind: Kind, track: MediaStreamTrack, unmuting = false): Promise<void> {
    const old = this.#tracks[kind];
    track.enabled = kind === "video" || unmuting || !this.#muted[kind];
    this.#tracks[kind] = track;
    this.#watch(kind, track);
    await this.#options.send(kind, track);
    if (old !== track) this.#release(old);
  }

  #release(track: MediaStreamTrack | null): void {
    if (!track) return;
    track.onended = null;
    track.stop();
  }

  /** The camera goes out; the others get a few black frames, then nothing. */
  async #dark(): Promise<void> {
    const camera = this.#tracks.video;
    this.#tracks.video = null;
    const { width, height } = camera?.getSettings?.() ?? {};
    const black = blackPicture(width, height);
    await this.#options.send("video", black?.track ?? null);
    this.#release(camera);
    if (!black) return;
    const end = (): void => {
      clearTimeout(timer);
      black.stop();
      if (this.#endBlack === end) this.#endBlack = null;
    };
    const timer = setTimeout(() => {
      end();
      void this.#next(async () => (this.#tracks.video ? undefined : this.#options.send("video", null)));
    }, BLACK_MS);
    this.#endBlack = end;
  }

  /** A track that ends by itself: pulled out, taken by the system, or forbidden since. */
  #watch(kind: Kind, track: MediaStreamTrack | null): void {
    if (!track) return;
    track.onended = () =>
      void this.#next(async () => {
        if (this.#closed || this.#tracks[kind] !== track) return;
        this.#tracks[kind] = null;
        delete this.#chosen[kind];
        await this.#replaceLost(kind);
        this.#options.changed();
      });
  }

  async #replaceLost(kind: Kind): Promise<void> {
    try {
      await this.#put(kind, await this.#ask(kind));
      this.trouble = null;
    } catch (problem) {
      this.trouble = problem instanceof CaptureFailed ? problem.trouble : "in_use";
      await this.#options.send(kind, null);
    }
  }

  /** Something was plugged in: a line that lost its device gets it. */
  #retry(): Promise<void> {
    return this.#next(async () => {
      const lost = (["audio", "video"] as const).filter((kind) => this.#lines[kind] && !this.#tracks[kind] && !this.#muted[kind]);
      if (this.#closed || !lost.length) return;
      for (const kind of lost) await this.#replaceLost(kind);
      this.#options.changed();
    });
  }
}
