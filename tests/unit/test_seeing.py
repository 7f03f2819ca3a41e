"""The recognisers of pictures and tones tell the right from the wrong: what the interop tests believe rests on them."""

import numpy as np
import pytest

from tests.support.picture import HEIGHT, WIDTH, draw
from tests.support.seeing import RATE, hear, levels, see, steps, tone

BLUE, RED = (40, 60, 200), (200, 50, 40)


def frame(number: int, colour: tuple[int, int, int] = BLUE) -> np.ndarray:
    return np.frombuffer(draw(colour, number), np.uint8).reshape(HEIGHT, WIDTH, 3)


def test_reads_every_number_at_every_size() -> None:
    for number in range(256):
        for picture in (frame(number), frame(number)[::4, ::4]):
            seen = see(picture)
            assert seen.number == number and seen.shows(BLUE) and not seen.shows(RED)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_plain_picture_is_not_ours(shade: int) -> None:
    assert not see(np.full((HEIGHT, WIDTH, 3), shade, np.uint8)).shows((shade, shade, shade))


def test_a_torn_picture_is_not_ours() -> None:
    torn = np.concatenate([frame(8)[: HEIGHT // 2], frame(41)[HEIGHT // 2 :]])
    assert not see(torn).shows(BLUE)


def test_counts_what_lies_between_frames() -> None:
    assert steps([see(frame(number)) for number in (254, 255, 2, 2, 1)]) == [1, 3, 256, 255]


def test_tells_tones_from_each_other_from_silence_and_from_noise() -> None:
    a, e = tone(440, 0, RATE), tone(660, 0, RATE)
    assert hear(a).is_tone(440) and not hear(a).is_tone(660) and hear(e).is_tone(660)
    assert hear(a).rms == pytest.approx(0.4 / 2**0.5, rel=0.01)
    silence = np.zeros(RATE, np.int16)
    assert hear(silence).is_silence() and not hear(silence).is_tone(440) and not hear(a).is_silence()
    noise = np.random.default_rng(7).integers(-9000, 9000, RATE).astype(np.int16)
    assert not hear(noise).is_tone(hear(noise).frequency_hz)
    assert not hear((a // 2 + e // 2).astype(np.int16)).is_tone(440)


def test_levels_are_the_amplitudes_of_what_is_mixed() -> None:
    mixed = tone(430, 0, RATE, 0.2) + tone(710, 0, RATE, 0.1)
    found = levels(mixed, [430, 710, 1170])
    assert abs(found[430] - 0.2) < 0.002 and abs(found[710] - 0.1) < 0.002 and found[1170] < 0.001
