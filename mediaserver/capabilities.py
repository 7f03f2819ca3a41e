"""What this server can carry: codecs, header extensions, RTCP feedback; and which of a peer's payload types mean the same.

Not for choosing among them (`answer`). Plain tables and functions, no state. RFC 7587 (Opus), 7741 (VP8), 9628 (VP9), 6184
(H264), the AV1 RTP specification of AOMedia, RFC 4588 (RTX), 4733 (keys), 8285 (extensions), 4585 and 5104 (feedback).

Invariant: two payload types with equal or covering `Format` can be forwarded into each other without looking into the media.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mediaserver.sdp import Codec, Extension

AUDIO_CLOCK_RATE = 48000
VIDEO_CLOCK_RATE = 90000
# Names as the native engine writes them, by lower case: encoding names are case-insensitive (RFC 8866 section 6.6).
CODEC_NAMES = {"opus": "opus", "vp8": "VP8", "vp9": "VP9", "h264": "H264", "av1": "AV1"}
VIDEO_CODECS = ("VP8", "VP9", "H264", "AV1")

EXTENSION_NAMES = {
    "urn:ietf:params:rtp-hdrext:sdes:mid": "mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id": "rid",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id": "repaired-rid",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": "abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": "transport-cc",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level": "audio-level",
    "urn:3gpp:video-orientation": "video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay": "playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time": "abs-capture-time",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension": "dependency-descriptor",
}
# Name layers of a simulcast, which is not answered yet: a peer that sees them accepted may send several.
LAYER_EXTENSIONS = frozenset({"rid", "repaired-rid"})
# Id 15 is reserved and ids above it need the two-byte form, which only mixed sessions allow (RFC 8285 sections 4.2, 4.3).
MAX_ONE_BYTE_ID = 14
MAX_EXTENSION_ID = 255

VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "transport-cc", "goog-remb")
AUDIO_FEEDBACK = ("nack", "transport-cc")

# What we ask of every Opus sender: packets down to 10 ms may come, and each carries a copy of the last (RFC 7587 section 7.1).
OPUS_PARAMETERS = {"minptime": "10", "useinbandfec": "1"}


# Keys beside a codec (RFC 4733): on the clock of Opus, where no timestamp has to be converted, before that of telephones.
EVENT_CLOCK_RATES = (AUDIO_CLOCK_RATE, 8000)
EVENT_PARAMETERS = "0-15"  # the sixteen keys


@dataclass(frozen=True, slots=True)
class Format:
    """What a decoder must be able to do.

    `profile`: VP9 profile-id, AV1 profile, rank of the H264 profile; `mode`: H264 packetization-mode.
    """

    name: str
    profile: int = 0
    mode: int = 0

    def covers(self, other: "Format") -> bool:
        """Whether a peer that asked for this can take what was negotiated as `other`."""
        if self.name != "H264" or other.name != "H264":
            return self == other
        return self.profile >= other.profile and self.mode >= other.mode


# RFC 6184 table 5, plus (constrained) high: (profile_idc, mask of profile_iop, its value) -> rank. A decoder of one rank decodes those
# below. Baseline proper has tools the others lack (FMO, ASO), which no real-time encoder uses; browsers name 42001f and 42e01f alike.
H264_PROFILES = (
    (0x42, 0x4F, 0x40, 0), (0x4D, 0x8F, 0x80, 0), (0x58, 0xCF, 0xC0, 0),  # constrained baseline
    (0x42, 0x4F, 0x00, 0), (0x58, 0xCF, 0x80, 0),  # baseline
    (0x4D, 0xAF, 0x00, 1),  # main
    (0x64, 0xFF, 0x0C, 2), (0x64, 0xFF, 0x00, 2),  # constrained high, high
)  # fmt: skip
H264_DEFAULT_PROFILE = "42000a"  # RFC 6184 section 8.1: baseline, level 1


def parameters_of(fmtp: str) -> dict[str, str]:
    """The `name=value;...` list of an fmtp line; names in lower case, the first of equals counts."""
    parameters: dict[str, str] = {}
    for part in fmtp.split(";"):
        name, _, value = part.partition("=")
        if name.strip():
            parameters.setdefault(name.strip().lower(), value.strip())
    return parameters


def _small(text: str) -> int:
    """A small decimal, or -1 for anything else, so that it matches nothing."""
    return int(text) if len(text) <= 3 and text.isascii() and text.isdigit() else -1


def _h264_rank(profile_level_id: str) -> int:
    if len(profile_level_id) != 6 or not set(profile_level_id) <= set("0123456789abcdefABCDEF"):
        return -1
    value = int(profile_level_id, 16)
    for idc, mask, wanted, rank in H264_PROFILES:
        if value >> 16 == idc and (value >> 8) & mask == wanted:
            return rank
    return -1


def format_of(codec: Codec) -> Format | None:
    """What this payload type asks a decoder for; None when it is not one of ours (another codec, clock rate or profile)."""
    name = CODEC_NAMES.get(codec.name.lower())
    if name == "opus":
        return Format("opus") if codec.clock_rate == AUDIO_CLOCK_RATE and codec.channels == 2 else None
    if name is None or codec.clock_rate != VIDEO_CLOCK_RATE:
        return None
    if name == "VP8":
        return Format("VP8")
    parameters = parameters_of(codec.fmtp)
    if name == "H264":
        rank = _h264_rank(parameters.get("profile-level-id", H264_DEFAULT_PROFILE))
        mode = _small(parameters.get("packetization-mode", "0"))
        return Format("H264", rank, mode) if rank >= 0 and mode in (0, 1) else None  # mode 2 interleaves: no browser has it
    profile = _small(parameters.get("profile-id" if name == "VP9" else "profile", "0"))
    return Format(name, profile) if 0 <= profile <= 3 else None


def repairs_of(codecs: Iterable[Codec]) -> dict[int, Codec]:
    """Payload type -> the RTX codec that repairs it (RFC 4588 section 8.1, `apt`)."""
    repairs: dict[int, Codec] = {}
    for codec in codecs:
        if codec.name.lower() == "rtx":
            repairs.setdefault(_small(parameters_of(codec.fmtp).get("apt", "")), codec)
    return repairs


def events_of(codecs: Iterable[Codec]) -> tuple[Codec, ...]:
    """The offered telephone-event payload types, one for each clock rate of ours, as we answer them."""
    found: dict[int, Codec] = {}
    for codec in codecs:
        if codec.name.lower() == "telephone-event" and codec.clock_rate in EVENT_CLOCK_RATES and codec.channels == 1:
            found.setdefault(codec.clock_rate, Codec(codec.payload_type, "telephone-event", codec.clock_rate, fmtp=EVENT_PARAMETERS))
    return tuple(found[rate] for rate in EVENT_CLOCK_RATES if rate in found)


def feedback_of(codec: Codec, kind: str) -> tuple[str, ...]:
    """The feedback both sides can do. Where transport-cc is offered, goog-remb is left out: a sender obeys only one of them."""
    wanted = AUDIO_FEEDBACK if kind == "audio" else VIDEO_FEEDBACK
    both = tuple(feedback for feedback in codec.feedback if feedback in wanted)
    return tuple(feedback for feedback in both if feedback != "goog-remb") if "transport-cc" in both else both


def answer_fmtp(codec: Codec) -> str:
    """Our fmtp for an offered codec: the offer's own (we carry what we are sent), for Opus with in-band FEC asked for."""
    if codec.name.lower() != "opus":
        return codec.fmtp
    parameters = parameters_of(codec.fmtp) | OPUS_PARAMETERS
    return ";".join(f"{name}={value}" if value else name for name, value in parameters.items())


def extensions_of(extensions: Iterable[Extension], kind: str, *, receiving: bool, mixed: bool) -> dict[str, Extension]:
    """Name -> offered extension, of those we know and may use in this direction (as seen from us)."""
    usable = ("sendrecv", "sendonly") if receiving else ("sendrecv", "recvonly")
    chosen: dict[str, Extension] = {}
    for extension in extensions:
        name = EXTENSION_NAMES.get(extension.uri)
        most = MAX_EXTENSION_ID if mixed else MAX_ONE_BYTE_ID
        if (
            name is None
            or name in LAYER_EXTENSIONS
            or extension.direction not in usable
            or not 0 < extension.id <= most
            or extension.id == 15
        ):
            continue
        if kind == "video" or name not in ("video-orientation", "playout-delay", "dependency-descriptor"):
            chosen.setdefault(name, extension)
    if receiving and "transport-cc" in chosen:
        chosen.pop("abs-send-time", None)  # four bytes a packet that nobody would read
    return chosen
