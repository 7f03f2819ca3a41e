"""What we answer to an offer: which m-lines, codecs and extensions are served, and what the engine must open for them.

Plain functions of (offer, our side): no ids, no I/O. `Room` calls them and carries out what they decided.
RFC 3264 and 8829 (offer/answer), 8843 (BUNDLE), 8842 (DTLS roles), 9725 section 4.2 (WHIP), the WHEP draft.

Invariants: the answer has exactly the offer's m-lines in the offer's order; a line we cannot serve is rejected (port 0)
alone, the offer as a whole only when nothing is left or its transport cannot work (RemoteError 422).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mediaserver import capabilities
from mediaserver.capabilities import Format
from mediaserver.errors import Unprocessable
from mediaserver.ice import Credentials
from mediaserver.sdp import Codec, Description, Extension, Media

# The last two are what older WHIP encoders write; the packets are the same.
PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "RTP/SAVPF", "RTP/SAVP")
ALL_CODECS = ("opus", *capabilities.VIDEO_CODECS)
MAX_CODECS = 24  # of one consumer in the engine; a browser has half as many variants
ICE_OPTIONS = "trickle ice2"
DISCARD_PORT = 9  # RFC 8840 section 4.1.1: the real port stands in the candidates

CodecEntry = tuple[int, str, int, int]  # payload type, name, clock rate, RTX payload type or 0; as native/engine/worker.pyi
Role = Literal["server", "client"]


@dataclass(frozen=True, slots=True)
class Local:
    """Our side of the transport, as it stands in every answer."""

    credentials: Credentials
    fingerprint: tuple[str, str]
    candidates: tuple[str, ...]
    session_id: int


@dataclass(frozen=True, slots=True)
class Remote:
    """The peer's side of the transport. `role` is ours in DTLS."""

    credentials: Credentials
    fingerprints: tuple[tuple[str, str], ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Incoming:
    """One m-line we receive a track on; `stream` counts those of its kind."""

    mid: str
    kind: str
    stream: int
    format: Format
    codec: CodecEntry
    events: tuple[CodecEntry, ...]  # telephone-event beside it
    ssrcs: tuple[tuple[int, int], ...]
    feedback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One m-line we send on: `formats` are what the peer takes there, in its order of preference, `codecs` the payload types for them."""

    mid: str
    kind: str
    stream: int  # lines with the same number are one stream to the peer: it plays them in lip-sync
    ssrc: int
    rtx_ssrc: int
    codecs: tuple[CodecEntry, ...]
    events: tuple[CodecEntry, ...]  # telephone-event beside them
    formats: tuple[Format, ...]
    nack: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`mid`: of the line that carries the transport's candidates, the first accepted one."""

    description: Description
    remote: Remote
    extensions: dict[str, int]
    mid: str
    incoming: tuple[Incoming, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()


def answer_publish(offer: Description, local: Local, *, accepted: Collection[str] = ALL_CODECS, preferred: Sequence[str] = ()) -> Answer:
    """Receives every audio and video line that has one of the `accepted` codecs.

    One codec a line: the first preferred one, else the offer's first.
    """
    session = _Session(offer, local, receiving=True)
    incoming: list[Incoming] = []
    count = {"audio": 0, "video": 0}
    for media in offer.media:
        chosen = _choose_one(media, accepted, preferred) if session.serves(media) else None
        if chosen is None:
            session.reject(media)
            continue
        codec, form = chosen
        if media.direction not in ("sendonly", "sendrecv"):
            session.accept(media, "inactive", (codec,))
            continue
        codecs, entry = _accepted(media, codec, form)
        repaired = media.repair[:1] if entry[3] else tuple((primary, 0) for primary, _ in media.repair[:1])
        ssrcs = repaired or tuple((ssrc, 0) for ssrc in media.ssrcs[:1])
        feedback = codecs[0].feedback
        events = capabilities.events_of(media.codecs)
        incoming.append(Incoming(media.mid, media.kind, count[media.kind], form, entry, _entries(events), ssrcs, feedback))
        count[media.kind] += 1
        session.accept(media, "recvonly", (*codecs, *events))
    if not incoming:
        raise Unprocessable(
            "The offer has no audio or video line to receive with a codec of ours (opus, VP8, VP9, H264, AV1).", code="no_media"
        )
    return replace(session.answer(), incoming=tuple(incoming))


def answer_subscribe(offer: Description, local: Local, random_ssrc: Callable[[], int], *, cname: str = "tresen") -> Answer:
    """Sends on every audio and video line that wants to receive; what is sent there is decided later, track by track."""
    session = _Session(offer, local, receiving=False)
    outgoing: list[Outgoing] = []
    count = {"audio": 0, "video": 0}
    for media in offer.media:
        chosen = _choose_each(media) if session.serves(media) else []
        if not chosen:
            session.reject(media)
            continue
        if media.direction not in ("recvonly", "sendrecv"):
            session.accept(media, "inactive", (chosen[0][0],))
            continue
        accepted: list[Codec] = []
        entries: list[CodecEntry] = []
        for codec, form in chosen:
            both, entry = _accepted(media, codec, form)
            accepted += both
            entries.append(entry)
        events = capabilities.events_of(media.codecs)
        ssrc = random_ssrc()
        rtx_ssrc = random_ssrc() if any(entry[3] for entry in entries) else 0
        stream = count[media.kind]
        count[media.kind] += 1
        outgoing.append(
            Outgoing(
                mid=media.mid,
                kind=media.kind,
                stream=stream,
                ssrc=ssrc,
                rtx_ssrc=rtx_ssrc,
                codecs=tuple(entries),
                events=_entries(events),
                formats=tuple(form for _, form in chosen),
                nack=any("nack" in codec.feedback for codec in accepted),
            )
        )
        repair = ((ssrc, rtx_ssrc),) if rtx_ssrc else ()
        session.accept(
            media, "sendonly", (*accepted, *events), ssrcs=(ssrc, rtx_ssrc) if rtx_ssrc else (ssrc,), repair=repair, cname=cname,
            msid=f"stream-{stream} {media.kind}-{stream}",
        )  # fmt: skip
    if not outgoing:
        raise Unprocessable(
            "The offer has no audio or video line to send on with a codec of ours (opus, VP8, VP9, H264, AV1).", code="no_media"
        )
    return replace(session.answer(), outgoing=tuple(outgoing))


def _candidates_for(media: Media) -> list[tuple[Codec, Format]]:
    known = [(codec, capabilities.format_of(codec)) for codec in media.codecs]
    audio = media.kind == "audio"
    return [(codec, form) for codec, form in known if form is not None and (form.name == "opus") == audio]


def _choose_one(media: Media, accepted: Collection[str], preferred: Sequence[str]) -> tuple[Codec, Format] | None:
    known = [(codec, form) for codec, form in _candidates_for(media) if form.name in accepted]
    preference = {name.lower(): index for index, name in enumerate(preferred)}
    order = {form.name: index for index, (_, form) in reversed(list(enumerate(known)))}
    # Among one codec's variants the offer's order decides; but H264 mode 0 only where the peer has nothing better, since a
    # frame's slices must then each fit one packet, and a receiver of mode 1 takes both.
    known.sort(key=lambda item: (preference.get(item[1].name.lower(), len(preference)), order[item[1].name], -item[1].mode))
    return known[0] if known else None


def _choose_each(media: Media) -> list[tuple[Codec, Format]]:
    """One payload type for each thing a decoder can do; H264 mode 0 only for profiles that have no mode 1, which takes both."""
    known: dict[Format, Codec] = {}
    for codec, form in _candidates_for(media):
        known.setdefault(form, codec)
    chosen = [(codec, form) for form, codec in known.items() if form.mode or Format(form.name, form.profile, 1) not in known]
    return chosen[:MAX_CODECS]


def _accepted(media: Media, codec: Codec, form: Format) -> tuple[tuple[Codec, ...], CodecEntry]:
    ours = replace(codec, fmtp=capabilities.answer_fmtp(codec), feedback=capabilities.feedback_of(codec, media.kind))
    repair = capabilities.repairs_of(media.codecs).get(codec.payload_type)
    if repair is None or "nack" not in ours.feedback:
        return (ours,), (codec.payload_type, form.name, codec.clock_rate, 0)
    return (ours, replace(repair, feedback=())), (codec.payload_type, form.name, codec.clock_rate, repair.payload_type)


def _entries(events: Sequence[Codec]) -> tuple[CodecEntry, ...]:
    return tuple((codec.payload_type, codec.name, codec.clock_rate, 0) for codec in events)


class _Session:
    """The parts of one answer that its lines share: BUNDLE, transport, extension ids."""

    __slots__ = ("bundle", "extensions", "lines", "local", "offer", "receiving", "remote")

    def __init__(self, offer: Description, local: Local, *, receiving: bool) -> None:
        self.offer, self.local, self.receiving = offer, local, receiving
        self.bundle = frozenset(offer.bundle)
        self.lines: list[Media] = []
        self.extensions: dict[str, int] = {}
        self.remote = self._remote()

    def _bundled(self, media: Media) -> bool:
        return (media.port != 0 or media.bundle_only) and (media.mid in self.bundle or (not self.bundle and len(self.offer.media) == 1))

    def serves(self, media: Media) -> bool:
        return media.kind in ("audio", "video") and media.protocol in PROTOCOLS and self._bundled(media)

    def _remote(self) -> Remote:
        if not self.offer.bundle and len(self.offer.media) > 1:
            raise Unprocessable("The offer has several m-lines and no BUNDLE group: all media must share one transport.", code="no_bundle")
        if self.offer.ice_lite:
            raise Unprocessable("The offer is ICE-lite, as we are: one side must send connectivity checks.", code="ice_lite")
        served = [media for media in self.offer.media if self.serves(media)]
        if not served:
            raise Unprocessable("The offer has no audio or video line we can serve.", code="no_media")
        if not all(media.rtcp_mux for media in served):
            raise Unprocessable("The offer lacks rtcp-mux: RTP and RTCP must share one port.", code="no_rtcp_mux")
        # The tagged m-line speaks for the whole group (RFC 8843 section 7.1); where it is no line of ours (a data channel
        # first), browsers repeat the same attributes on the others.
        by_mid = {media.mid: media for media in self.offer.media}
        lines = [by_mid[mid] for mid in self.offer.bundle if mid in by_mid] or served
        tagged = next((media for media in lines if media.ice_ufrag and media.ice_password), None)
        if tagged is None:
            raise Unprocessable("The offer has no ice-ufrag and ice-pwd.", code="no_ice")
        if not tagged.fingerprints:
            raise Unprocessable("The offer has no fingerprint by sha-256, sha-384 or sha-512: DTLS-SRTP needs one.", code="no_fingerprint")
        if tagged.setup == "holdconn":
            raise Unprocessable("The offer holds the connection back (setup:holdconn).", code="holdconn")
        role: Role = "client" if tagged.setup == "passive" else "server"
        return Remote(Credentials(tagged.ice_ufrag, tagged.ice_password), tagged.fingerprints, role)

    def accept(
        self,
        media: Media,
        direction: str,
        codecs: tuple[Codec, ...],
        *,
        ssrcs: tuple[int, ...] = (),
        repair: tuple[tuple[int, int], ...] = (),
        cname: str = "",
        msid: str = "",
    ) -> None:
        self.lines.append(
            Media(
                kind=media.kind,
                port=DISCARD_PORT,
                protocol=media.protocol,
                formats=tuple(str(codec.payload_type) for codec in codecs),
                mid=media.mid,
                direction=direction,
                codecs=codecs,
                extensions=self._extensions(media),
                ssrcs=ssrcs,
                repair=repair,
                cname=cname,
                msid=msid,
                ice_ufrag=self.local.credentials.ufrag,
                ice_password=self.local.credentials.password,
                fingerprints=(self.local.fingerprint,),
                setup="passive" if self.remote.role == "server" else "active",
                # The tagged line's would do (RFC 8843 section 7.1.3); aiortc with max-bundle reads the last line's alone.
                candidates=self.local.candidates,
                end_of_candidates=True,
                rtcp_mux=True,
            )
        )

    def _extensions(self, media: Media) -> tuple[Extension, ...]:
        """One id has one meaning in a BUNDLE (RFC 8843 section 9.1.2): a line that numbers otherwise goes without."""
        offered = capabilities.extensions_of(media.extensions, media.kind, receiving=self.receiving, mixed=self.offer.extmap_allow_mixed)
        chosen = []
        for name, extension in offered.items():
            known = self.extensions.get(name)
            if known is None and extension.id not in self.extensions.values():
                known = self.extensions[name] = extension.id
            if known == extension.id:
                flipped = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(extension.direction, extension.direction)
                chosen.append(Extension(extension.id, extension.uri, flipped))
        return tuple(chosen)

    def reject(self, media: Media) -> None:
        self.lines.append(Media(media.kind, 0, media.protocol, media.formats, mid=media.mid, direction="inactive"))

    def answer(self) -> Answer:
        bundle = tuple(line.mid for line in self.lines if line.port and line.mid in self.bundle)
        description = Description(
            media=tuple(self.lines),
            bundle=bundle,
            session_id=self.local.session_id,
            version=1,
            extmap_allow_mixed=self.offer.extmap_allow_mixed,
            ice_lite=True,
            ice_options=ICE_OPTIONS,
        )
        return Answer(description, self.remote, self.extensions, next((line.mid for line in self.lines if line.port), ""))
