/** Turns RTCPeerConnection statistics into the few figures a person can use. What is thought of them is `quality.ts`'s. */
import type { Direction } from "./types";

/** Two readings closer than this say nothing about a rate. */
const LEAST_S = 0.5;

/** One row of the statistics: the standard's members, each browser with its own gaps. */
export type Row = { readonly id: string; readonly type: string; readonly timestamp: number } & Readonly<Record<string, unknown>>;

type Way = "inbound" | "outbound";

interface Counted {
  at: number;
  bytes: number;
  packets: number;
  lost: number;
}

const number = (row: Row | undefined, key: string): number | null => (typeof row?.[key] === "number" ? row[key] : null);
const text = (row: Row | undefined, key: string): string | null => (typeof row?.[key] === "string" ? row[key] : null);
const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : 1000 * seconds);

/** The rows of a connection; none where it is closed. */
export async function rowsOf(connection: RTCPeerConnection | null): Promise<Row[]> {
  if (!connection || connection.connectionState === "closed") return [];
  return [...(await connection.getStats()).values()] as Row[];
}

/** The figures of one direction, from readings apart in time. */
export class Meter {
  #last: Counted | null = null;
  #rates = { bitrate_bps: 0, loss: 0 };
  #bytes = new Map<string, number>();

  constructor(readonly way: Way) {}

  /** Null where there is no connection. */
  async read(connection: RTCPeerConnection | null): Promise<Direction | null> {
    return this.take(await rowsOf(connection));
  }

  take(rows: readonly Row[]): Direction | null {
    if (!rows.length) return null;
    const received = this.way === "inbound";
    const byId = new Map(rows.map((row) => [row.id, row]));
    const streams = rows.filter((row) => row.type === `${this.way}-rtp`);
    const remote = rows.filter((row) => row.type === (received ? "remote-outbound-rtp" : "remote-inbound-rtp"));
    const [audio, video] = [this.#busiest(streams, "audio"), this.#busiest(streams, "video")];
    this.#bytes = new Map(streams.map((row) => [row.id, bytesOf(row)]));
    const transport = rows.find((row) => row.type === "transport");
    const pair = byId.get(text(transport, "selectedCandidatePairId") ?? "") ?? rows.find((row) => row.type === "candidate-pair" && row["nominated"]);
    const sum = (key: string, of = streams): number => of.reduce((total, row) => total + (number(row, key) ?? 0), 0);
    const worst = (key: string, of: readonly Row[]): number | null =>
      of.reduce<number | null>((most, row) => (number(row, key) === null ? most : Math.max(most ?? 0, number(row, key) ?? 0)), null);
    const codecOf = (row: Row | undefined): string | null => text(byId.get(text(row, "codecId") ?? ""), "mimeType")?.split("/")[1] ?? null;
    const now: Counted = {
      at: rows[0]?.timestamp ?? 0,
      bytes: sum(received ? "bytesReceived" : "bytesSent"),
      packets: sum(received ? "packetsReceived" : "packetsSent"),
      lost: sum("packetsLost", received ? streams : remote),
    };
    this.#rate(now, received);
    return {
      at_ms: now.at,
      ...this.#rates,
      available_bps: received ? null : number(pair, "availableOutgoingBitrate"),
      rtt_ms: milliseconds(number(pair, "currentRoundTripTime") ?? worst("roundTripTime", remote)),
      // What the server hears of us is told in its reports; what we hear of the others, by ourselves.
      jitter_ms: milliseconds(worst("jitter", received ? [audio].filter((row) => row !== undefined) : remote)),
      path: pathOf(byId.get(text(pair, "localCandidateId") ?? "")),
      width: number(video, "frameWidth"),
      height: number(video, "frameHeight"),
      fps: number(video, "framesPerSecond"),
      videoCodec: codecOf(video),
      audioCodec: codecOf(audio),
      srtpCipher: text(transport, "srtpCipher"),
      tlsVersion: text(transport, "tlsVersion"),
      bytes: now.bytes,
      packets: now.packets,
      packetsLost: now.lost,
      framesDecoded: number(video, "framesDecoded"),
      framesEncoded: number(video, "framesEncoded"),
      limitedBy: text(video, "qualityLimitationReason"),
      keyFrames: number(video, "keyFramesDecoded") ?? number(video, "keyFramesEncoded"),
      nackCount: sum("nackCount"),
      pliCount: sum("pliCount"),
      retransmitted: sum(received ? "retransmittedPacketsReceived" : "retransmittedPacketsSent"),
      freezeCount: number(video, "freezeCount"),
      freezeSeconds: number(video, "totalFreezesDuration"),
      audioEnergy: number(audio, "totalAudioEnergy"),
      concealedSamples: number(audio, "concealedSamples"),
      samplesReceived: number(audio, "totalSamplesReceived"),
    };
  }

  /** Of several lines of a kind the one on which most has come since the last reading: the picture that is being looked at. */
  #busiest(streams: readonly Row[], kind: string): Row | undefined {
    const grown = (row: Row): number => bytesOf(row) - (this.#bytes.get(row.id) ?? 0);
    return streams
      .filter((row) => row["kind"] === kind)
      .reduce<Row | undefined>((most, row) => (most === undefined || grown(row) > grown(most) ? row : most), undefined);
  }

  /** Rates since the last reading; one too close to it says nothing and is passed over. */
  #rate(now: Counted, received: boolean): void {
    const last = this.#last;
    const seconds = last ? (now.at - last.at) / 1000 : 0;
    if (last && seconds < LEAST_S) return;
    this.#last = now;
    // A new connection counts from nought again.
    if (!last || now.bytes < last.bytes) return;
    const lost = Math.max(0, now.lost - last.lost);
    const packets = now.packets - last.packets + (received ? lost : 0);
    this.#rates = { bitrate_bps: (8 * (now.bytes - last.bytes)) / seconds, loss: packets > 0 ? Math.min(1, lost / packets) : 0 };
  }
}

function bytesOf(row: Row): number {
  return (number(row, "bytesReceived") ?? 0) + (number(row, "bytesSent") ?? 0);
}

function pathOf(local: Row | undefined): Direction["path"] {
  if (!local) return null;
  if (local["candidateType"] === "relay") return "relay";
  return local["protocol"] === "tcp" ? "tcp" : "udp";
}

/**
 * Less than this a second is no camera: Firefox sends a black frame a second where nothing is to be sent. The dimmest picture of a real camera has
 * more noise in it.
 */
const LEAST_BYTES = 1000;

/** Which pictures come: told apart by how their bytes grow from one look to the next. */
export class Flow {
  #seen = new Map<string, { bytes: number; still: number }>();

  /** Called once a second: the tracks' ids (or mids, where a browser does not name tracks) on which nothing has come for `patience` looks or more. */
  take(rows: readonly Row[], patience: number): Set<string> {
    const pictures = rows.filter((row) => row.type === "inbound-rtp" && row["kind"] === "video");
    // A connection that has received nothing yet says nothing about its predecessor's pictures, which are shown meanwhile.
    if (pictures.length) this.#seen = new Map(pictures.map((row) => this.#look(row)));
    return new Set([...this.#seen].filter(([, { still }]) => still >= patience).map(([key]) => key));
  }

  #look(row: Row): [string, { bytes: number; still: number }] {
    const key = text(row, "trackIdentifier") ?? text(row, "mid") ?? row.id;
    const bytes = bytesOf(row);
    const former = this.#seen.get(key);
    return [key, { bytes, still: former && bytes >= former.bytes && bytes - former.bytes < LEAST_BYTES ? former.still + 1 : 0 }];
  }
}
