"""The ear of the browser tests can tell two speeches apart, so that a pass means something."""

import numpy as np
import pytest

from tests.e2e.hearing import OTHER, RATE, SAME, same_speech
from tests.e2e.sources import ALIKE, BACK, FRONT, UNLIKE, Caller, likeness, speech


def worn(samples: np.ndarray, seed: int) -> np.ndarray:
    """As after a call: another loudness, some noise, muffled highs, begun somewhere in the loop."""
    dice = np.random.default_rng(seed)
    start = int(dice.integers(len(samples)))
    looped = np.tile(samples, 3)[start : start + 4 * RATE]
    muffled = np.convolve(looped, np.hanning(9) / np.hanning(9).sum(), mode="same")
    return (0.4 * muffled + 0.002 * dice.standard_normal(len(muffled))).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_speech_is_recognised(seed: int) -> None:
    assert same_speech(worn(speech(FRONT), seed), speech(FRONT)) > SAME


@pytest.mark.parametrize("seed", range(3))
def test_another_speech_is_not(seed: int) -> None:
    assert same_speech(worn(speech(BACK), seed), speech(FRONT)) < OTHER


@pytest.mark.parametrize("other", ["noise", "tone", "silence"])
def test_what_is_no_speech_is_not(other: str) -> None:
    time_s = np.arange(4 * RATE) / RATE
    sounds = {
        "noise": 0.1 * np.random.default_rng(1).standard_normal(4 * RATE),
        "tone": 0.1 * np.sin(2 * np.pi * 440 * time_s),
        "silence": np.zeros(4 * RATE),
    }
    assert same_speech(sounds[other].astype(np.float32), speech(FRONT)) < OTHER


def test_pictures_are_told_apart(customer: Caller, rep: Caller) -> None:
    assert likeness(customer.thumbs[50], customer.thumbs) > ALIKE
    assert likeness(rep.thumbs[50], customer.thumbs) < UNLIKE
    assert likeness(customer.thumbs[50], rep.thumbs) < UNLIKE
