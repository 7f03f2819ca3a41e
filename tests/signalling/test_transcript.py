"""A transcript tells what happened, in order, to whoever may know it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.conversation import conversation, timeline, transcript
from signalling.conversation.timeline import Actor, Entry
from signalling.webhooks import EVENTS
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, bearer

Client = TestClient[web.Request, web.Application]
ANA = Actor("customer", "cust_1", "Ana")
RITA = Actor("rep", "rep_1", "Rita")
AT_US = 1_772_000_000_000_000


def entries(*given: tuple[str, Actor, dict[str, Any]]) -> list[Entry]:
    return [Entry("t", "c", n + 1, kind, AT_US + n * 1_000_000, actor, data) for n, (kind, actor, data) in enumerate(given)]


def text(given: list[Entry], *, staff: bool = False) -> str:
    return transcript.render(given, "text", staff=staff, zone=ZoneInfo("Europe/Berlin"), title="T").decode()


def test_words_calls_and_cart_stand_in_their_order() -> None:
    cart = {"lines": [{"quantity": 2}], "totals": {"total": {"amount": 11800, "currency": "EUR"}}, "checkout_step": "shipping"}
    got = text(
        entries(
            ("message.created", ANA, {"message_id": "m1", "text": "Hello\nthere"}),
            ("call.requested", ANA, {"media": "video"}),
            ("cart.updated", ANA, {"cart": cart, "operation": {"type": "add_line"}}),
            ("order.placed", ANA, {"order": {"number": "1001", "totals": {"total": {"amount": 11800, "currency": "EUR"}}}}),
        )
    )
    spoken = [line for line in got.splitlines() if line.startswith(("07", " " * 10))]
    assert spoken == [
        "07:13:20  Ana: Hello",
        "          there",
        "07:13:21  * Ana asked for a video call",
        "07:13:22  * Ana: add line; the cart has 2 items, 118.00 EUR, at shipping",
        "07:13:23  * Order 1001 was placed, 118.00 EUR",
    ]


def test_who_came_what_could_be_answered_and_how_a_payment_ended_are_in_words() -> None:
    replies = {"type": "quick_replies", "replies": [{"label": "The kettle"}, {"label": "None"}]}
    queue = Actor("system", "system")
    got = text(
        entries(
            ("queue.entered", queue, {}),
            ("conversation.assigned", queue, {"rep_id": "r", "rep_name": "Rita"}),
            ("message.created", RITA, {"message_id": "m1", "text": "Which?", "blocks": [replies]}),
            ("payment.declined", queue, {"amount": {"amount": 5900, "currency": "EUR"}}),
            ("payment.expired", queue, {}),
        )
    )
    assert [line.partition("  ")[2].strip() for line in got.splitlines() if line.startswith(("07", " " * 10))] == [
        "* Waiting for a rep",
        "* Rita joined the conversation",
        "Rita: Which?",
        "[quick_replies: The kettle | None]",
        "* The payment was declined, 59.00 EUR",
        "* The payment link expired",
    ]


def test_an_edited_message_shows_its_last_words_and_a_deleted_one_only_that_it_was() -> None:
    got = text(
        entries(
            ("message.created", ANA, {"message_id": "m1", "text": "teh"}),
            ("message.created", ANA, {"message_id": "m2", "text": "secret"}),
            ("message.updated", ANA, {"message_id": "m1", "text": "the"}),
            ("message.deleted", ANA, {"message_id": "m2"}),
        )
    )
    assert "Ana: the (edited)" in got and "teh" not in got and "secret" not in got and "Ana: [deleted]" in got


def test_a_note_for_the_staff_is_in_theirs_alone() -> None:
    note = [Entry("t", "c", 1, "message.created", AT_US, RITA, {"message_id": "n", "text": "difficult"}, "staff")]
    for form in ("text", "html", "json"):
        for staff in (True, False):
            assert (b"difficult" in transcript.render(note, form, staff=staff, zone=ZoneInfo("UTC"), title="T")) is staff


def test_a_page_escapes_what_people_wrote_and_who_they_say_they_are() -> None:
    script = "<script>alert(1)</script>"
    said = entries(("message.created", Actor("customer", "c", script), {"message_id": "m", "text": script}))
    page = transcript.render(said, "html", staff=True, zone=ZoneInfo("UTC"), title=script).decode()
    assert "<script" not in page and page.count("&lt;script&gt;") == 4


@pytest.mark.parametrize("kind", [*EVENTS, "unknown.kind"])
@pytest.mark.parametrize("data", [{}, {"cart": 1, "order": [], "payment": "x", "call": None, "operation": 3}, {"cart": {"totals": None}}])
def test_every_kind_has_a_line_whatever_is_in_it(kind: str, data: dict[str, Any]) -> None:
    assert transcript.render(entries((kind, RITA, data)), "html", staff=True, zone=ZoneInfo("UTC"), title="T")


async def test_a_customer_downloads_their_own_in_each_format_and_nobody_elses(core: SignallingCore, client: Client) -> None:
    made = (await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id
    await core.store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"text": "hi"})
    for form, content_type in transcript.CONTENT_TYPES.items():
        path = f"/v1/conversations/{made}/transcript?format={form}&zone=America/Sao_Paulo"
        answer = await client.get(path, headers=bearer(core, CUSTOMER))
        assert answer.status == 200 and answer.headers["Content-Type"] == content_type
        assert "hi" in await answer.text() and "attachment" in answer.headers["Content-Disposition"]
        assert (await client.get(path, headers=bearer(core, OTHER_CUSTOMER))).status == 404
    answer = await client.get(f"/v1/conversations/{made}/transcript?format=json", headers=bearer(core, REP))
    assert [entry["seq"] for entry in json.loads(await answer.read())["entries"]] == [1, 2]
    wrong = await client.get(f"/v1/conversations/{made}/transcript?zone=Mars/Base", headers=bearer(core, CUSTOMER))
    assert wrong.status == 422 and (await wrong.json())["errors"][0]["pointer"] == "/query/zone"
