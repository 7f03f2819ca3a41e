"""WHIP and WHEP over HTTP on a fake worker: every status code, header and precondition a client may meet."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from mediaserver import IceServer, MediaServer, http, sdp
from mediaserver.ice import parse_fragment
from tests.support.serving import fake, offer, serving, token

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}
PUBLISH, SUBSCRIBE = offer("chromium-publish"), offer("firefox-subscribe")
TRICKLE = (
    "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 1 192.0.2.9 1234 typ host\r\n"
)
RESTART = TRICKLE.format(ufrag="fresh", password="f" * 24)


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    async with serving(cors_origins=["https://shop.example"]) as running:
        yield running


@pytest.fixture
async def client(server: MediaServer) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(http.application(server))) as client:
        yield client


def bearer(**claims: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(**claims)}"}  # type: ignore[arg-type]  # passed through


async def post(client: TestClient, path: str = "/whip/shop", body: str | bytes = PUBLISH, **headers: str) -> ClientResponse:
    return await client.post(path, data=body, headers=bearer() | SDP | headers)


async def problem_of(response: ClientResponse, status: int) -> dict[str, object]:
    """Checks that a response is a problem document of this status, and gives it."""
    assert response.status == status, await response.text()
    assert response.content_type == "application/problem+json"
    body: dict[str, object] = json.loads(await response.text())
    assert body["status"] == status and body["title"]
    return body


async def test_publishing_answers_201_with_location_etag_and_answer(client: TestClient, server: MediaServer) -> None:
    response = await post(client)
    assert response.status == 201 and response.content_type == "application/sdp"
    session_id = response.headers["Location"].removeprefix("/whip/shop/")
    session = server.sessions[session_id]
    assert len(session_id) >= 20 and session.participant.identity == "alice"
    assert response.headers["ETag"] == f'"{session.etag}"'
    assert response.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
    answer = sdp.parse(await response.read())
    assert [media.direction for media in answer.media] == ["recvonly", "recvonly"]
    assert answer.media[0].candidates == ("1 1 udp 2130706431 192.0.2.7 40000 typ host",)


async def test_subscribing_answers_201_even_when_nobody_publishes(client: TestClient, server: MediaServer) -> None:
    response = await post(client, "/whep/shop", SUBSCRIBE)
    assert response.status == 201 and response.headers["Location"].startswith("/whep/shop/")
    assert [media.direction for media in sdp.parse(await response.read()).media] == ["sendonly", "sendonly"]
    await client.post("/whip/shop", data=PUBLISH, headers=bearer(identity="bob") | SDP)
    assert len(fake(server).attached) == 2


async def test_participant_query_narrows(client: TestClient, server: MediaServer) -> None:
    await client.post("/whip/shop", data=PUBLISH, headers=bearer(identity="bob") | SDP)
    await post(client, "/whep/shop?participant=carol", SUBSCRIBE)
    assert not fake(server).attached
    await post(client, "/whep/shop?participant=bob", SUBSCRIBE)
    assert len(fake(server).attached) == 2


@pytest.mark.parametrize(
    ("query", "mixed"), [("?audio=mixed", True), ("?participant=bob&audio=mixed", True), ("?audio=forwarded", False), ("", False)]
)
async def test_audio_query_says_how_sound_comes(client: TestClient, server: MediaServer, query: str, mixed: bool) -> None:
    await client.post("/whip/shop", data=PUBLISH, headers=bearer(identity="bob") | SDP)
    await post(client, f"/whep/shop{query}", SUBSCRIBE)
    worker = fake(server)
    assert len(worker.attached) == (1 if mixed else 2) and len(worker.listeners) == int(mixed)


async def test_an_unknown_way_of_sound_is_refused(client: TestClient, server: MediaServer) -> None:
    await problem_of(await post(client, "/whep/shop?audio=stereo", SUBSCRIBE), 400)
    assert not server.rooms


async def test_room_names_are_taken_and_given_percent_encoded(client: TestClient, server: MediaServer) -> None:
    response = await client.post("/whip/caf%C3%A9%20%2F1", data=PUBLISH, headers=bearer(room=None) | SDP)
    assert list(server.rooms) == ["café /1"]
    assert response.headers["Location"].startswith("/whip/caf%C3%A9%20%2F1/")
    assert (await client.delete(response.headers["Location"], headers=bearer(room=None))).status == 200


async def test_ice_servers_are_linked() -> None:
    turn = IceServer(urls=["turn:turn.example?transport=udp"], username='a"b', credential="secret")
    async with serving(ice_servers=[IceServer(urls=["stun:stun.example"]), turn]) as server:
        async with TestClient(TestServer(http.application(server))) as client:
            for response in (await post(client), await client.options("/whip/shop")):
                assert response.headers.getall("Link") == [
                    '<stun:stun.example>; rel="ice-server"',
                    '<turn:turn.example?transport=udp>; rel="ice-server"; '
                    'username="a\\"b"; credential="secret"; credential-type="password"',
                ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic abc"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer not.a.token"}, 401),
        (bearer(age_s=7200), 401),
        (bearer(room="other"), 403),
        (bearer(publish=False), 403),
        (bearer(room=None), 201),
    ],
)
async def test_token_decides_who_may_publish(client: TestClient, server: MediaServer, headers: dict[str, str], status: int) -> None:
    response = await client.post("/whip/shop", data=PUBLISH, headers=SDP | headers)
    assert response.status == status
    if status == 401:
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    if status != 201:
        await problem_of(response, status)
        assert not server.rooms


async def test_token_without_can_subscribe_is_refused_by_whep_alone(client: TestClient) -> None:
    headers = bearer(subscribe=False) | SDP
    await problem_of(await client.post("/whep/shop", data=SUBSCRIBE, headers=headers), 403)
    assert (await client.post("/whip/shop", data=PUBLISH, headers=headers)).status == 201


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        ("", {}, 400, "SDP"),
        ("hello", {}, 400, "SDP"),
        (b"v=0\r\n\xff", {}, 400, "UTF-8"),
        (PUBLISH.replace("a=group:BUNDLE 0 1\r\n", ""), {}, 422, "BUNDLE"),
        (PUBLISH.replace("a=rtcp-mux\r\n", ""), {}, 422, "rtcp-mux"),
        (PUBLISH.replace("opus/", "oops/").replace("/90000", "/90001"), {}, 422, "codec"),
        (PUBLISH.replace("sendonly", "inactive"), {}, 422, "codec"),
        ("v=0\r\na=" + "x" * 70000, {}, 413, "longer"),
        (PUBLISH, {"Content-Type": "text/plain"}, 415, "application/sdp"),
        (PUBLISH, {"Accept": "text/html, application/json"}, 406, "Accept"),
        (PUBLISH, {"Accept": "application/sdp;q=0"}, 406, "Accept"),
        (PUBLISH, {"Accept": "application/*;q=0.1"}, 201, ""),
        (PUBLISH, {"Accept": "text/html, */*"}, 201, ""),
    ],
)
async def test_offers_that_cannot_be_served_are_refused_with_a_reason(
    client: TestClient, server: MediaServer, body: str | bytes, headers: dict[str, str], status: int, says: str
) -> None:
    response = await post(client, body=body, **headers)
    assert response.status == status
    if status != 201:
        assert says in str((await problem_of(response, status))["detail"])
        assert not server.rooms
    if status == 415:
        assert response.headers["Accept-Post"] == "application/sdp"


async def test_body_without_a_length_is_capped_too(client: TestClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a" * 4096

    await problem_of(await client.post("/whip/shop", data=endless(), headers=bearer() | SDP), 413)


@pytest.mark.parametrize(
    ("path", "allow"), [("/whip/shop", "OPTIONS, POST"), ("/whep/shop", "OPTIONS, POST"), ("/whip/shop/abc", "DELETE, OPTIONS, PATCH")]
)
async def test_other_methods_are_405_with_allow(client: TestClient, path: str, allow: str) -> None:
    for method in ("GET", "PUT", "HEAD") + (("PATCH", "DELETE") if "POST" in allow else ("POST",)):
        response = await client.request(method, path, headers=bearer())
        assert response.status == 405 and response.headers["Allow"] == allow
    assert (await client.options(path)).headers["Allow"] == allow


async def test_unknown_paths_are_404_problems(client: TestClient) -> None:
    await problem_of(await client.get("/nothing"), 404)


async def test_a_subscriber_is_told_whose_tracks_lie_where_as_they_come_and_go(client: TestClient, server: MediaServer) -> None:
    bob = bearer(identity="bob")
    opened = await client.post("/whep/shop", data=SUBSCRIBE, headers=bob | SDP)
    path = opened.headers["Location"] + "/tracks"
    first = await client.get(path, headers=bob)
    assert first.status == 200 and await first.json() == {"tracks": [], "mix": None}

    waiting = asyncio.ensure_future(client.get(path, headers=bob | {"If-None-Match": first.headers["ETag"]}))
    published = await post(client)
    second = await waiting
    assert (second.status, second.headers["Cache-Control"]) == (200, "no-store")
    assert {(each["kind"], each["index"], each["identity"]) for each in (await second.json())["tracks"]} == {
        ("audio", 0, "alice"),
        ("video", 0, "alice"),
    }

    waiting = asyncio.ensure_future(client.get(path, headers=bob | {"If-None-Match": second.headers["ETag"]}))
    await client.delete(published.headers["Location"], headers=bearer())
    assert await (await waiting).json() == {"tracks": [], "mix": None}

    await client.delete(opened.headers["Location"], headers=bob)
    await problem_of(await client.get(path, headers=bob), 404)


async def test_in_a_mix_a_subscriber_is_told_who_is_in_it(client: TestClient, server: MediaServer) -> None:
    bob = bearer(identity="bob")
    await post(client)
    opened = await client.post("/whep/shop?audio=mixed", data=SUBSCRIBE, headers=bob | SDP)
    path = opened.headers["Location"] + "/tracks"
    first = await client.get(path, headers=bob)
    assert await first.json() == {"tracks": [{"kind": "video", "index": 0, "identity": "alice"}], "mix": ["alice"]}
    waiting = asyncio.ensure_future(client.get(path, headers=bob | {"If-None-Match": first.headers["ETag"]}))
    server.rooms["shop"].mute("alice", True)
    assert (await (await waiting).json())["mix"] == []


async def test_who_waits_for_tracks_is_answered_after_a_while_and_when_the_server_stops(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await client.post("/whep/shop", data=SUBSCRIBE, headers=bearer() | SDP)
    path = opened.headers["Location"] + "/tracks"
    known = bearer() | {"If-None-Match": (await client.get(path, headers=bearer())).headers["ETag"]}
    with monkeypatch.context() as patch:
        patch.setattr("mediaserver.protocol.whip.WAIT_S", 0.0)
        assert (await client.get(path, headers=known)).status == 304
    waiting = [asyncio.ensure_future(client.get(path, headers=known)) for _ in range(3)]
    # The third makes one of the others go: a session has few who wait.
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert [each.result().status for each in done] == [304]
    await client.server.app.shutdown()
    assert {(await each).status for each in waiting} == {304}


async def test_tracks_are_the_subscribers_business_alone(client: TestClient, server: MediaServer) -> None:
    opened = await client.post("/whep/shop", data=SUBSCRIBE, headers=bearer() | SDP)
    path = opened.headers["Location"] + "/tracks"
    await problem_of(await client.get(path), 401)
    await problem_of(await client.get(path, headers=bearer(identity="mallory")), 403)
    await problem_of(await client.get(path.replace("/shop/", "/other/"), headers=bearer(room=None)), 404)
    published = await post(client)
    await problem_of(await client.get(published.headers["Location"] + "/tracks", headers=bearer()), 404)
    assert (await client.options(path)).headers["Allow"] == "GET, OPTIONS"


@pytest.fixture
async def opened(client: TestClient) -> ClientResponse:
    return await post(client)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_session_is_its_owners_alone(client: TestClient, opened: ClientResponse, method: str) -> None:
    location = opened.headers["Location"]

    async def ask(path: str = location, headers: dict[str, str] | None = None) -> ClientResponse:
        return await client.request(
            method, path, data=RESTART, headers=FRAGMENT | {"If-Match": "*"} | (bearer() if headers is None else headers)
        )

    await problem_of(await ask(headers={}), 401)
    await problem_of(await ask(headers=bearer(identity="mallory")), 403)
    await problem_of(await ask(headers=bearer(room="other")), 403)
    await problem_of(await ask("/whip/shop/unknown"), 404)
    await problem_of(await ask(location.replace("/whip/", "/whep/")), 404)
    await problem_of(await ask(location.replace("/shop/", "/other/"), bearer(room=None)), 404)
    assert (await ask()).status == 200


async def test_token_that_opened_a_session_may_end_it_after_it_expired(
    client: TestClient, server: MediaServer, opened: ClientResponse
) -> None:
    (session,) = server.sessions.values()
    expired = bearer(age_s=7200)
    await problem_of(await client.delete(opened.headers["Location"], headers=expired), 401)
    from mediaserver.protocol.whip import _proof

    session.owner_proof = _proof(expired["Authorization"].removeprefix("Bearer "))
    assert (await client.delete(opened.headers["Location"], headers=expired)).status == 200


async def test_delete_ends_the_session(client: TestClient, server: MediaServer, opened: ClientResponse) -> None:
    location = opened.headers["Location"]
    await problem_of(await client.delete(location, headers=bearer() | {"If-Match": '"old"'}), 412)
    assert (await client.delete(location, headers=bearer())).status == 200
    assert not server.rooms and not fake(server).transports
    await problem_of(await client.delete(location, headers=bearer()), 404)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("own", {"If-Match": "etag"}, 204),
        ("own", {"If-Match": '"x", etag'}, 204),
        ("own", {}, 428),
        ("own", {"If-Match": '"x"'}, 412),
        ("own", {"If-Match": "W/etag"}, 412),
        ("own", {"If-Match": "etag", "Content-Type": "application/sdp"}, 415),
        ("", {"If-Match": "etag"}, 400),
        ("a=candidate:1 1 udp 1 192.0.2.9 1234 typ host\r\n", {"If-Match": "etag"}, 204),
        ("a=end-of-candidates\r\n", {"If-Match": "etag"}, 204),
        ("a=ice-ufrag:new\r\n", {"If-Match": "*"}, 400),
        ("a=ice-ufrag:fresh\r\n", {"If-Match": "*"}, 400),
        ("same ufrag", {"If-Match": "*"}, 409),
        ("a" * 70000, {"If-Match": "*"}, 413),
        (RESTART, {"If-Match": "*"}, 200),
        (RESTART, {"If-Match": "etag"}, 200),
    ],
)
async def test_patch(
    client: TestClient, server: MediaServer, opened: ClientResponse, body: str, headers: dict[str, str], status: int
) -> None:
    (session,) = server.sessions.values()
    remote, etag = session.transport.remote, opened.headers["ETag"]
    if body == "own":
        body = TRICKLE.format(ufrag=remote.ufrag, password=remote.password)
    elif body == "same ufrag":
        body = TRICKLE.format(ufrag=remote.ufrag, password="x" * 24)
    headers = FRAGMENT | bearer() | {name: value.replace("etag", etag) for name, value in headers.items()}
    response = await client.patch(opened.headers["Location"], data=body, headers=headers)
    assert response.status == status, await response.text()
    if status == 200:
        assert response.content_type == "application/trickle-ice-sdpfrag"
        assert response.headers["ETag"] == f'"{session.etag}"' != etag
        fragment = parse_fragment(await response.read())
        assert fragment.credentials == session.transport.local and len(fragment.candidates) == 1 and fragment.mid == "0"
        assert session.transport.remote.ufrag == "fresh"
    elif status == 204:
        assert response.headers["ETag"] == etag and session.transport.remote == remote
    else:
        await problem_of(response, status)
        assert session.transport.remote == remote and f'"{session.etag}"' == etag


async def test_draining_server_answers_503_and_still_lets_sessions_end(
    client: TestClient, server: MediaServer, opened: ClientResponse
) -> None:
    assert (await client.get("/health/ready")).status == 200
    server.draining = True
    response = await post(client)
    await problem_of(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    ready = await client.get("/health/ready")
    assert ready.status == 503 and (await ready.json())["status"] == "draining"
    assert (await client.get("/health/live")).status == 200
    assert (await client.delete(opened.headers["Location"], headers=bearer())).status == 200


async def test_metrics_are_exposed(client: TestClient, opened: ClientResponse) -> None:
    response = await client.get("/metrics")
    assert response.status == 200 and response.content_type == "text/plain"
    assert "tresen_participants 1.0" in await response.text()


async def test_allowed_origin_may_read_what_it_needs(client: TestClient) -> None:
    response = await post(client, Origin="https://shop.example")
    assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example" and response.headers["Vary"] == "Origin"
    assert {"Location", "ETag", "Link"} <= set(response.headers["Access-Control-Expose-Headers"].split(", "))
    refused = await client.post("/whip/shop", data="", headers={"Origin": "https://shop.example"})
    assert refused.status == 401 and refused.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    preflight = await client.options("/whip/shop/x", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "PATCH"})
    assert preflight.status == 204 and "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Content-Type", "If-Match"} <= set(preflight.headers["Access-Control-Allow-Headers"].split(", "))


async def test_other_origins_get_no_cors_headers(client: TestClient) -> None:
    for response in (
        await post(client, Origin="https://evil.example"),
        await client.options("/whip/shop", headers={"Origin": "https://evil.example"}),
    ):
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_error_of_ours_is_a_500_that_tells_nothing(client: TestClient, server: MediaServer, caplog: pytest.LogCaptureFixture) -> None:
    fake(server).fail_next = "transport_open"
    body = await problem_of(await post(client), 500)
    assert "told to fail" not in str(body) and "told to fail" in caplog.text
    assert not server.rooms and (await post(client)).status == 201
