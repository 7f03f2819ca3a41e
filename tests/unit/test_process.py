"""Signals: the first drains, the second ends at once; whatever happens, the server is stopped."""

import asyncio
import signal

import pytest

from signalling.process import Signals, serve


class Recorded:
    """A server that notes what is asked of it."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.calls: list[str] = []
        self._failure = failure

    async def start(self) -> None:
        self.calls.append("start")
        if self._failure:
            raise self._failure

    async def stop(self) -> None:
        self.calls.append("stop")


async def test_the_first_signal_stops_the_server() -> None:
    server, signals, announced = Recorded(), Signals(), asyncio.Event()
    running = asyncio.create_task(serve(server, announced.set, signals))
    await announced.wait()
    assert server.calls == ["start"] and not running.done()
    signals.receive(signal.SIGTERM)
    await running
    assert server.calls == ["start", "stop"]


async def test_the_second_signal_ends_at_once() -> None:
    ended: list[int] = []
    signals = Signals(ended.append)
    signals.receive(signal.SIGTERM)
    assert ended == []
    signals.receive(signal.SIGINT)
    assert ended == [130]


async def test_a_server_that_cannot_start_is_not_announced() -> None:
    server = Recorded(OSError("no port"))
    with pytest.raises(OSError, match="no port"):
        await serve(server, lambda: server.calls.append("announce"), Signals())
    assert server.calls == ["start"]


async def test_a_failure_while_announcing_stops_the_server() -> None:
    server = Recorded()

    def fail() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await serve(server, fail, Signals())
    assert server.calls == ["start", "stop"]
