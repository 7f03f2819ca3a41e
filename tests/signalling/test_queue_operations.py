"""The queue over REST: what customers, reps, supervisors and admins do with it, and what each may not."""

from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.bus import staff_topic
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.routing.decisions import Entered, Finished, Left
from tests.signalling.desks import Heard, conversation_of
from tests.signalling.people import ADMIN, CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT, bearer

Client = TestClient[web.Request, web.Application]
NIGHT = {"zone": "Europe/Berlin", "week": {}}


class Door:
    """Requests of one caller."""

    def __init__(self, core: SignallingCore, client: Client, caller: Caller) -> None:
        self.client, self.headers = client, bearer(core, caller)

    async def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = await self.client.request(method, path, json=body, headers=self.headers)
        found = await answer.json() if answer.content_length else None
        assert answer.status == status, (method, path, answer.status, found)
        return found


async def test_a_chat_from_entering_to_its_summary(core: SignallingCore, client: Client) -> None:
    customer, rep, admin = (Door(core, client, caller) for caller in (CUSTOMER, REP, ADMIN))
    made = await conversation_of(core)
    place = await customer.ask("POST", f"/v1/conversations/{made}/queue", {"channel": "chat", "reason": "delivery"}, status=201)
    assert (place["state"], place["position"], place["eta_s"]) == ("waiting", 1, None)
    queue = (await admin.ask("GET", "/v1/queues"))["data"][0]
    changed = await admin.ask("PATCH", f"/v1/queues/{queue['id']}", {"settings": {"wrap_up_codes": ["solved"], "wrap_up_s": {"chat": 30}}})
    assert changed["settings"]["wrap_up_codes"] == ["solved"] and changed["settings"]["offer_s"] == 20
    assert changed["settings"]["wrap_up_s"] == {"chat": 30, "voice": 15, "video": 15}
    assert (await rep.ask("PUT", "/v1/reps/me/status", {"status": "available"}))["status"] == "available"
    offers = (await rep.ask("GET", "/v1/reps/me/work"))["data"]
    assert [(offer["id"], offer["state"], offer["reason"]) for offer in offers] == [(place["id"], "offered", "delivery")]
    assigned = await rep.ask("POST", f"/v1/tickets/{place['id']}/accept")
    assert (assigned["state"], assigned["rep_id"], assigned["position"]) == ("assigned", REP.id, None)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/accept", status=409)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/finish", {"code": "lost"}, status=422)
    await Door(core, client, OTHER_REP).ask("POST", f"/v1/tickets/{place['id']}/finish", {}, status=403)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/finish", {"code": "solved", "note": "Wants it on Friday."}, status=204)
    assert (await rep.ask("GET", "/v1/reps/me"))["status"] == "wrap_up"
    assert (await rep.ask("POST", "/v1/reps/me/wrap-up/end"))["status"] == "available"
    assert (await rep.ask("GET", f"/v1/tickets/{place['id']}/wrap-up"))["note"] == "Wants it on Friday."
    board = await Door(core, client, SUPERVISOR).ask("GET", "/v1/board")
    line = next(each for each in board["queues"] if each["queue_id"] == queue["id"])
    assert (line["answered"], line["answered_within_threshold"], line["abandoned"], line["service_level"]) == (1, 1, 0, 1.0)
    assert board["reps"]["available"] == 1
    assert [hour["at"] for hour in board["hours"]] == sorted(hour["at"] for hour in board["hours"]) and len(board["hours"]) == 25
    busy = [hour for hour in board["hours"] if hour["entered"]]
    assert [(each["answered"], each["answered_within_threshold"], each["abandoned"]) for each in busy] == [(1, 1, 0)]
    assert busy[0]["conversations"] == {"chat": 1} and busy[0]["csat"] is None and board["calls"] == []


async def test_a_customer_sees_and_moves_their_own_place_only(core: SignallingCore, client: Client) -> None:
    customer, other = Door(core, client, CUSTOMER), Door(core, client, OTHER_CUSTOMER)
    made = await conversation_of(core)
    path = f"/v1/conversations/{made}/queue"
    await customer.ask("POST", path, {"priority": 5}, status=403)
    place = await customer.ask("POST", path, {}, status=201)
    assert (await customer.ask("GET", path))["data"][0]["id"] == place["id"]
    for method, foreign in [
        ("GET", path),
        ("POST", f"/v1/tickets/{place['id']}/leave"),
        ("POST", f"/v1/tickets/{place['id']}/keep-waiting"),
    ]:
        await other.ask(method, foreign, status=404)
    await other.ask("POST", path, {}, status=404)
    await customer.ask("POST", f"/v1/tickets/{place['id']}/accept", status=403)
    heard = Heard(core)
    await customer.ask("POST", f"/v1/tickets/{place['id']}/leave", status=204)
    assert (await heard.until(Left)).reason == "customer"
    assert (await customer.ask("GET", path))["data"] == []
    await customer.ask("POST", path, {"ticket_id": place["id"]}, status=409)
    own = new_id("tick")
    for _ in range(2):
        assert (await customer.ask("POST", path, {"ticket_id": own}, status=201))["id"] == own
    await customer.ask("POST", path, {"ticket_id": own, "channel": "voice"}, status=409)


async def test_a_callback_keeps_the_place_and_its_number_is_for_the_rep(core: SignallingCore, client: Client) -> None:
    customer, rep, other = (Door(core, client, caller) for caller in (CUSTOMER, REP, OTHER_REP))
    first = await conversation_of(core)
    place = await customer.ask("POST", f"/v1/conversations/{first}/queue", {"channel": "voice"}, status=201)
    later = await Door(core, client, OTHER_CUSTOMER).ask(
        "POST", f"/v1/conversations/{await conversation_of(core, OTHER_CUSTOMER)}/queue", {"channel": "voice"}, status=201
    )
    kept = await customer.ask("POST", f"/v1/tickets/{place['id']}/callback", {"number": "+493012345678"})
    assert (kept["callback"], kept["position"], later["position"]) == (True, 1, 2)
    await customer.ask("POST", f"/v1/tickets/{place['id']}/callback", {"number": "call me"}, status=422)
    await rep.ask("PUT", "/v1/reps/me/status", {"status": "available"})
    offer = (await rep.ask("GET", "/v1/reps/me/work"))["data"]
    assert [(each["id"], each["callback"]) for each in offer] == [(place["id"], True)]
    assert (await rep.ask("GET", f"/v1/tickets/{place['id']}/callback"))["number"] == "+493012345678"
    await other.ask("GET", f"/v1/tickets/{place['id']}/callback", status=403)


async def test_skills_decide_who_is_asked_and_supervisors_may_overrule(core: SignallingCore, client: Client) -> None:
    supervisor, rep, other, admin = (Door(core, client, caller) for caller in (SUPERVISOR, REP, OTHER_REP, ADMIN))
    for each in (rep, other):
        await each.ask("PUT", "/v1/reps/me/status", {"status": "available"})
    await supervisor.ask("PUT", f"/v1/reps/{OTHER_REP.id}/abilities", {"skills": {"billing": 4}, "languages": ["de-AT"]})
    await rep.ask("PUT", f"/v1/reps/{REP.id}/abilities", {}, status=403)
    await supervisor.ask("PUT", "/v1/reps/rep_01JD3Q8Z6W0V7M9K4C2T5B8N9X/abilities", {}, status=404)
    settings = {"requirement": [{"after_s": 0, "requirement": "billing >= 3 and language = de"}], "overflow": []}
    queue = await admin.ask("POST", "/v1/queues", {"name": "Billing", "settings": settings}, status=201)
    await admin.ask("POST", "/v1/queues", {"name": "x", "settings": {"requirement": [{"after_s": 0, "requirement": "a >="}]}}, status=422)
    made = await conversation_of(core)
    place = await Door(core, client, CUSTOMER).ask("POST", f"/v1/conversations/{made}/queue", {"queue_id": queue["id"]}, status=201)
    assert (place["state"], place["rep_id"]) == ("offered", OTHER_REP.id)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/pick", status=409)
    mine = await supervisor.ask("POST", f"/v1/tickets/{place['id']}/reassign", {"rep_id": REP.id})
    assert (mine["state"], mine["rep_id"]) == ("assigned", REP.id)
    heard = Heard(core)
    forced = await supervisor.ask("PUT", f"/v1/reps/{REP.id}/status", {"status": "offline"})
    assert forced["status"] == "offline"
    assert (await heard.until(Entered)).again == "rep_gone"
    await admin.ask("DELETE", f"/v1/queues/{queue['id']}", status=409 if len((await admin.ask("GET", "/v1/queues"))["data"]) == 1 else 204)


async def test_outside_the_hours_customers_are_told_when_somebody_is_there(core: SignallingCore, client: Client) -> None:
    admin, customer = Door(core, client, ADMIN), Door(core, client, CUSTOMER)
    hours = await admin.ask("POST", "/v1/hours", {"name": "Never", "calendar": NIGHT}, status=201)
    assert (hours["open"], hours["changes_at"]) == (False, None)
    await admin.ask("POST", "/v1/hours", {"name": "x", "calendar": {"zone": "Nowhere/At_All"}}, status=422)
    queue = await admin.ask("POST", "/v1/queues", {"name": "Closed", "settings": {"hours_id": hours["id"]}}, status=201)
    await admin.ask("DELETE", f"/v1/hours/{hours['id']}", status=409)
    path = f"/v1/conversations/{await conversation_of(core)}/queue"
    place = await customer.ask("POST", path, {"queue_id": queue["id"]}, status=201)
    assert (place["state"], place["outcome"], place["position"]) == ("ended", "closed", None)
    week = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    opened = await admin.ask("PUT", f"/v1/hours/{hours['id']}", {"name": "Always", "calendar": {"zone": "UTC", "week": week}})
    assert opened["open"] is True
    assert (await customer.ask("POST", path, {"queue_id": queue["id"]}, status=201))["state"] == "waiting"


async def test_a_transferred_chat_waits_for_the_rep_it_was_meant_for(core: SignallingCore, client: Client) -> None:
    customer, rep, other = (Door(core, client, caller) for caller in (CUSTOMER, REP, OTHER_REP))
    await rep.ask("PUT", "/v1/reps/me/status", {"status": "available"})
    made = await conversation_of(core)
    place = await customer.ask("POST", f"/v1/conversations/{made}/queue", {}, status=201)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/accept")
    await rep.ask("POST", f"/v1/tickets/{place['id']}/transfer", {}, status=422)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/transfer", {"rep_id": OTHER_REP.id}, status=409)
    await other.ask("PUT", "/v1/reps/me/status", {"status": "available"})
    heard = Heard(core)
    await rep.ask("POST", f"/v1/tickets/{place['id']}/transfer", {"rep_id": OTHER_REP.id}, status=204)
    assert (await heard.until(Finished)).outcome == "transferred"
    assert [each["id"] for each in (await other.ask("GET", "/v1/reps/me/work"))["data"]] == [place["id"]]
    await other.ask("POST", f"/v1/tickets/{place['id']}/accept")
    entries = await customer.ask("GET", f"/v1/conversations/{made}/timeline")
    kinds = [entry["type"] for entry in entries["entries"] if entry["type"].startswith(("queue.", "conversation."))]
    assert kinds[1:] == ["queue.entered", "conversation.assigned", "queue.entered", "conversation.transferred"]
    assert TENANT not in str(entries)


async def test_a_break_says_why(core: SignallingCore, client: Client) -> None:
    rep, notes = Door(core, client, REP), []
    core.services.bus.subscribe(staff_topic(TENANT), lambda _topic, message: notes.append(message))
    await rep.ask("PUT", "/v1/reps/me/status", {"status": "available"})
    assert (await rep.ask("PUT", "/v1/reps/me/status", {"status": "away", "reason": "lunch"}))["status"] == "away"
    await rep.ask("PUT", "/v1/reps/me/status", {"status": "away", "reason": "For lunch!"}, status=422)
    told = [note["data"] for note in notes if isinstance(note, dict) and note.get("type") == "rep.status_changed"]
    assert [(each["status"], each["reason"]) for each in told] == [("available", "chosen"), ("away", "lunch")]
