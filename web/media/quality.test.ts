import { expect, test } from "vitest";
import { judge, QualityJudge, type Circumstances } from "./quality";
import { Flow, Meter, type Row } from "./stats";
import type { Direction, Figures, QualityReason } from "./types";

const FINE: Direction = {
  at_ms: 0,
  bitrate_bps: 800_000,
  available_bps: null,
  loss: 0,
  rtt_ms: 40,
  jitter_ms: 5,
  path: "udp",
  width: 640,
  height: 480,
  fps: 30,
  videoCodec: "VP8",
  audioCodec: "opus",
  srtpCipher: null,
  tlsVersion: null,
  bytes: 0,
  packets: 0,
  packetsLost: 0,
  framesDecoded: 0,
  framesEncoded: null,
  limitedBy: "none",
  keyFrames: 1,
  nackCount: 0,
  pliCount: 0,
  retransmitted: 0,
  freezeCount: 0,
  freezeSeconds: 0,
  audioEnergy: null,
  concealedSamples: 0,
  samplesReceived: 0,
};
const CALM: Circumstances = { state: "connected", expecting: true, showing: true, connected_ms: 60_000 };

/** The sample number `at` of a call in which all is well but what is said. */
function sample(at: number, receiving: Partial<Direction> = {}, sending: Partial<Direction> = {}): Figures {
  const counted = { at_ms: 2000 * at, bytes: 200_000 * at, samplesReceived: 96_000 * at };
  return { receiving: { ...FINE, ...counted, ...receiving }, sending: { ...FINE, ...counted, available_bps: 2e6, ...sending } };
}

const cases: [string, Partial<Direction>, Partial<Direction>, "fair" | "poor", QualityReason][] = [
  ["packets lost on the way out", {}, { loss: 0.05 }, "fair", "loss_out"],
  ["many of them", {}, { loss: 0.2 }, "poor", "loss_out"],
  ["packets lost on the way in", { loss: 0.05 }, {}, "fair", "loss_in"],
  ["a long way", { rtt_ms: 350 }, { rtt_ms: 350 }, "fair", "delay"],
  ["an unsteady way out, as the server hears it", {}, { jitter_ms: 70 }, "fair", "delay"],
  ["little room for a picture", {}, { available_bps: 200_000 }, "fair", "bandwidth_out"],
  ["hardly any", {}, { available_bps: 80_000 }, "poor", "bandwidth_out"],
  ["a picture that the browser makes smaller", {}, { limitedBy: "bandwidth" }, "fair", "bandwidth_out"],
  ["a slow machine", {}, { limitedBy: "cpu" }, "fair", "cpu"],
  ["a picture that halts", { freezeSeconds: 0.4 }, {}, "fair", "bandwidth_in"],
  ["sound that is made up", { concealedSamples: 30_000 }, {}, "poor", "bandwidth_in"],
  ["nothing arrives", { bytes: 0 }, {}, "poor", "no_media"],
  ["a detour over TCP", { path: "tcp" }, {}, "fair", "path"],
  ["loss explains the halts it makes", { loss: 0.2, freezeSeconds: 1.9 }, {}, "poor", "loss_in"],
  ["the worse of two counts", { rtt_ms: 350 }, { loss: 0.2 }, "poor", "loss_out"],
];
test.each(cases)("%s", (_, receiving, sending, level, reason) => {
  const last = sample(0);
  expect(judge(sample(1, receiving, sending), last, CALM)).toEqual({ level, reason });
});

test("a call in which all is well is good", () => {
  expect(judge(sample(1), sample(0), CALM)).toEqual({ level: "good", reason: null });
  expect(judge({ receiving: null, sending: null }, null, CALM).level).toBe("good");
});

test("in a call where nobody sends, nothing is missed; nor in one's first moments is bandwidth", () => {
  expect(judge(sample(1, { bytes: 0 }), sample(0), { ...CALM, expecting: false }).level).toBe("good");
  expect(judge(sample(1, {}, { available_bps: 50_000 }), sample(0), { ...CALM, connected_ms: 3000 }).level).toBe("good");
  expect(judge(sample(1, {}, { available_bps: 50_000 }), sample(0), { ...CALM, showing: false }).level).toBe("good");
});

test("a camera that was off for a minute is no freeze", () => {
  expect(judge(sample(1, { freezeSeconds: 60 }), sample(0), CALM).level).toBe("good");
});

test("another judgement counts when two samples agree, both ways", () => {
  const judging = new QualityJudge();
  const told = [0, 0.05, 0, 0.05, 0.05, 0, 0.05, 0, 0].map((loss, at) => judging.take(sample(at, {}, { loss }), CALM).level);
  expect(told).toEqual(["good", "good", "good", "good", "fair", "fair", "fair", "fair", "good"]);
});

test("a connection that is being repaired is said at once", () => {
  const judging = new QualityJudge();
  judging.take(sample(0), CALM);
  const lost = judging.take(sample(1), { ...CALM, state: "reconnecting" });
  expect([lost.level, lost.reason]).toEqual(["poor", "reconnecting"]);
  expect(judging.take(sample(2), CALM).level).toBe("poor");
  expect(judging.take(sample(3), CALM).level).toBe("good");
});

const row = (type: string, id: string, more: Record<string, unknown>, at = 0): Row => ({ type, id, timestamp: at, ...more });

test("figures are rates between readings, out of the browser's rows", () => {
  const meter = new Meter("outbound");
  const rows = (at: number, sent: number, lost: number): Row[] => [
    row("outbound-rtp", "v", { kind: "video", bytesSent: 1000 * sent, packetsSent: sent, codecId: "c", frameWidth: 640, qualityLimitationReason: "cpu" }, at),
    row("remote-inbound-rtp", "r", { packetsLost: lost, jitter: 0.012, roundTripTime: 0.08 }),
    row("codec", "c", { mimeType: "video/VP8" }),
    row("transport", "t", { selectedCandidatePairId: "p", srtpCipher: "AEAD_AES_128_GCM" }),
    row("candidate-pair", "p", { availableOutgoingBitrate: 500_000, currentRoundTripTime: 0.05, localCandidateId: "l" }),
    row("local-candidate", "l", { candidateType: "host", protocol: "tcp" }),
  ];
  expect(meter.take(rows(0, 0, 0))).toMatchObject({ bitrate_bps: 0, loss: 0 });
  expect(meter.take(rows(1000, 100, 5))).toMatchObject({
    bitrate_bps: 800_000,
    loss: 0.05,
    rtt_ms: 50,
    jitter_ms: 12,
    available_bps: 500_000,
    videoCodec: "VP8",
    limitedBy: "cpu",
    path: "tcp",
  });
  // Too close to say anything: the rates stay.
  expect(meter.take(rows(1200, 100, 5))).toMatchObject({ bitrate_bps: 800_000 });
  // A new connection counts from nought.
  expect(meter.take(rows(3000, 1, 0))).toMatchObject({ bitrate_bps: 800_000, bytes: 1000 });
  expect(meter.take([])).toBeNull();
});

test("of several pictures the one that moves is told", () => {
  const meter = new Meter("inbound");
  const rows = (at: number, first: number, second: number): Row[] => [
    row("inbound-rtp", "a", { kind: "video", bytesReceived: first, frameWidth: 640 }, at),
    row("inbound-rtp", "b", { kind: "video", bytesReceived: second, frameWidth: 1920 }, at),
  ];
  expect(meter.take(rows(0, 9000, 10))?.width).toBe(640);
  expect(meter.take(rows(1000, 9000, 5000))?.width).toBe(1920);
});

test("a picture on which nothing comes for some looks is still, and at once alive again", () => {
  const flow = new Flow();
  const look = (bytes: number): string[] => [...flow.take([row("inbound-rtp", "a", { kind: "video", mid: "4", bytesReceived: bytes })], 3)];
  const kilo = (count: number): string[] => look(1000 * count);
  expect([kilo(1), kilo(1), kilo(1), kilo(1), look(1060)]).toEqual([[], [], [], ["4"], ["4"]]);
  expect([...flow.take([], 3)]).toEqual(["4"]);
  expect(kilo(3)).toEqual([]);
});
