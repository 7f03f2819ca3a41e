"""Who is decoded and heard: the loudest few by their levels, steadily; and who is said to speak."""

import numpy as np
import pytest

from tests.support.mixing import FRAME, Room, heard, rtp, tone

TONES = {voice: 300.0 + 200 * voice for voice in range(1, 13)}


def crowd(people: int, **options: object) -> Room:
    """Everybody hums, the later the louder; one listens."""
    room = Room(**options)
    for voice in range(1, people + 1):
        room.talker(voice, TONES[voice], amplitude=0.01 * 1.4**voice)
    room.listener(99)
    return room


@pytest.mark.parametrize("most", [1, 3, 5])
def test_the_loudest_are_heard_and_nobody_else_is_decoded(most: int) -> None:
    room = crowd(8, speakers_most=most)
    room.run(60)
    before = room.mixer.stats()
    room.run(50)
    after = room.mixer.stats()
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[voice] for voice in range(9 - most, 9)}
    assert after["decodes"] - before["decodes"] == 50 * most
    assert after["skips"] - before["skips"] == 50 * (8 - most)


def test_eight_are_heard_unless_it_is_said_otherwise() -> None:
    room = crowd(12)
    room.run(60)
    assert len(heard(room.mixed(99, 40), TONES.values())) == 8


def test_fewer_are_heard_as_soon_as_it_is_set() -> None:
    room = crowd(5, speakers_most=4)
    room.run(40)
    room.mixer.set(speakers_most=2, bitrate_bps=128_000)
    room.run(60)
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[4], TONES[5]}


def test_who_is_a_little_louder_takes_nobodys_place() -> None:
    room = Room(speakers_most=1)
    room.talker(1, TONES[1], amplitude=0.1)
    room.talker(2, TONES[2], amplitude=0.01)
    room.listener(99)
    room.run(50)
    room.talkers[2].hum(0.13)
    room.run(60)
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[1]}
    room.talkers[2].hum(0.3)
    room.run(60)
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[2]}


def test_a_pause_between_words_is_no_end() -> None:
    room = Room()
    room.talker(1, TONES[1])
    room.listener(99)
    room.run(50)
    for amplitude, ticks in ((0, 20), (0.1, 20), (0, 20), (0.1, 20)):
        room.talkers[1].hum(amplitude)
        before = room.mixer.stats()["skips"]
        room.run(ticks)
        assert room.mixer.stats()["skips"] == before
    room.talkers[1].hum(0)
    room.run(80)
    assert room.mixer.stats()["skips"] > before


def test_without_levels_the_sound_is_judged() -> None:
    room = Room(speakers_most=1)
    for voice, amplitude in ((1, 0.0), (2, 0.02), (3, 0.2)):
        room.talker(voice, TONES[voice], amplitude=amplitude, level=-1)
    room.listener(99)
    room.run(80)
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[3]}


def test_who_claims_to_shout_and_sends_silence_loses_the_place() -> None:
    room = Room(speakers_most=1)
    room.talker(1, TONES[1], amplitude=0.0, level=0)
    room.talker(2, TONES[2], amplitude=0.1)
    room.listener(99)
    room.run(300)
    assert heard(room.mixed(99, 40), TONES.values()) == {TONES[2]}


def test_whom_nobody_would_hear_is_not_decoded() -> None:
    room = Room()
    room.talker(1, TONES[1], gain=0)          # a supervisor
    room.talker(2, TONES[2])                  # alone with himself
    room.listener(98, own_voice=2)
    room.run(60)
    assert room.mixer.stats()["decodes"] == 0
    room.mixer.hear(98, 1, 1)                 # the supervisor whispers
    room.run(60)
    assert heard(room.mixed(98, 40), TONES.values()) == {TONES[1]}


def test_speech_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    room = Room()
    room.talker(1, TONES[1], amplitude=0)
    room.listener(99)
    room.run(10)
    room.talkers[1].hum(0.1)
    room.run(50)
    room.talkers[1].hum(0)
    room.run(10)
    room.talkers[1].hum(0.1)                  # 200 ms are no end
    room.run(50)
    room.talkers[1].hum(0)
    room.run(60)
    assert [(voice, what) for _, voice, what in room.notices] == [(1, "active"), (1, "inactive")]
    (began, _, _), (ended, _, _) = room.notices
    assert began in range(11, 15) and ended in range(140, 155)


def test_a_mix_tells_its_level_and_whether_somebody_speaks_in_it() -> None:
    room = Room()
    room.talker(1, TONES[1], amplitude=0.1)
    room.listener(1, own_voice=1)
    room.listener(2)
    packets = {}
    for _ in range(60):
        packets = room.tick()
    mine, other = packets[room.ears[1].mix], packets[room.ears[2].mix]
    assert (mine["level"], mine["voice"]) == (127, False)
    assert other["level"] in (22, 23, 24) and other["voice"]


def test_a_voice_is_told_from_a_hiss_by_its_sound() -> None:
    rng = np.random.default_rng(1)
    room = Room()
    for voice in (1, 2):
        room.talker(voice, 100, amplitude=0.1, detect_voice=True)
    room.talking.clear()
    room.listener(99)
    hiss, sung = room.talkers[1].encoder, room.talkers[2].encoder
    for index in range(150):
        noise = (0.1 * rng.standard_normal(FRAME)).astype(np.float32)
        # A buzz of 150 Hz in syllables: two ticks in three.
        vowel = sum(tone(150 * k, FRAME, 0.1 / k, index * FRAME) for k in range(1, 12)) * (index % 15 < 10)
        room.mixer.voice_packet(1, rtp(index, index * FRAME, hiss.encode_float(noise.tobytes(), FRAME)), 20, room.now_us)
        room.mixer.voice_packet(2, rtp(index, index * FRAME, sung.encode_float(vowel.astype(np.float32).tobytes(), FRAME)), 20, room.now_us)
        room.tick()
    assert [(voice, what) for _, voice, what in room.notices] == [(2, "active")]
