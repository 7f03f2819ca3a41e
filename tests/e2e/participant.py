"""One side of a call in whatever browser: waiting for what it receives, and judging whose speech and picture that is."""

import asyncio
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.e2e.hearing import SAME, loudness, same_speech
from tests.e2e.sources import ALIKE, Caller, likeness

# Only ever waited out by a test that fails.
DEADLINE_S = 120.0
LISTEN_S = 4.0
# Of full scale; the speech has a tenth of it.
QUIETEST = 0.01


def attempts() -> Iterator[int]:
    """Counts how often one listens or looks again. A browser that is starved of its core stutters; it must not do so for ever."""
    end_s = time.monotonic() + DEADLINE_S
    for number in itertools.count():
        if time.monotonic() > end_s:
            return
        yield number


class Participant(ABC):
    """A page in a call. `figures` are those of `tresenCall.stats()`: `receiving` and `sending`, either may be None."""

    @abstractmethod
    async def figures(self) -> dict[str, Any]:
        """What the page measures, now."""

    @abstractmethod
    async def state(self) -> Any:
        """What to tell when a wait was in vain."""

    @abstractmethod
    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        """What is heard of the other side from now on, at 48 kHz, one channel."""

    @abstractmethod
    async def thumb(self) -> NDArray[np.float32]:
        """What is seen of the other side, small and grey."""

    async def receiving(self) -> dict[str, Any]:
        return (await self.figures())["receiving"] or {}

    async def until(self, what: str, condition: Callable[[dict[str, Any]], object], deadline_s: float = DEADLINE_S) -> dict[str, Any]:
        """Waits until what is received fulfils the condition; fails, with the last figures, when it does not."""
        end_s = time.monotonic() + deadline_s
        while True:
            receiving = await self.receiving()
            if condition(receiving):
                return receiving
            if time.monotonic() > end_s:
                raise AssertionError(f"gave up waiting: {what}; {await self.state()}, {receiving}")
            await asyncio.sleep(0.1)

    async def seeing(self, frames: int = 10) -> dict[str, Any]:
        """Waits until so many more frames have been decoded."""
        start = (await self.receiving()).get("framesDecoded") or 0
        return await self.until(f"{frames} decoded frames", lambda now: (now.get("framesDecoded") or 0) >= start + frames)

    async def watch(self, seconds: float) -> float:
        """Decoded frames a second over at least so many seconds of the page's own clock."""
        start = await self.seeing(1)
        end_ms = start["at_ms"] + 1000 * seconds
        end = await self.until(f"{seconds} s of pictures", lambda now: now["at_ms"] >= end_ms, seconds + DEADLINE_S)
        return float(1000 * (end["framesDecoded"] - start["framesDecoded"]) / (end["at_ms"] - start["at_ms"]))

    async def moves(self, seconds: float, frames_per_s: float) -> None:
        """Watches until there are as many pictures as that over so many seconds."""
        rates = []
        for _ in attempts():
            rates.append(await self.watch(seconds))
            if rates[-1] >= frames_per_s:
                return
        raise AssertionError(f"frames a second: {rates}")

    async def record(self, seconds: float) -> NDArray[np.float32]:
        """Waits for any sound packets, then records."""
        await self.until("sound", lambda now: now.get("samplesReceived"))
        return await self.capture_sound(seconds)

    async def hears(self, other: Caller) -> NDArray[np.float32]:
        """Listens until it is the other's speech, and gives the recording."""
        found = []
        for _ in attempts():
            recording = await self.record(LISTEN_S)
            found.append((round(same_speech(recording, other.speech), 3), round(loudness(recording), 4)))
            if found[-1][0] > SAME and found[-1][1] > QUIETEST:
                return recording
        raise AssertionError(f"not {other.wav.stem}'s speech; likeness and loudness: {found}")

    async def sees(self, other: Caller) -> NDArray[np.float32]:
        """Looks until it is the other's picture, and gives the thumbnail."""
        return await self.shows(f"{other.wav.stem}'s picture", other.thumbs)

    async def shows(self, what: str, thumbs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Looks until it is one of these pictures, and gives the thumbnail."""
        found = []
        for _ in attempts():
            thumb = await self.thumb()
            found.append(likeness(thumb, thumbs))
            if found[-1] > ALIKE:
                return thumb
            await self.seeing(5)
        raise AssertionError(f"not {what}: {found}")
