"""What others do with the same packets, as buffers that `receiver` drives: a fixed delay with everything Opus offers, and aiortc's.

The fixed delay is the plain thing to beat: it never stretches time, so it sounds perfect as long as no packet is later than its delay,
and pays that delay on every network. aiortc's buffer has no clock of playout at all: it gives out a frame when a later packet comes in; a
mixer that asks every 20 ms and plays silence where there is none, with gaps of the timestamps kept as silence, stands behind it. NetEq is
a program: see `neteq`.
"""

from collections import deque

import numpy as np
import opuslib
import opuslib.api.decoder as opus
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from bench.jitter.arrivals import FRAME_SAMPLES, RATE, payload_of

SILENCE, NORMAL, FEC, CONCEALED = 0, 1, 2, 3  # of PlayoutKind
COUNTED = ("packets", "packets_played", "packets_late", "samples", "concealed", "fec", "silence", "delay_sum_us")
FIXED_DELAY_MS = 80
# What aiortc's RTCRtpReceiver gives its buffer for audio.
AIORTC_CAPACITY, AIORTC_PREFETCH = 16, 4


def ahead(timestamp: int, of: int) -> int:
    """How far one timestamp is after the other, in samples; negative: before."""
    return (timestamp - of + 2**31) % 2**32 - 2**31


class Framed:
    """Hands out frames of 20 ms in pulls of 10, and counts; a receiver says what the next frame is (`frame`)."""

    def __init__(self) -> None:
        self.rest = b""
        self.kind = SILENCE
        self.next: int | None = None  # timestamp of the frame to be played
        self.playing: int | None = None  # timestamp of the next sample
        self.waiting: dict[int, tuple[int, bytes]] = {}  # timestamp: (arrival_us, what came)
        self.count = dict.fromkeys(COUNTED, 0)

    def get(self, samples: int, now_us: int) -> tuple[int, bytes]:
        if not self.rest:
            self.kind, self.rest = self.frame(now_us)
        out, self.rest = self.rest[: samples * 4], self.rest[samples * 4 :]
        if self.playing is not None:
            self.playing = (self.playing + samples) % 2**32
        self.count["samples"] += samples
        names = {SILENCE: "silence", CONCEALED: "concealed", FEC: "fec"}
        if self.kind in names:
            self.count[names[self.kind]] += samples
        return self.kind, out

    def frame(self, now_us: int) -> tuple[int, bytes]:
        raise NotImplementedError

    def played(self, arrival_us: int, now_us: int) -> None:
        self.count["packets_played"] += 1
        self.count["delay_sum_us"] += now_us - arrival_us

    def timestamp(self) -> int | None:
        return self.playing if self.rest else self.next

    def stats(self) -> dict[str, int]:
        count = self.count
        return {
            "packets": count["packets"], "packets_late": count["packets_late"], "packets_duplicate": 0, "packets_malformed": 0,
            "packets_discarded": 0, "samples": count["samples"], "samples_concealed": count["concealed"], "samples_fec": count["fec"],
            "samples_silence": count["silence"], "samples_removed": 0, "samples_inserted": 0, "delay_sum_us": count["delay_sum_us"],
            "packets_played": count["packets_played"], "target_delay_ms": 0, "delay_ms": len(self.waiting) * 20,
        }  # fmt: skip


class FixedDelay(Framed):
    """Starts a fixed time after the first packet came and never moves; a missing frame is repaired from the next packet or concealed."""

    def __init__(self, delay_ms: float = FIXED_DELAY_MS) -> None:
        super().__init__()
        self.delay_us = round(delay_ms * 1000)
        self.start_us = 0
        self.decoder = opuslib.Decoder(RATE, 1)

    def put(self, rtp: bytes, now_us: int) -> int:
        self.count["packets"] += 1
        timestamp, payload = payload_of(rtp)
        if self.next is None:
            self.next, self.start_us = timestamp, now_us + self.delay_us
        if ahead(timestamp, self.next) < 0:
            self.count["packets_late"] += 1
            return -1
        self.waiting[timestamp] = (now_us, payload)
        return 0

    def frame(self, now_us: int) -> tuple[int, bytes]:
        if self.next is None or now_us < self.start_us:
            return SILENCE, bytes(480 * 4)  # 10 ms: the start need not be at a multiple of 20
        here, self.playing, self.next = self.next, self.next, (self.next + FRAME_SAMPLES) % 2**32
        if here in self.waiting:
            arrival_us, payload = self.waiting.pop(here)
            self.played(arrival_us, now_us)
            return NORMAL, self.decode(payload)
        if self.next in self.waiting:
            return FEC, self.decode(self.waiting[self.next][1], fec=True)
        return CONCEALED, self.decode(None)

    def decode(self, payload: bytes | None, fec: bool = False) -> bytes:
        """A frame; of no payload, Opus' own concealment. 16 bits as the peers have, so that all are alike in rounding."""
        pcm = opus.decode(self.decoder.decoder_state, payload, len(payload or b""), FRAME_SAMPLES, fec, 1)
        return to_float(np.frombuffer(pcm, "<i2"))


def to_float(pcm: np.ndarray) -> bytes:
    return (pcm.astype("<f4") / 32768).tobytes()


class AiortcBuffer(Framed):
    """aiortc's JitterBuffer and decoder before a mixer's queue."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = JitterBuffer(capacity=AIORTC_CAPACITY, prefetch=AIORTC_PREFETCH)
        self.decoder = OpusDecoder()
        self.queue: deque[tuple[int, bytes]] = deque()

    def put(self, rtp: bytes, now_us: int) -> int:
        self.count["packets"] += 1
        packet = RtpPacket.parse(rtp)
        packet._data = packet.payload  # what aiortc's receiver does with a codec that needs no depayloading
        self.waiting[packet.timestamp] = (now_us, b"")
        _, ready = self.buffer.add(packet)
        if ready is not None:
            pcm = b"".join(to_float(frame.to_ndarray().reshape(-1, 2)[:, 0]) for frame in self.decoder.decode(ready))
            self.queue.append((ready.timestamp, pcm[: FRAME_SAMPLES * 4]))
        return 0

    def frame(self, now_us: int) -> tuple[int, bytes]:
        gap = bool(self.queue) and self.next is not None and ahead(self.queue[0][0], self.next) > 0
        if not self.queue or gap:
            self.playing = None
            if gap:
                self.next = (self.next + FRAME_SAMPLES) % 2**32
            return SILENCE if self.next is None else CONCEALED, bytes(FRAME_SAMPLES * 4)
        self.playing, pcm = self.queue.popleft()
        self.next = (self.playing + FRAME_SAMPLES) % 2**32
        arrival_us, _ = self.waiting.pop(self.playing, (now_us, b""))
        for old in [each for each in self.waiting if ahead(each, self.playing) < -50 * FRAME_SAMPLES]:
            del self.waiting[old]
        self.played(arrival_us, now_us)
        return NORMAL, pcm


PEERS = {"fixed": FixedDelay, "aiortc": AiortcBuffer}
TITLES = {"fixed": f"fixed {FIXED_DELAY_MS} ms + FEC", "aiortc": "aiortc"}
