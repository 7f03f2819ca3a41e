"""The built web as browsers get it: policies, caching, encodings, what pages of other origins may take, and what is not there."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import LocalError
from mediaserver.http import edge
from signalling import earlier_assets, site

Client = TestClient[web.Request, web.Application]
SCRIPT = b"export const hello = 'world';\n" * 20
NOW_S = 1_800_000_000.0
FOREIGN = {"Origin": "https://shop.example"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    for name, body in {
        "console/index.html": b"<!doctype html><title>Console</title>",
        "widget/v1.js": b"/* loader */",
        "assets/widget-Ab_c-12.js": SCRIPT,
        "assets/picture-x.svg": b"<svg/>",
        "assets/notes.txt": b"not for anybody",
        "secret.js": b"outside of assets",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    (folder / "assets/widget-Ab_c-12.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets/widget-Ab_c-12.js.br").write_bytes(b"as if by brotli")
    return folder


async def serve(folder: Path, earlier: Path | None = None) -> Client:
    application = web.Application(middlewares=[edge([])])
    site.mount(application, site.Built(folder, earlier))
    client = TestClient(TestServer(application), auto_decompress=False)
    await client.start_server()
    return client


@pytest.fixture
async def client(dist: Path) -> AsyncIterator[Client]:
    made = await serve(dist)
    yield made
    await made.close()


@pytest.mark.parametrize("path", ["/console", "/console/", "/console/conversations/conv_1", "/console/a/b?c=d"])
async def test_the_console_is_one_page_under_a_strict_policy(client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status == 200 and response.content_type == "text/html"
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "data:" not in policy and "*" not in policy
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert f"{rule};" in f"{policy};"
    assert f"ws://{client.host}:{client.port}" in policy
    permissions = response.headers["Permissions-Policy"]
    assert all(f"{each}=(self)" in permissions for each in ("camera", "microphone", "display-capture"))
    assert response.headers["Cache-Control"] == "no-cache"
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "x'y", "[::1", "host:port"])
async def test_a_host_header_puts_nothing_into_the_policy(host: str) -> None:
    assert site.sockets_of(host) == ()
    assert site.sockets_of("[::1]:8080") == ("ws://[::1]:8080", "wss://[::1]:8080")


async def test_hashed_assets_are_kept_and_given_to_other_origins(client: Client) -> None:
    response = await client.get("/assets/widget-Ab_c-12.js", headers=FOREIGN)
    assert response.status == 200 and response.headers["Content-Type"].startswith("text/javascript")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_loader_is_asked_for_again_each_time(client: Client, dist: Path) -> None:
    """It names a hashed file, which the next version does not have."""
    response = await client.get("/widget/v1.js", headers=FOREIGN)
    assert response.headers["Cache-Control"] == "no-cache"
    again = await client.get("/widget/v1.js", headers={**FOREIGN, "If-None-Match": response.headers["ETag"]})
    assert again.status == 304 and again.headers["Cache-Control"] == "no-cache"
    (dist / "widget/v1.js").write_bytes(b"/* another loader */")
    updated = await client.get("/widget/v1.js", headers={**FOREIGN, "If-None-Match": response.headers["ETag"]})
    assert updated.status == 200 and b"another" in await updated.read()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("gzip;q=1.0, br;q=0", "gzip"), ("", None), ("identity", None), ("br;q=0.0,gzip;q=0", None)],
)
async def test_the_best_twin_that_is_accepted_is_sent(client: Client, accepted: str, encoding: str | None) -> None:
    response = await client.get("/assets/widget-Ab_c-12.js", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    body = await response.read()
    if encoding == "br":
        assert body == b"as if by brotli"
    else:
        assert (gzip.decompress(body) if encoding else body) == SCRIPT


async def test_what_the_browser_has_is_not_sent_again(client: Client, dist: Path) -> None:
    first = await client.get("/console")
    again = await client.get("/console", headers={"If-None-Match": f'W/{first.headers["ETag"]}'})
    assert again.status == 304 and await again.read() == b""
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    (dist / "console/index.html").write_bytes(b"<!doctype html><title>Rebuilt</title>")
    rebuilt = await client.get("/console", headers={"If-None-Match": first.headers["ETag"]})
    assert rebuilt.status == 200 and b"Rebuilt" in await rebuilt.read()


async def test_a_page_of_an_earlier_version_finds_its_files(dist: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    earlier_assets.keep(dist, data, NOW_S)
    for file in (dist / "assets").glob("widget-*"):
        file.unlink()
    (dist / "assets/widget-new.js").write_bytes(b"new")
    client = await serve(dist, earlier_assets.keep(dist, data, NOW_S + 60))
    try:
        old = await client.get("/assets/widget-Ab_c-12.js", headers={"Accept-Encoding": "gzip"})
        assert old.status == 200 and gzip.decompress(await old.read()) == SCRIPT
        assert old.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert await (await client.get("/assets/widget-new.js")).read() == b"new"
        assert (await client.get("/assets/notes.txt")).status == 404
    finally:
        await client.close()


def test_earlier_files_are_forgotten_after_a_month_without_them(dist: Path, tmp_path: Path) -> None:
    kept = earlier_assets.keep(dist, tmp_path / "data", NOW_S) / "assets"
    (dist / "assets/widget-Ab_c-12.js").unlink()
    earlier_assets.keep(dist, tmp_path / "data", NOW_S + earlier_assets.KEPT_S)
    assert (kept / "widget-Ab_c-12.js").is_file()
    earlier_assets.keep(dist, tmp_path / "data", NOW_S + earlier_assets.KEPT_S + 1)
    assert sorted(file.name for file in kept.iterdir()) == ["notes.txt", "picture-x.svg", "widget-Ab_c-12.js.br", "widget-Ab_c-12.js.gz"]


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(dist: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    kept = earlier_assets.keep(dist, tmp_path / "data")
    assert "earlier_assets_not_kept" in caplog.text
    assert site.Built(dist, kept).find("assets/widget-Ab_c-12.js", "") is not None
    assert site.Built(dist, kept).find("assets/none.js", "") is None


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/notes.txt",
        "/assets/..%2fsecret.js",
        "/assets/../secret.js",
        "/assets/",
        "/assets/.hidden.js",
        "/widget/v2.js",
    ],
)
async def test_anything_else_is_a_problem(client: Client, path: str) -> None:
    response = await client.get(path)
    assert response.status == 404 and response.content_type == "application/problem+json"


@given(name=st.text(max_size=40))
def test_only_files_of_the_folder_have_a_name(name: str) -> None:
    assert site.encodings(name) in ([], ["br"], ["gzip"], ["br", "gzip"])


async def test_without_a_build_it_says_how_to_make_one(tmp_path: Path) -> None:
    client = await serve(tmp_path)
    try:
        response = await client.get("/console")
        assert response.status == 503 and "npm run build" in (await response.json())["detail"]
    finally:
        await client.close()
    with pytest.raises(LocalError, match="make demo"):
        site.require(tmp_path)
