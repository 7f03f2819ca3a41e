"""Frames of one track from its packets in order: pieces with one timestamp up to the marker bit are a frame.

Called by `track`. What a hole has touched is left out, and video goes on with the next key frame: a still picture is better than a torn
one. Invariant: whatever the payloads are, nothing raises.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from mediaserver.recorder import av1, h264, opus, vp8, vp9
from mediaserver.recorder.frame import Frame, Piece
from mediaserver.recorder.reorder import Packet

__all__ = ["Assembler", "Timed"]

PIECES_MOST = 4096  # of one frame: 4 MB, above which nobody encodes in real time

CODECS: dict[str, tuple[Callable[[bytes], Piece | None], Callable[[list[Piece]], Frame | None]]] = {
    "opus": (opus.piece, opus.frame),
    "VP8": (vp8.piece, vp8.frame),
    "VP9": (vp9.piece, vp9.frame),
    "H264": (h264.piece, h264.frame),
    "AV1": (av1.piece, av1.frame),
}


@dataclass(frozen=True, slots=True)
class Timed:
    """A frame with its RTP timestamp and the arrival of its first packet. `after_loss`: something before it is missing."""

    frame: Frame
    timestamp: int
    arrived_us: int
    after_loss: bool


class Assembler:
    """See the module. `wants_keyframe`: video waits for one; `broken`: frames left out so far."""

    __slots__ = (
        "_audio", "_bare", "_configured", "_frame", "_lost", "_needs_config", "_piece", "_pieces", "_spoilt", "_start", "broken",
        "wants_keyframe",
    )  # fmt: skip

    def __init__(self, codec: str) -> None:
        self._piece, self._frame = CODECS[codec]
        self._audio = codec == "opus"
        self._bare = False
        self._needs_config = codec == "H264"
        self._configured: Frame | None = None  # the last one that brought its parameter sets
        self._pieces: list[Piece] = []
        self._start: Packet | None = None
        self._spoilt = self._lost = False
        self.wants_keyframe = not self._audio
        self.broken = 0

    def put(self, packet: Packet) -> list[Timed]:
        """The frames that are complete with this packet (with a lost marker two at once)."""
        out: list[Timed] = []
        if packet.missed:
            self._lost = True
            if not self._audio:
                # The hole may be the end of this frame, the beginning of the next, or both.
                self._spoilt = True
                out += self._finish()
                self.wants_keyframe = True
        if self._start is not None and self._start.timestamp != packet.timestamp:
            out += self._finish()
        if not packet.payload:  # padding: its number counts, nothing else does
            return out
        piece = self._piece(packet.payload)
        if self._start is None:
            self._start = packet
            self._spoilt = bool(packet.missed) and (piece is None or not piece.begins)
        if piece is None or len(self._pieces) >= PIECES_MOST:
            self._spoilt = True
        else:
            self._pieces.append(piece)
        if packet.marker or self._audio:
            out += self._finish()
        return out

    def skip(self) -> None:
        """A packet was left out on purpose, and with it goes the frame it belongs to."""
        self._start, self._pieces, self._spoilt = None, [], False
        # What is left of its frame comes without a beginning, and what refers to it cannot be decoded.
        self.wants_keyframe = not self._audio

    def _with_config(self, frame: Frame) -> Frame:
        """A key frame whose sender gives parameter sets only once, with them; without any known it is none."""
        known = self._configured
        # Behind a loss it may be the parameter sets that are missing, and they may be new ones; twice in a row it is the sender's habit.
        doubted, self._bare = self._lost and not self._bare, True
        if known is None or doubted:
            return replace(frame, keyframe=False)
        return Frame(known.config + frame.data, True, known.config, known.width, known.height)

    def _finish(self) -> list[Timed]:
        start, pieces, spoilt = self._start, self._pieces, self._spoilt
        self._start, self._pieces, self._spoilt = None, [], False
        if start is None:
            return []
        frame = self._frame(pieces) if pieces and not spoilt else None
        if frame is None:
            self.broken += 1
            self._lost = True
            self.wants_keyframe = not self._audio
            return []
        if frame.config:
            self._configured, self._bare = frame, False
        elif frame.keyframe and self._needs_config:
            frame = self._with_config(frame)
        if self.wants_keyframe and not frame.keyframe:
            return []
        self.wants_keyframe = False
        lost, self._lost = self._lost, False
        return [Timed(frame, start.timestamp, start.arrived_us, lost)]
