"""Who hears whom, encoded how often: the mixer's rules on small rooms."""

import numpy as np
import pytest

from tests.support.mixing import FRAME, RATE, Room, heard, tone, tone_db

TONES = {1: 500.0, 2: 1100.0, 3: 1700.0, 4: 2300.0}


def call(people: int, talking: int, **options: object) -> Room:
    """A conference in which the first `talking` hum their tone."""
    room = Room(**options)
    for person in range(1, people + 1):
        if person <= talking:
            room.talker(person, TONES[person])
        else:
            assert room.mixer.voice_open(person)
        room.listener(person, own_voice=person)
    return room


def encodes(room: Room, ticks: int = 10) -> float:
    before = room.mixer.stats()["encodes"]
    room.run(ticks)
    return (room.mixer.stats()["encodes"] - before) / ticks


def test_everybody_hears_all_others_and_not_oneself() -> None:
    room = call(4, 3)
    room.run(75)
    for listener in room.ears:
        expected = {TONES[voice] for voice in (1, 2, 3) if voice != listener}
        assert heard(room.mixed(listener, 50), TONES.values()) == expected
        assert heard(room.decoded(listener, 50), TONES.values(), below_db=40) == expected


@pytest.mark.parametrize(("people", "talking", "expected"), [(10, 2, 3), (10, 0, 0), (3, 3, 3), (2, 1, 1), (40, 4, 5)])
def test_one_encode_serves_all_who_hear_the_same(people: int, talking: int, expected: int) -> None:
    room = call(people, talking, dtx=True)
    room.run(30)
    # Of two, one hears silence, which is not encoded again and again.
    assert encodes(room, 10) == expected


def test_a_thousand_silent_listeners_cost_one_encode_more_and_no_decode() -> None:
    room = Room()
    for voice in (1, 2, 3):
        room.talker(voice, TONES[voice])
        room.listener(voice, own_voice=voice)
    mixer = room.mixer
    for person in range(10, 1010):
        assert mixer.voice_open(person) and mixer.listener_open(person, person)
        room.ears[person] = room.ears[1]  # they all hear what somebody hears; nobody decodes it a thousand times
    moves, _, _ = mixer.tick(room.now_us)
    assert len(moves) == 1003
    for ear, mix in ((room.ears[listener], mix) for listener, mix in moves if listener < 4):
        ear.mix = mix
    for person in range(10, 1010):
        del room.ears[person]
    room.run(20)
    before = mixer.stats()
    room.run(10)
    after = mixer.stats()
    assert after["encodes"] - before["encodes"] == 40
    assert after["decodes"] - before["decodes"] == 30
    assert after["mixes"] == 4 and after["listeners"] == 1003


def test_an_entry_is_the_gain_and_without_it_the_product_of_both() -> None:
    room = Room()
    room.clip(1, tone(500, RATE), gain=0.5)
    room.listener(1, gain=0.5)
    room.listener(2)
    room.mixer.hear(2, 1, 0.125)
    room.run(60)
    assert tone_db(room.mixed(1, 50), 500) == pytest.approx(-20 - 12.04, abs=0.05)
    assert tone_db(room.mixed(2, 50), 500) == pytest.approx(-20 - 18.06, abs=0.05)
    room.mixer.hear(2, 1, -1)
    room.run(60)
    assert tone_db(room.mixed(2, 50), 500) == pytest.approx(-20 - 6.02, abs=0.05)


def test_a_clip_plays_once_and_says_so() -> None:
    room = Room()
    room.listener(1)
    sound = tone(500, 5 * FRAME + 100)
    room.clip(7, sound, loop=False)
    room.run(10)
    assert room.notices == [(5, 7, "ended")]
    # Late by the limiter's look-ahead, its first 10 ms faded in.
    assert np.allclose(room.mixed(1, 10)[480 + 120 : len(sound) + 120], sound[480:], atol=1e-6)
    assert not room.mixed(1, 3).any()


def test_a_looped_clip_goes_on_without_a_seam() -> None:
    room = Room()
    room.listener(1)
    room.clip(7, tone(480, 1500))  # fifteen whole periods
    room.run(50)
    assert room.notices == []
    assert np.allclose(room.mixed(1, 40), tone(480, 40 * FRAME, start=10 * FRAME - 120), atol=1e-5)
