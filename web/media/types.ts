/**
 * What the faces know of media: one interface for a call's sound and pictures, whatever protocol carries them.
 *
 * Types alone. `whip-call.ts` stands behind `CallMedia` today; a client of another protocol that keeps to it can take its place
 * (docs/web-media.md). Nothing here knows conversations, people's names or texts: a person is the id of their leg in the call.
 */

/**
 * connecting -> connected <-> reconnecting -> closed; any -> failed, when the server has refused for good (`problem` says why).
 * A failed one may be opened again, a closed one not: its tracks have been stopped.
 */
export type MediaState = "idle" | "connecting" | "connected" | "reconnecting" | "failed" | "closed";

/** What `call.join` answers. `whip` or `whep` null: nothing is sent, nothing received. `expiresAt`: of the token, ms since 1970. */
export interface Credentials {
  identity: string;
  token: string;
  whip: string | null;
  whep: string | null;
  iceServers: RTCIceServer[];
  screenToken?: string | null;
  /** Where the shared screen is sent; `whip` where it is left out. */
  screenWhip?: string | null;
  expiresAt?: number;
}

/**
 * Somebody else in the call; `id` is their leg's. Null: they send none, or nobody is to get it, or (video) none has come for a while, as when their
 * camera is off. Where sound comes as one mix, `audio` is that mix for everybody in it.
 */
export interface RemotePerson {
  readonly id: string;
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  readonly screen: MediaStreamTrack | null;
}

/** The figures of one direction. Rates in bits/s, loss as a share (0..1), times in ms; null: not known (yet, or to this browser). */
export interface Direction {
  readonly at_ms: number;
  readonly bitrate_bps: number;
  /** The most the path is believed to carry, as the browser reckons it; outwards only. */
  readonly available_bps: number | null;
  readonly loss: number;
  readonly rtt_ms: number | null;
  readonly jitter_ms: number | null;
  /** How the media travel: straight, by way of a TURN server, or over TCP, where one lost packet holds up all others. */
  readonly path: "udp" | "tcp" | "relay" | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  readonly srtpCipher: string | null;
  readonly tlsVersion: string | null;
  readonly bytes: number;
  readonly packets: number;
  readonly packetsLost: number;
  readonly framesDecoded: number | null;
  readonly framesEncoded: number | null;
  /** What keeps the picture we send small: "none", "cpu", "bandwidth" or "other". */
  readonly limitedBy: string | null;
  readonly keyFrames: number | null;
  readonly nackCount: number;
  readonly pliCount: number;
  readonly retransmitted: number;
  readonly freezeCount: number | null;
  readonly freezeSeconds: number | null;
  readonly audioEnergy: number | null;
  readonly concealedSamples: number | null;
  readonly samplesReceived: number | null;
}

export interface Figures {
  readonly receiving: Direction | null;
  readonly sending: Direction | null;
}

export type QualityReason =
  | "loss_out"
  | "loss_in"
  | "delay"
  | "bandwidth_out"
  | "bandwidth_in"
  | "cpu"
  | "no_media"
  | "reconnecting"
  | "path";

export interface Quality {
  readonly level: "good" | "fair" | "poor";
  readonly reason: QualityReason | null;
  readonly figures: Figures;
}

/** What one sends: own devices, and the screen beside them. `video` is null while the camera is muted. */
export interface LocalMedia {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  readonly screen: MediaStreamTrack | null;
}

/**
 * A call's media. Events (plain `Event`s; what they are about is read from here): "state", "remote", "local", "quality".
 * It owns the tracks it was given and stops them in `close`.
 */
export interface CallMedia extends EventTarget {
  readonly state: MediaState;
  /** The sentence that says why it failed or is not connected, as the server or the browser put it; null: all is well. */
  readonly problem: string | null;
  /** The HTTP status of the server's final refusal. */
  readonly refusal: number | null;
  readonly local: LocalMedia;
  /** Why a device could not be had or was lost while the call ran; null again once it is there. Told by "local". */
  readonly trouble: CaptureTrouble | null;
  readonly remotes: readonly RemotePerson[];
  /** Every track that is to be heard, for `bindSound`: each person's, or the mix; hold music and announcements too. Told by "remote". */
  readonly sounds: readonly MediaStreamTrack[];
  readonly quality: Quality | null;
  /** Publishes what `local` has, subscribes. Resolves when the server has answered, rejects when it refuses for good. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** A muted camera is stopped (its light goes out) and asked for anew; rejects with `CaptureFailed` where it cannot be had again. */
  setMuted(kind: "audio" | "video", muted: boolean): Promise<void>;
  isMuted(kind: "audio" | "video"): boolean;
  /** Rejects with `CaptureFailed`; the former device stays in use then. */
  useDevice(kind: "audioinput" | "videoinput" | "audiooutput", deviceId: string): Promise<void>;
  /** The loudspeaker chosen with `useDevice`, for `bindSound`; "" is the browser's own choice. */
  readonly speaker: string;
  /** Voice -> video while it runs. */
  addVideo(deviceId?: string): Promise<void>;
  removeVideo(): Promise<void>;
  /** Needs `screenToken` in the credentials, which are asked for again. Call it in a click's handler. Rejects where the person cancels. */
  shareScreen(): Promise<void>;
  /** The browser's own stop button does the same ("local"). */
  stopScreen(): Promise<void>;
  /** Repairs the connection now, for a caller that knows the network has changed. */
  restart(): void;
  /** The figures as of now, for a panel of details. */
  measure(): Promise<Figures>;
}

export type CaptureTrouble = "denied" | "no_camera" | "no_microphone" | "no_devices" | "in_use" | "insecure" | "unsupported";

/** What of camera and microphone could be had; `trouble`: what of the wish could not. */
export interface Capture {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  trouble: CaptureTrouble | null;
}

export interface Choice {
  audio: boolean;
  video: boolean;
  microphone?: string;
  camera?: string;
  /** Sound and picture as the devices give them: for measurements. */
  unprocessed?: boolean;
}

/** A device as the browser names it; `label` is empty before the person has allowed any. */
export interface Device {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  microphones: Device[];
  cameras: Device[];
  speakers: Device[];
}
