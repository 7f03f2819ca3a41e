"""The mixer's rule as plainly as it can be said: every listener's sound summed over all voices, one by one, gains ramped as one has them.

No sharing, no rows, no limiter: what the native mixer must come to for every listener, whoever shares what with whom. Clips only.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FRAME = 960
RAMP = 480
GAIN_MOST = 8.0
Samples = NDArray[np.float64]


def ramp(start: float, end: float) -> Samples:
    """The gain of each sample of a tick in which it goes from one to the other."""
    at = np.minimum((np.arange(FRAME) + 0.5) / RAMP, 1)
    return np.asarray(start + (end - start) * at * at * (3 - 2 * at))


@dataclass
class PlainVoice:
    sound: Samples
    loop: bool
    gain: float
    at: int = 0

    def next(self) -> Samples:
        index = np.arange(self.at, self.at + FRAME)
        self.at += FRAME
        if self.loop:
            return self.sound[index % len(self.sound)]
        return np.where(index < len(self.sound), self.sound[np.minimum(index, len(self.sound) - 1)], 0.0)


@dataclass
class PlainListener:
    own: int
    gain: float
    entries: dict[int, float] = field(default_factory=dict)
    heard: dict[int, float] = field(default_factory=dict)  # gains at the end of the last tick, by the voice's serial
    placed: bool = False


class PlainMixer:
    """Voices have serials besides their ids, so that one that comes back under its id is another."""

    def __init__(self) -> None:
        self.voices: dict[int, tuple[int, PlainVoice]] = {}
        self.fading: dict[int, PlainVoice] = {}
        self.listeners: dict[int, PlainListener] = {}
        self.serial = 0

    def open(self, voice: int, sound: Samples, loop: bool, gain: float) -> None:
        self.serial += 1
        self.voices[voice] = (self.serial, PlainVoice(sound, loop, min(max(gain, 0), GAIN_MOST)))

    def close(self, voice: int) -> None:
        serial, closed = self.voices.pop(voice)
        self.fading[serial] = closed

    def gain(self, listener: PlainListener, voice: int) -> float:
        if listener.own == voice:
            return 0.0
        if voice in listener.entries:
            return min(listener.entries[voice], GAIN_MOST)
        return listener.gain * self.voices[voice][1].gain

    def tick(self) -> dict[int, Samples]:
        """Every listener's next 20 ms."""
        sounds = {serial: voice.next() for serial, voice in self.voices.values()}
        sounds |= {serial: voice.next() for serial, voice in self.fading.items()}
        out = {}
        for name, listener in self.listeners.items():
            wanted = {serial: self.gain(listener, voice) for voice, (serial, _) in self.voices.items()}
            # Who has just come may join others' sound in the middle: only from the next tick on is it told to the sample.
            before = listener.heard if listener.placed else wanted
            total = np.zeros(FRAME)
            for serial, sound in sounds.items():
                total += sound * ramp(before.get(serial, 0.0), wanted.get(serial, 0.0))
            out[name] = total
            listener.heard, listener.placed = wanted, True
        self.fading.clear()
        return out
