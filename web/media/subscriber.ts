/**
 * Receives by WHEP. The lines are offered once; who comes and goes is laid onto them by the server without another negotiation, so a fixed number of
 * tracks is there from the beginning, and `Roster` tells whose sound or picture each carries.
 */
import { Roster, type Seats } from "./roster";
import { MediaSession, type Resource, type SessionOptions } from "./session";

export interface SubscriberOptions extends SessionOptions {
  /** How many voices and pictures (cameras and screens) can be had at a time. */
  audio: number;
  video: number;
  /** The tracks, or who is on them, have changed. */
  onChange: () => void;
  /** The server has ended the session, which a connection that hears nothing notices only later. */
  onGone: () => void;
}

/** A line that receives, in the order in which the offer has its kind. */
export interface Received {
  readonly track: MediaStreamTrack;
  readonly mid: string | null;
}

export class Subscriber extends MediaSession {
  audio: readonly Received[] = [];
  video: readonly Received[] = [];
  /** Null: the server does not tell; undefined: it has not told yet. */
  seats: Seats | null | undefined = undefined;
  readonly #lines: { audio: number; video: number };
  readonly #onChange: () => void;
  readonly #roster: Roster;

  constructor({ audio, video, onChange, onGone, ...rest }: SubscriberOptions) {
    super(rest);
    this.#lines = { audio, video };
    this.#onChange = onChange;
    this.#roster = new Roster((seats) => {
      this.seats = seats;
      onChange();
    }, onGone);
  }

  override async close(): Promise<void> {
    this.#roster.stop();
    await super.close();
    this.audio = this.video = [];
    this.seats = undefined;
    this.#onChange();
  }

  protected override prepare(connection: RTCPeerConnection): void {
    for (const kind of ["audio", "video"] as const) {
      for (let count = 0; count < this.#lines[kind]; count++) connection.addTransceiver(kind, { direction: "recvonly" });
    }
  }

  protected override answered(resource: Resource): void {
    this.#roster.follow(resource);
  }

  protected override adopted(connection: RTCPeerConnection): void {
    const of = (kind: string): Received[] =>
      connection
        .getTransceivers()
        .map(({ receiver, mid }) => ({ track: receiver.track, mid }))
        .filter(({ track }) => track.kind === kind);
    this.audio = of("audio");
    this.video = of("video");
    this.#onChange();
  }
}
