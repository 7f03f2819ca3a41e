"""Messages: edited, deleted for good, quoted, received and read; what their blocks may be."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from signalling.app import SignallingCore
from signalling.conversation import handling, messages, timeline
from signalling.conversation.greeting import in_locale
from signalling.conversation.messages import EDIT_WITHIN_US, Said
from signalling.conversation.timeline import Actor
from signalling.ids import new_id
from signalling.store import Store
from signalling.store.tables.conversation import messages as table
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, SUPERVISOR, TENANT, bearer
from tests.signalling.sockets import Sockets, begun, said, sockets
from tests.support.socket_client import Refused

__all__ = ["sockets"]

Client = TestClient[web.Request, web.Application]


async def entries(store: Store, conversation: str) -> list[timeline.Entry]:
    return await store.read(timeline.read, TENANT, conversation)


async def test_an_edit_is_an_entry_of_its_own_and_only_ones_own(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    message = await said(customer, conversation, "helo")
    edited = await customer.ask("message.edit", conversation_id=conversation, message_id=message, text="hello")
    assert (edited["text"], edited["edited"], edited["deleted"]) == ("hello", True, False)
    with pytest.raises(Refused, match="403"):
        await rep.ask("message.edit", conversation_id=conversation, message_id=message, text="bye")
    kinds = [(entry.kind, entry.data.get("text")) for entry in await entries(sockets.core.store, conversation)]
    assert ("message.updated", "hello") in kinds
    # The same again changes nothing.
    await customer.ask("message.edit", conversation_id=conversation, message_id=message, text="hello")
    assert len(await entries(sockets.core.store, conversation)) == len(kinds)


async def test_an_edit_comes_too_late_after_fifteen_minutes(core: SignallingCore, sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    message = await said(customer, conversation, "as it was")
    await core.store.write(lambda tx: tx.execute(table.update().values(sent_at_us=table.c.sent_at_us - EDIT_WITHIN_US - 1)) and None)
    with pytest.raises(Refused, match="too_late"):
        await customer.ask("message.edit", conversation_id=conversation, message_id=message, text="as it never was")


async def test_what_is_deleted_is_gone_from_the_log_in_every_version(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    message = await said(customer, conversation, "my secret")
    await customer.ask("message.edit", conversation_id=conversation, message_id=message, text="my better secret")
    deleted = await customer.ask("message.delete", conversation_id=conversation, message_id=message)
    assert (deleted["text"], deleted["deleted"]) == ("", True)
    log = await entries(sockets.core.store, conversation)
    assert "secret" not in str(log)
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert log[-1].kind == "message.deleted"
    # Twice is once; and sending it again does not bring it back.
    await customer.ask("message.delete", conversation_id=conversation, message_id=message)
    again = await customer.ask("message.send", conversation_id=conversation, id=message, text="my secret")
    assert (again["text"], again["deleted"]) == ("", True)
    assert len(await entries(sockets.core.store, conversation)) == len(log)


async def test_supervisors_delete_what_others_said_reps_do_not(sockets: Sockets) -> None:
    customer, rep, supervisor = await sockets(CUSTOMER), await sockets(REP), await sockets(SUPERVISOR)
    conversation = await begun(customer)
    message = await said(customer, conversation, "an insult")
    with pytest.raises(Refused, match="403"):
        await rep.ask("message.delete", conversation_id=conversation, message_id=message)
    assert (await supervisor.ask("message.delete", conversation_id=conversation, message_id=message))["deleted"]


async def test_a_quote_names_a_message_of_this_conversation(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation, other = await begun(customer), await begun(customer)
    quoted = await said(customer, conversation, "first")
    answer = await customer.ask("message.send", conversation_id=conversation, id=new_id("msg"), text="second", reply_to=quoted)
    assert answer["reply_to"] == quoted
    with pytest.raises(Refused, match="no_such_message"):
        await customer.ask("message.send", conversation_id=other, id=new_id("msg"), text="third", reply_to=quoted)


async def test_receipts_only_rise_and_one_entry_tells_of_each_rise(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    await rep.ask("conversation.claim", conversation_id=conversation)
    await said(customer, conversation, "one")
    seq = (await rep.ask("conversation.read", conversation_id=conversation))["conversation"]["seq"]
    first = await rep.ask("receipt.delivered", conversation_id=conversation, up_to_seq=seq)
    assert (first["delivered_seq"], first["read_seq"]) == (seq, 0)
    await rep.ask("receipt.read", conversation_id=conversation, up_to_seq=seq)
    for kind, earlier in (("receipt.read", seq), ("receipt.read", 1), ("receipt.delivered", seq)):
        same = await rep.ask(kind, conversation_id=conversation, up_to_seq=earlier)
        assert (same["delivered_seq"], same["read_seq"]) == (seq, seq)
    told = [entry for entry in await entries(sockets.core.store, conversation) if entry.kind in ("message.delivered", "message.read")]
    assert [(entry.kind, entry.actor.id, entry.data["up_to_seq"]) for entry in told] == [
        ("message.delivered", REP.id, seq),
        ("message.read", REP.id, seq),
    ]
    with pytest.raises(Refused, match="seq_beyond_end"):
        await rep.ask("receipt.read", conversation_id=conversation, up_to_seq=10_000)
    people = (await customer.ask("conversation.read", conversation_id=conversation))["participants"]
    assert {each["id"]: each["read_seq"] for each in people} == {CUSTOMER.id: 0, REP.id: seq}


BLOCKS: list[tuple[Any, bool]] = [
    ([{"type": "text", "text": "so"}], True),
    ([{"type": "quick_replies", "replies": [{"label": "Yes"}, {"label": "No", "value": "No, thank you"}]}], True),
    ([{"type": "product_card", "product_id": "p1", "title": "Boots", "price": {"amount": 5900, "currency": "EUR"}}], True),
    ([{"type": "product_card", "product_id": "p1", "title": "Boots", "url": "https://shop.example/boots?size=42"}], True),
    ([{"type": "product_card", "product_id": "p1", "title": "Boots", "url": "javascript:alert(1)"}], False),
    ([{"type": "product_card", "product_id": "p1", "title": "Boots", "image_url": "data:text/html,x"}], False),
    ([{"type": "iframe", "src": "https://example.com"}], False),
    ([{"type": "text", "text": "x" * 2001}], False),
    ([{"type": "text", "text": "x"}] * 6, False),
    ([{"type": "quick_replies", "replies": []}], False),
    ([{"type": "text", "text": "x", "html": "<b>"}], False),
]


async def test_blocks_are_the_documented_ones_and_bounded(core: SignallingCore, client: Client) -> None:
    made = await client.post("/v1/conversations", json={}, headers=bearer(core, CUSTOMER))
    conversation = (await made.json())["id"]
    for blocks, good in BLOCKS:
        sent = await client.post(
            f"/v1/conversations/{conversation}/messages", json={"id": new_id("msg"), "blocks": blocks}, headers=bearer(core, CUSTOMER)
        )
        assert sent.status == (201 if good else 422), blocks
    for empty in ({}, {"text": "  "}, {"text": "x" * 4001}):
        sent = await client.post(
            f"/v1/conversations/{conversation}/messages", json={"id": new_id("msg"), **empty}, headers=bearer(core, CUSTOMER)
        )
        assert sent.status == 422


async def test_a_closed_conversation_takes_no_message_until_it_is_reopened(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    message = await said(customer, conversation, "thank you")
    closed = await rep.ask("conversation.close", conversation_id=conversation, body={"reason": "solved"})
    assert closed["status"] == "closed"
    with pytest.raises(Refused, match="conversation_closed"):
        await said(customer, conversation, "one more thing")
    # What was said before may still be sent again: it is there.
    assert (await customer.ask("message.send", conversation_id=conversation, id=message, text="thank you"))["id"] == message
    await customer.ask("conversation.reopen", conversation_id=conversation)
    await said(customer, conversation, "one more thing")
    log = await entries(sockets.core.store, conversation)
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))


async def test_a_rating_is_given_once_by_the_customer(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    rated = await customer.ask("conversation.rate", conversation_id=conversation, score=5, comment="quick")
    assert rated["csat_score"] == 5
    with pytest.raises(Refused, match="already_rated"):
        await customer.ask("conversation.rate", conversation_id=conversation, score=1)
    with pytest.raises(Refused, match="role"):
        await rep.ask("conversation.rate", conversation_id=conversation, score=5)
    assert [entry.kind for entry in await entries(sockets.core.store, conversation)].count("csat.submitted") == 1


async def test_a_claim_is_announced_once_and_books_the_reps_capacity(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    for _ in range(2):
        claimed = await rep.ask("conversation.claim", conversation_id=conversation)
        assert claimed["rep_id"] == REP.id
    log = await entries(sockets.core.store, conversation)
    assert [entry.kind for entry in log].count("conversation.assigned") == 1
    assert [entry.data["system"] for entry in log if entry.kind == "message.created"] == ["joined"]
    floor = sockets.core.services.desk.floors[TENANT]
    assert [ticket.conversation_id for ticket in floor.reps[REP.id].work.values()] == [conversation]
    await rep.ask("conversation.close", conversation_id=conversation, body={})
    assert not floor.reps[REP.id].work


async def test_a_transfer_and_a_release_are_told_and_only_by_who_may(sockets: Sockets) -> None:
    customer, rep, supervisor = await sockets(CUSTOMER), await sockets(REP), await sockets(SUPERVISOR)
    conversation = await begun(customer)
    await supervisor.ask("conversation.claim", conversation_id=conversation)
    with pytest.raises(Refused, match="403"):
        await rep.ask("conversation.assign", conversation_id=conversation, rep_id=REP.id)
    moved = await supervisor.ask("conversation.assign", conversation_id=conversation, rep_id=REP.id, rep_name="Rita")
    assert moved["rep_id"] == REP.id
    released = await rep.ask("conversation.release", conversation_id=conversation)
    assert released["rep_id"] is None
    kinds = [entry.kind for entry in await entries(sockets.core.store, conversation) if entry.kind.startswith("conversation.")]
    assert kinds == ["conversation.created", "conversation.assigned", "conversation.transferred", "conversation.released"]


async def test_changes_tell_what_is_different_and_nothing_when_nothing_is(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    cart = new_id("cart")
    for _ in range(2):
        changed = await customer.ask("conversation.update", conversation_id=conversation, locale="de", cart_id=cart)
        assert (changed["locale"], changed["cart_id"]) == ("de", cart)
    told = [entry.data for entry in await entries(sockets.core.store, conversation) if entry.kind == "conversation.updated"]
    assert told == [{"locale": "de", "cart_id": cart}]


async def test_a_part_of_the_house_speaks_once_for_each_id(core: SignallingCore, sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    message = new_id("msg")
    bot = Actor("bot", "bot_1", "Helper")
    first = await core.store.write(messages.post, TENANT, conversation, bot, Said("May I help?"), message)
    assert await core.store.write(messages.post, TENANT, conversation, bot, Said("Something else"), message) == first
    assert len(await entries(core.store, conversation)) == 2


async def test_the_lobby_is_paged_without_repetition_and_filtered(sockets: Sockets) -> None:
    customer, other, rep = await sockets(CUSTOMER), await sockets(OTHER_CUSTOMER), await sockets(REP)
    made = [await begun(customer if number % 2 else other) for number in range(7)]
    await rep.ask("conversation.claim", conversation_id=made[3])
    for order, wanted in (("oldest", made), ("newest", made[::-1])):
        seen: list[str] = []
        cursor = None
        while True:
            page = await rep.ask("conversation.list", order=order, limit=3, **({"cursor": cursor} if cursor else {}))
            seen += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
            assert page["has_more"] == (cursor is not None)
            if cursor is None:
                break
        assert seen == wanted
    waiting = await rep.ask("conversation.list", assigned="nobody", status="open", order="oldest")
    assert [each["id"] for each in waiting["data"]] == made[:3] + made[4:]
    mine = await rep.ask("conversation.list", assigned="mine")
    assert [each["id"] for each in mine["data"]] == [made[3]]
    own = await customer.ask("conversation.list", order="oldest")
    assert [each["id"] for each in own["data"]] == made[1::2]
    for cursor in ("x", "ICA6", "MTp4\u00e9", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTp4"):
        with pytest.raises(Refused, match="422"):
            await rep.ask("conversation.list", cursor=cursor)


async def test_routing_says_nothing_twice_and_seats_whom_it_gives(core: SignallingCore, sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    data = {"rep_id": REP.id, "rep_name": "Rita", "channel": "chat", "ticket_id": "tick_x"}
    line: timeline.Line = (conversation, "conversation.assigned", timeline.SYSTEM, data, "all")
    seated = await core.store.write(handling.seat, TENANT, [line])
    assert [each[1] for each in seated] == ["conversation.assigned", "message.created"]
    await core.store.write(handling.assign, TENANT, conversation, REP.actor, timeline.SYSTEM)
    assert await core.store.write(handling.seat, TENANT, [line]) == []


def test_the_nearest_language_is_found() -> None:
    texts = {"en": "en", "pt-BR": "br", "de": "de"}
    found = [in_locale(texts, locale) for locale in ("de-AT", "pt", "pt-PT", "PT-br", "fr", "en-US-x-y")]
    assert found == ["de", "br", "br", "br", "en", "en"]
    assert in_locale({"de": "de"}, "fr") == ""


async def test_what_is_said_is_not_readable_in_the_database(core: SignallingCore, sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    await said(customer, conversation, "my secret")
    rows = await core.store.read(lambda tx: [tuple(row) for row in tx.all(select(table))])
    assert rows and "secret" not in str(rows)
