"""The media server of this process as a call's media plane.

For `app`, which makes it where there is one. Keeps each room's plan and makes it true twice: at once for who is there, and at the gate for
who comes, before their first packet. So a supervisor who listens is never heard, not even after a reload, and who has left a call
cannot come back with the token they had.

Invariants: only rooms named by a call's id are touched; a room of a call that is not planned lets nobody in.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mediaserver import Clip, MediaServer, Room
from mediaserver.errors import Forbidden, LocalError
from mediaserver.events import (
    Event,
    ParticipantJoined,
    ParticipantLeft,
    SpeakingChanged,
    TrackPublished,
    TrackUnpublished,
)
from mediaserver.keys import api_keys
from mediaserver.participant import Publication
from mediaserver.recorder import Recording, RecordingChanged, State
from mediaserver.tokens import mint
from signalling.calling.media import Joined, Left, MediaEvent, Missed, Recorded, Sample, Spoke, TrackChanged
from signalling.calling.plan import SCREEN, Place, RecordingPlan, RoomPlan, owner

log = logging.getLogger(__name__)

# Two short tones, as telephones say that they record; only heard where no announcement is configured.
BEEP_HZ = 1400.0
BEEP = [(0.2, 0.15), (0.2, 0.0)]
RUNNING = frozenset({State.STARTING, State.RECORDING, State.PAUSED})
ENDED = frozenset({State.COMPLETE, State.INCOMPLETE})


class LocalMedia:
    """See the module."""

    def __init__(self, server: MediaServer, *, announcement: Path | None = None) -> None:
        """Becomes the server's gate. `announcement`: the sound file that tells everybody of a recording; None: two tones."""
        self._server = server
        self._key, self._secret = next(iter(api_keys(server.settings).items()))
        self._announcement = announcement
        self._plans: dict[str, RoomPlan] = {}
        self._arranged: dict[str, tuple[Room, dict[str, Place]]] = {}
        self._recordings: dict[str, tuple[str, Room, Recording]] = {}
        self._ours: dict[str, tuple[str, Recording]] = {}  # the recorder's id -> ours
        self._sent: dict[str, tuple[int, int]] = {}  # session -> packets acknowledged, reported lost
        self._tasks: set[asyncio.Task[None]] = set()
        server.gate = self._gate

    def admit(self, room: str, identity: str, *, name: str, publish: bool, ttl_s: int) -> str:
        """See `MediaPlane`."""
        return mint(self._key, self._secret, identity=identity, room=room, can_publish=publish, ttl_s=ttl_s, name=name)

    def ice_servers(self) -> list[dict[str, Any]]:
        """See `MediaPlane`."""
        return [each.model_dump(exclude_defaults=True) for each in self._server.settings.ice_servers]

    async def apply(self, plan: RoomPlan) -> None:
        """See `MediaPlane`."""
        if plan.open:
            self._plans[plan.room] = plan
        else:
            self._plans.pop(plan.room, None)
        room = self._server.rooms.get(plan.room)
        if room is None:
            self._forget(plan.room)
        elif not plan.open:
            self._record(room, None)
            room.close()
            self._forget(plan.room)
        else:
            for identity in [each for each in room.participants if not _may_enter(plan, each)]:
                room.participants[identity].close()
            if not room.closed:
                self._arrange(room, plan)
                self._record(room, plan.recording if room.participants else None)

    def present(self, room: str) -> frozenset[str]:
        """See `MediaPlane`."""
        found = self._server.rooms.get(room)
        return frozenset() if found is None else frozenset(each for each in found.participants if not each.endswith(SCREEN))

    async def samples(self, room: str) -> Mapping[str, Sample]:
        """See `MediaPlane`. Loss is what the peers report of what we send them, the round trip is the worse of their connections."""
        found = self._server.rooms.get(room)
        samples: dict[str, Sample] = {}
        for participant in list(found.participants.values()) if found is not None else ():
            for session in participant.sessions:
                figures = await self._server.stats(session)
                if not figures.get("packets_sent") and not figures.get("packets_received"):
                    continue
                total = (int(figures.get("acknowledged", 0)), int(figures.get("reported_lost", 0)))
                former = self._sent.get(session.id, (0, 0))
                self._sent[session.id] = total
                arrived, lost = max(0, total[0] - former[0]), max(0, total[1] - former[1])
                loss = 100.0 * lost / (arrived + lost) if arrived + lost else 0.0
                rtt = int(figures.get("rtt_us", 0)) / 1000
                leg = participant.identity.removesuffix(SCREEN)
                worst = samples.get(leg, Sample(0.0, 0.0))
                samples[leg] = Sample(max(rtt, worst.rtt_ms), max(loss, worst.loss_percent))
        self._sent = {each: total for each, total in self._sent.items() if each in self._server.sessions}
        return samples

    async def stats(self, room: str) -> dict[str, Any]:
        """See `MediaPlane`."""
        found = self._server.rooms.get(room)
        if found is None:
            return {"open": False, "participants": [], "tracks": [], "mixer": {}, "recordings": []}
        participants = [
            {
                "identity": participant.identity,
                "sessions": [
                    {"publishes": isinstance(session, Publication), "connected": session.established, **await self._server.stats(session)}
                    for session in participant.sessions
                ],
            }
            for participant in list(found.participants.values())
        ]
        tracks = [
            {"identity": track.identity, "kind": track.kind, "codec": track.format.name, "withheld": found.withholds(track)}
            for track in list(found.tracks.values())
        ]
        held = self._recordings.get(room)
        recordings = [] if held is None else [{"id": held[0], "state": held[2].state.value, "faults": list(held[2].faults)}]
        mixer = await found.mixer_stats()
        return {"open": True, "participants": participants, "tracks": tracks, "mixer": mixer, "recordings": recordings}

    def watch(self, listener: Callable[[MediaEvent], None]) -> Callable[[], None]:
        """See `MediaPlane`."""
        task = asyncio.get_running_loop().create_task(self._listen(listener))
        self._keep(task)

        def cancel() -> None:
            task.cancel()

        return cancel

    async def _listen(self, listener: Callable[[MediaEvent], None]) -> None:
        while True:
            stream = self._server.events()
            try:
                async for event in stream:
                    told = self._recorded(event) if isinstance(event, RecordingChanged) else _told(event)
                    if told is not None:
                        listener(told)
                return  # the server has stopped
            except LocalError as error:
                log.warning("Media events were missed: %s", error)
                listener(Missed())
            finally:
                stream.close()

    # Making the plan true.

    def _gate(self, room: Room, identity: str) -> None:
        if owner(room.name) is None:
            return
        plan = self._plans.get(room.name)
        if plan is None or not _may_enter(plan, identity):
            raise Forbidden("You are not in this call, or not any more.", code="not_in_call")
        self._arrange(room, plan)

    def _arrange(self, room: Room, plan: RoomPlan) -> None:
        known, former = self._arranged.get(room.name, (None, {}))
        if known is not room:
            former = {}
            if plan.places:
                room.set_audio(mode=None)  # it is ours from here on: it stays while it is empty
        for leg, place in plan.places.items():
            room.set_gain(leg, leg + SCREEN, 0.0)  # who shows something with sound has it already
            for identity in (leg, leg + SCREEN):
                if former.get(leg) != place or place.supervising == "whisper":
                    _put(room, identity, place, former.get(leg, Place()), plan.whispers_to)
        self._arranged[room.name] = (room, dict(plan.places))

    def _record(self, room: Room, wanted: RecordingPlan | None) -> None:
        held = self._recordings.get(room.name)
        if held is not None and (wanted is None or held[0] != wanted.id or held[1] is not room):
            held[2].close()
            self._recordings.pop(room.name)
            held = None
        if wanted is None:
            return
        if held is None:
            recording = room.record()
            if wanted.paused:
                recording.pause()
            self._recordings[room.name] = (wanted.id, room, recording)
            self._ours[recording.id] = (wanted.id, recording)
            self._keep(asyncio.get_running_loop().create_task(self._announce(room)))
        else:
            recording = held[2]
            if recording.state not in RUNNING:
                return  # it has failed, as `Recorded` tells; another would fail the same way
            if wanted.paused:
                recording.pause()
        granted = {identity for leg in wanted.granted for identity in (leg, leg + SCREEN)}
        for identity in recording.granted - granted:
            recording.revoke(identity)
        for identity in granted - recording.granted:
            recording.grant(identity)
        if not wanted.paused:
            recording.resume()

    def _recorded(self, event: RecordingChanged) -> Recorded | None:
        if event.state not in ENDED or event.recording not in self._ours:
            return None
        recording_id, recording = self._ours.pop(event.recording)
        return Recorded(event.room, recording_id, recording.id, event.state is State.COMPLETE, recording.faults)

    async def _announce(self, room: Room) -> None:
        sound: Clip | Path = self._announcement or Clip.tone(BEEP_HZ, BEEP)
        try:
            await room.announce(sound)
        except LocalError as error:
            log.error("The announcement of a recording could not be played: %s", error)

    def _forget(self, room: str) -> None:
        self._arranged.pop(room, None)
        self._recordings.pop(room, None)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _may_enter(plan: RoomPlan, identity: str) -> bool:
    place = plan.places.get(identity.removesuffix(SCREEN))
    return place is not None and (place.screen or not identity.endswith(SCREEN))


def _put(room: Room, identity: str, place: Place, former: Place, whispers_to: frozenset[str]) -> None:
    """Gives an identity its part; what is as it should be stays untouched."""
    screen = identity.endswith(SCREEN)
    room.mute(identity, place.muted)
    room.veil(identity, place.screen_veiled if screen else place.veiled)
    match place.supervising:
        case "monitor":
            room.monitor(identity)
        case "whisper":
            if whispers_to:
                room.whisper(identity, to=whispers_to)
            else:
                room.monitor(identity)
        case "barge":
            room.barge(identity)
    if place.held and not former.held:  # said again it would begin the music anew
        room.hold(identity, music=not screen)
    elif not place.held:
        room.resume(identity)


def _told(event: Event) -> MediaEvent | None:
    """A media server's event as calls hear it, None for what they have no use for."""
    if owner(event.room) is None:
        return None
    match event:
        case ParticipantJoined(room, identity) if not identity.endswith(SCREEN):
            return Joined(room, identity)
        case ParticipantLeft(room, identity) if not identity.endswith(SCREEN):
            return Left(room, identity)
        case TrackPublished(room, track) | TrackUnpublished(room, track):
            return TrackChanged(
                room,
                track.identity.removesuffix(SCREEN),
                "audio" if track.kind == "audio" else "video",
                "screen" if track.identity.endswith(SCREEN) else "camera",
                isinstance(event, TrackPublished),
            )
        case SpeakingChanged(room, identity, speaking):
            return Spoke(room, identity, speaking)
    return None
