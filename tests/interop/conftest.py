"""A running server and peers that are closed behind each test; aiortc stays on loopback."""

from collections.abc import AsyncIterator, Callable

import aioice.ice
import pytest

from tests.interop.aiortc_peer import AiortcPeer
from tests.interop.gstreamer import GstreamerPeer, missing
from tests.support.live import Live, living

PeerMaker = Callable[..., AiortcPeer]
GstreamerMaker = Callable[..., GstreamerPeer]


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """aioice leaves loopback out; a machine without a network, IPv6 included, has nothing else."""

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["127.0.0.1"] * use_ipv4 + ["::1"] * use_ipv6

    monkeypatch.setattr(aioice.ice, "get_host_addresses", addresses)


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with living() as running:
        yield running


@pytest.fixture
async def peer() -> AsyncIterator[PeerMaker]:
    """Makes aiortc peers: peer(live, identity, room="shop")."""
    made: list[AiortcPeer] = []

    def make(*arguments: object, **options: object) -> AiortcPeer:
        made.append(AiortcPeer(*arguments, **options))  # type: ignore[arg-type]  # handed through
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def gstreamer() -> AsyncIterator[GstreamerMaker]:
    """Makes GStreamer peers: gstreamer(live, identity, room="shop")."""
    if missing():
        pytest.skip(f"GStreamer cannot run here ({missing()}); scripts/setup.sh test installs it")
    made: list[GstreamerPeer] = []

    def make(live: Live, identity: str, room: str = "shop") -> GstreamerPeer:
        made.append(GstreamerPeer(live, identity, room))
        return made[-1]

    yield make
    for each in made:
        await each.leave()
