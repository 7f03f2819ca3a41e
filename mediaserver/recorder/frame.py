"""What depacketisers make of RTP payloads: pieces of frames, and whole frames. Each codec's module makes them, `assembler` calls it."""

from dataclasses import dataclass, field

__all__ = ["Frame", "Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One packet's share of a frame. `begins`: a frame may begin here, so that what came before is not missed.

    `parts`: (how the part goes on from the one before, bytes), in the codec's own words; `keyframe`: the packet says that decoding can
    start with this frame.
    """

    begins: bool
    parts: tuple[tuple[str, bytes], ...]
    keyframe: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame as a container wants it. `config`: what a decoder must know besides (H264's parameter sets, AV1's sequence header),
    empty where the frame brings none; `width` and `height` of a key frame in pixels, 0 where its bytes do not say; `samples`: how long it
    sounds at 48 kHz.
    """

    data: bytes
    keyframe: bool
    config: bytes = b""
    width: int = 0
    height: int = 0
    samples: int = field(default=0, compare=False)
