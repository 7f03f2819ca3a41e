"""Recognises decoded pictures and sounds: which frame of whose test picture, which tone, how loud, or nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tests.support.picture import BLOCK_BOTTOM, BLOCK_TOP, BLOCK_WIDTH, CELLS, CODE_TOP, NUMBERS, Colour, block_left, complement

RATE = 48000
# What a lossy codec and the way through YUV may change.
COLOUR_TOLERANCE = 40.0
PLACE_TOLERANCE = 0.03
DARK, BRIGHT = 80.0, 175.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One decoded frame. `number` is None where cells are neither black nor white; `block`: its middle, NaN where there is none."""

    number: int | None
    background: tuple[float, float, float]
    block: float

    @property
    def whole(self) -> bool:
        """Whether its parts belong to one frame of the picture."""
        # The number counts modulo 256 and the block modulo 64: one fixes the other.
        return self.number is not None and abs(self.block - (block_left(self.number) + BLOCK_WIDTH / 2)) < PLACE_TOLERANCE

    def shows(self, colour: Colour) -> bool:
        """Whether it is, in every part, a frame of the picture with this background."""
        return self.whole and _near(np.array(self.background), colour)


def see(rgb: NDArray[np.uint8]) -> Seen:
    """Reads a frame of any size: an array of height x width x 3."""
    height, width = rgb.shape[:2]
    image = rgb.astype(np.float64)
    code = image[int((CODE_TOP + 1) / 2 * height - height / 16) : int((CODE_TOP + 1) / 2 * height + height / 16)]
    number: int | None = 0
    for cell in range(CELLS):
        level = code[:, int((cell + 0.25) * width / CELLS) : int((cell + 0.75) * width / CELLS)].mean()
        if DARK < level < BRIGHT:
            number = None
            break
        assert number is not None
        number |= int(level >= BRIGHT) << cell
    background = image[: int(BLOCK_TOP * height * 0.7)].mean(axis=(0, 1))
    middle = (BLOCK_TOP + BLOCK_BOTTOM) / 2 * height
    band = image[int(middle - height / 16) : int(middle + height / 16)].mean(axis=0)
    inside = np.flatnonzero(np.linalg.norm(band - (255 - background), axis=1) < np.linalg.norm(band - background, axis=1))
    block = float(inside.mean() + 0.5) / width if len(inside) else float("nan")
    return Seen(number, (float(background[0]), float(background[1]), float(background[2])), block)


def _near(colour: NDArray[np.float64], wanted: Colour) -> bool:
    return float(np.linalg.norm(colour - np.array(wanted))) < COLOUR_TOLERANCE


def steps(frames: Sequence[Seen]) -> list[int]:
    """By how much each readable frame's number is ahead of the one before: from 1 (the next one) to 256 (stood still)."""
    numbers = [frame.number for frame in frames if frame.number is not None]
    return [(later - earlier - 1) % NUMBERS + 1 for earlier, later in pairwise(numbers)]


def tone(frequency_hz: float, first: int, samples: int, amplitude: float = 0.4) -> NDArray[np.int16]:
    """`samples` of a sine at 48 kHz from the `first` on."""
    phase = 2 * np.pi * frequency_hz / RATE * np.arange(first, first + samples)
    return (amplitude * 32767 * np.sin(phase)).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Heard:
    """`rms` of full scale; `purity`: share of the energy within 20 Hz of the strongest frequency. Silence has neither."""

    rms: float
    frequency_hz: float
    purity: float

    def is_tone(self, frequency_hz: float, purity: float = 0.9) -> bool:
        return self.rms > 0.1 and abs(self.frequency_hz - frequency_hz) < 6 and self.purity > purity

    def is_silence(self) -> bool:
        return self.rms < 0.002


def hear(samples: NDArray[np.int16]) -> Heard:
    """What half a second or more of mono sound at 48 kHz is."""
    sound = samples.astype(np.float64) / 32768
    rms = float(np.sqrt(np.mean(sound**2)))
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    total = float(power.sum())
    if total == 0.0:
        return Heard(0.0, 0.0, 0.0)
    peak = float(hertz[int(power.argmax())])
    return Heard(rms, peak, float(power[np.abs(hertz - peak) <= 20].sum()) / total)


def levels(samples: NDArray[np.int16], frequencies_hz: Sequence[float]) -> dict[float, float]:
    """How much of each sine is in mono sound at 48 kHz: amplitudes of full scale, from the energy within 15 Hz, over which a jitter
    buffer at work may smear it."""
    window = np.hanning(len(samples))
    power = np.abs(np.fft.rfft(samples / 32768 * window)) ** 2 * 4 / (len(samples) * (window**2).sum())
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return {each: round(float(np.sqrt(power[np.abs(hertz - each) <= 15].sum())), 5) for each in frequencies_hz}


__all__ = ["RATE", "Colour", "Heard", "Seen", "complement", "hear", "levels", "see", "steps", "tone"]
