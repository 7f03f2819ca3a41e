"""Session descriptions (RFC 8866) as frozen data: reads a peer's offer, writes our answer.

Not for deciding what to accept (`answer`) nor what we can do (`capabilities`); it knows only the grammar, and of that only
what a BUNDLEd RTP session needs (RFC 8829, 8839, 8842, 8843, 8285, 5576, 8830, 4585). Unknown lines and attributes are skipped.

Invariants: `parse` is total (any bytes give a Description or a RemoteError with one clear sentence) and linear in its
input, which is at most MAX_BYTES; the answers we `write` are read back by `parse` as the same Description.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mediaserver.errors import BadRequest, TooLarge

# A browser's offer of one audio and one video line is 7 KiB, of eight such lines 30 KiB.
MAX_BYTES = 64 * 1024
# One line of an H264 fmtp with sprop-parameter-sets is the longest known (< 1 KiB).
MAX_LINE_CHARS = 4096
# Each m-line costs a native producer or consumer: more than a page of thumbnails is no shop counter.
MAX_MEDIA = 64
# Per m-line, of each repeated attribute. Chromium sends 40 payload types; more than RTP has cannot mean anything.
MAX_REPEATED = 128

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
SETUPS = ("actpass", "active", "passive", "holdconn")
# RFC 8122 hash names we verify, with their digest length. sha-1 is broken, md5 more so.
FINGERPRINT_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type: rtpmap, fmtp and rtcp-fb lines together."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """One extmap line; `direction` is as its sender sees it (RFC 8285 section 6)."""

    id: int
    uri: str
    direction: str = "sendrecv"


@dataclass(frozen=True, slots=True)
class Media:
    """One m-line with its attributes; port 0 without `bundle_only` is a rejected line."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str = ""
    direction: str = "sendrecv"
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[Extension, ...] = ()
    ssrcs: tuple[int, ...] = ()
    repair: tuple[tuple[int, int], ...] = ()  # ssrc-group:FID (primary, RTX)
    cname: str = ""
    msid: str = ""
    ice_ufrag: str = ""
    ice_password: str = ""
    fingerprints: tuple[tuple[str, str], ...] = ()
    setup: str = ""
    candidates: tuple[str, ...] = ()  # values of the candidate lines, not looked into: we are ICE-lite
    end_of_candidates: bool = False
    rtcp_mux: bool = False
    bundle_only: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """A whole offer or answer. Attributes that stand at session level in the text are given to every m-line here."""

    media: tuple[Media, ...]
    bundle: tuple[str, ...] = ()  # mids of the first BUNDLE group
    session_id: int = 0
    version: int = 0
    extmap_allow_mixed: bool = False
    ice_lite: bool = False
    ice_options: str = ""


def number(text: str, maximum: int, what: str) -> int:
    """Plain ASCII digits only: `int()` alone takes signs, underscores and other scripts' digits, and is quadratic."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= maximum):
        raise BadRequest(f"SDP: {what} is not a number from 0 to {maximum}.")
    return int(text)


def is_token(text: str, maximum: int = 256) -> bool:
    """Visible ASCII without spaces: what may go back into a line of ours."""
    return 0 < len(text) <= maximum and text.isascii() and text.isprintable() and " " not in text


def token(text: str, what: str) -> str:
    """The text itself, where `is_token` holds."""
    if not is_token(text):
        raise BadRequest(f"SDP: {what} is empty, too long or has characters that may not stand there.")
    return text


class Section:
    """What has been read of one m-line, or of the session level, so far."""

    __slots__ = (
        "bundle", "bundle_only", "candidates", "cname", "direction", "end_of_candidates", "extensions", "extmap_allow_mixed", "feedback",
        "fingerprints", "fmtp", "formats", "ice_lite", "ice_options", "ice_password", "ice_ufrag", "kind", "mid", "msid", "port",
        "protocol", "repair", "rtcp_mux", "rtpmap", "setup", "ssrcs",
    )  # fmt: skip

    def __init__(self, kind: str = "", port: int = 0, protocol: str = "", formats: tuple[str, ...] = ()) -> None:
        self.kind, self.port, self.protocol, self.formats = kind, port, protocol, formats
        self.mid = self.direction = self.cname = self.msid = self.ice_ufrag = self.ice_password = self.setup = self.ice_options = ""
        self.rtpmap: dict[int, tuple[str, int, int]] = {}
        self.fmtp: dict[int, str] = {}
        self.feedback: dict[str, list[str]] = {}
        self.extensions: list[Extension] = []
        self.ssrcs: dict[int, None] = {}
        self.repair: list[tuple[int, int]] = []
        self.fingerprints: list[tuple[str, str]] = []
        self.candidates: list[str] = []
        self.bundle: tuple[str, ...] | None = None
        self.end_of_candidates = self.rtcp_mux = self.bundle_only = self.extmap_allow_mixed = self.ice_lite = False


def _repeat(items: list | dict) -> None:  # type: ignore[type-arg]  # only its length matters
    if len(items) >= MAX_REPEATED:
        raise BadRequest(f"SDP: more than {MAX_REPEATED} attributes of one kind in one section.")


def _rtpmap(section: Section, value: str) -> None:
    payload_type, _, encoding = value.partition(" ")
    name, _, rest = encoding.strip().partition("/")
    clock_rate, _, channels = rest.partition("/")
    _repeat(section.rtpmap)
    section.rtpmap[number(payload_type, 127, "a payload type")] = (
        token(name, "an encoding name"),
        number(clock_rate, 2**32 - 1, "a clock rate"),
        number(channels, 255, "a channel count") if channels else 1,
    )


def _fmtp(section: Section, value: str) -> None:
    payload_type, _, parameters = value.partition(" ")
    if not payload_type.isdigit() and section.kind not in ("audio", "video"):
        return  # other media name their formats with words
    if not parameters.isascii():
        raise BadRequest("SDP: an fmtp line holds characters outside ASCII.")
    _repeat(section.fmtp)
    section.fmtp[number(payload_type, 127, "a payload type")] = parameters.strip()


def _rtcp_fb(section: Section, value: str) -> None:
    payload_type, _, feedback = value.partition(" ")
    if payload_type != "*":
        number(payload_type, 127, "a payload type")
    _repeat(section.feedback)
    of_type = section.feedback.setdefault(payload_type, [])
    _repeat(of_type)
    of_type.append(feedback.strip() if feedback.isascii() else "")


def _extmap(section: Section, value: str) -> None:
    head, _, rest = value.partition(" ")
    identifier, _, direction = head.partition("/")
    if direction and direction not in DIRECTIONS:
        raise BadRequest("SDP: an extmap line has an unknown direction.")
    _repeat(section.extensions)
    uri = rest.strip().partition(" ")[0]
    section.extensions.append(
        Extension(number(identifier, 4095, "a header extension id"), token(uri, "a header extension URI"), direction or "sendrecv")
    )


def _ssrc(section: Section, value: str) -> None:
    ssrc, _, attribute = value.partition(" ")
    _repeat(section.ssrcs)
    section.ssrcs[number(ssrc, 2**32 - 1, "an SSRC")] = None
    if attribute.startswith("cname:") and is_token(attribute[6:]):
        section.cname = attribute[6:]


def _ssrc_group(section: Section, value: str) -> None:
    words = value.split()
    if len(words) == 3 and words[0] == "FID":
        _repeat(section.repair)
        section.repair.append((number(words[1], 2**32 - 1, "an SSRC"), number(words[2], 2**32 - 1, "an SSRC")))


def _msid(section: Section, value: str) -> None:
    parts = value.split(None, 2)[:2]
    section.msid = section.msid or " ".join(token(part, "an msid") for part in parts)


def _fingerprint(section: Section, value: str) -> None:
    algorithm, _, digest = value.partition(" ")
    algorithm, digest = algorithm.lower(), digest.strip().upper()
    size = FINGERPRINT_BYTES.get(algorithm)
    if size is None:
        return
    pairs = digest.split(":")
    if len(pairs) != size or not all(len(pair) == 2 and set(pair) <= set("0123456789ABCDEF") for pair in pairs):
        raise BadRequest(f"SDP: a {algorithm} fingerprint is not {size} hexadecimal pairs.")
    _repeat(section.fingerprints)
    section.fingerprints.append((algorithm, digest))


def _setup(section: Section, value: str) -> None:
    if value not in SETUPS:
        raise BadRequest("SDP: setup is none of actpass, active, passive, holdconn.")
    section.setup = value


def _ice_ufrag(section: Section, value: str) -> None:
    if not (is_token(value) and len(value) >= 4 and ":" not in value):
        raise BadRequest("SDP: ice-ufrag is not 4 to 256 ICE characters (RFC 8839).")
    section.ice_ufrag = value


def _ice_password(section: Section, value: str) -> None:
    if not (is_token(value) and len(value) >= 22):
        raise BadRequest("SDP: ice-pwd is not 22 to 256 ICE characters (RFC 8839).")
    section.ice_password = value


def _group(section: Section, value: str) -> None:
    words = value.split()
    if words[:1] == ["BUNDLE"] and section.bundle is None:
        _repeat(words[2:])
        section.bundle = tuple(token(mid, "a BUNDLE mid") for mid in words[1:])


def _candidate(section: Section, value: str) -> None:
    _repeat(section.candidates)
    section.candidates.append(value)


def _mid(section: Section, value: str) -> None:
    section.mid = token(value, "a mid")


def _ice_options(section: Section, value: str) -> None:
    section.ice_options = value


WITH_VALUE: dict[str, Callable[[Section, str], None]] = {
    "rtpmap": _rtpmap, "fmtp": _fmtp, "rtcp-fb": _rtcp_fb, "extmap": _extmap, "ssrc": _ssrc, "ssrc-group": _ssrc_group, "msid": _msid,
    "fingerprint": _fingerprint, "setup": _setup, "ice-ufrag": _ice_ufrag, "ice-pwd": _ice_password, "group": _group,
    "candidate": _candidate, "mid": _mid, "ice-options": _ice_options,
}  # fmt: skip
FLAGS = {
    "rtcp-mux": "rtcp_mux", "bundle-only": "bundle_only", "extmap-allow-mixed": "extmap_allow_mixed", "ice-lite": "ice_lite",
    "end-of-candidates": "end_of_candidates",
}  # fmt: skip


def read_attribute(section: Section, line: str) -> None:
    """Takes one `a=` line (without the `a=`) into a section."""
    name, colon, value = line.partition(":")
    if colon:
        reader = WITH_VALUE.get(name)
        if reader is not None:
            reader(section, value.strip())
    elif name in FLAGS:
        setattr(section, FLAGS[name], True)
    elif name in DIRECTIONS:
        section.direction = name


def _media_line(value: str) -> Section:
    parts = value.split()
    if len(parts) < 4 or len(parts) > 3 + MAX_REPEATED:
        raise BadRequest("SDP: an m-line needs a kind, a port, a protocol and 1 to 128 formats.")
    for part in parts:
        token(part, "a word of an m-line")
    return Section(parts[0], number(parts[1].partition("/")[0], 65535, "a port"), parts[2], tuple(parts[3:]))


def text_of(data: bytes | str) -> str:
    """The description as text; RemoteError when it is too long or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise TooLarge(f"SDP: longer than {MAX_BYTES} bytes.")
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest("SDP: not UTF-8 text.") from None


def lines_of(text: str) -> list[tuple[str, str]]:
    """(type letter, value) of every line; empty lines at the end are let pass, as many writers leave one."""
    lines = []
    for line in text.rstrip("\r\n").split("\n"):
        line = line.removesuffix("\r")
        if len(line) > MAX_LINE_CHARS or line[1:2] != "=" or not line[0].isalpha() or not line.isprintable():
            raise BadRequest("SDP: a line is not of the form letter=value, too long, or holds control characters.")
        lines.append((line[0], line[2:]))
    return lines


def parse(data: bytes | str) -> Description:
    """Reads an offer or answer. RemoteError (400, 413) says what is wrong with it."""
    lines = lines_of(text_of(data))
    if lines[0] != ("v", "0"):
        raise BadRequest("SDP: does not begin with v=0.")
    session = section = Section()
    sections: list[Section] = []
    session_id = version = 0
    for kind, value in lines:
        if kind == "a":
            read_attribute(section, value)
        elif kind == "m":
            if len(sections) == MAX_MEDIA:
                raise BadRequest(f"SDP: more than {MAX_MEDIA} m-lines.")
            section = _media_line(value)
            sections.append(section)
        elif kind == "o" and section is session:
            words = value.split()
            if len(words) != 6:
                raise BadRequest("SDP: the o-line has not six fields.")
            session_id, version = number(words[1], 2**64 - 1, "a session id"), number(words[2], 2**64 - 1, "a session version")
    mids = [section.mid for section in sections if section.mid]
    if len(set(mids)) != len(mids):
        raise BadRequest("SDP: two m-lines have the same mid.")
    return Description(
        media=tuple(_media(section, session) for section in sections),
        bundle=session.bundle or (),
        session_id=session_id,
        version=version,
        extmap_allow_mixed=session.extmap_allow_mixed or any(section.extmap_allow_mixed for section in sections),
        ice_lite=session.ice_lite,
        ice_options=session.ice_options,
    )


def _media(section: Section, session: Section) -> Media:
    everywhere = section.feedback.get("*", [])
    codecs = []
    for payload_type in dict.fromkeys(section.formats):
        mapped = (
            section.rtpmap.get(int(payload_type)) if payload_type.isascii() and payload_type.isdigit() and len(payload_type) <= 3 else None
        )
        if mapped is not None:
            feedback = tuple(dict.fromkeys([*section.feedback.get(payload_type, []), *everywhere]))
            codecs.append(Codec(int(payload_type), *mapped, section.fmtp.get(int(payload_type), ""), feedback))
    return Media(
        kind=section.kind,
        port=section.port,
        protocol=section.protocol,
        formats=section.formats,
        mid=section.mid,
        direction=section.direction or session.direction or "sendrecv",
        codecs=tuple(codecs),
        extensions=(*session.extensions, *section.extensions),
        ssrcs=tuple(section.ssrcs),
        repair=tuple(section.repair),
        cname=section.cname,
        msid=section.msid,
        ice_ufrag=section.ice_ufrag or session.ice_ufrag,
        ice_password=section.ice_password or session.ice_password,
        fingerprints=tuple(section.fingerprints or session.fingerprints),
        setup=section.setup or session.setup,
        candidates=tuple(section.candidates),
        end_of_candidates=section.end_of_candidates or session.end_of_candidates,
        rtcp_mux=section.rtcp_mux,
        bundle_only=section.bundle_only,
    )


def write(description: Description) -> str:
    """The description as text with CRLF line ends."""
    lines = ["v=0", f"o=- {description.session_id} {description.version} IN IP4 0.0.0.0", "s=-", "t=0 0"]
    if description.bundle:
        lines.append("a=group:BUNDLE " + " ".join(description.bundle))
    if description.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    if description.ice_lite:
        lines.append("a=ice-lite")
    if description.ice_options:
        lines.append(f"a=ice-options:{description.ice_options}")
    lines.append("a=msid-semantic: WMS *")
    for media in description.media:
        _write_media(media, lines)
    return "\r\n".join(lines) + "\r\n"


def _write_media(media: Media, lines: list[str]) -> None:
    lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
    lines.append("c=IN IP4 0.0.0.0")
    if media.mid:
        lines.append(f"a=mid:{media.mid}")
    lines.append(f"a={media.direction}")
    if media.bundle_only:
        lines.append("a=bundle-only")
    if media.msid:
        lines.append(f"a=msid:{media.msid}")
    if media.ice_ufrag:
        lines.append(f"a=ice-ufrag:{media.ice_ufrag}")
    if media.ice_password:
        lines.append(f"a=ice-pwd:{media.ice_password}")
    lines += [f"a=fingerprint:{algorithm} {digest}" for algorithm, digest in media.fingerprints]
    if media.setup:
        lines.append(f"a=setup:{media.setup}")
    if media.rtcp_mux:
        lines += ["a=rtcp-mux", "a=rtcp-rsize"]
    for extension in media.extensions:
        direction = "" if extension.direction == "sendrecv" else f"/{extension.direction}"
        lines.append(f"a=extmap:{extension.id}{direction} {extension.uri}")
    for codec in media.codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}")
        lines += [f"a=rtcp-fb:{codec.payload_type} {feedback}" for feedback in codec.feedback]
        if codec.fmtp:
            lines.append(f"a=fmtp:{codec.payload_type} {codec.fmtp}")
    lines += [f"a=ssrc-group:FID {primary} {repair}" for primary, repair in media.repair]
    lines += [f"a=ssrc:{ssrc} cname:{media.cname}" for ssrc in media.ssrcs]
    lines += [f"a=candidate:{candidate}" for candidate in media.candidates]
    if media.end_of_candidates:
        lines.append("a=end-of-candidates")
