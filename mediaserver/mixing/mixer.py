"""One room's books of what its worker mixes: who should hear what goes in, commands come out.

`Arrangement` says whole rows, or for most listeners only what has changed in theirs; the difference to what the worker knows becomes
commands. Not for deciding rows (`matrix`). Ids, commands and events: native/engine/worker.pyi.

Invariants: nobody hears for a moment what their row keeps from them. So a listener opens deaf and a voice opens after the entries that
exclude it; where several entries change, silence comes first, and before all of it the end of what nobody hears any more. The mixer is
open exactly as long as it has a listener, a voice as long as somebody hears it. An entry is given only where it differs from what would
hold without (listener's gain * voice's gain), so that a large room costs few commands.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mediaserver.mixing.clips import Clip
from mediaserver.mixing.options import AudioOptions, VoiceOptions
from mediaserver.workers import MediaWorker


class Play:
    """A clip that is played into mixes. `ended` is called once when it was played to its end, never for a `loop`."""

    __slots__ = ("clip", "ended", "loop")

    def __init__(self, clip: Clip, *, loop: bool = False, ended: Callable[[], None] = lambda: None) -> None:
        self.clip = clip
        self.loop = loop
        self.ended = ended

    @property
    def usual_gain(self) -> float:
        """For listeners without an entry: a clip is heard by whom it is for."""
        return 0.0


# What a voice is of: a track (the id of its producer) or a clip's playing.
Source = int | Play


@dataclass(frozen=True, slots=True)
class Row:
    """What one listener is to hear. `gains`: for the mixer to keep and change; `usual`: the gain of tracks that nothing else is said about;
    `own`: their own track, or 0."""

    gains: dict[Source, float]
    usual: float = 1.0
    own: int = 0


NO_PARTS: Mapping[int, Mapping[Source, float]] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class _Voice:
    id: int
    source: Source
    active: bool = False

    @property
    def usual_gain(self) -> float:
        return 1.0 if isinstance(self.source, int) else self.source.usual_gain


@dataclass(slots=True, eq=False)
class _Listener:
    id: int
    row: Row
    own_voice: int = 0
    usual: float = 0.0
    entries: dict[int, float] = field(default_factory=dict)  # as the worker has them, by voice


class RoomMixer:
    """See the module. `options` are those of the mixes."""

    __slots__ = ("_by_id", "_failed", "_hearers", "_id", "_listeners", "_speaking", "_voice_options", "_voices", "_worker", "options")

    def __init__(
        self,
        worker: MediaWorker,
        options: AudioOptions,
        *,
        voice_options: Callable[[int], VoiceOptions],
        speaking: Callable[[int, bool], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Opens nothing yet. `voice_options`: of a track; `speaking`: a track's person started or stopped to speak."""
        self._worker = worker
        self.options = options
        self._voice_options, self._speaking, self._failed = voice_options, speaking, failed
        self._id = 0  # of the mixer in the worker; 0 = not open
        self._voices: dict[Source, _Voice] = {}
        self._by_id: dict[int, _Voice] = {}
        self._listeners: dict[int, _Listener] = {}  # by consumer
        self._hearers: Counter[Source] = Counter()

    @property
    def id(self) -> int:
        """The worker's id of it, 0 while it is closed."""
        return self._id

    @property
    def listening(self) -> Iterable[int]:
        """The consumers that are fed by it."""
        return self._listeners.keys()

    def heard(self, source: Source) -> bool:
        """Whether anybody hears this."""
        return source in self._voices

    def apply(self, rows: Mapping[int, Row | None], parts: Mapping[int, Mapping[Source, float]] = NO_PARTS) -> None:
        """Makes these consumers hear these rows; None takes one out of the mix (it stays open, detached). `parts`: in the rows of these
        others the gains of these sources become these. All the rest stays as it is."""
        new = [consumer for consumer, row in rows.items() if row is not None and consumer not in self._listeners]
        for consumer in [consumer for consumer, row in rows.items() if row is None and consumer in self._listeners]:
            listener = self._listeners.pop(consumer)
            self._recount(listener.row.gains, {})
            self._worker.native.listener_close(listener.id)
        if new and not self._id:
            self._open()
        changed = []
        for consumer, row in rows.items():
            if row is not None:
                listener = self._listeners.get(consumer) or _Listener(self._worker.new_id(), Row({}, 0.0))
                self._listeners[consumer] = listener
                self._recount(listener.row.gains, row.gains)
                listener.row = row
                changed.append(listener)
        touched: set[Source] = set()
        for consumer, part in parts.items():
            gains = self._listeners[consumer].row.gains
            for source, gain in part.items():
                self._count(source, gains.pop(source, 0.0), gain)
                if gain > 0:
                    gains[source] = gain
            touched.update(part)
        for voice in [voice for source, voice in self._voices.items() if source not in self._hearers]:
            self._close_voice(voice)
        opening = [self._book(source) for source in self._hearers if source not in self._voices]
        for consumer in new:
            listener = self._listeners[consumer]
            listener.own_voice = self._own_voice(listener)
            self._worker.native.listener_open(listener.id, self._id, consumer, own_voice_id=listener.own_voice, gain=0.0)
        for listener in changed:
            self._tune(listener, self._voices.values())
        touched.update(voice.source for voice in opening)
        voices = [self._voices[source] for source in touched if source in self._voices]
        if voices:
            whole = set(changed)
            for listener in self._listeners.values():
                if listener not in whole:
                    self._tune(listener, voices)
        for voice in opening:
            self._open_voice(voice)
        if self._id and not self._listeners:
            self._worker.native.mixer_close(self._id)
            self._id = 0

    def set(self, options: AudioOptions) -> None:
        """Other settings from now on; another number of channels opens the mixer anew, which may be heard as a short gap."""
        former, self.options = self.options, options
        if not self._id or options == former:
            return
        if options.channels != former.channels:
            rows = {consumer: listener.row for consumer, listener in self._listeners.items()}
            self.apply(dict.fromkeys(rows))
            self.apply(rows)
        else:
            self._worker.native.mixer_set(
                self._id,
                bitrate_bps=options.bitrate_bps,
                complexity=options.complexity,
                expected_loss_percent=options.expected_loss_percent,
                dtx=options.dtx,
                speakers=options.speakers,
            )

    def set_voice(self, track: int) -> None:
        """A track's voice options have changed."""
        voice = self._voices.get(track)
        if voice is not None:
            options = self._voice_options(track)
            self._worker.native.voice_set(
                voice.id,
                suppress_noise=options.suppress_noise,
                detect_voice=options.detect_voice,
                automatic_level=options.automatic_level,
            )

    # Events of the worker.

    def on_voice_ended(self, voice_id: int) -> None:
        """A clip was played to its end."""
        source = self._by_id[voice_id].source
        if isinstance(source, Play):
            source.ended()

    def on_voice_active(self, voice_id: int, active: bool) -> None:
        """Somebody started or stopped to speak."""
        self._note_active(self._by_id[voice_id], active)

    def on_error(self, error: Exception) -> None:
        """One of the above raised this."""
        self._failed(error)

    # The books.

    def _open(self) -> None:
        self._id, options = self._worker.new_id(), self.options
        self._worker.native.mixer_open(
            self._id,
            channels=options.channels,
            bitrate_bps=options.bitrate_bps,
            complexity=options.complexity,
            expected_loss_percent=options.expected_loss_percent,
            dtx=options.dtx,
            speakers=options.speakers,
        )

    def _recount(self, former: Mapping[Source, float], gains: Mapping[Source, float]) -> None:
        for source in {**former, **gains}:
            self._count(source, former.get(source, 0.0), gains.get(source, 0.0))

    def _count(self, source: Source, former: float, gain: float) -> None:
        """Keeps how many hear a source; none at all takes it out."""
        if (former > 0) != (gain > 0):
            self._hearers[source] += 1 if gain > 0 else -1
            if not self._hearers[source]:
                del self._hearers[source]

    def _book(self, source: Source) -> _Voice:
        voice = _Voice(self._worker.new_id(), source)
        self._voices[source] = self._by_id[voice.id] = voice
        self._worker.voices[voice.id] = self
        return voice

    def _open_voice(self, voice: _Voice) -> None:
        native, source = self._worker.native, voice.source
        if isinstance(source, Play):
            clip_id = self._worker.clips.take(source.clip)
            native.voice_open(voice.id, self._id, clip_id=clip_id, loop=source.loop, gain=voice.usual_gain)
        else:
            options = self._voice_options(source)
            native.voice_open(
                voice.id,
                self._id,
                producer_id=source,
                gain=voice.usual_gain,
                suppress_noise=options.suppress_noise,
                detect_voice=options.detect_voice,
                automatic_level=options.automatic_level,
            )

    def _close_voice(self, voice: _Voice) -> None:
        self._note_active(voice, False)
        self._worker.native.voice_close(voice.id)
        del self._voices[voice.source], self._by_id[voice.id], self._worker.voices[voice.id]
        if isinstance(voice.source, Play):
            self._worker.clips.give_back(voice.source.clip)
        # An entry outlives its voice in the worker, which is what lets it come before: so it is taken out behind it.
        for listener in self._listeners.values():
            if listener.own_voice == voice.id:
                self._set_listener(listener, 0, listener.usual)
            if listener.entries.pop(voice.id, None) is not None:
                self._worker.native.hear(listener.id, voice.id, None)

    def _note_active(self, voice: _Voice, active: bool) -> None:
        if voice.active != active and isinstance(voice.source, int):
            voice.active = active
            self._speaking(voice.source, active)

    def _own_voice(self, listener: _Listener) -> int:
        own = self._voices.get(listener.row.own)
        return own.id if own is not None else 0

    def _set_listener(self, listener: _Listener, own: int, usual: float) -> None:
        listener.own_voice, listener.usual = own, usual
        self._worker.native.listener_set(listener.id, own_voice_id=own, gain=usual)

    def _tune(self, listener: _Listener, voices: Iterable[_Voice]) -> None:
        """Brings the worker's entries of a listener for these voices to its row: what is to be silent first, then its own settings, on
        which the other entries' being superfluous depends, then those."""
        row, native, own = listener.row, self._worker.native, self._own_voice(listener)
        superfluous = []
        for voice, gain in sorted(((voice, row.gains.get(voice.source, 0.0)) for voice in voices), key=lambda each: each[1]):
            if voice.id == own:
                continue  # nobody hears themselves, whatever stands there
            if gain == row.usual * voice.usual_gain:
                superfluous.append(voice.id)
            elif listener.entries.get(voice.id) != gain:
                listener.entries[voice.id] = gain
                native.hear(listener.id, voice.id, gain)
        if (listener.own_voice, listener.usual) != (own, row.usual):
            self._set_listener(listener, own, row.usual)
        for voice_id in superfluous:
            if listener.entries.pop(voice_id, None) is not None:
                native.hear(listener.id, voice_id, None)
