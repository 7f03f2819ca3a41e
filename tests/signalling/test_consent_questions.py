"""A rep asks for consent, and the customer answers: what stands on the timeline, and that a question alone allows nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.conversation import timeline, transcript
from signalling.identity.caller import Caller
from signalling.privacy import consent
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, bearer

Client = TestClient[web.Request, web.Application]


async def ask(core: SignallingCore, client: Client, caller: Caller, path: str, body: Any) -> Any:
    async with client.post(path, json=body, headers=bearer(core, caller)) as response:
        return response.status, await response.json()


async def begun(core: SignallingCore, client: Client) -> str:
    _, made = await ask(core, client, CUSTOMER, "/v1/conversations", {})
    return str(made["id"])


async def test_a_question_is_on_the_timeline_and_is_no_consent(core: SignallingCore, client: Client) -> None:
    made = await begun(core, client)
    path = f"/v1/conversations/{made}/consents/ask"
    status, told = await ask(core, client, REP, path, {"purpose": "recording", "scope": "call"})
    assert (status, told) == (200, {"conversation_id": made, "seq": 2, "purpose": "recording"})
    entry = (await core.store.read(timeline.read, TENANT, made, after_seq=1))[0]
    assert (entry.kind, entry.actor.id, entry.visibility) == ("consent.asked", REP.id, "all")
    assert entry.data == {"subject_id": CUSTOMER.id, "purpose": "recording", "scope": "call"}
    assert await core.store.read(consent.current, TENANT, made, CUSTOMER.id, "recording") is None
    assert await core.store.read(consent.list_all, TENANT, CUSTOMER.id) == []


async def test_a_refusal_is_told_and_takes_back_nothing(core: SignallingCore, client: Client) -> None:
    made = await begun(core, client)
    given = await core.store.write(consent.grant, TENANT, made, CUSTOMER.id, "recording", "call", None, CUSTOMER.actor)
    status, told = await ask(core, client, CUSTOMER, "/v1/me/consents/refuse", {"purpose": "recording", "conversation_id": made})
    assert (status, told["purpose"]) == (200, "recording")
    entries = await core.store.read(timeline.read, TENANT, made)
    assert [entry.kind for entry in entries] == ["conversation.created", "consent.granted", "consent.refused"]
    assert entries[-1].actor.id == CUSTOMER.id and entries[-1].data["purpose"] == "recording"
    assert await core.store.read(consent.current, TENANT, made, CUSTOMER.id, "recording") == given


async def test_only_staff_asks_and_only_the_customer_of_the_conversation_refuses(core: SignallingCore, client: Client) -> None:
    made = await begun(core, client)
    path = f"/v1/conversations/{made}/consents/ask"
    assert (await ask(core, client, CUSTOMER, path, {"purpose": "recording"}))[0] == 403
    assert (await ask(core, client, REP, path, {"purpose": "everything"}))[0] == 422
    refusal = {"purpose": "recording", "conversation_id": made}
    assert (await ask(core, client, OTHER_CUSTOMER, "/v1/me/consents/refuse", refusal))[0] == 404
    assert (await ask(core, client, REP, "/v1/me/consents/refuse", refusal))[0] == 403
    assert len(await core.store.read(timeline.read, TENANT, made)) == 1


async def test_a_transcript_says_both(core: SignallingCore, client: Client) -> None:
    made = await begun(core, client)
    await ask(core, client, REP, f"/v1/conversations/{made}/consents/ask", {"purpose": "cart_view"})
    await ask(core, client, CUSTOMER, "/v1/me/consents/refuse", {"purpose": "cart_view", "conversation_id": made})
    entries = await core.store.read(timeline.read, TENANT, made)
    words = [line.text for line in transcript.lines(entries, staff=False, zone=ZoneInfo("UTC"))]
    assert words[1].endswith("asked for consent: cart view") and words[2].endswith("did not agree: cart view")
