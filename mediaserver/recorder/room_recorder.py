"""All recordings of one server: made for rooms, told when tracks come and go, ended with their rooms. Owned by `MediaServer`."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypedDict

from mediaserver.events import EventHub
from mediaserver.recorder.link import COMMAND
from mediaserver.recorder.recording import Plan, Recording

if TYPE_CHECKING:
    from mediaserver.config import MediaSettings
    from mediaserver.recorder.container import Format
    from mediaserver.recorder.files import Grouping
    from mediaserver.room import Room

__all__ = ["FOLDER", "RecordOptions", "RoomRecorder", "folder_name"]

FOLDER = "recordings"
NAME_CHARS_MOST = 64
# Manifests only; a disk that hangs holds up those of the same server, and nothing else.
THREADS = 2
RUNNING = ("starting", "recording", "paused", "stopping")
TOTALS = ("packets", "lost", "bytes", "dropped")


class RecordOptions(TypedDict, total=False):
    """What may differ from the configuration. `tracks`: the participants' own files; `composed`: one file of all."""

    container: "Format"
    grouping: "Grouping"
    tracks: bool
    composed: bool


def folder_name(room: str) -> str:
    """A room's folder: readable, safe in any file system, different for different rooms."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", room)
    if plain == room and len(room) <= NAME_CHARS_MOST:
        return room
    return f"{plain[:NAME_CHARS_MOST]}.{hashlib.sha256(room.encode()).hexdigest()[:12]}"


class RoomRecorder:
    """See the module. `command` is what starts a recorder's process."""

    def __init__(self, settings: "MediaSettings", hub: EventHub) -> None:
        self.command: Sequence[str] = COMMAND
        self._settings, self._hub = settings, hub
        self._recordings: dict[str, list[Recording]] = {}
        self._executor: ThreadPoolExecutor | None = None
        self._ended = {"complete": 0, "incomplete": 0}
        self._totals = dict.fromkeys((*TOTALS, "restarts"), 0)

    def record(
        self,
        room: "Room",
        *,
        container: "Format | None" = None,
        grouping: "Grouping | None" = None,
        tracks: bool = True,
        composed: bool | None = None,
    ) -> Recording:
        """Begins one; see `Room.record`."""
        settings = self._settings
        if self._executor is None:
            self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="recordings")
        outputs: tuple[str, ...] = ("tracks",) if tracks else ()
        if settings.recording_composed if composed is None else composed:
            outputs += ("composed",)
        key = next(iter(settings.recording_keys.items()), None)
        plan = Plan(
            folder=settings.data_dir / FOLDER / folder_name(room.name),
            container=container or settings.recording_container,
            grouping=grouping or settings.recording_grouping,
            key={"id": key[0], "secret": key[1]} if key is not None else None,
            outputs=outputs,
            # The process is on this machine: loopback, unless the worker listens on one address alone.
            server_host={"::": "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(settings.udp_host, settings.udp_host),
        )
        recording = Recording(room, self._hub, plan, self._executor, lambda each: self._forget(room, each), self.command)
        self._recordings.setdefault(room.name, []).append(recording)
        return recording

    def follow(self, room: "Room") -> None:
        """The room's tracks have changed."""
        for recording in self._recordings.get(room.name, ()):
            recording.follow()

    def close_room(self, room: "Room") -> None:
        """The room is gone: its recordings end."""
        for recording in self._recordings.get(room.name, ()):
            recording.close()

    async def close(self) -> None:
        """Ends all recordings and waits until their files are complete."""
        await asyncio.gather(*(recording.stop() for each in list(self._recordings.values()) for recording in list(each)))
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None

    def _forget(self, room: "Room", recording: Recording) -> None:
        recordings = self._recordings[room.name]
        recordings.remove(recording)
        if not recordings:
            del self._recordings[room.name]
        self._ended[recording.state.value] += 1
        for name, value in self._own_totals(recording).items():
            self._totals[name] += value

    @staticmethod
    def _own_totals(recording: Recording) -> dict[str, int]:
        return {**recording.totals, "restarts": recording.restarts}

    @property
    def open(self) -> list[Recording]:
        """Those that have not ended."""
        return [recording for each in self._recordings.values() for recording in each]

    def counters(self) -> dict[str, int]:
        """For the metrics: recordings by state, and totals since the start."""
        counters = {f"state_{state}": sum(each.state.value == state for each in self.open) for state in RUNNING}
        counters |= {f"ended_{state}": count for state, count in self._ended.items()}
        for name, value in self._totals.items():
            counters[name] = value + sum(self._own_totals(recording)[name] for recording in self.open)
        return counters
