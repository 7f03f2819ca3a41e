"""What reps may see and do: nothing without the customer's word, and no longer than it holds."""

import pytest

from mediaserver.errors import Conflict, Forbidden, NotFound, TooMany
from signalling.app import SignallingCore
from signalling.commerce import carts, grants, mirror, orders, suggestion, till
from signalling.commerce.cart_change import AddLine, ApplyCode, RemoveLine, SetShipping, SetStep
from signalling.commerce.cart_journal import Undo
from signalling.commerce.carts import Changed
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.suggestion import Suggestion
from signalling.conversation import conversation, timeline
from signalling.ids import new_id
from signalling.privacy import consent
from signalling.store import Transaction
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, OTHER_REP, REP, TENANT
from tests.signalling.shopping import KETTLE, MUG, STOOL, Shopping


async def begun(core: SignallingCore) -> Shopping:
    shopping = Shopping(core)
    await shopping.begin()
    await shopping.do(AddLine(KETTLE))
    return shopping


async def seen_by(shopping: Shopping, caller: object = REP) -> bool:
    try:
        await shopping.store.read(carts.read, caller, shopping.cart_id)
    except NotFound:
        return False
    return True


async def test_a_rep_sees_a_cart_while_a_grant_holds(core: SignallingCore) -> None:
    shopping = await begun(core)
    assert not await seen_by(shopping)
    held = await shopping.allow("view", rep=REP)
    assert [(each.scope, each.rep_id) for each in held] == [("view", REP.id)]
    assert await seen_by(shopping) and not await seen_by(shopping, OTHER_REP)
    left = await core.store.write(grants.revoke, TENANT, shopping.conversation_id, CUSTOMER.id, ["view"], REP.id, CUSTOMER.actor)
    assert left == [] and not await seen_by(shopping)
    kinds = [entry.kind for entry in await shopping.entries() if entry.kind.startswith("consent.")]
    assert kinds == ["consent.granted", "consent.revoked"]


async def test_a_grant_ends_by_itself_and_with_the_consent_behind_it(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.allow("edit", ttl_s=3600)

    def later(tx: Transaction) -> tuple[str | None, str | None]:
        now = grants.allowed(tx, TENANT, shopping.conversation_id, CUSTOMER.id, REP.id, "edit")
        tx.now_us += 3600 * 1_000_000
        return now, grants.allowed(tx, TENANT, shopping.conversation_id, CUSTOMER.id, REP.id, "edit")

    now, then = await core.store.read(later)
    assert now is not None and then is None
    await core.store.write(consent.revoke, TENANT, shopping.conversation_id, CUSTOMER.id, "cart_view", CUSTOMER.actor)
    assert not await seen_by(shopping)


async def test_grants_of_several_reps_stand_beside_each_other(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.allow("edit", rep=REP)
    await shopping.allow("view", rep=OTHER_REP)
    assert await seen_by(shopping) and await seen_by(shopping, OTHER_REP)
    await core.store.write(grants.revoke, TENANT, shopping.conversation_id, CUSTOMER.id, ["view"], REP.id, CUSTOMER.actor)
    held = await core.store.read(grants.granted, TENANT, shopping.conversation_id, CUSTOMER.id)
    assert [(each.scope, each.rep_id) for each in held] == [("view", OTHER_REP.id)]


async def test_a_rep_with_a_grant_edits_and_is_named_for_it(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.allow("edit", rep=REP)
    op_id = new_id("op")
    cart = await shopping.do(AddLine(MUG), REP, op_id=op_id)
    assert [(line.added_by.kind, line.added_by.id) for line in cart.lines] == [("customer", CUSTOMER.id), ("rep", REP.id)]
    entry = (await shopping.entries("cart.updated"))[-1]
    assert (entry.actor.kind, entry.actor.id) == ("rep", REP.id)
    mine = new_id("op")
    await shopping.do(AddLine(STOOL), op_id=mine)
    with pytest.raises(Forbidden):
        await shopping.ask(Undo(mine), REP)
    assert [line.variant_id for line in (await shopping.do(Undo(op_id))).lines] == [KETTLE, STOOL]  # the customer may
    assert isinstance(await shopping.ask(ApplyCode("FREESHIP"), REP), Suggestion)  # another scope


async def test_without_a_grant_an_operation_is_a_suggestion_that_the_customer_accepts(core: SignallingCore) -> None:
    shopping = await begun(core)
    op_id = new_id("op")
    made = await shopping.ask(AddLine(MUG, 2), REP, op_id=op_id, reason="It matches the kettle.")
    assert isinstance(made, Suggestion)
    assert (made.title, made.unit_price, made.status) == ("Stoneware mug, Sand", {"amount": 1900, "currency": "EUR"}, "pending")
    assert await shopping.ask(AddLine(MUG, 2), REP, op_id=op_id) == made
    assert len((await shopping.cart()).lines) == 1
    with pytest.raises(NotFound):
        await till.accept(shopping.shops, shopping.store.write, OTHER_CUSTOMER, shopping.conversation_id, made.id)
    for result in ("applied", "replayed"):
        changed = await till.accept(shopping.shops, shopping.store.write, CUSTOMER, shopping.conversation_id, made.id)
        assert changed.result == result
    line = changed.cart.lines[1]
    assert (line.quantity, line.added_by.kind, line.added_by.id, line.added_by.accepted_by) == (2, "rep", REP.id, CUSTOMER.id)
    entries = (await shopping.entries())[-3:]
    assert [entry.kind for entry in entries] == ["cart.suggested", "cart.suggestion_accepted", "cart.updated"]
    assert (entries[2].actor.id, entries[2].data["suggested_by"]["id"]) == (CUSTOMER.id, REP.id)
    with pytest.raises(Conflict):
        await core.store.write(suggestion.refuse, CUSTOMER, shopping.conversation_id, made.id)


async def test_a_refused_or_expired_suggestion_cannot_be_accepted(core: SignallingCore) -> None:
    shopping = await begun(core)
    made = await shopping.ask(RemoveLine((await shopping.cart()).lines[0].id), REP)
    assert isinstance(made, Suggestion)
    refused = await core.store.write(suggestion.refuse, CUSTOMER, shopping.conversation_id, made.id)
    assert refused.status == "refused"
    with pytest.raises(Conflict):
        await till.accept(shopping.shops, shopping.store.write, CUSTOMER, shopping.conversation_id, made.id)
    made = await shopping.ask(AddLine(MUG), REP)
    assert isinstance(made, Suggestion)

    def much_later(tx: Transaction) -> Changed:
        tx.now_us += suggestion.LIFE_US
        return suggestion.accept(tx, CUSTOMER, shopping.conversation_id, made.id, lambda *_: pytest.fail("nothing to price"))

    with pytest.raises(Conflict, match="expired"):
        await core.store.write(much_later)
    assert len((await shopping.cart()).lines) == 1


async def test_one_suggestion_waits_and_more_with_a_grant(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.ask(AddLine(MUG), REP)
    with pytest.raises(TooMany):
        await shopping.ask(AddLine(STOOL), REP)
    await shopping.allow("suggest", rep=REP)
    assert isinstance(await shopping.ask(AddLine(STOOL), REP), Suggestion)
    with pytest.raises(NotFound):
        await shopping.ask(AddLine("nothing"), REP)


async def test_nobody_looks_on_while_the_customer_pays(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.allow("edit", "apply_code", rep=REP)
    assert (await core.store.read(mirror.viewing, REP, shopping.conversation_id)).allowed
    await shopping.do(SetStep("payment"))
    assert not (await core.store.read(mirror.viewing, REP, shopping.conversation_id)).allowed
    for ask in (lambda: shopping.store.read(carts.read, REP, shopping.cart_id), lambda: shopping.ask(AddLine(MUG), REP)):
        with pytest.raises(Forbidden) as refused:
            await ask()
        assert refused.value.code == "payment_step"
    await shopping.do(SetStep("shipping"))
    assert await seen_by(shopping)


async def test_entries_of_a_cart_are_shown_to_those_who_may_see_it(core: SignallingCore) -> None:
    shopping = await begun(core)
    entry = (await shopping.entries("cart.updated"))[-1]
    assert (await core.store.read(mirror.shown, CUSTOMER, entry)) == entry
    hidden = await core.store.read(mirror.shown, REP, entry)
    assert (hidden.seq, hidden.kind, hidden.data) == (entry.seq, entry.kind, {"redacted": "cart_view"})
    await shopping.allow("view", rep=REP, ttl_s=60)
    assert (await core.store.read(mirror.shown, REP, entry)) == entry
    viewing = await core.store.read(mirror.viewing, REP, shopping.conversation_id)
    assert viewing.allowed and viewing.until_us is not None
    await shopping.ask(AddLine(MUG), OTHER_REP)
    suggested = (await shopping.entries("cart.suggested"))[-1]
    assert (await core.store.read(mirror.shown, OTHER_REP, suggested)) == suggested


async def test_a_rep_orders_on_the_customers_behalf_with_their_word(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.do(SetShipping("standard"))
    await shopping.allow("edit", rep=REP)
    request = PlaceRequest(new_id("ord"), shopping.cart_id, 3)
    with pytest.raises(Forbidden) as refused:
        await till.place(shopping.shops, shopping.store.write, REP, request)
    assert refused.value.code == "consent_missing"
    await shopping.allow("place_order", rep=REP)
    order = await till.place(shopping.shops, shopping.store.write, REP, request)
    assert (order.customer_id, order.placed_by.id) == (CUSTOMER.id, REP.id)
    assert (await core.store.read(orders.read, CUSTOMER, order.id)).number == order.number


async def test_naming_somebody_elses_cart_in_a_conversation_tells_nothing(core: SignallingCore) -> None:
    shopping = await begun(core)
    spy = await core.store.write(conversation.begin, TENANT, OTHER_CUSTOMER.id, OTHER_CUSTOMER.actor, cart_id=shopping.cart_id)
    await shopping.do(AddLine(MUG))
    assert [entry.kind for entry in await core.store.read(timeline.read, TENANT, spy.id) if entry.kind.startswith("cart.")] == []
    with pytest.raises(NotFound):
        await core.store.write(carts.attach, OTHER_CUSTOMER, spy.id, shopping.cart_id)
