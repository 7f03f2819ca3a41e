"""One peer connection as the control plane sees it: ICE credentials, DTLS handshake, SRTP keys, end.

    new --connected--> connecting --keys--> keyed --secure--> secure
     any of them --lost, failed, close_notify, close--> closed

The native engine checks connectivity and moves media; OpenSSL's work is `dtls`'s. Called by `session`. RFC 8445 (lite), RFC 5764.

Invariants: no DTLS session before a validated address; `ended` is told at most once and never after `close`.
"""

import asyncio
import enum
from collections.abc import Callable
from concurrent.futures import Executor

from mediaserver.answer import Answer
from mediaserver.dtls import Certificate, DtlsFailed, DtlsTransport, Fingerprint, SrtpKeys
from mediaserver.ice import Credentials
from mediaserver.metrics import HandshakeResult
from mediaserver.workers import MediaWorker

# Who only watches sends nothing until something is to be seen, so that no packet of theirs proves that our last flight arrived. A
# client that misses it repeats its own after 1, 2 and 4 s (RFC 6347 section 4.2.4.1); silence for so long proves it as well.
SETTLE_AFTER_S = 8.0


class TransportState(enum.Enum):
    """As drawn above."""

    NEW = "new"
    CONNECTING = "connecting"  # ICE has a pair; DTLS is under way
    KEYED = "keyed"
    SECURE = "secure"  # a media packet of the peer has verified
    CLOSED = "closed"


class EndReason(enum.StrEnum):
    """Why a transport ended by itself; a bounded metric label."""

    LOST = "lost"  # no consent (RFC 7675)
    DTLS_FAILED = "dtls_failed"
    PEER_CLOSED = "peer_closed"
    ERROR = "error"  # ours


class Transport:
    """See the module."""

    __slots__ = (
        "_certificate", "_dtls", "_ended", "_established", "_executor", "_fingerprints", "_observe", "_role", "_settling", "id", "local",
        "remote", "state", "worker",
    )  # fmt: skip

    def __init__(
        self,
        worker: MediaWorker,
        local: Credentials,
        answer: Answer,
        *,
        certificate: Certificate,
        executor: Executor,
        observe: Callable[[HandshakeResult], None],
        established: Callable[[], None],
        ended: Callable[[EndReason, Exception | None], None],
    ) -> None:
        """Opens it in the worker."""
        self.worker = worker
        self.id = worker.new_id()
        self.local = local
        self.remote = answer.remote.credentials
        self.state = TransportState.NEW
        self._role = answer.remote.role
        self._fingerprints = answer.remote.fingerprints
        self._certificate, self._executor = certificate, executor
        self._observe, self._established, self._ended = observe, established, ended
        self._dtls: DtlsTransport | None = None
        self._settling: asyncio.TimerHandle | None = None
        worker.native.transport_open(
            self.id,
            local_ufrag=local.ufrag,
            local_password=local.password,
            remote_ufrag=self.remote.ufrag,
            remote_password=self.remote.password,
        )
        worker.native.transport_extensions(self.id, answer.extensions)
        worker.transports[self.id] = self

    def restart(self, remote: Credentials) -> Credentials:
        """ICE restart: new credentials of ours for the peer's new ones. Media goes on over the old pair until then."""
        self.local, self.remote = Credentials.generate(), remote
        self.worker.native.transport_restart(
            self.id,
            local_ufrag=self.local.ufrag,
            local_password=self.local.password,
            remote_ufrag=remote.ufrag,
            remote_password=remote.password,
        )
        return self.local

    def close(self) -> None:
        """Says goodbye to the peer where there is a DTLS session, and frees everything. Idempotent; tells nobody."""
        if self.state is TransportState.CLOSED:
            return
        self.state = TransportState.CLOSED
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if self._dtls is not None:
            self._dtls.close()
            self._dtls = None
        self.worker.transports.pop(self.id, None)
        self.worker.native.transport_close(self.id)

    def on_connected(self, ip: str, port: int) -> None:
        """A validated pair was selected, or it moved."""
        if self.state is not TransportState.NEW:  # the pair moved, or a restart found one
            return
        self.state = TransportState.CONNECTING
        self._dtls = DtlsTransport(
            self._certificate,
            self._role,
            [Fingerprint(algorithm, value) for algorithm, value in self._fingerprints],
            executor=self._executor,
            send=self._send_dtls,
            on_keys=self._on_keys,
            on_failed=self._on_failed,
            on_closed=lambda: self._end(EndReason.PEER_CLOSED, None),
        )
        self._dtls.start()

    def on_dtls(self, datagram: bytes) -> None:
        """A DTLS datagram from the selected address."""
        if self._dtls is not None:
            self._dtls.receive(datagram)

    def on_secure(self) -> None:
        """The first SRTP or SRTCP packet has verified."""
        if self.state is TransportState.KEYED:
            self.state = TransportState.SECURE
            self._settle()

    def on_lost(self) -> None:
        """Consent has expired."""
        self._end(EndReason.LOST, None)

    def on_error(self, error: Exception) -> None:
        """One of the above could not be handled."""
        self._end(EndReason.ERROR, error)

    def _send_dtls(self, datagram: bytes) -> None:
        self.worker.native.transport_dtls(self.id, datagram)

    def _on_failed(self, error: Exception) -> None:
        self._observe(error.reason if isinstance(error, DtlsFailed) else "internal")
        self._end(EndReason.DTLS_FAILED, error)

    def _on_keys(self, keys: SrtpKeys) -> None:
        self.state = TransportState.KEYED
        self.worker.native.transport_keys(self.id, keys.profile, keys.send_key, keys.receive_key)
        self._observe("connected")
        self._settling = asyncio.get_running_loop().call_later(SETTLE_AFTER_S, self._settle)
        self._established()

    def _settle(self) -> None:
        if self._settling is not None and self._dtls is not None:
            self._settling.cancel()
            self._settling = None
            self._dtls.settle()

    def _end(self, reason: EndReason, error: Exception | None) -> None:
        if self.state is not TransportState.CLOSED:
            self._ended(reason, error)
