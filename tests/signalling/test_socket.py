"""The socket: who is let in, what is asked on it, what is pushed."""

import asyncio
from typing import Any

import pytest

from signalling.api import connection
from signalling.app import SignallingCore
from signalling.commerce import grants, payment_step
from signalling.conversation import timeline
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, SUPERVISOR, TENANT
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


async def test_nobody_is_told_to_wait_for_somebody_who_is_there(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = (await customer.ask("conversation.create", body={}))["id"]
    await rep.ask("conversation.claim", conversation_id=conversation)
    await customer.ask("message.send", conversation_id=conversation, id=new_id("msg"), text="hello")
    entries = (await customer.ask("timeline.read", conversation_id=conversation))["entries"]
    assert "acknowledgement" not in [entry["data"].get("system") for entry in entries]


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


async def test_captions_are_told_to_the_others_only_and_kept_nowhere(sockets: Sockets) -> None:
    customer, rep, supervisor = await sockets(CUSTOMER), await sockets(REP), await sockets(SUPERVISOR)
    conversation = (await customer.ask("conversation.create", body={}))["id"]
    for each in (customer, rep, supervisor):
        await each.ask("conversation.watch", conversation_id=conversation)
    await rep.tell("captions.wanted", conversation_id=conversation)
    await customer.until(lambda: bool(customer.of("captions.wanted")))
    await supervisor.tell("captions.wanted", conversation_id=conversation)
    await rep.until(lambda: bool(rep.of("captions.wanted")))
    for text, final in (("my", False), ("my card", False), ("my card is 4242 4242 4242 4242", True)):
        await customer.tell("caption", conversation_id=conversation, line="1", text=text, final=final)
    await rep.until(lambda: any(each["final"] for each in rep.of("caption")))
    # What grows faster than it can be read is left out, the end never; and a card's number is nobody's to read.
    assert [each["text"] for each in rep.of("caption")] == ["my", "my card is •••• •••• •••• 4242"]
    assert customer.of("caption") == [] and len(customer.of("captions.wanted")) == 1
    entries = (await customer.ask("timeline.read", conversation_id=conversation))["entries"]
    assert not [entry for entry in entries if "card" in str(entry["data"])]
    await customer.tell("caption", conversation_id=new_id("conv"), line="1", text="hello")
    await customer.until(lambda: any(each["problem"]["code"] == "not_watched" for each in customer.of("error")))


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


def carts_of(entries: list[dict[str, Any]]) -> list[Any]:
    """What was seen of the carts in these entries."""
    return [entry["data"] for entry in entries if entry["type"] == "cart.updated"]


async def test_a_rep_sees_the_cart_only_while_the_customer_lets_them_and_does_not_pay(core: SignallingCore, sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    for each in (customer, rep):
        await each.ask("conversation.watch", conversation_id=conversation)

    async def changed(total: int) -> None:
        await core.store.write(timeline.append, TENANT, conversation, "cart.updated", CUSTOMER.actor, {"total": total})
        for each in (customer, rep):
            await each.until(lambda each=each: len(carts_of(each.entries())) == total)  # type: ignore[misc]

    await changed(1)
    await core.store.write(grants.grant, TENANT, conversation, CUSTOMER.id, ["view"], REP.id, 3_600_000_000, CUSTOMER.actor)
    await changed(2)
    await core.store.write(payment_step.enter, TENANT, conversation, CUSTOMER.actor)
    await changed(3)
    # Who reads it again meanwhile sees nothing of it either.
    page = (await rep.ask("timeline.read", conversation_id=conversation))["entries"]
    await core.store.write(payment_step.leave, TENANT, conversation, "left")
    await changed(4)
    hidden = {"redacted": "cart_view"}
    assert carts_of(rep.entries()) == [hidden, {"total": 2}, hidden, {"total": 4}]
    assert carts_of(page) == [hidden] * 3
    assert carts_of(customer.entries()) == [{"total": number} for number in (1, 2, 3, 4)]
    assert rep.seqs() == customer.seqs() == list(range(1, len(rep.seqs()) + 1))


async def test_card_numbers_are_not_kept_and_addresses_not_shown_to_reps(core: SignallingCore, sockets: Sockets) -> None:
    customer, rep, supervisor = await sockets(CUSTOMER), await sockets(REP), await sockets(SUPERVISOR)
    conversation = await begun(customer)
    for each in (customer, rep, supervisor):
        await each.ask("conversation.watch", conversation_id=conversation)
    text = "4111 1111 1111 1111, write to ana@example.org"
    message = new_id("msg")
    for _ in range(2):
        sent = await customer.ask("message.send", conversation_id=conversation, id=message, text=text)
        assert sent["text"].startswith("•••• •••• •••• 1111")
    for each, wanted in ((customer, "ana@example.org"), (supervisor, "ana@example.org"), (rep, "a•••@example.org")):
        await each.until(lambda each=each: len(each.seqs()) >= 2)  # type: ignore[misc]
        assert each.entries()[1]["data"]["text"] == f"•••• •••• •••• 1111, write to {wanted}"
    page = (await rep.ask("timeline.read", conversation_id=conversation))["entries"]
    assert page[1]["data"]["text"].endswith("a•••@example.org")
    assert (await rep.ask("message.read", conversation_id=conversation, message_id=message))["text"].endswith("a•••@example.org")


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
