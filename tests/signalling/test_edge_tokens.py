"""Tokens at the edge: whatever does not verify opens neither REST nor the socket, and is answered the same way."""

import asyncio
import base64
import json
import time
from typing import Any

import jwt
import pytest
from aiohttp import WSMsgType

from signalling.api.messages import POLICY
from signalling.app import SignallingCore
from tests.signalling.doors import Client
from tests.signalling.people import CUSTOMER, bearer

WITHIN_S = 30
TOO_BIG = 1009


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forgeries(good: str) -> dict[str, str]:
    """Tokens that must open nothing, each by what is wrong with it."""
    header, payload, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    known = json.loads(base64.urlsafe_b64decode(header + "=="))
    secret = "a secret of nobody's that is long enough to sign with"
    return {
        "forged": jwt.encode(claims, secret, algorithm="HS256", headers=known),
        "forged, another algorithm": jwt.encode(claims, secret + secret, algorithm="HS512"),
        "expired by its claim, not signed again": f"{header}.{encoded({**claims, 'exp': int(time.time()) - 10})}.{signature}",
        "another tenant, not signed again": f"{header}.{encoded({**claims, 'ten': 'ten_01JD3Q8Z6W0V7M9K4C2T5B8N2X'})}.{signature}",
        "alg none": f"{encoded({**known, 'alg': 'none'})}.{payload}.",
        "alg None": f"{encoded({**known, 'alg': 'None'})}.{payload}.{signature}",
        "no alg": f"{encoded({'typ': 'JWT'})}.{payload}.{signature}",
        "alg swapped": f"{encoded({**known, 'alg': 'RS256'})}.{payload}.{signature}",
        "alg a list": f"{encoded({**known, 'alg': ['HS256']})}.{payload}.{signature}",
        "unknown crit": f"{encoded({**known, 'crit': ['exp'], 'exp': 1})}.{payload}.{signature}",
        "wrong audience": jwt.encode({**claims, "aud": "else"}, secret, algorithm="HS256"),
        "empty signature": f"{header}.{payload}.",
        "no signature": f"{header}.{payload}",
        "signature of zeros": f"{header}.{payload}.{'A' * len(signature)}",
        "bits after the signature": good + "AA",
        "not JSON": "e30.e30.e30",
        "dots": "..",
        "deep JSON": f"{encoded({'alg': 'HS256'})}.{base64.urlsafe_b64encode(b'[' * 4000).decode()}.{signature}",
        "not ASCII": "é" * 40,
        "empty": "",
        "five pieces": ".".join([header, payload, signature, "e30", "e30"]),
    }


@pytest.fixture
def good(core: SignallingCore) -> str:
    return bearer(core, CUSTOMER)["Authorization"].removeprefix("Bearer ")


async def test_no_forgery_opens_rest(core: SignallingCore, client: Client, good: str) -> None:
    path = "/v1/conversations/conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X/timeline"
    assert (await client.get(path, headers={"Authorization": f"Bearer {good}"})).status == 404
    for name, token in forgeries(good).items():
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")})
        assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer"), name
        problem = await answer.json(content_type="application/problem+json")
        assert (problem["code"].startswith("token_") and token[:40] not in json.dumps(problem)) or not token, name


async def test_a_token_of_a_mebibyte_is_refused_before_it_is_read(core: SignallingCore, client: Client, good: str) -> None:
    reader, writer = await _connected(client)
    writer.write(b"GET /v1/conversations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + b"A" * (1 << 20) + b"\r\n\r\n")
    status = (await reader.readline()).split()[1]
    assert status in (b"400", b"401", b"431")
    writer.close()


async def test_no_forgery_opens_the_socket(core: SignallingCore, client: Client, good: str) -> None:
    for name, token in forgeries(good).items():
        async with client.ws_connect("/v1/socket") as socket:
            await socket.send_json({"type": "hello", "id": "h", "token": token})
            message = await socket.receive(WITHIN_S)
            assert message.type is WSMsgType.CLOSE and message.data == POLICY, name
    async with client.ws_connect("/v1/socket") as socket:
        await socket.send_json({"type": "hello", "token": "A" * (1 << 20)})
        message = await socket.receive(WITHIN_S)
        assert message.type is WSMsgType.CLOSE and message.data == TOO_BIG
    async with client.ws_connect("/v1/socket") as socket:
        await socket.send_json({"type": "hello", "id": "h", "token": good})
        assert (await socket.receive_json(timeout=WITHIN_S))["type"] == "welcome"


async def _connected(client: Client) -> Any:
    return await asyncio.wait_for(asyncio.open_connection(client.host, client.port), WITHIN_S)
