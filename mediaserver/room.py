"""A room: who is in it, which tracks there are, and who gets them. It lives on one worker.

Made by `MediaServer.room`. `publish` and `subscribe` are complete when they return: the answer can be sent, the engine has been told
all. Decisions are `answer`'s and `slots`'; this file keeps the books of sessions and tracks and gives the commands for them. What can be
done with a running call (hold, whisper, announce, ...) is in `conference`, its base.

Invariants: the tracks are those of the open publications; every change of the tracks is followed by a new assignment of every
subscription before anything else happens; the former producer is closed after its consumers have moved away from it.
"""

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Unpack

from mediaserver.answer import Answer, Incoming, Local, Outgoing, answer_publish, answer_subscribe
from mediaserver.conference import Conference
from mediaserver.errors import LocalError, TooMany
from mediaserver.events import EventStream, ParticipantJoined, ParticipantLeft, RoomClosed, TrackPublished, TrackUnpublished
from mediaserver.ice import Credentials
from mediaserver.participant import Participant, Publication, Session, Subscription
from mediaserver.recorder import Recording, RecordOptions
from mediaserver.sdp import Description, parse, write
from mediaserver.slots import Slot, Track
from mediaserver.transport import EndReason, Transport
from mediaserver.workers import KINDS, MediaWorker

if TYPE_CHECKING:
    from mediaserver.server import MediaServer

log = logging.getLogger(__name__)

# A page, a second tab, a supervisor's view; what a stolen token could open beyond that is load.
MAX_SUBSCRIPTIONS = 8
MAX_MID_BYTES = 16  # RFC 8285 section 4.2


class Room(Conference):
    """See the module. `participants` by identity and `tracks` by id are for reading."""

    __slots__ = ("_server", "closed", "name", "participants", "tracks", "worker")

    def __init__(self, server: "MediaServer", name: str, worker: MediaWorker) -> None:
        self._server = server
        self.name = name
        self.worker = worker
        self.participants: dict[str, Participant] = {}
        self.tracks: dict[int, Track] = {}  # by producer id, in the order of publishing
        self.closed = False
        super().__init__()

    def events(self) -> EventStream:
        """The events of this room from now on."""
        return self._server.hub.stream(self.name)

    def publish(self, identity: str, offer: Description | bytes | str, *, preferred: Sequence[str] = ()) -> tuple[Publication, str]:
        """Takes in what `identity` sends; gives the session and the SDP answer. An earlier publication of theirs is replaced.

        `preferred`: codec names to choose before the configured and the offer's own order.
        RemoteError: the offer cannot be served, or no room is left.
        """
        with self._admission(identity):
            local = self._local()
            accepted, configured = self._server.accepts()
            description = offer if isinstance(offer, Description) else parse(offer)
            answer = answer_publish(description, local, accepted=accepted, preferred=preferred or configured)
            participant = self.participants.get(identity) or Participant(self, identity)
            session = Publication(participant, answer.mid, time.monotonic())
            self._open(session, local, answer)
            former, participant.publication = participant.publication, session
            self._entered(session)
            self._change_tracks(former.tracks if former is not None else (), session.tracks)
            if former is not None:
                self._release(former)
            return session, write(answer.description)

    def subscribe(
        self, identity: str, offer: Description | bytes | str, *, participant: str | None = None, mixed: bool | None = None
    ) -> tuple[Subscription, str]:
        """Sends the room's tracks to `identity` (of `participant` alone where given), those of now and those to come.

        `mixed`: sound comes as one mix on the first audio line (True), each track on a line of its own (False), or as is usual in this
        room (None, see `set_audio`). RemoteError: the offer cannot be served, or no room is left.
        """
        with self._admission(identity):
            local = self._local()
            used: set[int] = set()
            description = offer if isinstance(offer, Description) else parse(offer)
            answer = answer_subscribe(description, local, lambda: _unused_ssrc(used))
            subscriber = self.participants.get(identity) or Participant(self, identity)
            if len(subscriber.subscriptions) >= MAX_SUBSCRIPTIONS:
                raise TooMany(f"{MAX_SUBSCRIPTIONS} subscriptions of one participant are open already.")
            session = Subscription(subscriber, answer.mid, time.monotonic(), participant, mixed)
            self._open(session, local, answer)
            subscriber.subscriptions.append(session)
            self._entered(session)
            self._rearrange([session])
            return session, write(answer.description)

    def record(self, **options: Unpack[RecordOptions]) -> Recording:
        """Begins a recording of whoever agrees (`Recording.grant`); it ends with the room at the latest. See docs/recording.md."""
        if self.closed:
            raise LocalError(f"Room {self.name!r} is closed; ask the server for it again.")
        return self._server.recorder.record(self, **options)

    def close(self, error: Exception | None = None) -> None:
        """Ends every session. The name is free at once."""
        if not self.closed:
            self.closed = True
            # Subscriptions first: with them gone, no track's end moves anybody to another.
            for participant in list(self.participants.values()):
                for subscription in tuple(participant.subscriptions):
                    subscription.close()
            for participant in list(self.participants.values()):
                participant.close()
            self._hush()
            self._server.recorder.close_room(self)
            self._server.forget(self)
            self._server.hub.emit(RoomClosed(self.name, error))

    # Called by sessions.

    def end(self, session: Session) -> None:
        """Takes a session out of the books, moves its tracks' subscribers on, and frees it."""
        if session.closed:
            return
        participant = session.participant
        if isinstance(session, Publication):
            participant.publication = None
            self._change_tracks(session.tracks, ())
        elif isinstance(session, Subscription):
            participant.subscriptions.remove(session)
            self._leave(session)
        self._release(session)
        if participant.publication is None and not participant.subscriptions:
            del self.participants[participant.identity]
            self._server.participant_count -= 1
            self._server.hub.emit(ParticipantLeft(self.name, participant.identity))
        if not self.participants and not self.closed:
            self.close()

    def established(self, session: Session) -> None:
        """A session is through its handshake."""
        self._server.session_established(session)
        if isinstance(session, Subscription):
            self._rearrange([session])  # an announcement may have waited for it

    def media_flows(self, session: Session) -> None:
        """A session's first media packet was received or sent."""
        self._server.session_media(session)

    def transport_ended(self, session: Session, reason: EndReason, error: Exception | None) -> None:
        """A peer that is gone ends its session; an error of ours ends this room and no other."""
        if reason is EndReason.ERROR:
            self._fail(error)
            return
        log.info("Session ended: room=%s identity=%s reason=%s", self.name, session.participant.identity, reason.value)
        session.close()

    def _follow_recordings(self) -> None:
        self._server.recorder.follow(self)

    def rearrange(self, subscription: Subscription) -> None:
        """A subscription is to get its sound another way."""
        self._rearrange([subscription])

    # The books.

    def _fail(self, error: Exception | None) -> None:
        log.error("Room closed after an error: room=%s", self.name, exc_info=error)
        self.close(error)

    @contextmanager
    def _admission(self, identity: str) -> Iterator[None]:
        """Around the making of a session: refuses where there is no room, and lets an empty room go when none came of it."""
        if self.closed:
            raise LocalError(f"Room {self.name!r} is closed; ask the server for it again.")
        try:
            self._server.admit(self, identity)
            yield
        finally:
            if not self.participants and not self._told:
                self._server.forget(self)

    def _local(self) -> Local:
        return Local(
            Credentials.generate(),
            (self._server.certificate.fingerprint.algorithm, self._server.certificate.fingerprint.value),
            self._server.candidates_of(self.worker),
            secrets.randbits(62),
        )

    def _open(self, session: Publication | Subscription, local: Local, answer: Answer) -> None:
        """Opens the session's transport and what it carries; all of it or nothing."""
        session.transport = Transport(
            self.worker,
            local.credentials,
            answer,
            certificate=self._server.certificate,
            executor=self._server.executor,
            observe=self._server.observer.count_handshake,
            established=session.on_established,
            ended=session.on_ended,
        )
        try:
            if isinstance(session, Publication):
                session.tracks = tuple(self._open_producer(session, line) for line in answer.incoming)
            else:
                session.slots = tuple(self._open_consumer(session, line) for line in answer.outgoing)
        except Exception:
            session.transport.close()
            self.worker.forget(session)
            raise

    def _open_producer(self, session: Publication, line: Incoming) -> Track:
        track = Track(self.worker.new_id(), session.participant.identity, line.kind, line.stream, line.format)
        self.worker.media[track.id] = session
        self.worker.native.producer_open(
            track.id,
            session.transport.id,
            KINDS[line.kind],
            _engine_mid(line.mid),
            [line.codec, *line.events],
            ssrcs=list(line.ssrcs),
            nack="nack" in line.feedback,
            pli="nack pli" in line.feedback,
            fir="ccm fir" in line.feedback,
        )
        return track

    def _open_consumer(self, session: Subscription, line: Outgoing) -> Slot:
        payload_types = tuple(codec[0] for codec in line.codecs)
        slot = Slot(self.worker.new_id(), line.kind, line.stream, line.formats, payload_types, bool(line.events))
        self.worker.media[slot.id] = session
        self.worker.native.consumer_open(
            slot.id,
            session.transport.id,
            KINDS[line.kind],
            _engine_mid(line.mid),
            line.ssrc,
            line.rtx_ssrc,
            [*line.codecs, *line.events],
            nack=line.nack,
        )
        return slot

    def _entered(self, session: Session) -> None:
        participant = session.participant
        if participant.identity not in self.participants:
            self.participants[participant.identity] = participant
            self._server.participant_count += 1
            self._server.hub.emit(ParticipantJoined(self.name, participant.identity))
        self._server.session_opened(session)

    def _release(self, session: Session) -> None:
        session.closed = True
        if isinstance(session, Publication):
            for track in session.tracks:
                del self.worker.media[track.id]
        elif isinstance(session, Subscription):
            for slot in session.slots:
                del self.worker.media[slot.id]
            session.stir()
        session.transport.close()  # with its producers and consumers
        self._server.session_closed(session)

    def _change_tracks(self, gone: Sequence[Track], new: Sequence[Track]) -> None:
        for track in gone:
            del self.tracks[track.id]
        for track in new:
            self.tracks[track.id] = track
        self._follow({track.identity for track in (*gone, *new)}, gone)
        self._server.recorder.follow(self)
        for track in gone:
            self._server.hub.emit(TrackUnpublished(self.name, track))
        for track in new:
            self._server.hub.emit(TrackPublished(self.name, track))


def _engine_mid(mid: str) -> str:
    """What fits a one-byte header extension; packets of a longer mid are told apart by SSRC."""
    return mid if len(mid) <= MAX_MID_BYTES else ""


def _unused_ssrc(used: set[int]) -> int:
    """A random one that this session has not got yet; 0 means none in our interfaces."""
    while True:
        ssrc = secrets.randbits(32)
        if ssrc and ssrc not in used:
            used.add(ssrc)
            return ssrc
