"""Somebody in a room, and their sessions: at most one that publishes, some that subscribe.

Sessions are made by `Room` and end by `close`, by the peer, or by their transport. Not for deciding who sees what (`slots`) nor for
negotiating (`answer`). Invariant: a session is in its participant's and its server's books exactly as long as it is open.
"""

import asyncio
import secrets
from typing import TYPE_CHECKING

from mediaserver.ice import Credentials
from mediaserver.slots import Slot, Track
from mediaserver.transport import EndReason, Transport

if TYPE_CHECKING:
    from mediaserver.room import Room

SESSION_ID_BYTES = 18  # 144 random bits: who knows a session's address may end it
ETAG_BYTES = 6
# Of one subscription, who wait to hear of a change: a page and its reload.
MAX_WATCHERS = 2


class Session:
    """One peer connection of a participant. `id` is unguessable; `etag` names its current ICE session."""

    __slots__ = ("_media_seen", "closed", "established", "etag", "id", "mid", "opened_s", "owner_proof", "participant", "transport")

    def __init__(self, participant: "Participant", mid: str, opened_s: float) -> None:
        self.participant = participant
        self.id = secrets.token_urlsafe(SESSION_ID_BYTES)
        self.etag = secrets.token_urlsafe(ETAG_BYTES)
        self.mid = mid  # of the m-line that speaks for the BUNDLE
        self.opened_s = opened_s
        self.owner_proof = b""  # whatever the protocol's handler wants to know its owner by
        self.transport: Transport  # set by Room as soon as it is open
        self.closed = self.established = self._media_seen = False

    @property
    def room(self) -> "Room":
        """Where it is."""
        return self.participant.room

    def restart(self, remote: Credentials) -> Credentials:
        """ICE restart: our new credentials; `etag` changes."""
        self.etag = secrets.token_urlsafe(ETAG_BYTES)
        return self.transport.restart(remote)

    def close(self) -> None:
        """Ends it and frees everything it had. Idempotent."""
        self.room.end(self)

    def on_established(self) -> None:
        """Its handshake is through: the peer is who the offer said."""
        self.established = True
        self.room.established(self)

    def on_ended(self, reason: EndReason, error: Exception | None) -> None:
        """Its transport has ended by itself."""
        self.room.transport_ended(self, reason, error)

    def on_error(self, error: Exception) -> None:
        """An event of its tracks could not be handled."""
        self.room.transport_ended(self, EndReason.ERROR, error)

    def on_producer_started(self, producer_id: int, codec: str, ssrc: int) -> None:
        """The first packet of a track came."""
        self._media_flows()

    def on_producer_stalled(self, producer_id: int) -> None:
        """A muted camera or a lost path: consent tells the two apart, so nothing is done here."""

    def on_producer_dtmf(self, producer_id: int, digit: str, duration_ms: int) -> None:
        """A key was pressed and released."""
        self.room.key_pressed(self.participant.identity, digit, duration_ms)

    def on_consumer_started(self, consumer_id: int) -> None:
        """The first packet of a track was forwarded to it."""
        self._media_flows()

    def _media_flows(self) -> None:
        if not self._media_seen:
            self._media_seen = True
            self.room.media_flows(self)


class Publication(Session):
    """A session that sends us tracks."""

    __slots__ = ("tracks",)

    def __init__(self, participant: "Participant", mid: str, opened_s: float) -> None:
        super().__init__(participant, mid, opened_s)
        self.tracks: tuple[Track, ...] = ()


class Subscription(Session):
    """A session we send tracks to. `wanted` narrows it to one participant's tracks; `mixed`: its sound is mixed, forwarded, or (None) as
    its room's usually is."""

    __slots__ = ("_watchers", "mixed", "slots", "wanted")

    def __init__(self, participant: "Participant", mid: str, opened_s: float, wanted: str | None, mixed: bool | None = None) -> None:
        super().__init__(participant, mid, opened_s)
        self._watchers: list[asyncio.Future[bool]] = []
        self.slots: tuple[Slot, ...] = ()
        self.wanted = wanted
        self.mixed = mixed

    @property
    def audio_slot(self) -> Slot | None:
        """The one that carries a mix: its first for sound."""
        return next((slot for slot in self.slots if slot.kind == "audio"), None)

    def set_mixed(self, mixed: bool | None) -> None:
        """Switches its sound over while it runs, without renegotiation."""
        self.mixed = mixed
        if not self.closed:
            self.room.rearrange(self)

    def stir(self) -> None:
        """What its slots carry may be another thing now: wakes who waits for that."""
        while self._watchers:
            _wake(self._watchers.pop(), True)

    async def stirred(self, timeout_s: float) -> bool:
        """Returns True at the next `stir`, False after this time, or when too many wait: who does so longest goes."""
        watcher = asyncio.get_running_loop().create_future()
        self._watchers.append(watcher)
        if len(self._watchers) > MAX_WATCHERS:
            _wake(self._watchers.pop(0), False)
        try:
            return await asyncio.wait_for(watcher, timeout_s)
        except TimeoutError:
            return False
        finally:
            if watcher in self._watchers:
                self._watchers.remove(watcher)


def _wake(watcher: asyncio.Future[bool], stirred: bool) -> None:
    if not watcher.done():
        watcher.set_result(stirred)


class Participant:
    """An identity that has at least one session in a room."""

    __slots__ = ("identity", "publication", "room", "subscriptions")

    def __init__(self, room: "Room", identity: str) -> None:
        self.room = room
        self.identity = identity
        self.publication: Publication | None = None
        self.subscriptions: list[Subscription] = []

    @property
    def sessions(self) -> list[Session]:
        """All open ones, the publishing one first."""
        return [*([self.publication] if self.publication is not None else []), *self.subscriptions]

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What it publishes."""
        return self.publication.tracks if self.publication is not None else ()

    def close(self) -> None:
        """Ends all sessions: the participant leaves the room."""
        for session in self.sessions:
            session.close()
