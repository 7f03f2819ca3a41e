"""The native mixer against the plain one: under any sequence of commands every listener hears exactly what the matrix says."""

import random

import numpy as np
import pytest

from native.testing import mixer as door
from tests.oracle.plain_mixer import FRAME, PlainListener, PlainMixer

VOICES = range(1, 9)
LISTENERS = range(1, 13)
GAINS = [0.0, 0.0, 0.25, 0.5, 1.0, 1.0, 1.0]


class Pair:
    """Both mixers, told the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sounds = np.random.default_rng(seed)
        self.native, self.plain = door.Mixer(complexity=1), PlainMixer()
        self.mixes: dict[int, int] = {}
        self.newcomers: dict[int, int] = {}    # ticks heard by those who have just come
        self.held = {listener: np.zeros(door.LOOK_AHEAD_SAMPLES) for listener in LISTENERS}
        self.now_us = 0

    def command(self) -> None:
        """One change, as it may come."""
        voice, listener, gain = self.random.choice(VOICES), self.random.choice(LISTENERS), self.random.choice(GAINS)
        present = self.plain.listeners.get(listener)
        kinds = ["voice", "voice", "close", "gain", "listener", "listener", "leave", "volume", "own", "hear", "hear", "unhear"]
        match self.random.choice(kinds):
            case "voice" if voice not in self.plain.voices:
                sound = self.sounds.uniform(-0.02, 0.02, self.random.choice([700, 3000, 20_000])).astype(np.float32)
                loop = self.random.random() < 0.8
                assert self.native.clip_open(voice, sound.tobytes(), loop, gain)
                self.plain.open(voice, sound.astype(np.float64), loop, gain)
            case "close" if voice in self.plain.voices:
                self.native.voice_close(voice)
                self.plain.close(voice)
            case "gain" if voice in self.plain.voices:
                self.native.voice_gain(voice, gain)
                self.plain.voices[voice][1].gain = gain
            case "listener" if present is None:
                own = self.random.choice([0, voice])
                assert self.native.listener_open(listener, own, gain)
                self.plain.listeners[listener] = PlainListener(own, gain)
                self.newcomers[listener] = 0
            case "leave" if present is not None and self.random.random() < 0.3:
                self.native.listener_close(listener)
                del self.plain.listeners[listener]
            case "volume" if present is not None:
                self.native.listener_gain(listener, gain)
                present.gain = gain
            case "own" if present is not None:
                own = self.random.choice([0, voice])
                self.native.listener_own(listener, own)
                present.own = own
            case "hear" if present is not None:
                self.native.hear(listener, voice, gain)
                present.entries[voice] = gain
            case "unhear" if present is not None:
                self.native.hear(listener, voice, -1)
                present.entries.pop(voice, None)

    def tick(self) -> None:
        expected = self.plain.tick()
        moves, packets, _ = self.native.tick(self.now_us)
        self.now_us += 20_000
        self.mixes |= dict(moves)
        self.mixes = {listener: mix for listener, mix in self.mixes.items() if listener in self.plain.listeners}
        assert set(packets) == set(self.mixes.values())
        for listener, sound in expected.items():
            heard = np.frombuffer(self.native.samples(self.mixes[listener]), np.float32)
            late = np.concatenate([self.held[listener], sound])
            self.held[listener] = sound[-door.LOOK_AHEAD_SAMPLES :]
            # The first tick of a newcomer is told otherwise (see plain_mixer), and its end is still in the look-ahead of the second.
            self.newcomers[listener] = self.newcomers.get(listener, 2) + 1
            if self.newcomers[listener] > 2:
                assert np.allclose(heard, late[:FRAME], atol=2e-6), (listener, np.flatnonzero(abs(heard - late[:FRAME]) > 2e-6)[[0, -1]])


@pytest.mark.parametrize("seed", range(12))
def test_every_listener_hears_what_the_matrix_says(seed: int) -> None:
    pair = Pair(seed)
    for _ in range(12):
        pair.command()
    for _ in range(150):
        # Bursts of commands and quiet times, so that mixes meet and part.
        for _ in range(pair.random.choice([0, 0, 0, 0, 1, 1, 3, 8])):
            pair.command()
        pair.tick()
    for _ in range(40):  # every clip that ends has ended, and mixes that are alike have met
        pair.tick()
    sounding = {serial for serial, voice in pair.plain.voices.values() if voice.loop or voice.at < len(voice.sound)}
    distinct = {
        tuple(sorted((serial, gain) for serial, gain in listener.heard.items() if gain > 0 and serial in sounding))
        for listener in pair.plain.listeners.values()
    }
    assert pair.native.stats()["mixes"] == len(distinct)
    assert pair.native.stats()["limited"] == 0
