"""One peer's DTLS on an asyncio loop: OpenSSL's work runs in a thread pool, one call at a time per peer, never on the loop.

For `mediaserver.transport`. A public-key operation takes 0.1 to 0.5 ms and comes in bursts when many join; on the loop it would stand
in the way of everything else. The threads really run in parallel, as the calls into OpenSSL release the interpreter lock.

Invariants: callbacks come on the loop, in the order keys, datagrams, end; none after `close`, none after `on_failed` or `on_closed`.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from mediaserver.dtls.certificate import Certificate, Fingerprint
from mediaserver.dtls.keys import Role, SrtpKeys
from mediaserver.dtls.session import DtlsSession, DtlsState

__all__ = ["DtlsTransport"]

# Datagrams that wait while one turn is in a thread. A flight has 1 to 6; more is noise, and DTLS repairs what is dropped.
INBOX_MAX = 32

# OpenSSL may count a few ms of a timer as expired or not; less than this would spin.
TIMER_MIN_S = 0.01


class DtlsTransport:
    """Drives one `DtlsSession`. To be made and used on the loop's thread."""

    __slots__ = (
        "_busy", "_closed", "_due", "_executor", "_inbox", "_keys_told", "_loop", "_on_closed", "_on_failed", "_on_keys", "_send",
        "_session", "_settle", "_start", "_timer", "dropped",
    )  # fmt: skip

    def __init__(
        self,
        certificate: Certificate,
        role: Role,
        remote: Sequence[Fingerprint],
        *,
        executor: Executor | None,
        send: Callable[[bytes], None],
        on_keys: Callable[[SrtpKeys], None],
        on_failed: Callable[[Exception], None],
        on_closed: Callable[[], None],
    ) -> None:
        """`executor`: a thread pool (None: the loop's own). `send` takes one datagram. Unprocessable where no fingerprint can be used."""
        self._session = DtlsSession(certificate, role, remote)
        self._loop = asyncio.get_running_loop()
        self._executor = executor
        self._send, self._on_keys, self._on_failed, self._on_closed = send, on_keys, on_failed, on_closed
        self._inbox: list[bytes] = []
        self._busy = self._closed = self._due = self._keys_told = self._settle = self._start = False
        self._timer: asyncio.TimerHandle | None = None
        self.dropped = 0  # datagrams that found the inbox full

    @property
    def state(self) -> DtlsState:
        """The session's state as of its last turn, or in the middle of one."""
        return self._session.state

    def start(self) -> None:
        """Client role: sends the first flight. Server role: arms nothing."""
        self._start = True
        self._wake()

    def receive(self, datagram: bytes) -> None:
        """Takes one datagram of the peer; returns at once."""
        if len(self._inbox) >= INBOX_MAX:
            self.dropped += 1
        elif not self._closed:
            self._inbox.append(datagram)
            self._wake()

    def settle(self) -> None:
        """The peer's first SRTP packet has verified: frees what the handshake needed (see `DtlsSession.settle`)."""
        self._settle = True
        self._wake()

    def close(self) -> None:
        """Sends close_notify (before it returns) and frees the session. Where a thread is at work just now it is freed without one."""
        if self._closed:
            return
        self._finish()
        if not self._busy:
            self._session.close()
            for datagram in self._session.outgoing():
                self._send(datagram)

    def _finish(self) -> None:
        self._closed = True
        self._inbox.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if self._busy or self._closed:
            return
        inbox, self._inbox = self._inbox, []
        start, self._start = self._start, False
        due, self._due = self._due, False
        settle, self._settle = self._settle, False
        self._busy = True
        turn = self._loop.run_in_executor(self._executor, self._turn, self._loop.time(), start, inbox, due, settle)
        turn.add_done_callback(self._turned)

    def _turn(self, now_s: float, start: bool, inbox: list[bytes], due: bool, settle: bool) -> float | None:
        """In a thread, alone with the session. Returns the wait until the next timeout."""
        session = self._session
        if start:
            session.start(now_s)
        for datagram in inbox:
            session.receive(datagram, now_s)
        if due:
            session.handle_timeout(now_s)
        if settle:
            session.settle()
        return session.next_timeout_s(now_s)

    def _turned(self, turn: "asyncio.Future[float | None]") -> None:
        self._busy = False
        session = self._session
        if self._closed or turn.cancelled():
            self._finish()
            session.close()
            return
        error = turn.exception()
        if error is not None:
            session.fail(f"DTLS came to an unexpected end: {error!r}")
        if session.keys is not None and not self._keys_told:
            self._keys_told = True
            self._on_keys(session.keys)
        for datagram in session.outgoing():
            if not self._closed:
                self._send(datagram)
        if self._closed:  # a callback closed us
            session.close()
        elif session.state is DtlsState.FAILED or error is not None:
            self._finish()
            self._on_failed(error if isinstance(error, Exception) else session.error or RuntimeError("DTLS failed"))
        elif session.state is DtlsState.CLOSED:
            self._finish()
            self._on_closed()
        else:
            self._arm(turn.result())
            if self._inbox or self._start or self._due or self._settle:
                self._wake()

    def _arm(self, wait_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if wait_s is None else self._loop.call_later(max(wait_s, TIMER_MIN_S), self._expired)

    def _expired(self) -> None:
        self._timer = None
        self._due = True
        self._wake()
