"""Calls over HTTP, on a whole core with its own desk: asked for, accepted, joined, refused, ended."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.signalling.call_world import DEADLINE_S
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT, bearer

Client = TestClient[web.Request, web.Application]


async def ask(core: SignallingCore, client: Client, caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Status and answer."""
    async with client.request(method, path, json=body, headers=bearer(core, caller) | headers) as response:
        return response.status, await response.json()


async def test_a_call_over_http(core: SignallingCore, client: Client) -> None:
    await core.services.desk.set_status(TENANT, REP.id, "available")
    _, made = await ask(core, client, CUSTOMER, "POST", "/v1/conversations", {})
    call_id = new_id("call")
    path, body = f"/v1/calls/{call_id}", {"id": call_id, "media": "voice"}
    key = {"Idempotency-Key": "once"}
    for _ in range(2):
        status, call = await ask(core, client, CUSTOMER, "POST", f"/v1/conversations/{made['id']}/calls", body, **key)
        assert (status, call["id"]) == (201, call_id)
    status, problem = await ask(core, client, CUSTOMER, "POST", f"/v1/conversations/{made['id']}/calls", {})
    assert (status, problem["code"]) == (409, "call_open")
    rings: list[Any] = []
    async with asyncio.timeout(DEADLINE_S):
        while not rings:
            _, found = await ask(core, client, REP, "GET", "/v1/rings")
            rings = found["data"]
    assert [each["id"] for each in rings] == [call_id]
    (ringing,) = [leg for leg in rings[0]["legs"] if leg["person_id"] == REP.id]
    assert ringing["state"] == "ringing" and ringing["until"] > rings[0]["created_at"], "so that a client can count down"
    status, problem = await ask(core, client, REP, "POST", f"{path}/join")
    assert (status, problem["code"]) == (409, "call_state")
    status, call = await ask(core, client, REP, "POST", f"{path}/accept")
    assert (status, call["state"], call["rep_id"]) == (200, "connecting", REP.id)
    for person in (CUSTOMER, REP):
        status, ticket = await ask(core, client, person, "POST", f"{path}/join")
        assert status == 200 and ticket["room"] == f"{TENANT}.{call_id}" and ticket["whip"].endswith(f"/whip/{ticket['room']}")
        assert ticket["identity"] in [leg["id"] for leg in call["legs"] if leg["person_id"] == person.id]
    status, problem = await ask(core, client, REP, "POST", f"{path}/hold")
    assert (status, problem["code"]) == (409, "call_state") and "connecting" in problem["detail"]
    status, problem = await ask(
        core, client, REP, "POST", f"{path}/transfers", {"kind": "warm", "rep_id": OTHER_REP.id, "requirement": "x"}
    )
    assert status == 422
    status, _ = await ask(core, client, REP, "PUT", f"{path}/supervision", {"how": "monitor"})
    assert status == 403
    status, call = await ask(core, client, SUPERVISOR, "PUT", f"{path}/supervision", {"how": "monitor"})
    assert status == 200 and [leg["supervising"] for leg in call["legs"]] == [None, None, "monitor"]
    _, seen = await ask(core, client, CUSTOMER, "GET", path)
    assert len(seen["legs"]) == 2, "the customer does not know of who listens"
    status, _ = await ask(core, client, OTHER_CUSTOMER, "GET", path)
    assert status == 404
    status, stats = await ask(core, client, REP, "GET", f"{path}/stats")
    assert (status, stats["open"]) == (200, False)
    status, call = await ask(core, client, CUSTOMER, "POST", f"{path}/hang_up")
    assert (status, call["state"], call["end_reason"]) == (200, "ended", "customer_left")
    assert {leg["until"] for leg in call["legs"]} == {None}
    status, page = await ask(core, client, CUSTOMER, "GET", f"/v1/conversations/{made['id']}/calls")
    assert (status, [each["id"] for each in page["data"]]) == (200, [call_id])
