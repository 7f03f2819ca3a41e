"""Who hears whom in a room, one call each: conference, hold, monitor, whisper, barge, aside, gains, announcements, keys.

The half of `Room` that is about a running call; the other half (`room`) lets sessions in and out. Here is what the room was told; who
hears whom by that is `mixing.matrix`'s, what follows for each subscription `arrangement`'s.

Every call holds for identities, present or not, and stays through reloads until another call or the room's end; so a supervisor can be put
into place before they come. Invariant: when a call returns, the worker has been told all that follows from it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from mediaserver.arrangement import Arrangement, AudioMode, Hold
from mediaserver.errors import LocalError
from mediaserver.events import (
    AsideEnded,
    AsideStarted,
    ParticipantHeld,
    ParticipantResumed,
    SupervisionChanged,
)
from mediaserver.mixing.announcement import Announcement, Aside
from mediaserver.mixing.clips import Clip
from mediaserver.mixing.matrix import Supervising, Supervision
from mediaserver.mixing.mixer import Play
from mediaserver.mixing.options import AudioOptions, VoiceOptions, checked_gain

log = logging.getLogger(__name__)

SoundFile = str | PathLike[str]
Sound = Clip | SoundFile

# How loud the rest is behind an announcement: -12 dB, so that words are understood over music.
BEHIND_ANNOUNCEMENT = 0.25
KEYS = frozenset("0123456789*#ABCD")
MAX_DIGITS = 64  # 11 s of keys
KEY_LEAST_MS, KEY_MOST_MS = 40, 6000  # ITU-T Q.24 recognises no shorter one


class Conference(Arrangement):
    """See the module."""

    __slots__ = ("_aside_count", "_tasks", "_told")

    def __init__(self) -> None:
        """As `Arrangement`'s."""
        super().__init__()
        self._aside_count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = False  # anything that a new room of this name would not know

    # Who hears whom.

    def conference(self, identity: str | None = None) -> bool:
        """Makes somebody (None: everybody) an ordinary participant again: off hold, out of side conversations, supervising nobody.

        Gains, mutes and veils that were set stay. True when this changed something.
        """
        known = [*self._floor.held, *self._floor.supervisors, *self._floor.asides]
        changed = False
        for each in dict.fromkeys(known if identity is None else [identity]):
            changed |= self._unhold(each) | self._supervise(each, None) | self._leave_aside(each)
        return self._changed(changed)

    def hold(self, identity: str, *, music: Sound | bool = True) -> bool:
        """Puts somebody on hold: they hear and see nobody and are neither heard nor seen; `music` is played to them.

        `music`: True is the configured music or the built-in melody, a clip or file is repeated, False is silence. A file is decoded
        meanwhile; one that cannot be played is logged and replaced by the melody. Called again, it changes the music. True when they were
        not on hold. LocalError: there is no such file.
        """
        if not isinstance(music, bool | Clip):
            _require_file(music)
        self._told = True
        former = self._holds.get(identity)
        hold = self._holds[identity] = Hold(former.play if former is not None and music is not False else None)
        self._floor.held.add(identity)
        if isinstance(music, Clip):
            hold.play = self._music(music)
        elif music is not False:
            self._spawn(self._fetch_music(identity, hold, None if music is True else music))
        if former is None:
            self._emit(ParticipantHeld(self.name, identity))
        self._follow_floor(identity)
        return former is None

    def resume(self, identity: str) -> bool:
        """Takes somebody off hold, back to what they were before; whether they were on hold."""
        return self._changed(self._unhold(identity))

    def monitor(self, identity: str) -> bool:
        """Makes somebody a supervisor whom nobody hears nor sees, and who hears and sees all (who is on hold has nothing to be heard; side
        conversations are heard). Say it before they join, and nobody ever notices. Ends a side conversation's membership.
        True when this changed something."""
        return self._change_supervision(identity, Supervision(Supervising.MONITOR))

    def whisper(self, identity: str, to: str | Iterable[str]) -> bool:
        """Makes somebody a supervisor whom only `to` hears and sees; otherwise as `monitor`. LocalError: `to` is nobody or themselves."""
        listeners = frozenset([to] if isinstance(to, str) else to) - {identity}
        if not listeners:
            raise LocalError("A whisper needs somebody else who hears it.")
        return self._change_supervision(identity, Supervision(Supervising.WHISPER, listeners))

    def barge(self, identity: str) -> bool:
        """Makes somebody a supervisor whom all hear and see who are not on hold; otherwise as `monitor`."""
        return self._change_supervision(identity, Supervision(Supervising.BARGE))

    def aside(self, identities: Iterable[str]) -> Aside:
        """A private side conversation: its members hear and see each other, the rest of the room hears and sees the rest, supervisors all.

        Who joins later hears the rest. Ends by the `end` of what is returned, or when fewer than two are left in it because they were
        called elsewhere. LocalError: fewer than two, or a supervisor among them.
        """
        members = frozenset(identities)
        if len(members) < 2:
            raise LocalError("A side conversation needs two people.")
        if supervisors := sorted(members & self._floor.supervisors.keys()):
            raise LocalError(f"{supervisors[0]!r} supervises; make them an ordinary participant first (conference).")
        self._told = True
        self._aside_count += 1
        for identity in members:
            self._leave_aside(identity)
        self._floor.asides |= dict.fromkeys(members, self._aside_count)
        self._emit(AsideStarted(self.name, members))
        self._follow_floor()
        return Aside(self._aside_count, members, lambda number: self._changed(self._end_aside(number)))

    def set_gain(self, listener: str, speaker: str, gain: float | None) -> bool:
        """How loud `listener` hears `speaker`: 0 not at all, 1 (and None) as they are, up to 8. Of sound alone, video stays.

        In a forwarded subscription 0 is silence and everything else is 1. True when this changed something. LocalError: out of range.
        """
        self._told = True
        former = self._floor.gains.get((listener, speaker), 1.0)
        wanted = 1.0 if gain is None else checked_gain(gain)
        self._floor.gains[listener, speaker] = wanted
        if wanted == 1.0:
            del self._floor.gains[listener, speaker]
        if wanted != former:
            self._rearrange(self._subscriptions([listener]))
        return wanted != former

    def mute(self, identity: str, muted: bool = True) -> bool:
        """Nobody hears somebody (any more), nor does a recording, whatever they send. True when this changed something."""
        return self._withhold(self._floor.muted, identity, muted)

    def veil(self, identity: str, veiled: bool = True) -> bool:
        """Nobody sees somebody's pictures (any more), nor does a recording, whatever they send. True when this changed something."""
        return self._withhold(self._floor.veiled, identity, veiled)

    # What is played and pressed.

    def announce(
        self,
        sound: Sound,
        *,
        to: str | Iterable[str] | None = None,
        gain: float = 1.0,
        others: float = BEHIND_ANNOUNCEMENT,
        loop: bool = False,
    ) -> Announcement:
        """Plays a clip or file to everybody in the room (also on hold), or to one or some. Await what is returned, or `stop` it.

        `others`: the gain of everything else meanwhile; `loop`: until it is stopped. A file is decoded first, off the event loop; for
        people who are joining it begins when they are connected.
        LocalError: no such file, nobody in `to`, a gain out of range.
        """
        if not isinstance(sound, Clip):
            _require_file(sound)
        reached = None if to is None else frozenset([to] if isinstance(to, str) else to)
        if reached == frozenset() or not gain > 0:
            raise LocalError("An announcement needs somebody to hear it and a gain above 0.")
        announcement = Announcement(reached, checked_gain(gain), checked_gain(others), lambda it: self._end_announcement(it, False))
        self._announcements.append(announcement)
        if isinstance(sound, Clip):
            self._prepare_announcement(announcement, sound, loop)
        else:
            self._spawn(self._fetch_announcement(announcement, sound, loop))
        return announcement

    def send_dtmf(self, identity: str, digits: str, *, duration_ms: int = 100, gap_ms: int = 70) -> int:
        """Presses keys (0-9 * # A-D) towards a participant (RFC 4733), one after the other, as a phone menu wants them.

        Gives how many of their peer connections take them. LocalError: not keys, too many or too short, or none takes telephone-event.
        """
        pressed = digits.upper()
        if not pressed or len(pressed) > MAX_DIGITS or not set(pressed) <= KEYS:
            raise LocalError(f"Keys are 1 to {MAX_DIGITS} of 0-9 * # A-D.")
        if not (KEY_LEAST_MS <= duration_ms <= KEY_MOST_MS and KEY_LEAST_MS <= gap_ms <= KEY_MOST_MS):
            raise LocalError(f"A key and the gap behind it are {KEY_LEAST_MS} to {KEY_MOST_MS} ms long.")
        participant = self.participants.get(identity)
        slots = [each.audio_slot for each in participant.subscriptions] if participant is not None else []
        taking = [slot for slot in slots if slot is not None and slot.takes_keys]
        if not taking:
            raise LocalError(f"{identity!r} has no subscription that takes keys (telephone-event).")
        for slot in taking:
            self.worker.native.dtmf_send(slot.id, pressed, duration_ms=duration_ms, gap_ms=gap_ms)
        return len(taking)

    # How it sounds.

    def set_audio(
        self,
        *,
        mode: AudioMode | None = None,
        bitrate_bps: int | None = None,
        complexity: int | None = None,
        expected_loss_percent: int | None = None,
        dtx: bool | None = None,
        channels: int | None = None,
        speakers: int | None = None,
    ) -> AudioOptions:
        """Changes how this room's sound is made; what is not given stays. Gives what holds now.

        `mode` is for subscriptions that have not chosen themselves, running ones included. The rest is of the mixes' Opus: bits per
        second, effort (1 to 10; less under load), expected loss (above 0: in-band FEC), hardly sending silence, 1 or 2 channels (a change
        is a short gap), how many speakers are heard at once. LocalError: out of range.
        """
        given: dict[str, Any] = {
            "bitrate_bps": bitrate_bps, "complexity": complexity, "expected_loss_percent": expected_loss_percent, "dtx": dtx,
            "channels": channels, "speakers": speakers,
        }  # fmt: skip
        if mode not in (None, "forwarded", "mixed"):
            raise LocalError(f"The mode is forwarded or mixed, not {mode!r}.")
        self._told = True
        options = replace(self._mixer.options, **{name: value for name, value in given.items() if value is not None})
        self._mixer.set(options)
        if mode is not None:
            self._audio_mode = mode
            self._rearrange()
        return options

    def set_voice(
        self, identity: str, *, suppress_noise: bool | None = None, automatic_level: bool | None = None, detect_voice: bool | None = None
    ) -> VoiceOptions:
        """What is done to a participant's voice in mixes; what is not given stays. Gives what holds now. All are off at first.

        Noise suppression (where the worker found RNNoise), one loudness for all, voice activity by sound in place of the level the sender
        states (`SpeakingChanged`). What is forwarded is not touched.
        """
        given = {"suppress_noise": suppress_noise, "automatic_level": automatic_level, "detect_voice": detect_voice}
        self._told = True
        former = self._voices.get(identity, VoiceOptions())
        options = self._voices[identity] = replace(former, **{name: value for name, value in given.items() if value is not None})
        if options != former:
            for track in self.tracks.values():
                if track.identity == identity:
                    self._mixer.set_voice(track.id)
        return options

    async def mixer_stats(self) -> dict[str, Any]:
        """The worker's figures of this room's mixer (encodes, decodes, ...); {} while nobody needs it."""
        return await self.worker.stats(self.worker.native.mixer_stats, self._mixer.id) if self._mixer.id else {}

    # How it is carried out.

    def _hush(self) -> None:
        """The room has closed."""
        for task in self._tasks:
            task.cancel()
        for announcement in tuple(self._announcements):
            self._end_announcement(announcement, False)

    def _changed(self, changed: bool) -> bool:
        if changed:
            self._follow_floor()
        return changed

    def _withhold(self, among: set[str], identity: str, wanted: bool) -> bool:
        self._told = True
        if (identity in among) == wanted:
            return False
        if wanted:
            among.add(identity)
        else:
            among.discard(identity)
        self._follow_floor()
        self._follow_recordings()
        return True

    def _unhold(self, identity: str) -> bool:
        if self._holds.pop(identity, None) is None:
            return False
        self._floor.held.discard(identity)
        self._emit(ParticipantResumed(self.name, identity))
        return True

    def _change_supervision(self, identity: str, supervision: Supervision) -> bool:
        self._told = True
        left = self._leave_aside(identity)
        return self._changed(self._supervise(identity, supervision) or left)

    def _supervise(self, identity: str, supervision: Supervision | None) -> bool:
        if self._floor.supervisors.get(identity) == supervision:
            return False
        if supervision is None:
            del self._floor.supervisors[identity]
            self._emit(SupervisionChanged(self.name, identity, None))
        else:
            self._floor.supervisors[identity] = supervision
            self._emit(SupervisionChanged(self.name, identity, supervision.how.value, supervision.to))
        return True

    def _leave_aside(self, identity: str) -> bool:
        number = self._floor.asides.pop(identity, None)
        if number is None:
            return False
        if list(self._floor.asides.values()).count(number) < 2:
            self._end_aside(number)
        return True

    def _end_aside(self, number: int) -> bool:
        members = frozenset(identity for identity, aside in self._floor.asides.items() if aside == number)
        for identity in members:
            del self._floor.asides[identity]
        if members:
            self._emit(AsideEnded(self.name, members))
        return bool(members)

    def _music(self, clip: Clip) -> Play:
        """All who wait to the same music hear one play of it, and so share its encoding."""
        running = (hold.play for hold in self._holds.values() if hold.play is not None and hold.play.clip is clip)
        return next(running, None) or Play(clip, loop=True)

    async def _fetch_music(self, identity: str, hold: Hold, path: SoundFile | None) -> None:
        library = self._server.clips
        try:
            clip = await (library.hold_music() if path is None else library.read(path))
        except LocalError as error:
            log.error("Hold music of room %s is replaced by the melody: %s", self.name, error)
            clip = await library.hold_music()
        if self._holds.get(identity) is hold:
            hold.play = self._music(clip)
            self._rearrange(self._subscriptions([identity]))

    async def _fetch_announcement(self, announcement: Announcement, path: SoundFile, loop: bool) -> None:
        try:
            clip = await self._server.clips.read(path)
        except LocalError as error:
            self._end_announcement(announcement, error)
            return
        if not announcement.done:
            self._prepare_announcement(announcement, clip, loop)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

def _require_file(path: "str | PathLike[str]") -> None:
    if not Path(path).is_file():
        raise LocalError(f"There is no file {path}.")
