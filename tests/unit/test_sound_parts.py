"""Limiter, level, automatic level and encoder alone."""

import itertools

import numpy as np
import opuslib
import pytest

from native.testing import mixer as door
from tests.support.mixing import FRAME, RATE, Room, Sound, click_db, heard, tone, tone_db

CEILING = 10 ** (-1 / 20) * (1 + 1e-5)  # and the rounding of floats


def limited(sound: Sound, channels: int = 1) -> tuple[Sound, list[bool]]:
    limiter = door.SoftLimiter(channels)
    frames = [limiter.run(sound[at : at + FRAME].tobytes()) for at in range(0, len(sound), FRAME)]
    return np.concatenate([np.frombuffer(out, np.float32) for out, _ in frames]), [acted for _, acted in frames]


def test_what_is_not_loud_passes_as_it_is() -> None:
    sound = tone(440, 20 * FRAME, 0.7)
    out, acted = limited(sound)
    assert not any(acted)
    assert np.array_equal(out[door.LOOK_AHEAD_SAMPLES :], sound[: -door.LOOK_AHEAD_SAMPLES])


@pytest.mark.parametrize("amplitude", [0.8, 1.0, 3.0, 10.0, 1000.0, 1e30])
def test_nothing_ever_passes_the_ceiling(amplitude: float) -> None:
    rng = np.random.default_rng(2)
    noise = (amplitude * rng.uniform(-1, 1, 20 * FRAME)).astype(np.float32)
    bursts = noise * (np.arange(len(noise)) % 3000 < 40)
    step = np.concatenate([np.zeros(5 * FRAME + 7), np.full(5 * FRAME - 7, amplitude)]).astype(np.float32)
    for sound in (noise, bursts, step, tone(997, 20 * FRAME, amplitude)):
        out, acted = limited(sound)
        assert any(acted)
        assert np.abs(out).max() <= CEILING


def test_ten_at_full_scale_are_limited_without_clipping() -> None:
    room = Room(speakers_most=10)
    for voice in range(1, 11):
        room.talker(voice, 250.0 * voice, amplitude=1.0)
        room.listener(voice, own_voice=voice)
    room.run(100)
    frequencies = [250.0 * voice for voice in range(1, 11)]
    for listener in room.ears:
        mixed = room.mixed(listener, 80)
        assert np.abs(mixed).max() <= CEILING
        assert (np.abs(mixed) > CEILING - 1e-4).mean() < 0.01          # bent, not cut off flat
        assert np.abs(room.decoded(listener, 80)).max() < 1
        assert heard(mixed, frequencies, below_db=25) == {f for f in frequencies if f != 250.0 * listener}
    assert room.mixer.stats()["limited"] >= 10 * 80


def test_a_loud_moment_is_turned_down_without_a_click_and_forgotten() -> None:
    sound = tone(300, 50 * FRAME, 0.3)
    swell = np.hanning(6 * FRAME).astype(np.float32)
    sound[10 * FRAME : 16 * FRAME] += swell * tone(450, 6 * FRAME, 2.0)
    out, acted = limited(sound)
    assert click_db(out).max() < min(-50, click_db(np.clip(sound, -1, 1)).max() - 15)
    assert not any(acted[:10]) and all(acted[12:14]) and not any(acted[-10:])
    assert tone_db(out[-10 * FRAME :], 300) == pytest.approx(tone_db(sound[-10 * FRAME :], 300), abs=0.01)


def test_both_channels_get_one_gain() -> None:
    stereo = np.stack([tone(300, 20 * FRAME, 2.0), tone(700, 20 * FRAME, 0.1)], axis=1)
    out = np.concatenate([limited_frame for limited_frame in stereo_limited(stereo)])
    left, right = tone_db(out[5 * FRAME :, 0], 300), tone_db(out[5 * FRAME :, 1], 700)
    assert left - right == pytest.approx(20 * np.log10(20), abs=0.3)


def stereo_limited(stereo: Sound) -> list[Sound]:
    limiter = door.SoftLimiter(2)
    frames = (stereo[at : at + FRAME].tobytes() for at in range(0, len(stereo), FRAME))
    return [np.frombuffer(limiter.run(frame)[0], np.float32).reshape(-1, 2) for frame in frames]


@pytest.mark.parametrize(
    ("sound", "level"),
    [(np.ones(FRAME), 0), (np.full(FRAME, 0.1), 20), (np.zeros(FRAME), 127), (np.full(FRAME, 9.0), 0), (np.full(FRAME, 1e-9), 127)],
)
def test_levels_are_those_of_rfc_6464(sound: Sound, level: int) -> None:
    assert door.level(sound.astype(np.float32).tobytes()) == level


def test_a_full_scale_sine_is_three_below_the_overload_point() -> None:
    assert door.level(tone(1000, FRAME, 1.0).tobytes()) == 3


def buzz(index: int, amplitude: float) -> Sound:
    """Like a vowel: 150 Hz and its overtones, in syllables."""
    if index % 15 >= 10:
        return tone(150, FRAME, amplitude / 200, index * FRAME)
    return sum(tone(150 * k, FRAME, amplitude / k, index * FRAME) for k in range(1, 8)).astype(np.float32)


@pytest.mark.parametrize("amplitude", [0.02, 0.05, 0.3])
def test_the_automatic_level_brings_speakers_to_one_loudness(amplitude: float) -> None:
    control = door.LevelControl()
    out = [np.frombuffer(control.run(buzz(index, amplitude).tobytes())[0], np.float32) for index in range(600)]
    speech = np.concatenate([frame for index, frame in enumerate(out) if index % 15 < 10 and index > 400])
    assert 10 * np.log10((speech**2).mean()) == pytest.approx(-23, abs=2)


def test_the_automatic_level_does_not_lift_noise() -> None:
    rng = np.random.default_rng(3)
    control = door.LevelControl()
    frames = [(0.003 * rng.standard_normal(FRAME)).astype(np.float32) for _ in range(300)]
    assert all(control.run(frame.tobytes()) == (frame.tobytes(), False) for frame in frames)


def test_a_copied_encoder_goes_on_as_if_nothing_had_happened() -> None:
    one, two = door.OpusCoder(), door.OpusCoder()
    sound = [buzz(index, 0.1).tobytes() for index in range(40)]
    for frame in sound[:20]:
        one.encode(frame)
        two.encode(tone(900, FRAME).tobytes())
    two.copy_from(one)
    assert [one.encode(frame) for frame in sound[20:]] == [two.encode(frame) for frame in sound[20:]]


@pytest.mark.parametrize("bitrate_bps", [24_000, 64_000])
def test_a_decoder_that_joins_an_encoder_of_another_past_hears_no_step(bitrate_bps: int) -> None:
    """Both code the same sound; one has coded something else as well until just before."""
    before, after = (door.OpusCoder(bitrate_bps=bitrate_bps) for _ in range(2))
    decoder = opuslib.Decoder(RATE, 1)
    out = []
    for index in range(100):
        sound = tone(480, FRAME, start=index * FRAME)
        other = tone(900, FRAME, 0.2 if index < 45 else 0.0, start=index * FRAME)
        if index == 50:
            after.join()
        packets = before.encode(sound.tobytes()), after.encode((sound + other).tobytes())
        out.append(np.frombuffer(decoder.decode_float(packets[index >= 50], FRAME), np.float32))
    assert click_db(np.concatenate(out[20:]), 3000).max() < -75


def test_a_decoder_that_changes_to_a_new_encoder_would_be_heard() -> None:
    """It begins with its own silence: that is what copies of encoders are for."""
    encoders = [door.OpusCoder(bitrate_bps=24_000) for _ in range(2)]
    decoder = opuslib.Decoder(RATE, 1)
    out = []
    for index in range(60):
        packet = encoders[index >= 50].encode(tone(480, FRAME, start=index * FRAME).tobytes())
        out.append(np.frombuffer(decoder.decode_float(packet, FRAME), np.float32))
    assert click_db(np.concatenate(out[20:]), 3000).max() > -60


def test_silence_is_not_sent_with_dtx_and_speech_begins_with_the_marker() -> None:
    room = Room(dtx=True, bitrate_bps=32_000)
    room.talker(1, 500, amplitude=0.0)
    room.listener(9)
    room.run(100)
    assert sum(size > 0 for size in room.ears[9].sizes[-60:]) <= 4         # one in 400 ms
    room.talkers[1].hum(0.2)
    marked = []
    for _ in range(40):
        (packet,) = room.tick().values()
        marked.append(packet["talkspurt"])
        assert not packet["talkspurt"] or packet["payload"]
    assert sum(marked) == 1
    assert heard(room.decoded(9, 25), [500.0, 900.0], below_db=30) == {500.0}


def test_without_dtx_silence_is_sent_and_coded_once() -> None:
    room = Room()
    room.listener(9)
    room.run(50)
    assert all(room.ears[9].sizes)
    before = room.mixer.stats()["encodes"]
    room.run(50)
    assert room.mixer.stats()["encodes"] == before
    assert np.abs(room.decoded(9, 50)).max() < 1e-4
    room.clip(1, tone(480, RATE))
    room.run(30)
    assert click_db(room.decoded(9, 60)).max() < -85
    assert heard(room.decoded(9, 25), [480.0, 900.0], below_db=40) == {480.0}


def test_stereo_stays_stereo() -> None:
    room = Room(channels=2, bitrate_bps=256_000)
    room.talker(1, 500, amplitude=0.1)                                     # on the left
    room.clip(2, tone(900, RATE))
    room.listener(9)
    room.run(80)
    assert heard(room.mixed(9, 50, channel=0), [500.0, 900.0]) == {500.0, 900.0}
    assert heard(room.mixed(9, 50, channel=1), [500.0, 900.0], below_db=40) == {900.0}
    assert heard(room.decoded(9, 50, channel=1), [500.0, 900.0], below_db=25) == {900.0}


def test_complexity_is_limited_under_load_and_comes_back() -> None:
    def sizes(limit: int) -> list[int]:
        room = Room(bitrate_bps=32_000)
        room.clip(1, np.concatenate([buzz(index, 0.1) for index in range(50)]))
        room.listener(9)
        room.mixer.complexity_limit(limit)
        room.run(50)
        return room.ears[9].sizes

    assert sizes(1) != sizes(0) and sizes(10) == sizes(0)


def test_bitrate_loss_and_dtx_can_change_while_it_runs() -> None:
    room = Room(bitrate_bps=128_000)
    rng = np.random.default_rng(5)
    room.clip(1, (0.1 * rng.standard_normal(RATE)).astype(np.float32))
    room.listener(9)
    means = []
    for bitrate in (128_000, 24_000, 64_000):
        room.mixer.set(bitrate_bps=bitrate, expected_loss_percent=10)
        room.run(50)
        means.append(sum(room.ears[9].sizes[-40:]) / 40 * 8 * 50)
    assert all(mean == pytest.approx(bitrate, rel=0.3) for mean, bitrate in zip(means, (128_000, 24_000, 64_000), strict=True))


def test_ids_are_the_callers_and_are_used_once_at_a_time() -> None:
    mixer = door.Mixer()
    assert mixer.voice_open(1) and not mixer.voice_open(1) and not mixer.clip_open(1, b"")
    assert mixer.listener_open(1) and not mixer.listener_open(1)           # voices and listeners apart
    assert not mixer.voice_open(0) and not mixer.listener_open(0)
    mixer.voice_close(1)
    mixer.listener_close(1)
    assert mixer.voice_open(1) and mixer.listener_open(1)
    for unknown in itertools.chain([77], [2**64 - 1]):
        mixer.voice_close(unknown)
        mixer.voice_gain(unknown, 1)
        mixer.voice_set(unknown)
        mixer.voice_packet(unknown, b"\x80")
        mixer.voice_repair(unknown, 5)
        mixer.listener_close(unknown)
        mixer.listener_gain(unknown, 1)
        mixer.listener_own(unknown, 1)
        mixer.hear(unknown, 1, 1)
        assert mixer.voice_stats(unknown) is None
    assert mixer.stats()["voices"] == mixer.stats()["listeners"] == 1
