"""A server process from start to end: uvloop, signals, draining.

For `signalling.cli`; not for embedding (an embedder owns its loop and its signals). The first SIGTERM or SIGINT starts the
drain, which ends when the server is empty or the deadline is over; the second ends the process at once.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import uvloop

log = logging.getLogger(__name__)

# What a shell expects of a process that a signal ended (128 + signal number).
EXIT_BY_SIGNAL = 128


class Server(Protocol):
    """What `serve` needs of a server."""

    async def start(self) -> None:
        """Opens ports and starts work; raises when that fails."""

    async def stop(self) -> None:
        """Drains with the configured deadline, then closes everything."""


class Signals:
    """Counts termination signals: the first sets `asked`, the second ends the process."""

    def __init__(self, end: Callable[[int], None] = os._exit) -> None:
        """`end` gets the exit code; tests give their own."""
        self.asked = asyncio.Event()
        self._end = end

    def receive(self, number: int) -> None:
        """Takes one signal."""
        if not self.asked.is_set():
            log.info("Draining: signal=%s; a second one ends at once", signal.Signals(number).name)
            self.asked.set()
            return
        sys.stderr.flush()
        sys.stdout.flush()
        self._end(EXIT_BY_SIGNAL + number)

    def watch(self) -> None:
        """Takes over SIGTERM and SIGINT in the running loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.receive, number)


async def serve(server: Server, announce: Callable[[], None], signals: Signals) -> None:
    """Starts the server, calls `announce` once it is up, and stops it when a signal asks."""
    signals.watch()
    await server.start()
    try:
        announce()
        await signals.asked.wait()
    finally:
        await server.stop()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs `main` on uvloop until it ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)
