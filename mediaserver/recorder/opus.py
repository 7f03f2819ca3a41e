"""Opus from RTP: a payload is a packet (RFC 7587 section 4.2), and its first byte tells how long it sounds (RFC 6716 section 3.1)."""

from mediaserver.recorder.frame import Frame, Piece

__all__ = ["duration_samples", "frame", "piece"]

# Of one frame at 48 kHz, by the configuration number's group: SILK, hybrid, CELT.
SILK_SAMPLES = (480, 960, 1920, 2880)
HYBRID_SAMPLES = (480, 960)
CELT_SAMPLES = (120, 240, 480, 960)
PACKET_SAMPLES_MOST = 5760  # 120 ms (RFC 6716 section 3.4 [R5])


def duration_samples(packet: bytes) -> int:
    """How long a packet sounds at 48 kHz; 0 for what is none."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        one = SILK_SAMPLES[config & 3]
    elif config < 16:
        one = HYBRID_SAMPLES[config & 1]
    else:
        one = CELT_SAMPLES[config & 3]
    if code == 3:
        count = packet[1] & 0x3F if len(packet) > 1 else 0
    else:
        count = 1 if code == 0 else 2
    return one * count if one * count <= PACKET_SAMPLES_MOST else 0


def piece(payload: bytes) -> Piece | None:
    """None for what no decoder would take."""
    return Piece(True, (("packet", payload),), keyframe=True) if duration_samples(payload) else None


def frame(pieces: list[Piece]) -> Frame | None:
    """The packet itself."""
    data = pieces[0].parts[0][1]
    return Frame(data, keyframe=True, samples=duration_samples(data))
