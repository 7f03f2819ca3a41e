"""DtlsTransport: off the loop, one turn at a time, callbacks in order."""

import asyncio
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from mediaserver.dtls import Certificate, DtlsFailed, DtlsState, DtlsTransport, Fingerprint, SrtpKeys
from mediaserver.dtls.keys import Role
from mediaserver.dtls.transport import INBOX_MAX
from mediaserver.errors import Unprocessable

CERTIFICATES: dict[Role, Certificate] = {"server": Certificate.generate(), "client": Certificate.generate()}

pytestmark = pytest.mark.asyncio


class Watch(Executor):
    """A thread pool that notes whether turns overlap and in which threads they run."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(4)
        self.threads: set[int] = set()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        def turn() -> Any:
            self.threads.add(threading.get_ident())
            return fn(*args, **kwargs)

        return self.pool.submit(turn)


class Held(Executor):
    """Runs a turn when told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    async def run(self) -> None:
        """Runs all turns that wait, and their consequences, until none is left."""
        while self.waiting:
            future, turn = self.waiting.pop(0)
            future.set_result(turn())
            for _ in range(3):
                await asyncio.sleep(0)


class End:
    """One transport and the story of its callbacks."""

    def __init__(self, role: Role, executor: Executor, remote: Fingerprint | None = None) -> None:
        self.story: list[str] = []
        self.peer: End | None = None
        self.keys: SrtpKeys | None = None
        self.error: Exception | None = None
        self.told = asyncio.Event()
        self.ended = asyncio.Event()
        other: Role = "client" if role == "server" else "server"
        self.transport = DtlsTransport(
            CERTIFICATES[role], role, [remote or CERTIFICATES[other].fingerprint], executor=executor,
            send=self.send, on_keys=self.on_keys, on_failed=self.on_failed, on_closed=self.on_closed,
        )  # fmt: skip

    def send(self, datagram: bytes) -> None:
        self.story.append("send")
        if self.peer is not None:
            self.peer.transport.receive(datagram)

    def on_keys(self, keys: SrtpKeys) -> None:
        self.story.append("keys")
        self.keys = keys
        self.told.set()

    def on_failed(self, error: Exception) -> None:
        self.story.append("failed")
        self.error = error
        self.ended.set()

    def on_closed(self) -> None:
        self.story.append("closed")
        self.ended.set()


def two(executor: Executor, remote: Fingerprint | None = None) -> tuple[End, End]:
    server, client = End("server", executor, remote), End("client", executor)
    server.peer, client.peer = client, server
    return server, client


async def test_connects_off_the_loop_and_closes() -> None:
    executor = Watch()
    server, client = two(executor)
    server.transport.start()
    assert server.story == []
    client.transport.start()
    async with asyncio.timeout(60):
        await asyncio.gather(server.told.wait(), client.told.wait())
        assert server.keys is not None and client.keys is not None and server.keys.send_key == client.keys.receive_key
        assert threading.get_ident() not in executor.threads
        # The keys are told before the datagram that lets the peer use them leaves.
        assert server.story == ["send", "keys", "send"] and client.story == ["send", "send", "keys"]
        client.transport.settle()
        server.transport.close()
        await client.ended.wait()
    assert server.story[-1] == "send" and "closed" not in server.story
    assert client.story[-1] == "closed" and client.transport.state is DtlsState.CLOSED
    executor.pool.shutdown()


async def test_a_wrong_certificate_fails_both_ends_once() -> None:
    executor = Held()
    server, client = two(executor, Certificate.generate().fingerprint)
    client.transport.start()
    await executor.run()
    assert isinstance(server.error, DtlsFailed) and server.error.reason == "fingerprint" and server.error.code == "dtls_fingerprint"
    assert isinstance(client.error, DtlsFailed) and client.error.reason == "protocol"
    assert server.story == ["send", "send", "failed"] and client.story == ["send", "send", "failed"]
    server.transport.receive(b"\x16")
    server.transport.close()
    assert executor.waiting == [] and server.story[-1] == "failed"


async def test_turns_never_overlap_and_the_inbox_is_bounded() -> None:
    executor = Held()
    server, _ = two(executor)
    server.peer = None
    for _ in range(INBOX_MAX + 6):
        server.transport.receive(b"noise")
    assert len(executor.waiting) == 1
    assert server.transport.dropped == 5  # one is in the turn
    await executor.run()
    assert server.transport.state is DtlsState.NEW and server.story == []
    server.transport.close()


@pytest.mark.parametrize("turns", range(3))
async def test_no_callback_after_close(turns: int) -> None:
    executor = Held()
    server, client = two(executor)
    client.transport.start()
    for _ in range(turns):
        future, turn = executor.waiting.pop(0)
        future.set_result(turn())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for end in (server, client):
        end.transport.close()
        end.transport.close()
        end.story.clear()
    await executor.run()
    assert server.story == client.story == []
    assert server.transport.state is client.transport.state is DtlsState.CLOSED


async def test_closing_from_a_callback_is_fine() -> None:
    executor = Held()
    server, client = two(executor)
    server.on_keys = lambda keys: server.transport.close()  # type: ignore[method-assign]  # the test's own double
    server.transport._on_keys = server.on_keys
    client.transport.start()
    await executor.run()
    assert server.transport.state is DtlsState.CLOSED
    assert client.story[-1] in ("closed", "keys") and "failed" not in client.story


async def test_a_fault_of_ours_ends_this_transport_only() -> None:
    executor = Held()
    server, client = two(executor)
    client.transport.start()
    future, _ = executor.waiting.pop(0)
    future.set_exception(ZeroDivisionError("fault"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert client.story == ["failed"] and isinstance(client.error, ZeroDivisionError)
    assert server.story == []
    server.transport.close()


async def test_unusable_fingerprints_are_refused_at_once() -> None:
    with pytest.raises(Unprocessable):
        End("server", Held(), Fingerprint("sha-1", "AA" * 20))
