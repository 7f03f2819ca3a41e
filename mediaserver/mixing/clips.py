"""Sounds to be played into a room: files decoded by PyAV, and a melody and tones made here, so that no foreign recording is shipped.

Decoding and making take a moment: do it off the event loop (`Room.hold` and `Room.announce` do so with paths). Samples are s16le, mono,
48 kHz. Invariant: a clip never changes; the same object played twice is in a worker's memory once.
"""

import functools
import math
from array import array
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from mediaserver.errors import LocalError

RATE = 48000
SAMPLE_BYTES = 2
# What a worker takes (native/engine/worker.pyi): ten minutes, 55 MiB.
LONGEST_S = 600
# Of full scale. Speech near a microphone has about a tenth (-20 dB); music behind a wait should not be louder.
MELODY_PEAK, TONE_PEAK = 0.22, 0.2
# Long enough not to click, short enough not to be heard as a swell.
EDGE_S = 0.005


class Clip:
    """A sound. `name` is for logs and people. Compared by identity."""

    __slots__ = ("__weakref__", "name", "samples")

    def __init__(self, samples: bytes, name: str = "clip") -> None:
        """`samples`: s16le mono 48 kHz. LocalError: none at all, half a sample, or more than LONGEST_S."""
        if not samples or len(samples) % SAMPLE_BYTES or len(samples) > LONGEST_S * RATE * SAMPLE_BYTES:
            raise LocalError(f"A clip is 1 sample to {LONGEST_S} s of 16 bit mono sound at 48 kHz; {name!r} has {len(samples)} bytes.")
        self.samples = samples
        self.name = name

    def __repr__(self) -> str:
        """Its name and length."""
        return f"Clip({self.name!r}, {self.duration_s:.2f} s)"

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.samples) / (SAMPLE_BYTES * RATE)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> "Clip":
        """Decodes the first audio stream of a local file in any format FFmpeg knows. Blocks while it does.

        LocalError: no such file, no sound in it, or longer than LONGEST_S.
        """
        import av  # here, so that a server which plays nothing does not load it
        from av.audio.resampler import AudioResampler

        path = Path(path)
        decoded = bytearray()
        try:
            # An open file, not a name: nothing that looks like a URL or a playlist makes FFmpeg open anything else.
            with path.open("rb") as file, av.open(file, "r", options={"protocol_whitelist": "none"}) as container:
                if not container.streams.audio:
                    raise LocalError(f"There is no sound in {path}.")
                resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
                for frame in container.decode(container.streams.audio[0]):
                    _append(decoded, resampler.resample(frame), path)
                _append(decoded, resampler.resample(None), path)
        except (OSError, av.error.FFmpegError) as error:
            raise LocalError(f"Cannot play {path}: {error.strerror or error}") from error
        return cls(bytes(decoded), path.name)

    @classmethod
    def melody(cls) -> "Clip":
        """The built-in hold melody: eight seconds that can be repeated without a seam."""
        return _melody()

    @classmethod
    def tone(cls, frequencies_hz: float | Sequence[float], cadence_s: Iterable[tuple[float, float]] = ((1.0, 0.0),)) -> "Clip":
        """A signal of one or more equal sines, on and off as `cadence_s` says: (425, [(1, 4)]) is the ringing tone of much of Europe (ITU-T
        E.180), (1000, [(0.2, 0)]) a beep. LocalError: nothing to be heard."""
        hertz = [frequencies_hz] if isinstance(frequencies_hz, int | float) else list(frequencies_hz)
        if not hertz or not all(0 < each < RATE / 2 for each in hertz):
            raise LocalError(f"Frequencies of a tone are above 0 and below {RATE // 2} Hz.")
        made = array("h")
        for on_s, off_s in cadence_s:
            made.extend(_sines(hertz, round(on_s * RATE)))
            made.extend(_silence(round(off_s * RATE)))
        return cls(made.tobytes(), "+".join(f"{each:g}" for each in hertz) + " Hz")


def _append(decoded: bytearray, frames: Iterable[object], path: Path) -> None:
    for frame in frames:
        decoded += bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]  # type: ignore[attr-defined]  # an av.AudioFrame
        if len(decoded) > LONGEST_S * RATE * SAMPLE_BYTES:
            raise LocalError(f"{path} is longer than {LONGEST_S} s.")


def _silence(samples: int) -> "array[int]":
    """So many zeros."""
    return array("h", bytes(SAMPLE_BYTES * samples))


def _sines(hertz: Sequence[float], samples: int) -> "array[int]":
    edge = max(1, min(round(EDGE_S * RATE), samples // 2))
    peak = 32767 * TONE_PEAK / len(hertz)
    turns = [2 * math.pi * each / RATE for each in hertz]
    return array(
        "h",
        (
            round(peak * min(1.0, at / edge, (samples - 1 - at) / edge) * sum(math.sin(turn * at) for turn in turns))
            for at in range(samples)
        ),
    )


# Semitones from A3 (220 Hz): a walk through four chords of the major pentatonic, which has no interval that grates, up and down.
TUNE = (0, 7, 12, 16, 19, 16, 12, 7, -3, 4, 9, 12, 16, 12, 9, 4, -7, 0, 5, 9, 12, 9, 5, 0, -5, 2, 7, 11, 14, 11, 7, 2)
NOTE_S = 0.25
RING_S = 0.06  # a plucked string's decay: quiet at the end of the note, so that the next begins in silence


@functools.cache
def _note(semitone: int) -> "array[int]":
    samples = round(NOTE_S * RATE)
    turn = 2 * math.pi * 220 * 2 ** (semitone / 12) / RATE
    edge = round(EDGE_S * RATE)
    made = array("h")
    for at in range(samples):
        envelope = min(1.0, at / edge, (samples - 1 - at) / edge) * math.exp(-at / (RING_S * RATE))
        made.append(round(32767 * MELODY_PEAK * envelope * (0.8 * math.sin(turn * at) + 0.2 * math.sin(2 * turn * at))))
    return made


@functools.cache
def _melody() -> Clip:
    made = array("h")
    for semitone in TUNE:
        made.extend(_note(semitone))
    return Clip(made.tobytes(), "melody")
