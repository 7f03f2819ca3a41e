"""Any commands and any packets into the mixer, in any order: nothing breaks, every bound holds (a sanitizer build sees more)."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from native.testing import mixer as door
from tests.support.mixing import FRAME, Talker, rtp, tone

IDS = [*range(1, 25), 2**64 - 1]
GAINS = [0.0, 1.0, 0.5, 8.0, 1e30, -1.0, -1e30, float("nan"), float("inf"), float("-inf"), 1e-40]
LEVELS = [-1, 0, 10, 40, 127, 128, -(2**31), 2**31 - 1]


def packets(rng: random.Random) -> Callable[[], bytes]:
    """Opus as it should be, cut, mutated, or bytes."""
    talkers = [Talker(400 + 100 * index, rng.choice([0.01, 0.3, 1.0])) for index in range(3)]
    real = [talker.packet() for talker in talkers for _ in range(30)]
    ticks = iter(range(10**9))

    def next_packet() -> bytes:
        data = bytearray(rng.choice(real))
        match rng.randrange(8):
            case 0:
                return rng.randbytes(rng.randrange(200))
            case 1:
                return bytes(data[: rng.randrange(len(data))])
            case 2:
                for _ in range(rng.randrange(1, 6)):
                    data[rng.randrange(len(data))] = rng.getrandbits(8)
                return bytes(data)
            case 3:
                return rtp(rng.getrandbits(16), rng.getrandbits(32), rng.randbytes(rng.randrange(1300)), rng.getrandbits(32))
            case _:
                count = next(ticks)
                return rtp(count, count * FRAME, bytes(data[12:]))

    return next_packet


class Storm:
    """A mixer and somebody without any manners."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.mixer = door.Mixer(channels=self.rng.choice([1, 2]), complexity=1)
        self.packet = packets(self.rng)
        self.now_us = 0
        self.voices: set[int] = set()
        self.listeners: set[int] = set()
        self.heard: dict[int, int] = {}

    def operate(self) -> None:
        rng, mixer = self.rng, self.mixer
        voice, listener, gain = rng.choice(IDS), rng.choice(IDS), rng.choice(GAINS)
        options = {name: rng.random() < 0.3 for name in ("detect_voice", "automatic_level", "suppress_noise")}
        match rng.randrange(14):
            case 0:
                assert mixer.voice_open(voice, gain=gain, **options) == (voice not in self.voices)
                self.voices.add(voice)
            case 1:
                wild = rng.choice([tone(440, rng.randrange(3000)), np.full(999, rng.choice(GAINS), np.float32), np.zeros(0, np.float32)])
                assert mixer.clip_open(voice, wild.tobytes(), rng.random() < 0.5, gain) == (voice not in self.voices)
                self.voices.add(voice)
            case 2 if rng.random() < 0.5:
                mixer.voice_close(voice)
                self.voices.discard(voice)
            case 3:
                assert mixer.listener_open(listener, rng.choice([0, voice]), gain) == (listener not in self.listeners)
                self.listeners.add(listener)
            case 4 if rng.random() < 0.5:
                mixer.listener_close(listener)
                self.listeners.discard(listener)
                self.heard.pop(listener, None)
            case 5:
                mixer.voice_set(voice, gain=gain, **options)
            case 6:
                mixer.voice_gain(voice, gain)
            case 7:
                mixer.listener_gain(listener, gain)
            case 8:
                mixer.listener_own(listener, rng.choice([0, voice]))
            case 9 | 10:
                mixer.hear(listener, voice, gain)
            case 11:
                mixer.voice_repair(voice, rng.choice([0, -1, 50_000, 2**62, -(2**62)]))
                mixer.voice_stats(voice)
            case 12 if rng.random() < 0.2:
                small, large = rng.choice([0, 1, 100, 255]), rng.choice([0, 1, 2**32 - 1])
                mixer.set(complexity=small, expected_loss_percent=small, dtx=small == 1, bitrate_bps=large, speakers_most=large & 0xFFFF)
                mixer.complexity_limit(rng.choice([-5, 0, 1, 99]))
            case _:
                mixer.voice_packet(voice, self.packet(), rng.choice(LEVELS), self.now_us)

    def tick(self) -> None:
        self.now_us += self.rng.choice([20_000, 20_000, 20_000, 0, -50_000, 10**9])
        moves, made, notices = self.mixer.tick(self.now_us)
        assert len({listener for listener, _ in moves}) == len(moves)
        self.heard |= dict(moves)
        # Everybody hears a mix that there is, and there is none that nobody hears.
        assert set(self.heard) == self.listeners and set(self.heard.values()) == set(made)
        assert {voice for voice, _ in notices} <= self.voices
        for mix, packet in made.items():
            sound = np.frombuffer(self.mixer.samples(mix), np.float32)
            assert np.abs(sound).max() < 0.8913 and len(packet["payload"]) <= 1275 and packet["level"] <= 127
        stats = self.mixer.stats()
        assert (stats["voices"], stats["listeners"], stats["mixes"]) == (len(self.voices), len(self.listeners), len(made))


@pytest.mark.parametrize("seed", range(6))
def test_a_storm_of_commands_and_packets_breaks_nothing(seed: int) -> None:
    storm = Storm(seed)
    for _ in range(3000):
        storm.operate()
        if storm.rng.random() < 0.05:
            storm.tick()
    for voice in list(IDS):
        storm.mixer.voice_close(voice)
        storm.mixer.listener_close(voice)
    _, made, _ = storm.mixer.tick(storm.now_us)
    assert made == {} and storm.mixer.stats()["mixes"] == 0


def test_listeners_voices_and_entries_have_their_most() -> None:
    mixer = door.Mixer(complexity=1)
    assert sum(mixer.listener_open(listener) for listener in range(1, 6000)) == 4096
    assert sum(mixer.clip_open(voice, b"", False, 1.0) for voice in range(1, 6000)) == 4096
    for listener in range(1, 41):
        for voice in range(1, 2001):
            mixer.hear(listener, 100_000 + voice, 1.0)
    moves, packets_, notices = mixer.tick(0)
    assert (len(moves), len(packets_), len(notices)) == (4096, 1, 4096)
    # At the most of entries nobody gets one more, and who needs one for his own voice is refused rather than made to hear himself.
    mixer.listener_close(4096)
    assert not mixer.listener_open(9999, own_voice=1)
    assert mixer.listener_open(9999)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(os.environ.get("NATIVE_DEBUG") == "1", reason="the address sanitizer keeps freed memory for a while, on purpose")
def test_memory_does_not_grow_with_what_comes_and_goes() -> None:
    mixer = door.Mixer(complexity=1)
    clip = tone(440, FRAME).tobytes()
    after = []
    for turn in range(6):
        for number in range(1, 61):
            voice = turn * 1000 + number
            mixer.clip_open(voice, clip, True, 1.0)
            mixer.listener_open(voice, voice)
            mixer.hear(voice, voice + 1, 0.5)
        mixer.ticks(0, 3)
        for number in range(1, 61):
            mixer.voice_close(turn * 1000 + number)
            mixer.listener_close(turn * 1000 + number)
        mixer.ticks(0, 2)
        after.append(resident_bytes())
    assert mixer.stats()["voices"] == mixer.stats()["mixes"] == 0
    # A turn takes 60 encoders, 4 MB in all: kept five times over, they would show.
    assert after[-1] - after[0] < 6_000_000
