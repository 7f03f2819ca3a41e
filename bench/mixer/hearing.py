"""Whose speech is in a mix, by the phase of the waveform: a server that sends silence, or everybody their own voice, must not look fast.

A mix holds several voices at once, so spectrograms overlap; the phase correlation of a moment with a speaker's whole loop has a sharp peak
where that moment was said, however many others speak, and none where it was not. Opus twice, a jitter buffer's delay and small changes of
pace leave the peak. Needs numpy.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.mixer.opus import FRAME, RATE, decode
from bench.mixer.speech import speech

# Where speech has its energy and Opus keeps the waveform; 8 kHz carry that.
LOW_HZ, HIGH_HZ = 200, 3400
SLOWER = 6
HEARING_RATE = RATE // SLOWER
WINDOW = HEARING_RATE * 3 // 2
HOP = HEARING_RATE // 2
# Peak over the standard deviation of everything else. Measured on mixes encoded once more: 14 at most of an absent voice, 20 to 80 of one
# that speaks in the window (`tests/unit/test_bench_mixer.py` holds it to that).
PEAK = 16.0
# A speaker pauses between sentences and others are louder at times: this share of the windows is enough.
SHARE = 0.3


def slowed(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """At HEARING_RATE: what is above its half left out."""
    count = len(samples) // SLOWER
    return np.fft.irfft(np.fft.rfft(samples[: count * SLOWER])[: count // 2 + 1], count) / SLOWER if count else np.zeros(0)


def band(spectrum: NDArray[np.complex128], length: int) -> NDArray[np.complex128]:
    """Only the phases, only in the band."""
    hertz = np.fft.rfftfreq(length, 1 / HEARING_RATE)
    phases = spectrum / (np.abs(spectrum) + 1e-9)
    phases[(hertz < LOW_HZ) | (hertz > HIGH_HZ)] = 0
    return phases


def presence(mix: NDArray[np.float64], loop: NDArray[np.float64]) -> float:
    """Share (0 to 1) of the mix's windows in which a stretch of the loop is found; both slowed."""
    length = len(loop)
    reference = np.conj(band(np.fft.rfft(loop), length))
    found = windows = 0
    for at in range(0, len(mix) - WINDOW + 1, HOP):
        piece = np.zeros(length)
        piece[:WINDOW] = mix[at : at + WINDOW] * np.hanning(WINDOW)
        correlation = np.fft.irfft(band(np.fft.rfft(piece), length) * reference, length)
        windows += 1
        found += bool(np.abs(correlation).max() > PEAK * correlation.std())
    return found / windows if windows else 0.0


def heard(packets: list[bytes], speakers: int) -> dict[str, Any]:
    """{"seconds", "loudness" (root mean square of full scale), "presence" of each speaker} of received packets."""
    mix = np.frombuffer(decode(list(packets)), np.float32)
    loops = [np.frombuffer(decode([packet.payload for packet in speech(each)]), np.float32) for each in range(speakers)]
    loudness = float(np.sqrt(np.mean(mix.astype(np.float64) ** 2))) if len(mix) else 0.0
    found = [presence(slowed(mix), slowed(loop)) for loop in loops]
    return {"seconds": len(mix) / RATE, "packets": len(mix) // FRAME, "loudness": loudness, "presence": found}
