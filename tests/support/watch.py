"""What a receiver has decoded so far, and waiting until that is the picture or the tone it should be."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from tests.support.live import until
from tests.support.seeing import RATE, Colour, Heard, Seen, hear, levels, steps

# Of full scale: between them is neither there nor not there. Tones of mixing tests have 0.2.
PRESENT, ABSENT = 0.08, 0.01


class Watch:
    """Whoever decodes appends to `frames`, and to `sound` (mono, 48 kHz)."""

    def __init__(self) -> None:
        self.frames: list[Seen] = []
        self.sound: list[NDArray[np.int16]] = []

    def forget(self) -> None:
        self.frames.clear()
        self.sound.clear()

    @property
    def seconds(self) -> float:
        """Of sound."""
        return sum(len(part) for part in self.sound) / RATE

    def heard(self) -> Heard:
        """The latest second."""
        return hear(np.concatenate(self.sound)[-RATE:])

    async def sees(self, colour: Colour, frames: int = 20) -> list[Seen]:
        """Waits until nearly all of the latest decoded frames are of this picture, and so many; gives all since the last `forget`."""
        await until(
            lambda: sum(frame.shows(colour) for frame in self.frames[-frames - 5 :]) >= frames,
            f"{frames} pictures in {colour}",
            lambda: self.frames[-frames - 5 :],
        )
        return self.frames

    async def flows(self, colour: Colour, frames: int = 30) -> None:
        """Waits until the latest so many decoded frames are of this picture, all whole, each the one after the one before."""

        def flow() -> bool:
            latest = self.frames[-frames:]
            return len(latest) == frames and all(frame.shows(colour) for frame in latest) and set(steps(latest)) == {1}

        await until(flow, f"{frames} pictures in {colour}, one after the other", lambda: self.frames[-frames:])

    async def hears(self, frequency_hz: float, purity: float = 0.9) -> None:
        """Waits until the latest second is this tone."""
        await until(
            lambda: self.seconds > 1 and self.heard().is_tone(frequency_hz, purity),
            f"a tone of {frequency_hz} Hz",
            lambda: self.heard() if self.sound else "no sound",
        )

    def tones(self, frequencies_hz: Sequence[float]) -> dict[float, float]:
        """How much of each is in the latest second."""
        return levels(np.concatenate(self.sound)[-RATE:], frequencies_hz)

    def tones_by_second(self, frequency_hz: float) -> list[float]:
        """How much of one is in each whole second since the last `forget`."""
        sound = np.concatenate(self.sound)
        return [levels(sound[at : at + RATE], [frequency_hz])[frequency_hz] for at in range(0, len(sound) - RATE + 1, RATE)]

    async def hears_of(self, all_hz: Sequence[float], wanted_hz: Collection[float]) -> None:
        """Waits until the latest second has the wanted ones among these tones, and nothing of the others."""

        def right() -> bool:
            found = self.tones(all_hz) if self.seconds > 1 else {}
            return bool(found) and all(level > PRESENT if each in wanted_hz else level < ABSENT for each, level in found.items())

        await until(right, f"tones of {sorted(wanted_hz)} Hz", lambda: self.tones(all_hz) if self.sound else "no sound")
