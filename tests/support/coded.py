"""Encoded media for tests of recorders, made once per process: tones and one-coloured pictures, and what is in a file again."""

import io
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

RATE = 48000
FRAME_SAMPLES = 960
FPS = 30
WIDTH, HEIGHT = 320, 240
ENCODERS = {
    "VP8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "VP9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "H264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}),
    "AV1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:rc=2"}),
}


@cache
def opus_tone(frequency_hz: float, seconds: float) -> tuple[bytes, ...]:
    """Packets of 20 ms of a sine; of 0 Hz: silence."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "s16", 32000
    packets = []
    for index in range(int(seconds * 50)):
        samples = np.arange(index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES)
        wave = (12000 * np.sin(2 * np.pi * frequency_hz * samples / RATE)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, index * FRAME_SAMPLES
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)


@cache
def pictures(
    codec: str, colours: tuple[tuple[int, int, int], ...], *, every: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> tuple[tuple[bytes, bool], ...]:
    """(frame, whether it is a key frame) of pictures in these colours; a key frame first and after each `every`."""
    name, options = ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, FPS), Fraction(FPS, 1)
    encoder.bit_rate, encoder.options, encoder.gop_size = 300_000, options, every or 10_000
    encoder.thread_count = 1
    # A grain, so that a frame takes more than one packet.
    grain = np.random.default_rng(7).integers(-25, 26, (size[1], size[0], 3))
    made = []
    for index, colour in enumerate(colours):
        picture = np.clip(np.asarray(colour) + np.roll(grain, index, axis=1), 0, 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = index
        if every and index % every == 0:
            frame.pict_type = av.video.frame.PictureType.I
        made += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(frame)]
    made += [(bytes(packet), packet.is_keyframe) for packet in encoder.encode(None)]
    assert len(made) == len(colours) and made[0][1]
    return tuple(made)


def vp8_payloads(frame: bytes, room: int = 1100) -> list[bytes]:
    """A frame as RTP payloads with the shortest descriptor."""
    pieces = [frame[at : at + room] for at in range(0, len(frame), room)]
    return [bytes([0x10 if index == 0 else 0]) + piece for index, piece in enumerate(pieces)]


def sound(source: Path | BinaryIO | bytes) -> tuple[np.ndarray, float]:
    """All sound of a file, mono, as it lies on the time line (silence where there is none), and where it begins in seconds."""
    blocks = list(_sound_blocks(source))
    assert blocks, "no sound in this file"
    start = blocks[0][0]
    end = max(at + len(samples) for at, samples in blocks)
    line = np.zeros(end - start, np.float32)
    for at, samples in blocks:
        line[at - start : at - start + len(samples)] = samples
    return line, start / RATE


def _sound_blocks(source: Path | BinaryIO | bytes) -> Iterator[tuple[int, np.ndarray]]:
    with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source) if isinstance(source, Path) else source) as file:
        resampler = av.AudioResampler("flt", "mono", RATE)
        for frame in file.decode(audio=0):
            at = round(float(frame.pts * frame.time_base) * RATE)
            for part in resampler.resample(frame):
                yield at, part.to_ndarray()[0]


def level_db(samples: np.ndarray, frequency_hz: float) -> float:
    """How loud one tone is in these samples, in dB of full scale."""
    window = np.hanning(len(samples))
    wave = np.exp(-2j * np.pi * frequency_hz * np.arange(len(samples)) / RATE)
    return float(20 * np.log10(max(1e-9, 2 * abs(np.sum(samples * window * wave)) / np.sum(window))))


def loudness_db(samples: np.ndarray, frequency_hz: float) -> float:
    """How loud a tone is most of the time: the median of tenths of a second."""
    windows = samples[: len(samples) // 4800 * 4800].reshape(-1, 4800)
    return float(np.median([level_db(window, frequency_hz) for window in windows]))


def frames(source: Path | BinaryIO | bytes) -> list[tuple[float, tuple[int, int, int]]]:
    """Every picture of a file: when, and its mean colour."""
    with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source) if isinstance(source, Path) else source) as file:
        found = []
        for frame in file.decode(video=0):
            mean = frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(axis=0)
            found.append((float(frame.pts * frame.time_base), (int(mean[0]), int(mean[1]), int(mean[2]))))
        return found
