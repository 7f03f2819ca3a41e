"""A receiver in simulated time: arrival records in, PCM and its own account of what it did out.

Any playout buffer with `put` and `get` can be driven (`Buffer`): ours (`native.testing.playout`), or one of `peers`. Time 0 is the
sender's clock at packet 0; every 10 ms, at 0, 10, 20 ..., first all packets that have come by then are put in and then 480 samples taken
out. A receiver that is another program keeps the same interface by files, which `account` and `write` lay down:

    RECEIVER in.arr out.pcm stats.json frames.csv [--dur-ms=N]

out.pcm: s16le mono 48 kHz, 480 samples a pull, floor(N / 10) + 1 pulls (N: the last arrival, where it is not given). stats.json: names of
W3C's webrtc-stats, times in ms, samples at 48 kHz. frames.csv: one line a pull.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.jitter.arrivals import FRAME_SAMPLES, Arrivals, last_ms

PULL_MS = 10
PULL_SAMPLES = 480
SILENCE = 0  # the PlayoutKind of a pull that had nothing to play


class Buffer(Protocol):
    """What is driven. `get` gives (PlayoutKind, float32 little-endian mono); `stats` as PlayoutStats in native/audio/playout.pxd."""

    def put(self, rtp: bytes, now_us: int) -> int: ...
    def get(self, samples: int, now_us: int) -> tuple[int, bytes]: ...
    def stats(self) -> dict[str, int]: ...
    def timestamp(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One pull: `timestamp` of its first sample, -1 where there was nothing; `op` the PlayoutKind."""

    at_ms: int
    timestamp: int
    op: int
    target_ms: int
    buffered_ms: int


@dataclass(frozen=True, slots=True)
class Reception:
    """What came out. `stats` as in stats.json; `frames` is empty where the receiver is another program."""

    pcm: NDArray[np.int16]
    stats: dict[str, Any]
    frames: Sequence[Frame] = ()


def pulls(duration_ms: float) -> int:
    """How many pulls there are up to and including this time."""
    return int(duration_ms // PULL_MS) + 1


def to_int16(pcm: bytes) -> NDArray[np.int16]:
    return np.round(np.frombuffer(pcm, "<f4") * 32768).clip(-32768, 32767).astype("<i2")


def receive(buffer: Buffer, arrivals: Arrivals, duration_ms: float | None = None, name: str = "tresen") -> Reception:
    """Plays the stream through the buffer."""
    pcm, frames, at = [], [], 0
    began = time.process_time()
    for pull in range(pulls(last_ms(arrivals) if duration_ms is None else duration_ms)):
        now_us = pull * PULL_MS * 1000
        while at < len(arrivals) and arrivals[at][0] <= now_us:
            # The simulated clock stands at the packet's own arrival: how late it is within the 10 ms is what jitter is made of.
            buffer.put(arrivals[at][1], arrivals[at][0])
            at += 1
        timestamp = buffer.timestamp()
        kind, samples = buffer.get(PULL_SAMPLES, now_us)
        pcm.append(to_int16(samples))
        now = buffer.stats()
        heard = -1 if kind == SILENCE or timestamp is None else timestamp
        frames.append(Frame(pull * PULL_MS, heard, kind, now["target_delay_ms"], now["delay_ms"]))
    return Reception(np.concatenate(pcm), account(buffer.stats(), frames, name, time.process_time() - began), frames)


def account(stats: dict[str, int], frames: Sequence[Frame], name: str, cpu_s: float) -> dict[str, Any]:
    """PlayoutStats by the names of webrtc-stats. Delays are sums over samples there, so a packet counts as the 960 it brought."""
    emitted = stats["packets_played"] * FRAME_SAMPLES
    target_ms = sum(frame.target_ms for frame in frames) / max(1, len(frames))
    return {
        "receiver": name,
        "totalSamplesReceived": stats["samples"],
        "concealedSamples": stats["samples_concealed"],
        "removedSamplesForAcceleration": stats["samples_removed"],
        "insertedSamplesForDeceleration": stats["samples_inserted"],
        "cpu_s": cpu_s,
        "jitterBufferDelay_ms_sum": stats["delay_sum_us"] / 1000 * FRAME_SAMPLES,
        "jitterBufferEmittedCount": emitted,
        "jitterBufferTargetDelay_ms_sum": target_ms * emitted,
        "fecSamples": stats["samples_fec"],
        "silentSamples": stats["samples_silence"],
        "packetsReceived": stats["packets"],
        "packetsDiscarded": stats["packets_late"] + stats["packets_discarded"],
    }


def write(reception: Reception, pcm: Path, stats: Path, frames: Path | None) -> None:
    """The three files of the interface."""
    pcm.write_bytes(reception.pcm.astype("<i2").tobytes())
    stats.write_text(json.dumps(reception.stats) + "\n")
    if frames is not None:
        lines = [f"{f.at_ms},{f.timestamp},{f.op},{f.target_ms},{f.buffered_ms}\n" for f in reception.frames]
        frames.write_text("t_ms,playout_rtp_ts,op,target_ms,buffered_ms\n" + "".join(lines))


def playout(**options: int) -> Buffer:
    """Our own, with these PlayoutOptions."""
    from native.testing.playout import Playout

    return Playout(channels=1, **options)
