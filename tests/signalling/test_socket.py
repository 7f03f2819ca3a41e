"""The socket: who is let in, what is asked on it, what is pushed."""

import asyncio

import pytest

from signalling.api import connection
from signalling.app import SignallingCore
from signalling.conversation import timeline
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, TENANT
from tests.signalling.sockets import Sockets, begun, sockets
from tests.support.socket_client import Refused

__all__ = ["sockets"]


async def test_a_message_reaches_the_rep_who_watches(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    await rep.ask("conversation.watch", conversation_id=conversation)
    message = new_id("msg")
    sent = await customer.ask("message.send", conversation_id=conversation, id=message, text="Hello?")
    assert (sent["id"], sent["text"]) == (message, "Hello?")
    await rep.until(lambda: any(entry["type"] == "message.created" for entry in rep.entries()))
    said = [entry for entry in rep.entries() if entry["type"] == "message.created" and entry["actor"]["kind"] == "customer"]
    assert [entry["data"]["text"] for entry in said] == ["Hello?"]
    assert rep.seqs() == list(range(1, len(rep.seqs()) + 1))


async def test_sending_twice_is_sending_once(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    message = new_id("msg")
    first = await customer.ask("message.send", conversation_id=conversation, id=message, text="once")
    again = await customer.ask("message.send", conversation_id=conversation, id=message, text="once")
    assert first == again
    with pytest.raises(Refused, match="message_id_used"):
        await customer.ask("message.send", conversation_id=conversation, id=message, text="other")
    seen = await customer.ask("timeline.read", conversation_id=conversation)
    mine = [entry for entry in seen["entries"] if entry["type"] == "message.created" and entry["actor"]["kind"] == "customer"]
    assert len(mine) == 1
    assert [entry["seq"] for entry in seen["entries"]] == list(range(1, len(seen["entries"]) + 1))


async def test_the_first_message_is_acknowledged_at_once_and_only_once(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = (await customer.ask("conversation.create", body={"locale": "pt-PT"}))["id"]
    for text in ("one", "two"):
        await customer.ask("message.send", conversation_id=conversation, id=new_id("msg"), text=text)
    entries = (await customer.ask("timeline.read", conversation_id=conversation))["entries"]
    system = [entry["data"] for entry in entries if entry["data"].get("system")]
    assert [each["system"] for each in system] == ["acknowledgement"]
    assert system[0]["text"].startswith("Obrigado")


async def test_the_first_claim_wins(sockets: Sockets) -> None:
    customer, rep, other = await sockets(CUSTOMER), await sockets(REP), await sockets(OTHER_REP)
    conversation = await begun(customer)
    for each in (rep, other):
        await each.ask("lobby.watch")
    asked = await asyncio.gather(
        *(each.ask("conversation.claim", conversation_id=conversation) for each in (rep, other)), return_exceptions=True
    )
    won = [each for each in asked if not isinstance(each, BaseException)]
    lost = [each for each in asked if isinstance(each, Refused)]
    assert len(won) == len(lost) == 1
    assert lost[0].problem["status"] == 409
    for each in (rep, other):
        await each.until(lambda each=each: any(frame["entry"]["type"] == "conversation.assigned" for frame in each.of("lobby")))  # type: ignore[misc]


async def test_a_customer_does_not_see_another_ones_conversation(sockets: Sockets) -> None:
    customer, other = await sockets(CUSTOMER), await sockets(OTHER_CUSTOMER)
    conversation = await begun(customer)
    for kind in ("conversation.watch", "conversation.read", "timeline.read"):
        with pytest.raises(Refused) as refused:
            await other.ask(kind, conversation_id=conversation)
        assert refused.value.problem["status"] == 404
    with pytest.raises(Refused) as refused:
        await other.ask("lobby.watch")
    assert refused.value.problem["status"] == 403


async def test_what_staff_note_is_hidden_from_the_customer(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    for each in (customer, rep):
        await each.ask("conversation.watch", conversation_id=conversation)
    await rep.ask("conversation.note", conversation_id=conversation, id=new_id("note"), text="wants a discount")
    for each in (customer, rep):
        await each.until(lambda each=each: each.seqs() == [1, 2])  # type: ignore[misc]
    assert rep.entries()[1]["data"]["text"] == "wants a discount"
    assert customer.entries()[1]["type"] == "hidden"
    assert "discount" not in str(customer.pushed)


async def test_typing_is_told_to_the_others_only(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    for each in (customer, rep):
        await each.ask("conversation.watch", conversation_id=conversation)
    await customer.tell("typing", conversation_id=conversation)
    await rep.until(lambda: bool(rep.of("typing")))
    assert rep.of("typing")[0]["actor"]["id"] == CUSTOMER.id
    await customer.ask("ping")
    assert customer.of("typing") == []


async def test_reps_coming_and_going_is_seen(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    await customer.ask("conversation.watch", conversation_id=conversation)
    rep = await sockets(REP)
    await rep.ask("conversation.watch", conversation_id=conversation)
    await rep.close()
    await customer.until(lambda: [note["online"] for note in customer.of("presence")] == [True, False])


async def test_while_the_customer_pays_reps_see_that_the_cart_changes_and_not_into_what(core: SignallingCore, sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    for each in (customer, rep):
        await each.ask("conversation.watch", conversation_id=conversation)
    for kind, data in (
        ("cart.updated", {"total": 1}),
        ("payment.step_entered", {}),
        ("cart.updated", {"total": 2}),
        ("payment.step_left", {}),
        ("cart.updated", {"total": 3}),
        ("payment.step_entered", {}),
        ("cart.updated", {"total": 4}),
    ):
        await core.store.write(timeline.append, TENANT, conversation, kind, CUSTOMER.actor, data)
    for each in (customer, rep):
        await each.until(lambda each=each: len(each.seqs()) == 8)  # type: ignore[misc]
    veil = {"veiled": "payment_step"}
    assert [entry["data"] for entry in rep.entries() if entry["type"] == "cart.updated"] == [{"total": 1}, veil, {"total": 3}, veil]
    assert [entry["data"]["total"] for entry in customer.entries() if entry["type"] == "cart.updated"] == [1, 2, 3, 4]
    # Who comes later, by either door, sees no more of what is being paid now.
    late = await sockets(OTHER_REP)
    await late.ask("conversation.watch", conversation_id=conversation)
    await late.until(lambda: len(late.seqs()) == 8)
    page = (await late.ask("timeline.read", conversation_id=conversation))["entries"]
    for entries in (late.entries(), page):
        assert [entry["data"] for entry in entries if entry["seq"] == 8] == [veil]


async def test_a_lobby_that_was_not_read_in_time_is_told_to_begin_anew(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    await rep.ask("lobby.watch")
    with monkeypatch.context() as narrow:
        narrow.setattr(connection, "OUTBOX_HIGH_BYTES", 0)
        conversation = new_id("conv")
        await customer.tell("conversation.create", id=conversation)
        [watcher] = [each for each in sockets.core.sockets._connections if each.caller.id == REP.id]
        async with asyncio.timeout(30):
            while not watcher.lobby_stale:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
    await rep.until(lambda: bool(rep.of("lobby.reset")))
    assert rep.of("lobby") == []
    listed = await rep.ask("conversation.list", assigned="nobody")
    assert [each["id"] for each in listed["data"]] == [conversation]
    await begun(await sockets(OTHER_CUSTOMER))
    await rep.until(lambda: len(rep.of("lobby")) == 1)


async def test_whoever_has_sixteen_requests_under_way_waits_and_all_are_answered(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    ids = [new_id("msg") for _ in range(100)]
    asked = [customer.ask("message.send", conversation_id=conversation, id=each, text=each) for each in ids]
    await asyncio.gather(*asked)
    entries = (await customer.ask("timeline.read", conversation_id=conversation))["entries"]
    assert [entry["data"]["text"] for entry in entries if entry["data"].get("text") in ids] == ids


async def test_an_answer_larger_than_the_outbox_arrives(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    for _ in range(80):
        await customer.ask("message.send", conversation_id=conversation, id=new_id("msg"), text="é" * 4000)
    pages = await asyncio.gather(*(customer.ask("timeline.read", conversation_id=conversation) for _ in range(8)))
    assert {len(page["entries"]) for page in pages} == {82}
