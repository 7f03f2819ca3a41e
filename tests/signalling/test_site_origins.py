"""A shop's page reaches media and socket from its own origin, whatever the installation says of others; a stranger's page does not."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from signalling import demo
from signalling.calling.local_media import LocalMedia
from signalling.config import Settings
from signalling.node import Node

SHOP, CONFIGURED, STRANGER = "http://localhost:3000", "https://only.example", "https://stranger.example"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    chosen = Settings(
        http_port=0, udp_port=0, udp_host="127.0.0.1", announced_addresses=["127.0.0.1"], cors_origins=[CONFIGURED], data_dir=tmp_path
    )
    running = Node(chosen, plane=LocalMedia, prepare=demo.prepare)
    await running.start()
    yield running
    await running.stop()


@pytest.mark.parametrize(("origin", "admitted"), [(SHOP, True), (CONFIGURED, True), (STRANGER, False)])
@pytest.mark.parametrize("path", ["/whip/shop", "/whep/shop"])
async def test_whip_and_whep_admit_the_pages_of_sites(node: Node, path: str, origin: str, admitted: bool) -> None:
    wanted = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with aiohttp.ClientSession(node.address) as browser:
        async with browser.options(path, headers=wanted) as response:
            assert response.headers.get("Access-Control-Allow-Origin") == (origin if admitted else None)
            assert response.headers["Vary"] == "Origin"
            if admitted:
                assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
                assert "If-Match" in response.headers["Access-Control-Allow-Headers"]
        async with browser.post(path, data=b"", headers={"Origin": origin}) as response:
            assert response.status == 401
            exposed = response.headers.get("Access-Control-Expose-Headers", "")
            assert {"Location", "ETag", "Link"} <= set(exposed.split(", ")) if admitted else exposed == ""


@pytest.mark.parametrize(("origin", "status"), [(SHOP, 101), (STRANGER, 403)])
async def test_the_socket_admits_the_pages_of_sites(node: Node, origin: str, status: int) -> None:
    async with aiohttp.ClientSession(node.address) as browser:
        try:
            async with browser.ws_connect("/v1/socket", origin=origin) as socket:
                assert not socket.closed and status == 101
        except aiohttp.WSServerHandshakeError as error:
            assert error.status == status
