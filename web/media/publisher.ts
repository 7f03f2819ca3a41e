/** Sends tracks by WHIP: one m-line for each kind there is, also while its device is off, so that muting needs no new session. */
import { MediaSession, type SessionOptions } from "./session";
import { preferCodec } from "./sdp";

/** One m-line. `track` null: nothing is sent there at the moment. */
export interface Line {
  kind: "audio" | "video";
  track: MediaStreamTrack | null;
}

export interface PublisherOptions extends SessionOptions {
  /** The m-lines of a new session. */
  lines: () => Line[];
  /** VP8, VP9, H264 or AV1 first, where the browser has it. */
  codec?: string | null;
  /** What gives way on a slow machine or path; the browser's own choice where left out. */
  degradation?: RTCDegradationPreference | null;
}

export class Publisher extends MediaSession {
  readonly #lines: PublisherOptions["lines"];
  readonly #codec: string | null;
  readonly #degradation: RTCDegradationPreference | null;
  #senders: Partial<Record<Line["kind"], RTCRtpSender>> = {};

  constructor({ lines, codec = null, degradation = null, ...rest }: PublisherOptions) {
    super(rest);
    this.#lines = lines;
    this.#codec = codec;
    this.#degradation = degradation;
  }

  /** Whether the running session has an m-line of this kind. */
  has(kind: Line["kind"]): boolean {
    return Boolean(this.connection && this.#senders[kind]);
  }

  /** Sends another track on the m-line of this kind, or nothing. */
  async replaceTrack(kind: Line["kind"], track: MediaStreamTrack | null): Promise<void> {
    await this.#senders[kind]?.replaceTrack(track);
  }

  protected override prepare(connection: RTCPeerConnection): void {
    // One stream, so that the other side plays both in step.
    const stream = new MediaStream();
    this.#senders = {};
    for (const { kind, track } of this.#lines()) {
      const transceiver = connection.addTransceiver(track ?? kind, { direction: "sendonly", streams: [stream] });
      this.#senders[kind] = transceiver.sender;
      if (kind !== "video") continue;
      if (this.#codec) preferCodec(transceiver, this.#codec);
      if (this.#degradation) degrade(transceiver.sender, this.#degradation);
    }
  }
}

function degrade(sender: RTCRtpSender, degradationPreference: RTCDegradationPreference): void {
  const parameters = { ...sender.getParameters(), degradationPreference };
  // A browser that does not know the wish goes on as it would have.
  sender.setParameters(parameters).catch((problem: unknown) => console.info("No degradation preference here.", problem));
}
