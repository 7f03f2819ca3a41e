"""The databases that crash along: a file, or a PostgreSQL server which itself is killed now and then.

For `bench.crash`. PostgreSQL is the tests' own server (Debian's package), in a temporary folder.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.crash.run import Meanwhile, nothing
from bench.postgres import Postgres

# Every so many kills it is the database's turn.
DATABASE_EVERY = 10


@contextmanager
def meanwhile(kind: str, folder: Path) -> Iterator[tuple[str, Meanwhile]]:
    """The database's URL, and what is killed at each turn."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'tresen.db'}", nothing
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = Postgres(port)
    server.sql("CREATE DATABASE crash")

    async def between(number: int) -> bool:
        if number % DATABASE_EVERY != DATABASE_EVERY - 1:
            return True
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        return False

    try:
        yield server.url("crash"), between
    finally:
        server.close()
