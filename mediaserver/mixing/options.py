"""How a room's mixes are encoded and what is done to a voice: plain values that `Room.set_audio` and `Room.set_voice` take.

Ranges are the engine's (native/engine/worker.pyi); a value outside is the caller's mistake (LocalError). RFC 6716, RFC 7587.
"""

from dataclasses import dataclass

from mediaserver.errors import LocalError

# RFC 6716 section 2.1.1: what Opus can make of one channel of speech, and the most it takes.
BITRATE_LEAST_BPS, BITRATE_MOST_BPS = 6000, 510_000
GAIN_MOST = 8.0  # 18 dB: beyond that the limiter is all one hears


@dataclass(frozen=True, slots=True)
class AudioOptions:
    """Of a room's mixes. `expected_loss_percent` above 0 sends in-band FEC for that much; `dtx` hardly sends silence; `speakers` is how
    many are heard at once, the loudest. Load lowers `complexity` for a time, never raises it."""

    bitrate_bps: int = 32000
    complexity: int = 9
    expected_loss_percent: int = 10
    dtx: bool = False
    channels: int = 1
    speakers: int = 8

    def __post_init__(self) -> None:
        """LocalError names the first value out of range."""
        for name, least, most in (
            ("bitrate_bps", BITRATE_LEAST_BPS, BITRATE_MOST_BPS),
            ("complexity", 1, 10),
            ("expected_loss_percent", 0, 100),
            ("channels", 1, 2),
            ("speakers", 1, 64),
        ):
            if not least <= getattr(self, name) <= most:
                raise LocalError(f"{name} is from {least} to {most}, not {getattr(self, name)}.")


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """Of one participant's voice in mixes, all off unless asked for: each costs CPU, and none touches what is forwarded."""

    suppress_noise: bool = False
    automatic_level: bool = False
    detect_voice: bool = False


def checked_gain(gain: float) -> float:
    """The gain itself; LocalError outside 0 to GAIN_MOST."""
    if not 0.0 <= gain <= GAIN_MOST:
        raise LocalError(f"A gain is from 0 (silent) over 1 (as it is) to {GAIN_MOST:g}, not {gain}.")
    return float(gain)
