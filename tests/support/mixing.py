"""A mixing room under test: talkers of one tone each, listeners with an Opus decoder each, and measures on what they hear.

Virtual time, nothing random. What a listener hears is kept twice: `mixed`, the sound before Opus, and `decoded`, what its decoder makes.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import opuslib
from numpy.typing import NDArray

from native.testing import mixer as door

RATE = 48000
FRAME = 960
TICK_US = 20_000
Sound = NDArray[np.float32]


def tone(frequency: float, count: int, amplitude: float = 0.1, start: int = 0) -> Sound:
    """`count` samples of a sine."""
    time = np.arange(start, start + count) / RATE
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def rtp(seq: int, timestamp: int, payload: bytes, ssrc: int = 1) -> bytes:
    """One RTP packet without extensions."""
    return struct.pack(">BBHII", 0x80, 111, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


class Talker:
    """Somebody who hums one tone: a packet of 20 ms each time, and the level it tells."""

    def __init__(self, frequency: float, amplitude: float = 0.1, level: int | None = None, channels: int = 1) -> None:
        self.frequency, self.channels = frequency, channels
        self.hum(amplitude)
        self.level = self.level if level is None else level
        self.encoder = opuslib.Encoder(RATE, channels, opuslib.APPLICATION_AUDIO)
        self.encoder.bitrate = 128_000 * channels
        self.samples = self.seq = 0

    def hum(self, amplitude: float) -> None:
        """So loud from now on, and honest about it."""
        self.before = getattr(self, "amplitude", amplitude)
        self.amplitude = amplitude
        self.level = min(127, round(-10 * np.log10(amplitude**2 / 2 + 1e-13)))

    def packet(self) -> bytes:
        swell = (1 - np.cos(np.pi * np.arange(FRAME) / FRAME)) / 2  # nobody starts to hum within a sample
        sound = tone(self.frequency, FRAME, 1, self.samples) * (self.before + (self.amplitude - self.before) * swell).astype(np.float32)
        self.before = self.amplitude
        if self.channels == 2:
            sound = np.stack([sound, np.zeros_like(sound)], axis=1)  # on the left
        payload = self.encoder.encode_float(sound.tobytes(), FRAME)
        self.seq += 1
        self.samples += FRAME
        return rtp(self.seq, self.samples, payload)


@dataclass
class Ear:
    """What one listener got."""

    decoder: Any
    mix: int | None = None
    mixed: list[Sound] = field(default_factory=list)
    decoded: list[Sound] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class Room:
    """A mixer with talkers and ears. `run` goes on in time; everything else is the mixer's own."""

    def __init__(self, **options: Any) -> None:
        self.channels = options.get("channels", 1)
        self.mixer = door.Mixer(**{"bitrate_bps": 128_000, **options})
        self.talkers: dict[int, Talker] = {}
        self.talking: set[int] = set()
        self.ears: dict[int, Ear] = {}
        self.notices: list[tuple[int, int, str]] = []
        self.moves: list[tuple[int, int, int]] = []
        self.now_us = 1_000_000
        self.ticks = 0

    def talker(self, voice: int, frequency: float, amplitude: float = 0.1, level: int | None = None, **options: Any) -> None:
        assert self.mixer.voice_open(voice, **options)
        self.talkers[voice] = Talker(frequency, amplitude, level, self.channels)
        self.talking.add(voice)

    def clip(self, voice: int, sound: Sound, loop: bool = True, gain: float = 1) -> None:
        assert self.mixer.clip_open(voice, sound.tobytes(), loop, gain)

    def listener(self, listener: int, own_voice: int = 0, gain: float = 1) -> None:
        assert self.mixer.listener_open(listener, own_voice, gain)
        self.ears[listener] = Ear(opuslib.Decoder(RATE, self.channels))

    def leave(self, listener: int) -> None:
        self.mixer.listener_close(listener)
        del self.ears[listener]

    def tick(self) -> dict[int, dict[str, Any]]:
        """20 ms; the packets by mix."""
        for voice in sorted(self.talking):
            talker = self.talkers[voice]
            self.mixer.voice_packet(voice, talker.packet(), talker.level, self.now_us)
        moves, packets, notices = self.mixer.tick(self.now_us)
        self.moves += [(self.ticks, *move) for move in moves]
        self.notices += [(self.ticks, *notice) for notice in notices]
        for listener, mix in moves:
            self.ears[listener].mix = mix
        for ear in self.ears.values():
            payload = packets[ear.mix]["payload"]
            ear.sizes.append(len(payload))
            ear.mixed.append(np.frombuffer(self.mixer.samples(ear.mix), np.float32).reshape(-1, self.channels))
            heard = ear.decoder.decode_float(payload, FRAME)  # nothing: concealment
            ear.decoded.append(np.frombuffer(heard, np.float32).reshape(-1, self.channels))
        self.now_us += TICK_US
        self.ticks += 1
        return packets

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.tick()

    def until(self, holds: Callable[[], bool], most: int = 500) -> None:
        for _ in range(most):
            if holds():
                return
            self.tick()
        raise AssertionError("it did not come to pass")

    def mixed(self, listener: int, ticks: int, channel: int = 0) -> Sound:
        """The last ticks before Opus."""
        return np.concatenate(self.ears[listener].mixed[-ticks:])[:, channel]

    def decoded(self, listener: int, ticks: int, channel: int = 0) -> Sound:
        return np.concatenate(self.ears[listener].decoded[-ticks:])[:, channel]


def tone_db(sound: Sound, frequency: float) -> float:
    """Power of one tone, dB relative to a full-scale sine. The window's side lobes are 92 dB down from 4 bins on."""
    count = len(sound)
    phase = 2 * np.pi * np.arange(count) / count
    window = 0.35875 - 0.48829 * np.cos(phase) + 0.14128 * np.cos(2 * phase) - 0.01168 * np.cos(3 * phase)
    turned = sound * window * np.exp(-2j * np.pi * frequency * np.arange(count) / RATE)
    return float(20 * np.log10(2 * abs(turned.sum()) / window.sum() + 1e-12))


def heard(sound: Sound, frequencies: Iterable[float], below_db: float = 50) -> set[float]:
    """Which of these tones are in it: those less than `below_db` under the loudest of them (and none when all are under -80 dB)."""
    powers = {frequency: tone_db(sound, frequency) for frequency in frequencies}
    loudest = max(powers.values())
    return {frequency for frequency, power in powers.items() if power > max(loudest - below_db, -80)}


def click_db(sound: Sound, above_hz: float = 6000) -> NDArray[np.float64]:
    """Energy above this frequency in each 5 ms (steps of 2.5 ms), dB relative to a full-scale sine: a click is broad, tones are not."""
    size, step = 240, 120
    window = np.hanning(size)
    starts = np.arange(0, len(sound) - size + 1, step)
    pieces = np.stack([sound[at : at + size] for at in starts]) * window
    spectrum = np.abs(np.fft.rfft(pieces, axis=1)) ** 2
    high = spectrum[:, int(above_hz * size / RATE) :].sum(axis=1)
    return np.asarray(10 * np.log10(high * 4 / window.sum() ** 2 + 1e-14))
