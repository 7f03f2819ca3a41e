/** Turns RTCPeerConnection statistics into the few figures a call page shows, and into one sentence about them. */

const LEAST_S = 0.5;

/** The figures of one direction, from two readings apart in time. Rates in bits/s, loss as a share, times in ms. */
export class Meter {
  #last = null;
  #rates = { bitrate_bps: 0, loss: 0 };

  /** Reads a connection; `null` where there is none. `direction`: "inbound" or "outbound". */
  async read(connection, direction) {
    if (!connection || connection.connectionState === "closed") return null;
    const rows = [...(await connection.getStats()).values()];
    const byId = new Map(rows.map((row) => [row.id, row]));
    const streams = rows.filter((row) => row.type === `${direction}-rtp`);
    const of = (kind) => streams.find((row) => row.kind === kind) ?? {};
    const [audio, video] = [of("audio"), of("video")];
    const transport = rows.find((row) => row.type === "transport") ?? {};
    const pair = byId.get(transport.selectedCandidatePairId) ?? rows.find((row) => row.type === "candidate-pair" && row.nominated) ?? {};
    const remote = rows.filter((row) => row.type === (direction === "inbound" ? "remote-outbound-rtp" : "remote-inbound-rtp"));
    const codecOf = (row) => byId.get(row.codecId)?.mimeType?.split("/")[1] ?? null;
    const received = direction === "inbound";
    const sum = (key) => streams.reduce((total, row) => total + (row[key] ?? 0), 0);

    const now = {
      at: rows[0]?.timestamp ?? 0,
      bytes: sum(received ? "bytesReceived" : "bytesSent"),
      packets: sum(received ? "packetsReceived" : "packetsSent"),
      lost: received ? sum("packetsLost") : remote.reduce((total, row) => total + (row.packetsLost ?? 0), 0),
    };
    this.#rate(now, received);

    return {
      at_ms: now.at,
      ...this.#rates,
      rtt_ms: pair.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
      width: video.frameWidth ?? null,
      height: video.frameHeight ?? null,
      fps: video.framesPerSecond ?? null,
      videoCodec: codecOf(video),
      audioCodec: codecOf(audio),
      srtpCipher: transport.srtpCipher ?? null,
      tlsVersion: transport.tlsVersion ?? null,
      bytes: now.bytes,
      packets: now.packets,
      packetsLost: now.lost,
      framesDecoded: video.framesDecoded ?? null,
      framesEncoded: video.framesEncoded ?? null,
      limitedBy: video.qualityLimitationReason ?? null,
      keyFrames: video.keyFramesDecoded ?? video.keyFramesEncoded ?? null,
      nackCount: sum("nackCount"),
      pliCount: sum("pliCount"),
      retransmitted: sum(received ? "retransmittedPacketsReceived" : "retransmittedPacketsSent"),
      freezeCount: video.freezeCount ?? null,
      freezeSeconds: video.totalFreezesDuration ?? null,
      audioEnergy: audio.totalAudioEnergy ?? null,
      concealedSamples: audio.concealedSamples ?? null,
      samplesReceived: audio.totalSamplesReceived ?? null,
    };
  }

  /** Rates since the last reading; one too close to it says nothing and is passed over. */
  #rate(now, received) {
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

/** One sentence that says how the connection is and, where it is poor, why. */
export function inWords(receiving, sending) {
  if (!receiving && !sending) return "No connection yet.";
  const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
  const rtt = Math.max(receiving?.rtt_ms ?? 0, sending?.rtt_ms ?? 0);
  if ((sending?.loss ?? 0) > 0.03) return `Your connection is losing packets on the way out (${percent(sending.loss)}).`;
  if ((receiving?.loss ?? 0) > 0.03) return `Packets are lost on the way to you (${percent(receiving.loss)}); most are sent again.`;
  if (rtt > 300) return `The way is long: ${Math.round(rtt)} ms there and back. Leave short pauses when you talk.`;
  if (receiving && receiving.bitrate_bps === 0) return "Nothing arrives from the other side at the moment.";
  return "The connection is good.";
}

/** Rows of the details table: [what, receiving, sending], as text. */
export function rows(receiving, sending) {
  const show = (value, text) => (value === null || value === undefined || Number.isNaN(value) ? "–" : text(value));
  const rate = (bps) => (bps >= 1e6 ? `${(bps / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`);
  const both = (key, text) => [show(receiving?.[key], text), show(sending?.[key], text)];
  const cipher = (name) => name.replace(/^(SRTP_)?(AEAD_)?/, "").replace("AES_CM_128_HMAC_SHA1_80", "AES_128_CM").replaceAll("_", "-");
  const picture = (side) => (side?.width ? `${side.width} × ${side.height}${side.fps ? `, ${Math.round(side.fps)}/s` : ""}` : "–");
  const codecs = (side) => [side?.videoCodec, side?.audioCodec].filter(Boolean).join(", ") || "–";
  return [
    ["Bitrate", ...both("bitrate_bps", rate)],
    ["Loss", ...both("loss", (share) => `${(100 * share).toFixed(1)} %`)],
    ["Round trip", ...both("rtt_ms", (ms) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`)],
    ["Picture", picture(receiving), picture(sending)],
    ["Codecs", codecs(receiving), codecs(sending)],
    ["Sent again", ...both("retransmitted", String)],
    ["Encryption", ...both("srtpCipher", cipher)],
  ];
}
