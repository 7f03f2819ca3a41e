"""A client's WHIP or WHEP session: offer over HTTP, connectivity checks and DTLS by our own engine and library in client role.

For `client` (load), `setups` (calls up and down) and `mixer` (also against another server, whose answer comes another way). Not for direct
signalling, which needs none of this. A call is one session of one connection of the plan; the SDP is written by `mediaserver.sdp`, which
is interop-tested elsewhere. RFC 9725, 8842.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from aiohttp import ClientSession

from bench.traffic import CODECS, EXTENSIONS, Publication, Subscription
from mediaserver.capabilities import AUDIO_FEEDBACK, EXTENSION_NAMES, VIDEO_FEEDBACK
from mediaserver.dtls import Certificate, DtlsTransport, Fingerprint, Role, SrtpKeys
from mediaserver.ice import Credentials
from mediaserver.sdp import Codec, Description, Extension, Media, parse, write
from mediaserver.tokens import mint
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO

PROTOCOL = "UDP/TLS/RTP/SAVPF"
DISCARD_PORT = 9
URIS = {name: uri for uri, name in EXTENSION_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Service:
    """Where the server is, and the API key to make tokens with."""

    http_port: int
    key: str
    secret: str

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http_port}{path}"


def offer(connection: Publication | Subscription, credentials: Credentials, certificate: Certificate) -> str:
    """The SDP of one connection: an m-line per track or slot."""
    lines = connection.tracks if isinstance(connection, Publication) else connection.slots
    publishing = isinstance(connection, Publication)
    fingerprint = certificate.fingerprint
    extensions = tuple(Extension(number, URIS[name]) for name, number in EXTENSIONS.items())
    media = []
    for line in lines:
        audio = line.kind == KIND_AUDIO
        codecs = _codecs(line.kind)
        primary = (line.ssrc, line.rtx_ssrc) if line.rtx_ssrc else (line.ssrc,)
        media.append(
            Media(
                "audio" if audio else "video", DISCARD_PORT, PROTOCOL, tuple(str(codec.payload_type) for codec in codecs), line.mid,
                "sendonly" if publishing else "recvonly", codecs, extensions,
                ssrcs=primary if publishing else (), repair=((line.ssrc, line.rtx_ssrc),) if publishing and line.rtx_ssrc else (),
                cname="bench", msid="bench bench", ice_ufrag=credentials.ufrag, ice_password=credentials.password,
                fingerprints=((fingerprint.algorithm, fingerprint.value),), setup="actpass", rtcp_mux=True,
            )
        )
    return write(Description(tuple(media), tuple(line.mid for line in lines), session_id=connection.id, extmap_allow_mixed=True))


def _codecs(kind: int) -> tuple[Codec, ...]:
    payload_type, name, clock_rate, rtx = CODECS[kind][0]
    if kind == KIND_AUDIO:
        return (Codec(payload_type, name, clock_rate, 2, "minptime=10;useinbandfec=1", AUDIO_FEEDBACK),)
    return Codec(payload_type, name, clock_rate, 1, "", VIDEO_FEEDBACK), Codec(rtx, "rtx", clock_rate, 1, f"apt={payload_type}")


class Peer:
    """The client's end of one peer connection. `keyed` is done when media may flow, `media` when the first of it has come."""

    def __init__(self, worker: MediaWorker, address: str, transport_id: int) -> None:
        loop = asyncio.get_running_loop()
        self.keyed: asyncio.Future[float] = loop.create_future()
        self.media: asyncio.Future[float] = loop.create_future()
        self.posted_s = 0.0
        self.ssrcs: list[tuple[int, int]] = []  # the server's, by line
        self._worker, self._native = worker, worker.native
        self._address, self._id = address, transport_id
        self._dtls: DtlsTransport | None = None
        self._make_dtls: Callable[[], DtlsTransport] | None = None

    def accept(self, answer: Description, credentials: Credentials, certificate: Certificate, executor: Executor) -> None:
        """Starts the checks towards where the answer says; the handshake follows them."""
        first = answer.media[0]
        self.ssrcs = [media.repair[0] if media.repair else (media.ssrcs[0], 0) if media.ssrcs else (0, 0) for media in answer.media]
        remote = [Fingerprint(algorithm, value) for algorithm, value in first.fingerprints]
        # An offer leaves the choice (RFC 8842 section 5.1); a server that answers "active" begins the handshake itself.
        role: Role = "server" if first.setup == "active" else "client"
        self._make_dtls = lambda: DtlsTransport(
            certificate, role, remote, executor=executor, send=self._send_dtls, on_keys=self._on_keys, on_failed=self.on_error,
            on_closed=lambda: None,
        )  # fmt: skip
        self._worker.transports[self._id] = self
        self._native.transport_open(
            self._id, local_ufrag=credentials.ufrag, local_password=credentials.password, remote_ufrag=first.ice_ufrag,
            remote_password=first.ice_password, controlling=True,
        )  # fmt: skip
        self._native.transport_extensions(self._id, {EXTENSION_NAMES[each.uri]: each.id for each in first.extensions})
        # Our peers' addresses are IPv4, so only such a candidate is of use.
        _, _, _, _, ip, port = next(each.split()[:6] for each in first.candidates if "." in each.split()[4])
        self._native.transport_connect(self._id, ip, int(port), local_ip=self._address)

    def forget(self) -> None:
        """Ends this end."""
        self._worker.transports.pop(self._id, None)
        if self._dtls is not None:
            self._dtls.close()
        self._native.transport_close(self._id)

    def on_connected(self, ip: str, port: int) -> None:
        if self._dtls is None and self._make_dtls is not None:
            self._dtls = self._make_dtls()
            self._dtls.start()

    def on_dtls(self, datagram: bytes) -> None:
        if self._dtls is not None:
            self._dtls.receive(datagram)

    def on_secure(self) -> None:
        if self._dtls is not None:
            self._dtls.settle()

    def on_producer_started(self, producer_id: int, codec: str, ssrc: int) -> None:
        if not self.media.done():
            self.media.set_result(time.monotonic())

    def on_producer_stalled(self, producer_id: int) -> None: ...
    def on_consumer_started(self, consumer_id: int) -> None: ...

    def on_lost(self) -> None:
        self.on_error(ConnectionError("the server has gone silent"))

    def on_error(self, error: Exception) -> None:
        for future in (self.keyed, self.media):
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waits for it is told; nobody has to

    def _send_dtls(self, datagram: bytes) -> None:
        self._native.transport_dtls(self._id, datagram)

    def _on_keys(self, keys: SrtpKeys) -> None:
        self._native.transport_keys(self._id, keys.profile, keys.send_key, keys.receive_key)
        if not self.keyed.done():
            self.keyed.set_result(time.monotonic())


class Call(Peer):
    """One WHIP or WHEP session."""

    def __init__(self, worker: MediaWorker, connection: Publication | Subscription, transport_id: int) -> None:
        super().__init__(worker, connection.address, transport_id)
        self._connection = connection
        self._location = ""
        self._token = ""

    async def open(
        self, http: ClientSession, service: Service, room: str, certificate: Certificate, executor: Executor, query: str = ""
    ) -> None:
        """POSTs the offer and starts the checks; `keyed` tells when the handshake is done."""
        connection, credentials = self._connection, Credentials.generate()
        protocol = "whip" if isinstance(connection, Publication) else "whep"
        self._token = mint(service.key, service.secret, identity=connection.person, room=room)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/sdp"}
        body = offer(connection, credentials, certificate)
        self.posted_s = time.monotonic()
        async with http.post(service.url(f"/{protocol}/{room}{query}"), data=body, headers=headers) as response:
            text = await response.text()
            if response.status != 201:
                raise ConnectionError(f"{protocol} answered {response.status}: {text}")
            self._location = response.headers["Location"]
        self.accept(parse(text), credentials, certificate, executor)

    async def close(self, http: ClientSession, service: Service) -> None:
        """DELETEs the session and forgets the peer."""
        async with http.delete(service.url(self._location), headers={"Authorization": f"Bearer {self._token}"}) as response:
            if response.status != 200:
                raise ConnectionError(f"DELETE answered {response.status}: {await response.text()}")
        self.forget()
