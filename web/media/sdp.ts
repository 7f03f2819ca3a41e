/** The few places where session descriptions are read or changed: the fragments of an ICE restart, and which codec is offered. */

/** The SDP fragment (RFC 8840 section 9) of a restart: credentials, and the media section they are for. */
export function fragmentOf(sdp: string): string {
  const lines = sdp.split(/\r?\n/);
  const first = (prefix: string): string | undefined => lines.find((line) => line.startsWith(prefix));
  const wanted = [first("a=ice-options:"), first("a=ice-ufrag:"), first("a=ice-pwd:"), first("m="), first("a=mid:")];
  return [...wanted.filter((line) => line !== undefined), ...lines.filter((line) => line.startsWith("a=candidate:")), ""].join("\r\n");
}

/** The former answer with the credentials and candidates of the server's fragment in the place of its own. */
export function withFragment(sdp: string, fragment: string): string {
  const news = fragment.split(/\r?\n/).filter(Boolean);
  const value = (prefix: string): string | undefined => news.find((line) => line.startsWith(prefix));
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

/** Offers one video codec (with retransmission), so that it is the one in use. */
export function preferCodec(transceiver: RTCRtpTransceiver, name: string): void {
  const all = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const wanted = all.filter((codec) => codec.mimeType.toLowerCase() === `video/${name.toLowerCase()}`);
  if (wanted.length === 0) throw new Error(`This browser has no ${name}.`);
  // Packetisation mode 1 first: mode 0 cannot split a picture over packets.
  const splits = (codec: { sdpFmtpLine?: string }): number => Number((codec.sdpFmtpLine ?? "").includes("packetization-mode=1"));
  wanted.sort((a, b) => splits(b) - splits(a));
  transceiver.setCodecPreferences([...wanted, ...all.filter((codec) => codec.mimeType.toLowerCase() === "video/rtx")]);
}
