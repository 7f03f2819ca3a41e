"""A media server on fake workers, and the captured offers of real peers."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from mediaserver import MediaServer, MediaSettings
from mediaserver.tokens import mint
from tests.support.fake_worker import FakeWorker

VECTORS = Path(__file__).parents[1] / "vectors" / "sdp"
KEY, SECRET = "key", "a secret of at least thirty-two characters"


def offer(name: str) -> str:
    """A captured offer: NAME.sdp of the vectors."""
    return (VECTORS / f"{name}.sdp").read_bytes().decode()


def settings(**changes: Any) -> MediaSettings:
    values: dict[str, Any] = {"udp_host": "127.0.0.1", "udp_port": 0, "api_keys": {KEY: SECRET}, "announced_addresses": ["192.0.2.7"]}
    return MediaSettings(**(values | changes))


def token(
    identity: str = "alice",
    room: str | None = "shop",
    *,
    publish: bool = True,
    subscribe: bool = True,
    age_s: float = 0,
    ttl_s: float = 3600,
) -> str:
    now = time.time() - age_s
    return mint(KEY, SECRET, identity=identity, room=room, can_publish=publish, can_subscribe=subscribe, ttl_s=ttl_s, now=now)


def fake_factory(host: str, port: int) -> Any:
    return FakeWorker(host, port)


def fake(server: MediaServer, index: int = 0) -> FakeWorker:
    """The fake behind a server's worker."""
    return cast(FakeWorker, server.workers[index].native)


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[MediaServer]:
    """A started server on fake workers."""
    server = MediaServer(settings(**changes), worker_factory=fake_factory)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
