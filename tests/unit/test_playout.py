"""A packet stream as sound: nothing clicks, nothing is lost that need not be, and the delay follows the network."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from native.testing.playout import CONCEALED, FASTER, FEC, NORMAL, SILENCE, SLOWER, Playout

from tests.support import voice

Sound = np.ndarray[Any, np.dtype[np.float32]]


def play(
    delays_ms: list[float | None],
    packets: tuple[bytes, ...] | None = None,
    pull: int = 480,
    payload: Callable[[int], bytes] | None = None,
    seconds: float | None = None,
    **options: int,
) -> tuple[Playout, Sound, list[int]]:
    """Packet n of the voice comes delays_ms[n] after it was sent (None = never): the playout, its sound and what each pull was."""
    speech = packets or voice.packets()
    play = Playout(**options)
    coming = sorted((number * 20 + delay, number) for number, delay in enumerate(delays_ms) if delay is not None)
    sound, kinds = [], []
    for now_ms in range(0, int((seconds or len(delays_ms) * 0.02) * 1000), pull // 48):
        while coming and coming[0][0] <= now_ms:
            came_ms, number = coming.pop(0)
            body = payload(number) if payload else voice.rtp(number, speech[number % len(speech)])
            play.put(body, int(came_ms * 1000))
        kind, pcm = play.get(pull, now_ms * 1000)
        sound.append(np.frombuffer(pcm, "<f4"))
        kinds.append(kind)
    return play, np.concatenate(sound), kinds


def clickiness(sound: Sound) -> float:
    """The loudest millisecond above 12 kHz, where the made-up voice has nothing and a click has much; against the voice's loudness."""
    steep = np.diff(sound.astype(float), n=4)
    blocks = steep[: len(steep) // 48 * 48].reshape(-1, 48)
    return float(np.sqrt((blocks**2).mean(1)).max() / np.sqrt((sound.astype(float) ** 2).mean()))


def likeness(sound: Sound, other: Sound) -> float:
    """Correlation of what overlaps at the best alignment."""
    a, b = sound.astype(float), other.astype(float)
    size = 1 << (len(a) + len(b)).bit_length()
    lag = int(np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size).argmax())
    lag -= size if lag > size // 2 else 0
    a, b = a[max(-lag, 0) :], b[max(lag, 0) :]
    a, b = a[: len(b)], b[: len(a)]
    return float((a * b).sum() / math.sqrt((a**2).sum() * (b**2).sum()))


def steady(ms: float = 20.0, count: int = 200) -> list[float | None]:
    return [ms] * count


@pytest.mark.parametrize("pull", [480, 960])
@pytest.mark.parametrize("frame", [480, 960, 1920, 2880])
def test_a_steady_stream_is_what_the_decoder_makes_of_it(pull: int, frame: int) -> None:
    speech = voice.packets(frame=frame)
    made = Playout()
    sound, coming = [], list(enumerate(speech))
    for now_ms in range(0, 3900, pull // 48):
        while coming and coming[0][0] * frame / 48 + 20 <= now_ms:
            number, packet = coming.pop(0)
            assert made.put(voice.rtp(number, packet, frame=frame), now_ms * 1000) == 0
        sound.append(np.frombuffer(made.get(pull, now_ms * 1000)[1], "<f4"))
    stats = made.stats()
    assert stats["samples_concealed"] == 0 and stats["packets_late"] == 0
    # The second half, when the delay has settled.
    assert likeness(np.concatenate(sound)[-96000:], voice.decoded(frame=frame)) > 0.98


def test_jitter_reordering_and_copies_cost_no_sound() -> None:
    rng = random.Random(1)
    delays: list[float | None] = [40 + 30 * rng.random() for _ in range(200)]
    made, sound, _ = play(delays)
    assert made.stats()["samples_concealed"] <= 960
    assert likeness(sound[-96000:], voice.decoded()) > 0.98


def test_a_lost_packet_is_restored_by_fec() -> None:
    made, sound, kinds = play([20.0 if number % 12 != 7 else None for number in range(200)])
    stats = made.stats()
    assert FEC in kinds and stats["samples_fec"] >= 8 * 960
    assert stats["samples_concealed"] <= 7 * 960
    assert clickiness(sound) < 2 * clickiness(play(steady())[1])


def test_without_fec_a_lost_packet_is_concealed() -> None:
    made, _, kinds = play([20.0 if number % 12 != 7 else None for number in range(200)], voice.packets(fec=False))
    assert CONCEALED in kinds and made.stats()["samples_fec"] == 0


def test_red_brings_lost_packets_back() -> None:
    speech = voice.packets(fec=False)

    def body(number: int) -> bytes:
        copies = [(960 * back, speech[number - back]) for back in (2, 1) if number >= back]
        return voice.rtp(number, voice.red([*copies, (0, speech[number])]), voice.RED)

    delays: list[float | None] = [None if number % 15 in (7, 8) else 20.0 for number in range(200)]
    made, sound, kinds = play(delays, payload=body, red_payload_type=voice.RED, opus_payload_type=voice.OPUS, delay_min_ms=80)
    stats = made.stats()
    assert FEC in kinds and stats["samples_fec"] >= 20 * 960 and stats["samples_concealed"] == 0
    assert likeness(sound, play(steady(), speech, delay_min_ms=80)[1]) > 0.98


@pytest.mark.parametrize("step_ms", [-300, 150, 500])
def test_the_delay_follows_a_step_of_the_route(step_ms: int) -> None:
    before, after = (20.0, 20.0 + step_ms) if step_ms > 0 else (20.0 - step_ms, 20.0)
    delays: list[float | None] = [before] * 300 + [after] * 300
    made, _, _ = play(delays)
    stats = made.stats()
    assert stats["delay_ms"] <= 80 and stats["target_delay_ms"] <= 60
    assert stats["packets_late"] == 0
    changed = stats["samples_concealed"] if step_ms > 0 else stats["samples_removed"]
    assert changed >= abs(step_ms) * 48 * 0.7


@pytest.mark.parametrize("speed", [0.998, 1.002])
def test_a_clock_that_drifts_is_followed(speed: float) -> None:
    delays: list[float | None] = [100 + number * 20 * (speed - 1) for number in range(1500)]
    made, _, kinds = play(delays)
    stats = made.stats()
    assert stats["delay_ms"] <= 80 and stats["packets_discarded"] == 0 and stats["packets_late"] == 0
    assert (FASTER if speed < 1 else SLOWER) in kinds or stats["samples_concealed"] > 0


def test_nothing_clicks_where_a_stall_ends() -> None:
    delays: list[float | None] = [20.0] * 60 + [max(20.0, 200.0 - 20 * k) for k in range(20)] + [20.0] * 120
    speech = voice.packets(pauses=False)
    _, whole, _ = play(steady(), speech)
    made, sound, kinds = play(delays, speech)
    assert CONCEALED in kinds and made.stats()["packets_late"] == 0
    assert clickiness(sound) < 2 * clickiness(whole)


@pytest.mark.parametrize("channels", [1, 2])
def test_time_scaling_keeps_the_pitch_and_does_not_click(channels: int) -> None:
    speech = voice.packets(8.0, pauses=False)
    delays: list[float | None] = [420.0] * 150 + [20.0] * 200
    made, sound, kinds = play(delays, speech, channels=channels)
    _, whole, _ = play(steady(20, 350), speech, channels=channels)
    assert FASTER in kinds and made.stats()["samples_removed"] > 0.3 * 48000
    left, plain = sound[::channels], whole[::channels]
    assert clickiness(left) < 2 * clickiness(plain)

    def centre(part: Sound) -> float:
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        return float((power * np.arange(len(power))).sum() / power.sum() * 48000 / len(part))

    assert centre(left[-96000:]) == pytest.approx(centre(plain[-96000:]), rel=0.15)


def test_a_sleeping_sender_is_silence_without_loss() -> None:
    speech = voice.packets(dtx=True)
    # As browsers do: the packet that says "silence from here" is sent, those that repeat it are not.
    sent = [number for number, packet in enumerate(speech) if len(packet) > 2 or (number and len(speech[number - 1]) > 2)]
    assert len(sent) < 150                                              # the encoder did sleep
    delays: list[float | None] = [20.0 if number in sent else None for number in range(len(speech))]
    later = {number: place for place, number in enumerate(sent)}

    def body(number: int) -> bytes:
        return voice.rtp(later[number], speech[number], timestamp=2**32 - 9600 + number * 960)

    made, _, kinds = play(delays, speech, payload=body)
    stats = made.stats()
    assert kinds.count(SILENCE) > 60
    assert stats["packets_late"] == 0 and stats["samples_concealed"] < 0.1 * 48000


def test_comfort_noise_has_the_level_asked_for() -> None:
    speech = voice.packets()

    def body(number: int) -> bytes:
        return voice.rtp(number, speech[number]) if number < 50 else voice.rtp(50, b"\x3c", voice.COMFORT)

    delays: list[float | None] = [20.0] * 51 + [None] * 50
    _, sound, _ = play(delays, payload=body, opus_payload_type=voice.OPUS, comfort_payload_type=voice.COMFORT)
    level = 20 * math.log10(float(np.sqrt((sound[-24000:].astype(float) ** 2).mean())))
    assert level == pytest.approx(-60, abs=2)


def test_another_stream_takes_over_without_a_click() -> None:
    speech = voice.packets(pauses=False)

    def body(number: int) -> bytes:
        return voice.rtp(number, speech[number]) if number < 100 else voice.rtp(number, speech[number - 100], ssrc=8)

    made, sound, kinds = play(steady(), speech, payload=body)
    assert kinds[-1] == NORMAL and made.stats()["packets_discarded"] <= 5
    assert clickiness(sound) < 2 * clickiness(play(steady(), speech)[1])


def test_after_a_skip_the_sound_goes_on_as_if_it_had_been_decoded() -> None:
    speech = voice.packets(pauses=False)
    skipped, plain = Playout(), Playout()
    last, whole = b"", b""
    for now_ms in range(0, 3000, 10):
        if now_ms % 20 == 0 and now_ms >= 20:
            for made in (skipped, plain):
                made.put(voice.rtp(now_ms // 20 - 1, speech[now_ms // 20 - 1]), now_ms * 1000)
        if 500 <= now_ms < 2000:
            skipped.skip(480, now_ms * 1000)
            plain.get(480, now_ms * 1000)
        else:
            last, whole = last + skipped.get(480, now_ms * 1000)[1], whole + plain.get(480, now_ms * 1000)[1]
    assert skipped.timestamp() is not None
    ours, theirs = (np.frombuffer(part, "<f4")[24000:] for part in (last, whole))
    assert likeness(ours, theirs) > 0.95
    assert clickiness(ours) < 2 * clickiness(theirs)
    assert skipped.stats()["packets_late"] == 0


def test_the_timestamp_is_that_of_the_sample_played_next() -> None:
    made = Playout()
    assert made.timestamp() is None
    speech = voice.packets()
    for now_ms in range(0, 2000, 10):
        if now_ms % 20 == 0:
            made.put(voice.rtp(now_ms // 20, speech[now_ms // 20], timestamp=now_ms * 48), now_ms * 1000)
        made.get(480, now_ms * 1000)
    behind = 2000 * 48 - (made.timestamp() or 0)
    assert 480 <= behind <= 60 * 48


@pytest.mark.parametrize(
    "packet", [b"", b"\x80", voice.rtp(0, b"\xff"), voice.rtp(0, b"\x03\x00"), voice.rtp(0, b"x", 97), b"\x90" + voice.rtp(0, b"abc")[1:]]
)
def test_what_can_not_be_played_is_refused_and_counted(packet: bytes) -> None:
    made = Playout(opus_payload_type=voice.OPUS, red_payload_type=voice.RED)
    assert made.put(packet, 0) == -1
    assert made.stats()["packets_malformed"] == 1 and made.stats()["packets"] == 0


def test_without_packets_there_is_silence() -> None:
    made = Playout(channels=2)
    kind, pcm = made.get(960, 0)
    assert kind == SILENCE and pcm == bytes(960 * 2 * 4)
