"""What is said in tests of the jitter benchmark: `murmur` for its arithmetic (made), `spoken` where a codec must like it (recorded)."""

from functools import cache

import numpy as np

from bench.jitter import speech
from bench.jitter.arrivals import FRAME_SAMPLES, RATE


def murmur(seconds: float = 8.0) -> speech.Speech:
    """Noise in syllables that never repeat; `heard` is `said`, and the packets have no sound in them."""
    chance = np.random.default_rng(7)
    frames = round(seconds * RATE) // FRAME_SAMPLES
    at = np.arange(frames * FRAME_SAMPLES) / RATE
    noise = np.convolve(chance.standard_normal(len(at)), np.ones(24) / 24, "same")
    said = (0.3 * noise * np.clip(np.sin(2 * np.pi * 1.3 * at) + 0.6, 0, 1)).astype(np.float32)
    packets = [bytes([n % 256]) for n in range(frames)]
    return speech.make(said, said, packets, [(0.5, seconds / 2), (seconds / 2, seconds - 0.5)])


@cache
def spoken() -> speech.Speech:
    """The benchmark's own minute."""
    return speech.recorded()
