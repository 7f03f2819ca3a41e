"""Whether a recording is a certain speech: compares how the energy moves through the bands of hearing, not samples.

A voice that went through Opus, a jitter buffer and resampling has another waveform but the same spectrogram. A browser plays its
fake microphone's file in a loop from somewhere, so every lag of the loop is tried.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RATE = 48000
HOP = RATE // 100
WINDOW = 2 * HOP
# 150 Hz to 4 kHz is where speech tells itself apart; above, codecs differ.
BANDS_HZ = np.geomspace(150, 4000, 21)
# Below this share of the loudest moment is silence and noise, whose logarithm says nothing.
FLOOR = 1e-4
# Measured: the same speech after a call 0.9 to 1.0, another one of the same speaker 0.35 to 0.45.
SAME, OTHER = 0.75, 0.6


def spectrogram(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log energies, 100 rows a second, one column per band; each column without its mean."""
    count = max(0, (len(samples) - WINDOW) // HOP + 1)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[: count * HOP : HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), axis=1)) ** 2
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    edges = np.searchsorted(hertz, BANDS_HZ)
    bands = np.stack([power[:, low : max(high, low + 1)].sum(axis=1) for low, high in pairwise(edges)], axis=1)
    loud = np.log(bands + FLOOR * bands.max() + 1e-12)
    return np.asarray(loud - loud.mean(axis=0))


def same_speech(recording: NDArray[np.float32], source: NDArray[np.float32]) -> float:
    """Normalised cross-correlation (0 to 1) of the recording with the looped source, at the lag where it fits best."""
    heard = spectrogram(recording)
    loops = 2 + len(recording) // len(source)
    said = spectrogram(np.tile(source, loops))
    lags = len(source) // HOP
    best = 0.0
    for lag in range(lags):
        part = said[lag : lag + len(heard)]
        part = part - part.mean(axis=0)
        scale = np.linalg.norm(part) * np.linalg.norm(heard)
        best = max(best, float((part * heard).sum() / (scale + 1e-12)))
    return best


def loudness(samples: NDArray[np.float32]) -> float:
    """Root mean square, of full scale."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
