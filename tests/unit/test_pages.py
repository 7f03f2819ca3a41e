"""The page's server side: seats and tokens, what it refuses, the page it hands out and what it does not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.http import edge
from signalling.pages import is_room_name, links, mount, session_for
from signalling.site import Built

Client = TestClient[web.Request, web.Application]


def mint(room: str, identity: str, ttl_s: int) -> str:
    return f"{room}/{identity}/{ttl_s}"


async def client(with_demo: bool, folder: Path) -> Client:
    (folder / "call").mkdir()
    (folder / "call" / "index.html").write_text("<!doctype html><title>Call</title>")
    (folder / "secret.js").write_text("nobody's business")
    application = web.Application(middlewares=[edge(["*"])])
    mount(application, mint if with_demo else None, Built(folder))
    found = TestClient(TestServer(application))
    await found.start_server()
    return found


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Client]:
    found = await client(True, tmp_path)
    yield found
    await found.close()


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Client]:
    found = await client(False, tmp_path)
    yield found
    await found.close()


@pytest.mark.parametrize(("role", "other"), [("customer", "rep"), ("rep", "customer")])
async def test_a_seat_publishes_as_itself_and_sees_the_other(demo: Client, role: str, other: str) -> None:
    response = await demo.post("/demo/session", json={"room": "shop", "role": role})
    assert response.status == 200 and response.headers["Cache-Control"] == "no-store"
    assert await response.json() == {
        "token": f"shop/{role}/300",
        "identity": role,
        "whip": "/whip/shop",
        "whep": f"/whep/shop?participant={other}",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"\xff", 422),
        (b'{"room": "shop"}', 422),
        (b'{"room": "shop", "role": "admin"}', 422),
        (b'{"room": "../x", "role": "rep"}', 422),
        (b'{"room": "shop", "role": "rep", "ttl": 1}', 422),
        (json.dumps({"room": "a" * 65, "role": "rep"}).encode(), 422),
        (b"{" * 5000, 413),
    ],
)
async def test_anything_else_is_a_problem_document(demo: Client, body: bytes, status: int) -> None:
    response = await demo.post("/demo/session", data=body)
    assert response.status == status and response.content_type == "application/problem+json"
    assert (await response.json())["status"] == status


async def test_without_the_demo_nobody_gets_a_seat(plain: Client) -> None:
    assert (await plain.post("/demo/session", json={"room": "shop", "role": "rep"})).status == 404
    assert (await plain.get("/")).status == 404
    assert (await plain.get("/call/shop")).status == 200


PAGES = ["/call/shop", "/call/shop/customer", "/call/shop/rep"]
NOTHING = ["/call/shop/king", "/call/", "/call/index.html/x", "/call/..%2fsecret.js", "/secret.js", "/call-assets/call.js"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_come_under_the_policy(demo: Client, path: str) -> None:
    response = await demo.get(path)
    assert response.status == 200
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", NOTHING)
async def test_nothing_else_is_handed_out(demo: Client, path: str) -> None:
    assert (await demo.get(path)).status == 404


@given(st.text(max_size=70))
def test_links_and_seats_are_safe_for_any_room(room: str) -> None:
    for link in links("http://localhost:8080/", room).values():
        assert " " not in link and link.count("/") == 5
    session = session_for(room, "rep", mint)
    assert session.whip.count("/") == 2 and session.whep.endswith("?participant=customer")
    if is_room_name(room):
        assert f"/call/{room}/rep" in links("http://localhost:8080", room)["rep"]
