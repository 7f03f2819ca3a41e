"""A room with plain publishers and its recordings, for tests with a real recorder's process."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediaserver import MediaServer
from mediaserver.recorder import Recording, State
from mediaserver.room import Room
from tests.support.coded import FPS, opus_tone, pictures, vp8_payloads
from tests.support.live import until
from tests.support.serving import settings
from tests.support.speaker import Speaker

Colour = tuple[int, int, int]
RED, GREEN, BLUE = (200, 30, 30), (30, 180, 30), (30, 30, 200)
PICTURES = 2000  # a film is shown once through


@dataclass
class Show:
    """What one publisher shows and sounds, and when: `tone_hz` and `colour` may be changed while it plays.

    `hold` keeps packets back instead of sending them, in `held`; `sent` counts those that left.
    """

    speaker: Speaker
    tone_hz: float = 440.0
    colour: Colour = RED
    video: bool = True
    hold: bool = False
    reports: bool = True
    held: list[Any] = field(default_factory=list)
    sent: int = 0
    media_us: int = 0
    _keyframe: bool = True
    _task: asyncio.Task[None] | None = None

    def keyframe(self) -> None:
        """The next picture is a key frame."""
        self._keyframe = True

    def _out(self, kind: str, media_us: int, payload: bytes, marker: bool) -> None:
        if self.hold:
            number = self.speaker.send(kind, media_us, payload, marker=marker, lost=True)
            self.held.append((kind, media_us, payload, marker, number))
        else:
            self.speaker.send(kind, media_us, payload, marker=marker)
            self.sent += 1

    def release(self) -> None:
        """What was held back arrives after all, all at once."""
        self.hold = False
        for kind, media_us, payload, marker, number in self.held:
            self.speaker.send(kind, media_us, payload, marker=marker, seq=number)
            self.sent += 1
        self.held.clear()

    async def play(self, seconds: float) -> None:
        """Plays on for this long."""
        loop = asyncio.get_running_loop()
        start_s, start_us, end_us = loop.time(), self.media_us, self.media_us + int(seconds * 1e6)
        picture_us = -(-start_us * FPS // 1_000_000)
        while self.media_us < end_us:
            await asyncio.sleep(max(0.0, start_s + (self.media_us - start_us) / 1e6 - loop.time()))
            at = self.media_us
            index = at // 20_000
            self._out("audio", at, opus_tone(self.tone_hz, 0.4)[10 + index % 10], True)
            while self.video and picture_us * 1_000_000 // FPS < at + 20_000:
                # Every tenth is a key frame: nobody answers requests here.
                film = pictures("VP8", (self.colour,) * 10)
                if picture_us % 10 == 0:
                    self._keyframe = True
                frame = film[0 if self._keyframe else 1 + picture_us % 9][0]
                self._keyframe = False
                payloads = vp8_payloads(frame)
                for place, payload in enumerate(payloads):
                    self._out("video", picture_us * 1_000_000 // FPS, payload, place == len(payloads) - 1)
                picture_us += 1
            if self.reports and index % 25 == 5:
                self.speaker.report("audio", at)
                if self.video:
                    self.speaker.report("video", at)
            self.media_us += 20_000


@asynccontextmanager
async def stage(folder: Path, **changes: Any) -> AsyncIterator[tuple[MediaServer, Room]]:
    """A real server with one room, recording into `folder`."""
    for frequency_hz in (440.0, 1000.0):
        opus_tone(frequency_hz, 0.4)
    for colour in (RED, GREEN, BLUE):
        pictures("VP8", (colour,) * 10)
    server = MediaServer(settings(data_dir=folder, **changes))
    await server.start()
    try:
        yield server, server.room("shop")
    finally:
        await server.stop()


async def up(recording: Recording) -> None:
    """Waits until its process is there."""
    await until(lambda: recording.state is not State.STARTING, "the recorder to come up", lambda: recording.faults)


def files(recording: Recording, identity: str | None = None) -> list[Path]:
    """Its files, in the order of their beginnings."""
    found = [file for file in recording.manifest["files"] if identity in (None, file["identity"])]
    return [recording.folder / file["name"] for file in sorted(found, key=lambda file: file["start_us"])]


def pid(recording: Recording, index: int = 0) -> int:
    """Of one of its processes."""
    link = recording._feeds[index].link
    assert link is not None and link.pid is not None
    return link.pid


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
