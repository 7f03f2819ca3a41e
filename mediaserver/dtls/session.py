"""One DTLS association without socket, thread or clock: datagrams and times in, datagrams and SRTP keys out.

For `DtlsTransport` and the bench; calls must not overlap, but may come from different threads. RFC 5764, RFC 6347.

OpenSSL does the protocol. Three things are ours: what it may see (`record.admissible`, and after the handshake only encrypted
records), a faster repair of lost flights, and its memory: `settle` frees it once the handshake is proven complete.

Lost flights: OpenSSL's timer starts at 1 s and cannot be changed from Python, which would make one lost datagram cost a second of
call set-up. So the last flight is sent again after 150 ms, 300 ms, 600 ms ...: the plain records under fresh numbers (we number those
ourselves, see `record.renumber`: a receiver marks a ChangeCipherSpec that overtook its flight as seen and drops it), the
encrypted Finished byte for byte, to the receiver a duplicate made by the network. OpenSSL's own timer, on the real clock, runs beside it.
"""

import enum
from collections.abc import Sequence
from typing import Literal

from OpenSSL import SSL

from mediaserver.dtls.certificate import Certificate, Fingerprint, RemoteIdentity
from mediaserver.dtls.farewell import Farewell
from mediaserver.dtls.keys import Role, SrtpKeys, export
from mediaserver.dtls.record import HANDSHAKE, admissible, pack, records, renumber
from mediaserver.errors import LocalError, Unprocessable

__all__ = ["DtlsFailed", "DtlsSession", "DtlsState"]

Reason = Literal["fingerprint", "profile", "protocol", "oversize", "timeout", "internal"]

# Fits every path that carries media (IPv6's 1280 less headers); a larger flight would only save one datagram.
MTU_BYTES = 1200

# Shorter repairs sooner, but repeats a flight (0.9 KiB) in vain to peers further away than this.
RESEND_FIRST_S = 0.15

# Doubling ends here: on a path that loses every third datagram a caller waits a second, not ten, for 1 KiB/s of repetitions.
RESEND_MAX_S = 1.2

# A peer that has not finished by then has gone; ICE and the page's own timeouts are shorter.
HANDSHAKE_DEADLINE_S = 30.0

# A whole handshake is 2 to 6 KiB of the peer's bytes, a few times that on a bad path.
HANDSHAKE_BYTES_MAX = 65536

# Encrypted records that overtook the flight before them. Each one OpenSSL keeps costs it a 16 KiB buffer; there is one (Finished).
EARLY_RECORDS_MAX = 8

# Answers to a repeated Finished once connected: the flight is 0.3 KiB and the peer repeats it about ten times at most.
LAST_FLIGHT_RESENDS_MAX = 16


class DtlsFailed(Unprocessable):
    """The association cannot be had. `reason` is one of few words, fit for a metric's label."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail, code=f"dtls_{reason}")
        self.reason: Reason = reason


class DtlsState(enum.Enum):
    """Where an association is; how it may go on stands in TRANSITIONS."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"  # keys are there
    SETTLED = "settled"  # connected, OpenSSL's part is freed
    CLOSED = "closed"
    FAILED = "failed"


TRANSITIONS: dict[DtlsState, frozenset[DtlsState]] = {
    DtlsState.NEW: frozenset({DtlsState.CONNECTING, DtlsState.CLOSED}),
    DtlsState.CONNECTING: frozenset({DtlsState.CONNECTED, DtlsState.CLOSED, DtlsState.FAILED}),
    DtlsState.CONNECTED: frozenset({DtlsState.SETTLED, DtlsState.CLOSED, DtlsState.FAILED}),
    DtlsState.SETTLED: frozenset({DtlsState.CLOSED}),
    DtlsState.CLOSED: frozenset(),
    DtlsState.FAILED: frozenset(),
}


class DtlsSession:
    """See the module. After any call: take `outgoing()`, look at `state`, ask `next_timeout_s`."""

    __slots__ = (
        "_certificate", "_connection", "_deadline_s", "_early_records", "_farewell", "_flight", "_identity", "_number", "_out",
        "_received_bytes", "_resend_at_s", "_resend_wait_s", "_resends_left", "error", "keys", "role", "state",
    )  # fmt: skip

    def __init__(self, certificate: Certificate, role: Role, remote: Sequence[Fingerprint]) -> None:
        """`remote`: the fingerprints of the peer's SDP. Unprocessable where none of them can be used."""
        self.role: Role = role
        self.state = DtlsState.NEW
        self.keys: SrtpKeys | None = None  # set as long as the state is CONNECTED or SETTLED
        self.error: DtlsFailed | None = None  # set when the state is FAILED
        self._certificate = certificate
        self._identity = RemoteIdentity(remote)
        self._connection: SSL.Connection | None = None  # made by the first datagram: a peer that never comes costs nothing
        self._farewell: Farewell | None = None
        self._out: list[bytes] = []
        self._flight: list[bytes] = []
        self._received_bytes = self._early_records = self._number = 0
        self._deadline_s = self._resend_at_s = float("inf")
        self._resend_wait_s = RESEND_FIRST_S
        self._resends_left = LAST_FLIGHT_RESENDS_MAX

    def start(self, now_s: float) -> None:
        """Client role: writes the first flight. Server role: nothing, it waits for the peer's."""
        if self.state is DtlsState.NEW and self.role == "client":
            self._open(now_s)
            self._advance(now_s)

    def receive(self, datagram: bytes, now_s: float) -> None:
        """Takes one datagram of the peer. Any bytes: what is no DTLS is dropped."""
        if self.state is DtlsState.SETTLED:
            assert self._farewell is not None
            if self._farewell.reads(datagram):
                self._end(DtlsState.CLOSED)
        elif self.state is DtlsState.CONNECTED:
            self._receive_connected(datagram)
        elif self.state in (DtlsState.NEW, DtlsState.CONNECTING):
            self._receive_handshake(datagram, now_s)

    def outgoing(self) -> list[bytes]:
        """Takes the datagrams to send, in order, each at most MTU_BYTES."""
        out, self._out = self._out, []
        return out

    def next_timeout_s(self, now_s: float) -> float | None:
        """Seconds until `handle_timeout` is due, None when nothing is waited for."""
        if self.state is not DtlsState.CONNECTING:
            return None
        assert self._connection is not None
        wait_s = min(self._resend_at_s, self._deadline_s) - now_s
        openssl_s = self._connection.DTLSv1_get_timeout()
        return max(0.0, wait_s if openssl_s is None else min(wait_s, openssl_s))

    def handle_timeout(self, now_s: float) -> None:
        """Sends the last flight again where it is time, gives up where it is too late. Harmless when called early."""
        if self.state is not DtlsState.CONNECTING:
            return
        assert self._connection is not None
        if now_s >= self._deadline_s:
            self._fail("timeout", "the DTLS handshake was not finished in time")
            return
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            self._fail("timeout", f"the DTLS handshake was not finished in time ({reasons(error)})")
            return
        if self._collect(now_s):
            return
        if now_s >= self._resend_at_s:
            self._emit(self._flight)
            self._resend_wait_s = min(2 * self._resend_wait_s, RESEND_MAX_S)
            self._resend_at_s = now_s + self._resend_wait_s

    def settle(self) -> None:
        """Frees OpenSSL's part. Call it once an SRTP packet of the peer has verified: it then has our last flight for certain.

        Still works afterwards: the peer's close_notify, `close` with ours. Gone: an answer to a repeated Finished (not needed
        any more), data channels. Nothing happens in other states than CONNECTED.
        """
        if self.state is not DtlsState.CONNECTED:
            return
        connection = self._connection
        assert connection is not None
        cipher, master = connection.get_cipher_name(), connection.master_key()
        client, server = connection.client_random(), connection.server_random()
        assert cipher is not None and master is not None and client is not None and server is not None
        self._farewell = Farewell(cipher, master, client, server, peer_is_client=self.role == "server")
        connection.shutdown()  # written now, while there is someone to encrypt it; kept for `close`
        self._flight = pack(read_all(connection), MTU_BYTES)
        self._connection = None
        self._move(DtlsState.SETTLED)

    def close(self) -> None:
        """Ends it from our side; a connected peer is told by close_notify. Idempotent."""
        if self.state in (DtlsState.CLOSED, DtlsState.FAILED):
            return
        if self.state is DtlsState.CONNECTED:
            self._say_goodbye()
        elif self.state is DtlsState.SETTLED:
            self._emit(self._flight)
        self._end(DtlsState.CLOSED)

    def fail(self, detail: str) -> None:
        """Ends it because of our own fault."""
        self._fail("internal", detail)

    def _open(self, now_s: float) -> None:
        connection = SSL.Connection(self._certificate.context)
        connection.set_app_data(self._identity)
        connection.set_ciphertext_mtu(MTU_BYTES)
        if self.role == "server":
            connection.set_accept_state()
        else:
            connection.set_connect_state()
        self._connection = connection
        self._deadline_s = now_s + HANDSHAKE_DEADLINE_S
        self._move(DtlsState.CONNECTING)

    def _receive_handshake(self, datagram: bytes, now_s: float) -> None:
        admitted = []
        for record in records(datagram):
            if not admissible(datagram, record):
                return
            if record.epoch == 1:
                self._early_records += 1
                if self._early_records > EARLY_RECORDS_MAX:
                    continue
            admitted.append(datagram[record.start : record.end])
        if not admitted:
            return
        if self._connection is None:
            self._open(now_s)
        assert self._connection is not None
        data = b"".join(admitted)
        self._received_bytes += len(data)
        if self._received_bytes > HANDSHAKE_BYTES_MAX:
            self._fail("oversize", "the peer sent more than a DTLS handshake can need")
            return
        self._connection.bio_write(data)
        self._advance(now_s)

    def _advance(self, now_s: float) -> None:
        connection = self._connection
        assert connection is not None
        try:
            connection.do_handshake()
        except (SSL.WantReadError, SSL.WantWriteError):
            self._collect(now_s)
            return
        except SSL.Error as error:
            if self._identity.refused:
                self._fail("fingerprint", "the peer's certificate does not match the fingerprint in its SDP")
            else:
                self._fail("protocol", f"the DTLS handshake failed: {reasons(error)}")
            return
        self._complete(connection)
        if self.state is DtlsState.CONNECTED:
            self._collect(now_s)
            self._drain(connection)

    def _complete(self, connection: SSL.Connection) -> None:
        """The handshake is through: checks who it was with, then takes the keys."""
        certificate = connection.get_peer_certificate()
        if certificate is None or not self._identity.matches(certificate):
            self._say_goodbye()
            self._fail("fingerprint", "the peer's certificate does not match the fingerprint in its SDP")
            return
        keys = export(connection, self.role)
        if keys is None:
            self._say_goodbye()
            self._fail("profile", "the peer supports none of the SRTP profiles AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES128_CM_SHA1_80")
            return
        self.keys = keys
        self._move(DtlsState.CONNECTED)

    def _receive_connected(self, datagram: bytes) -> None:
        """Only encrypted records pass: nothing unauthenticated can move a connected session."""
        connection = self._connection
        assert connection is not None
        encrypted = [record for record in records(datagram) if record.epoch == 1]
        if not encrypted:
            return
        connection.bio_write(b"".join(datagram[record.start : record.end] for record in encrypted))
        self._drain(connection)
        repeated = any(record.content_type == HANDSHAKE for record in encrypted)
        if repeated and not self._out and self.state is DtlsState.CONNECTED and self.role == "server" and self._resends_left > 0:
            # A Finished that OpenSSL dropped as a duplicate (the peer repeats its flight as we do): ours was lost.
            self._resends_left -= 1
            self._emit(self._flight)

    def _drain(self, connection: SSL.Connection) -> None:
        """Lets OpenSSL work off what is in its BIO: application data is dropped, alerts end the session."""
        try:
            while True:
                connection.recv(MTU_BYTES)
        except (SSL.WantReadError, SSL.WantWriteError):
            self._emit(pack(read_all(connection), MTU_BYTES))
        except SSL.ZeroReturnError:
            self._say_goodbye()
            self._end(DtlsState.CLOSED)
        except SSL.Error as error:
            self._fail("protocol", f"the peer ended DTLS: {reasons(error)}")

    def _collect(self, now_s: float) -> bool:
        """Takes what OpenSSL wrote as the flight to repeat; whether there was any."""
        assert self._connection is not None
        flight = pack(read_all(self._connection), MTU_BYTES)
        if flight:
            self._flight = flight
            self._emit(flight)
            self._resend_wait_s = RESEND_FIRST_S
            self._resend_at_s = now_s + RESEND_FIRST_S
        return bool(flight)

    def _emit(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            numbered, self._number = renumber(datagram, self._number)
            self._out.append(numbered)

    def _say_goodbye(self) -> None:
        assert self._connection is not None
        try:
            self._connection.shutdown()
        except SSL.Error:  # it had already gone: there is no one to tell
            pass
        self._emit(pack(read_all(self._connection), MTU_BYTES))

    def _fail(self, reason: Reason, detail: str) -> None:
        if DtlsState.FAILED not in TRANSITIONS[self.state]:
            return
        if self._connection is not None:
            self._emit(pack(read_all(self._connection), MTU_BYTES))  # the alert, where OpenSSL wrote one
        self.error = DtlsFailed(reason, detail)
        self._end(DtlsState.FAILED)

    def _end(self, state: DtlsState) -> None:
        self._move(state)
        self.keys = self._connection = self._farewell = None
        self._flight = []

    def _move(self, state: DtlsState) -> None:
        if state not in TRANSITIONS[self.state]:
            raise LocalError(f"a DTLS session cannot go from {self.state.value} to {state.value}")
        self.state = state


def read_all(connection: SSL.Connection) -> bytes:
    """Empties the BIO OpenSSL writes to."""
    out = b""
    try:
        while True:
            out += connection.bio_read(16384)
    except SSL.WantReadError:
        return out


def reasons(error: SSL.Error) -> str:
    """OpenSSL's own words, short."""
    if error.args and isinstance(error.args[0], list):
        return ", ".join(str(entry[-1]) for entry in error.args[0][:3]) or "no reason given"
    return type(error).__name__
