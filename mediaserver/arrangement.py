"""What a room's floor and plays come to for each subscription: which tracks lie in its slots, and what its mix is made of.

    forwarded   tracks that may be heard lie in its slots, the others do not; a gain between cannot be had
    mixed       its first audio slot carries the mix of what it may hear, the other audio slots stay empty; video is forwarded
    for a time  hold music and announcements make a forwarded subscription a mixed one until they end, without renegotiation

The base of `Conference`, whose calls change the floor, and so of `Room`, which has the sessions. Decisions are those of `mixing.matrix` and
`slots`, commands those of `mixing.mixer`. Invariants: when a change is through, the worker has been told all that follows from it; what
somebody gets of somebody else depends on these two alone, so that one person's change costs the others what that person's tracks cost.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mediaserver.events import DtmfReceived, Event, SpeakingChanged
from mediaserver.mixing.announcement import Announcement
from mediaserver.mixing.clips import Clip
from mediaserver.mixing.matrix import Floor, gain, row, sees
from mediaserver.mixing.mixer import Play, RoomMixer, Row, Source
from mediaserver.mixing.options import AudioOptions, VoiceOptions
from mediaserver.slots import Slot, Track, assign

if TYPE_CHECKING:
    from mediaserver.participant import Participant, Subscription
    from mediaserver.server import MediaServer
    from mediaserver.workers import MediaWorker

AudioMode = Literal["forwarded", "mixed"]

# A worker that is so much late with the end of a clip has lost the event: after twice the clip's length and this.
OVERDUE_S = 10.0


@dataclass(slots=True, eq=False)
class Hold:
    """Somebody waits; `play`: the music, as soon as there is some."""

    play: Play | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """Who lies in a subscription's slots: (kind, number among its kind in the order of the offer, identity). `mix`: whose voices its first
    audio slot carries mixed, None where each has a slot of its own."""

    placed: tuple[tuple[str, int, str], ...]
    mix: tuple[str, ...] | None


class Arrangement:
    """See the module."""

    __slots__ = ("_announcements", "_audio_mode", "_floor", "_holds", "_mixer", "_places", "_speaking", "_voices")

    # What `Room` has.
    _server: "MediaServer"
    name: str
    worker: "MediaWorker"
    participants: dict[str, "Participant"]
    tracks: dict[int, Track]
    closed: bool

    def __init__(self) -> None:
        """Called last, when the rest of the room stands."""
        settings = self._server.settings
        self._audio_mode: AudioMode = settings.audio_mode
        self._floor = Floor()
        self._places = self._floor.places()  # those the subscriptions were last arranged for
        self._holds: dict[str, Hold] = {}
        self._announcements: list[Announcement] = []
        self._voices: dict[str, VoiceOptions] = {}
        self._speaking: dict[int, str] = {}  # track -> identity
        self._mixer = RoomMixer(
            self.worker,
            AudioOptions(
                bitrate_bps=settings.audio_bitrate_bps,
                complexity=settings.audio_complexity,
                expected_loss_percent=settings.audio_expected_loss_percent,
                dtx=settings.audio_dtx,
                channels=settings.audio_channels,
                speakers=settings.audio_speakers,
            ),
            voice_options=lambda track: self._voices.get(self.tracks[track].identity, VoiceOptions()),
            speaking=self._on_speaking,
            failed=self._fail,
        )

    def hears(self, listener: str, speaker: str) -> float:
        """The gain with which `listener` is to hear `speaker`, 0 for not at all, after all calls so far."""
        return gain(self._floor, listener, speaker)

    def seats(self, subscription: "Subscription") -> Seats:
        """Whose tracks a subscription gets at the moment, and where."""
        mixed = subscription.audio_slot is not None and subscription.audio_slot.id in self._mixer.listening
        identity = subscription.participant.identity
        heard = {each.identity for each in self._wanted(subscription) if each.kind == "audio" and self.hears(identity, each.identity) > 0}
        placed = tuple((slot.kind, slot.stream, slot.track.identity) for slot in subscription.slots if slot.track is not None)
        return Seats(placed, tuple(sorted(heard)) if mixed else None)

    def withholds(self, track: Track) -> bool:
        """Whether nobody at all gets this track, the recorder included: its publisher is muted, or veiled."""
        return track.identity in (self._floor.muted if track.kind == "audio" else self._floor.veiled)

    def _follow_floor(self, *identities: str) -> None:
        """What follows from the changes of people's places on the floor, and for these people from anything."""
        places = self._floor.places()
        moved = {identity for identity, _ in places.items() ^ self._places.items()}
        self._places = places
        self._follow(moved.union(identities))

    def _follow(self, identities: Collection[str], gone: Iterable[Track] = ()) -> None:
        """What follows where nothing has changed but these people's places or their tracks, of which those are `gone`: their own
        subscriptions are arranged anew, of the others' what they get of these people."""
        present = [track for each in identities if each in self.participants for track in self.participants[each].tracks]
        tracks = sorted([*gone, *present], key=lambda track: track.id)  # the order of publishing, in which slots are given
        self._rearrange(self._subscriptions(identities), {track.id: track for track in tracks})

    def _rearrange(self, subscriptions: Sequence["Subscription"] | None = None, tracks: Mapping[int, Track] | None = None) -> None:
        """Gives each of these subscriptions (None: all) what it is to carry now, and all others what they are to carry of `tracks`.
        Detaching comes before mixing and that before attaching, so that nothing is heard twice and a slot has one source at a time."""
        if subscriptions is None:
            subscriptions = self._subscriptions()
        rows: dict[int, Row | None] = {}
        parts: dict[int, dict[Source, float]] = {}
        changes = []
        for subscription in subscriptions:
            mixed, slot = self._is_mixed(subscription), subscription.audio_slot
            if slot is not None:
                rows[slot.id] = self._row(subscription) if mixed else None
            changes += assign(subscription.slots, self._forwarded(subscription, mixed))
        if tracks:
            whole = set(subscriptions)
            for subscription in self._subscriptions():
                if subscription not in whole:
                    slot = subscription.audio_slot
                    mixed = slot is not None and slot.id in self._mixer.listening
                    if slot is not None and mixed:
                        parts[slot.id] = self._part(subscription, tracks)
                    changes += self._reassign(subscription, tracks, mixed)
        for slot, track in changes:
            slot.track = track
            if track is None:
                self.worker.native.consumer_detach(slot.id)
        self._mixer.apply(rows, parts)
        for slot, track in changes:
            if track is not None:
                slot.last_source = track.source
                self.worker.native.consumer_attach(slot.id, track.id, payload_type=slot.payload_type(track))
        for announcement in tuple(self._announcements):
            if announcement.play is None:
                self._begin_announcement(announcement)
            elif not self._mixer.heard(announcement.play):
                self._end_announcement(announcement, False)
        for subscription in self._subscriptions() if tracks else subscriptions:
            subscription.stir()

    def _leave(self, subscription: "Subscription") -> None:
        """A subscription has ended; what was played in it may go on in the next one of the same person."""
        slot = subscription.audio_slot
        if slot is not None:
            self._mixer.apply({slot.id: None})
        self._rearrange(subscription.participant.subscriptions)

    def _subscriptions(self, identities: Iterable[str] | None = None) -> list["Subscription"]:
        """Those of these people (None: all) who are here."""
        known = self.participants if identities is None else [each for each in sorted(identities) if each in self.participants]
        return [each for identity in known for each in self.participants[identity].subscriptions]

    def _reassign(self, subscription: "Subscription", tracks: Mapping[int, Track], mixed: bool) -> list[tuple[Slot, Track | None]]:
        """The changes of its slots where nothing but `tracks` has changed: a track that waited already still waits, unless one of these
        leaves it its place."""
        coming = {each.id for each in tracks.values() if each.id in self.tracks and self._comes(subscription, each, mixed)}
        carried = {slot.track.id: slot.track for slot in subscription.slots if slot.track is not None}
        if any(each in tracks and each not in coming for each in carried):
            return assign(subscription.slots, self._forwarded(subscription, mixed))
        kinds = {tracks[each].kind for each in coming}
        if not any(slot.track is None and slot.kind in kinds for slot in subscription.slots):
            return []
        return assign(subscription.slots, [*carried.values(), *(each for each in tracks.values() if each.id in coming)])

    def _forwarded(self, subscription: "Subscription", mixed: bool) -> list[Track]:
        return [track for track in self.tracks.values() if self._comes(subscription, track, mixed)]

    def _comes(self, subscription: "Subscription", track: Track, mixed: bool) -> bool:
        identity = subscription.participant.identity
        if subscription.wanted not in (None, track.identity):
            return False
        if track.kind == "video":
            return sees(self._floor, identity, track.identity)
        return not mixed and self.hears(identity, track.identity) > 0

    def _wanted(self, subscription: "Subscription") -> list[Track]:
        return [track for track in self.tracks.values() if subscription.wanted in (None, track.identity)]

    def _is_mixed(self, subscription: "Subscription") -> bool:
        chosen = self._audio_mode == "mixed" if subscription.mixed is None else subscription.mixed
        return chosen or (self._is_first(subscription) and bool(self._plays(subscription.participant.identity)))

    @staticmethod
    def _is_first(subscription: "Subscription") -> bool:
        """Whether it is the one that plays are for: a page with a subscription for each person it shows would play them many times over."""
        return next((each for each in subscription.participant.subscriptions if each.audio_slot is not None), None) is subscription

    def _plays(self, identity: str) -> dict[Source, float]:
        """What is played to somebody, and how loud."""
        hold = self._holds.get(identity)
        plays: dict[Source, float] = {hold.play: self._behind(identity)} if hold is not None and hold.play is not None else {}
        return plays | {each.play: each.gain for each in self._announcements if each.play is not None and each.reaches(identity)}

    def _behind(self, identity: str) -> float:
        """How loud everything but announcements is for somebody."""
        return min((each.others for each in self._announcements if each.play is not None and each.reaches(identity)), default=1.0)

    def _row(self, subscription: "Subscription") -> Row:
        identity, wanted = subscription.participant.identity, subscription.wanted
        speakers = {track.id: track.identity for track in self._wanted(subscription) if track.kind == "audio"}
        behind = self._behind(identity)
        gains: dict[Source, float] = {track: behind * each for track, each in row(self._floor, identity, speakers).items()}
        if self._is_first(subscription):
            gains |= self._plays(identity)
        own = next((track.id for track in self.tracks.values() if track.kind == "audio" and track.identity == identity), 0)
        few = identity in self._floor.held or identity in self._floor.asides or wanted is not None
        return Row(gains, 0.0 if few else behind, own)

    def _part(self, subscription: "Subscription", tracks: Mapping[int, Track]) -> dict[Source, float]:
        """What `_row` says of these tracks, 0 for those that are gone."""
        identity, behind = subscription.participant.identity, self._behind(subscription.participant.identity)
        return {
            track.id: behind * self.hears(identity, track.identity)
            if track.id in self.tracks and subscription.wanted in (None, track.identity)
            else 0.0
            for track in tracks.values()
            if track.kind == "audio"
        }

    def _prepare_announcement(self, announcement: Announcement, clip: Clip, loop: bool) -> None:
        announcement.prepared = Play(clip, loop=loop, ended=lambda: self._end_announcement(announcement, True))
        self._begin_announcement(announcement)

    def _begin_announcement(self, announcement: Announcement) -> None:
        """Begins what is prepared; for people none of whom is connected yet, when the first one is: its beginning would be lost."""
        if announcement.prepared is None or announcement.done:
            return
        if announcement.to is not None:
            subscriptions = [each for each in self._subscriptions(announcement.to) if each.audio_slot is not None]
            if subscriptions and not any(each.established for each in subscriptions):
                return
        announcement.play = play = announcement.prepared
        self._rearrange(self._subscriptions(announcement.to))
        if not play.loop and not announcement.done:
            asyncio.get_running_loop().call_later(2 * play.clip.duration_s + OVERDUE_S, announcement.stop)

    def _end_announcement(self, announcement: Announcement, played: bool | Exception) -> None:
        if not announcement.done:
            announcement.settle(played)
            self._announcements.remove(announcement)
            if announcement.play is not None:
                self._rearrange(self._subscriptions(announcement.to))

    def _emit(self, event: Event) -> None:
        self._server.hub.emit(event)

    # Events of the worker.

    def key_pressed(self, identity: str, digit: str, duration_ms: int) -> None:
        """A participant pressed a key."""
        self._emit(DtmfReceived(self.name, identity, digit, duration_ms))

    def _on_speaking(self, track: int, active: bool) -> None:
        identity = self.tracks[track].identity if active else self._speaking.pop(track)
        if active:
            self._speaking[track] = identity
        self._emit(SpeakingChanged(self.name, identity, active))

    def _fail(self, error: Exception | None) -> None:
        """An error of ours ends this room and no other."""
        raise NotImplementedError

    def _follow_recordings(self) -> None:
        """What a recording may take has changed."""
        raise NotImplementedError
