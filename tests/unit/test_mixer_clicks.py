"""Nothing that changes who hears whom is to be heard itself: no click in the mix nor behind the decoder, whichever way it changes.

The tones lie below 1.5 kHz, so energy above 6 kHz is a click. `test_a_hard_change_would_be_found` shows what one looks like.
"""

from collections.abc import Callable

import numpy as np
import pytest

from tests.support.mixing import RATE, Room, click_db, heard, tone

CUSTOMER, REP, SUPERVISOR, GUEST, MUSIC, NEWS = 1, 2, 3, 4, 10, 11
TONES = {CUSTOMER: 480.0, REP: 720.0, SUPERVISOR: 1200.0, MUSIC: 960.0, NEWS: 1440.0}
# dB below a full-scale sine. Measured: -100 and less in the mix and behind the decoder; a hard change of one tone of -20 dB makes -45.
CLICK_DB = -85.0


def call() -> Room:
    """Customer and rep talk, a supervisor listens whom nobody hears, a guest only listens; music waits."""
    room = Room()
    for voice in (CUSTOMER, REP, SUPERVISOR):
        room.clip(voice, tone(TONES[voice], RATE), gain=0.0 if voice == SUPERVISOR else 1.0)
    room.clip(MUSIC, tone(TONES[MUSIC], RATE), gain=0)
    for listener in (CUSTOMER, REP, SUPERVISOR):
        room.listener(listener, own_voice=listener)
    room.listener(GUEST)
    return room


def hold(room: Room) -> None:
    room.mixer.listener_gain(CUSTOMER, 0)
    room.mixer.voice_gain(CUSTOMER, 0)
    room.mixer.hear(CUSTOMER, MUSIC, 1)


def resume(room: Room) -> None:
    room.mixer.listener_gain(CUSTOMER, 1)
    room.mixer.voice_gain(CUSTOMER, 1)
    room.mixer.hear(CUSTOMER, MUSIC, -1)


def announce(room: Room) -> None:
    room.clip(NEWS, tone(TONES[NEWS], RATE))


def announce_to_one(room: Room) -> None:
    room.clip(NEWS, tone(TONES[NEWS], RATE), gain=0)
    room.mixer.hear(CUSTOMER, NEWS, 1)


def close(voice: int) -> Callable[[Room], None]:
    return lambda room: room.mixer.voice_close(voice)


def hear(listener: int, voice: int, gain: float) -> Callable[[Room], None]:
    return lambda room: room.mixer.hear(listener, voice, gain)


def gain(voice: int, value: float) -> Callable[[Room], None]:
    return lambda room: room.mixer.voice_gain(voice, value)


def volume(listener: int, value: float) -> Callable[[Room], None]:
    return lambda room: room.mixer.listener_gain(listener, value)


def own(listener: int, voice: int) -> Callable[[Room], None]:
    return lambda room: room.mixer.listener_own(listener, voice)


def reopen(voice: int) -> Callable[[Room], None]:
    return lambda room: room.clip(voice, tone(TONES[voice], RATE))


BOTH = {CUSTOMER, REP}
# What happens, what undoes it, and who hears what in between.
CHANGES = {
    "hold": (hold, resume, {CUSTOMER: {MUSIC}, REP: set(), SUPERVISOR: {REP}, GUEST: {REP}}),
    "whisper": (hear(REP, SUPERVISOR, 1), hear(REP, SUPERVISOR, -1), {REP: {CUSTOMER, SUPERVISOR}, CUSTOMER: {REP}, GUEST: BOTH}),
    "barge": (gain(SUPERVISOR, 1), gain(SUPERVISOR, 0), {REP: {CUSTOMER, SUPERVISOR}, CUSTOMER: {REP, SUPERVISOR}, SUPERVISOR: BOTH}),
    "announcement": (announce, close(NEWS), {REP: {CUSTOMER, NEWS}, CUSTOMER: {REP, NEWS}, GUEST: {CUSTOMER, REP, NEWS}}),
    "announcement to one": (announce_to_one, close(NEWS), {REP: {CUSTOMER}, CUSTOMER: {REP, NEWS}, GUEST: BOTH}),
    "volume": (volume(GUEST, 0.3), volume(GUEST, 1), {GUEST: BOTH, SUPERVISOR: BOTH}),
    "mute for one": (hear(GUEST, CUSTOMER, 0), hear(GUEST, CUSTOMER, -1), {GUEST: {REP}, SUPERVISOR: BOTH}),
    "own voice": (own(GUEST, REP), own(GUEST, 0), {GUEST: {CUSTOMER}, SUPERVISOR: BOTH}),
    "voice leaves": (close(REP), reopen(REP), {CUSTOMER: set(), GUEST: {CUSTOMER}, SUPERVISOR: {CUSTOMER}}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_of_the_matrix_clicks(name: str) -> None:
    change, undo, between = CHANGES[name]
    room = call()
    room.run(53)
    change(room)
    room.run(31)
    for listener, voices in between.items():
        assert heard(room.mixed(listener, 25), TONES.values()) == {TONES[voice] for voice in voices}
    undo(room)
    room.run(40)
    for listener in room.ears:
        assert click_db(room.mixed(listener, 110)).max() < CLICK_DB
        assert click_db(room.decoded(listener, 110)).max() < CLICK_DB


def test_a_hard_change_would_be_found() -> None:
    quiet = np.concatenate([tone(480, 1000), tone(480, 1000, start=1000) + tone(960, 1000, start=1033)])
    assert click_db(quiet).max() > CLICK_DB + 25
    gap = tone(480, 2000)
    gap[1000:1005] = 0
    assert click_db(gap).max() > CLICK_DB + 25


def test_who_moves_to_another_mix_and_back_hears_no_seam() -> None:
    """A listener parts from the mix of all others and joins it again, over and over, and nobody hears it."""
    room = call()
    room.run(30)
    for _ in range(6):
        room.mixer.hear(GUEST, SUPERVISOR, 1)
        room.run(5)
        room.mixer.hear(GUEST, SUPERVISOR, -1)
        room.run(15)
    moves = [listener for _, listener, _ in room.moves]
    assert len(moves) >= 4 + 12
    for listener in room.ears:
        assert click_db(room.decoded(listener, 120)).max() < CLICK_DB


def test_a_newcomer_to_a_running_mix_hears_it_from_its_first_packet() -> None:
    room = call()
    room.run(40)
    room.listener(5)
    room.run(60)
    assert heard(room.decoded(5, 50), TONES.values(), below_db=40) == {TONES[CUSTOMER], TONES[REP]}
    # Its decoder starts in the middle of the sound, which is a step by nature: but only there, and nobody else hears it.
    assert click_db(room.decoded(5, 57)).max() < CLICK_DB
    assert all(click_db(room.decoded(listener, 80)).max() < CLICK_DB for listener in (CUSTOMER, REP, SUPERVISOR, GUEST))


def test_speakers_come_and_go_without_a_click() -> None:
    """Three hum in turns in a room in which two are heard: places are taken over, people fall silent and start again."""
    room = Room(speakers_most=2)
    tones = {1: 480.0, 2: 720.0, 3: 1200.0}
    for voice, frequency in tones.items():
        room.talker(voice, frequency, amplitude=0.05 * 2**voice)
        room.listener(voice, own_voice=voice)
    room.listener(9)
    room.run(60)
    assert heard(room.mixed(9, 30), tones.values()) == {tones[2], tones[3]}
    for quiet in (3, 2, 1, 3):
        for voice, talker in room.talkers.items():
            talker.hum(0 if voice == quiet else 0.05 * 2**voice)
        room.run(80)
        assert heard(room.mixed(9, 25), tones.values()) == {tones[voice] for voice in tones if voice != quiet}
    assert room.mixer.stats()["decodes"] <= 2 * room.ticks + 10
    for listener in room.ears:
        # The talkers' own Opus is in it, with its noise.
        assert click_db(room.mixed(listener, 350)).max() < CLICK_DB + 15
        assert click_db(room.decoded(listener, 350)).max() < CLICK_DB + 15


def test_a_closed_voice_is_forgotten_even_when_its_id_comes_back_at_once() -> None:
    room = call()
    room.run(20)
    room.mixer.voice_close(REP)
    room.clip(REP, tone(1900, RATE))
    room.mixer.voice_packet(REP, b"\x80" * 40, 0, room.now_us)  # a clip takes no packets
    room.run(40)
    assert heard(room.mixed(GUEST, 25), [*TONES.values(), 1900]) == {TONES[CUSTOMER], 1900}
    assert not heard(room.mixed(REP, 25), [1900])
    assert click_db(room.mixed(GUEST, 50)).max() < CLICK_DB
