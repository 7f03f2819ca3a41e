"""Any body, header and path at the HTTP edge: a documented answer, never a 500, and nothing left behind."""

import random

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mediaserver import http
from tests.hostile.test_sdp_bytes import OFFERS, mutant
from tests.support.serving import fake, serving, token

EXPECTED = {200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429}
METHODS = (*["POST"] * 6, *["PATCH"] * 4, "DELETE", "OPTIONS", "GET", "PUT", "HEAD")
PATHS = (
    *["/whip/shop", "/whep/shop"] * 3, "/whip/shop/", "/whip/%00", "/whep/%ff", "/whip/a%2Fb/c", "/whip//x", "/whep/shop?participant=%00",
)  # fmt: skip
HEADERS = {
    "Authorization": ["Bearer {token}", "Bearer x", "bearer {token}", "Basic x", "Bearer " + "a." * 3000, "Bearer \u00e9"],
    "Content-Type": ["application/sdp", "application/trickle-ice-sdpfrag", "text/plain", "application/sdp; charset=latin-1", ";", "a/b/c"],
    "Accept": ["*/*", "application/sdp", "text/html", ";q=,", "application/sdp;q=x", "application/sdp;q=0.0"],
    "If-Match": ["*", '"x"', "x", ",,,", 'W/"x"', '"' + "x" * 500 + '"'],
    "Origin": ["null", "https://a.example", "\u00e9"],
}


def request(rng: random.Random, opened: list[str], bearer: str) -> tuple[str, str, bytes, dict[str, str]]:
    path = rng.choice([*PATHS, *opened * 2])
    headers = {name: rng.choice(values).replace("{token}", bearer) for name, values in HEADERS.items() if rng.random() < 0.5}
    if rng.random() < 0.7:
        headers |= {"Authorization": f"Bearer {bearer}", "Content-Type": rng.choice(HEADERS["Content-Type"][:2])}
    restart = b"a=ice-ufrag:" + rng.randbytes(4).hex().encode() + b"\na=ice-pwd:" + b"f" * 24
    body = rng.choice([mutant(rng), rng.choice(OFFERS), rng.randbytes(rng.randrange(300)), restart, b""])
    return rng.choice(METHODS), path, body, headers


@pytest.mark.parametrize("seed", range(4))
async def test_any_request_gets_a_documented_answer(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(seed)
    statuses: dict[int, int] = {}
    async with serving() as server, TestClient(TestServer(http.application(server))) as client:
        bearer = token(room=None)
        opened: list[str] = []
        for _ in range(400):
            method, path, body, headers = request(rng, opened[-3:], bearer)
            response = await client.request(method, path, data=body, headers=headers)
            statuses[response.status] = statuses.get(response.status, 0) + 1
            if response.status == 201:
                opened.append(response.headers["Location"])
            if response.status >= 400 and method != "HEAD":
                assert response.content_type == "application/problem+json", (method, path, await response.text())
                assert (await response.json(content_type=None))["status"] == response.status
        assert set(statuses) <= EXPECTED and {201, 204, 400, 401, 404, 405, 415} <= set(statuses)
        assert len(fake(server).transports) == len(server.sessions)
        for room in list(server.rooms.values()):
            room.close()
        assert not fake(server).transports and not server.workers[0].media and server.participant_count == 0
    assert "Traceback" not in caplog.text
