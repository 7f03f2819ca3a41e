"""Carts in the store: versions without a gap, merging, conflicts, repetition, undo, and what the timeline says of it."""

import asyncio
import random

import pytest

from mediaserver.errors import Conflict, NotFound, PreconditionFailed, RemoteError, Unprocessable
from signalling.app import SignallingCore
from signalling.commerce import carts
from signalling.commerce.cart_change import AddLine, ApplyCode, RemoveCode, RemoveLine, SetQuantity, SetShipping, SetStep
from signalling.commerce.cart_journal import Undo
from signalling.commerce.carts import Changed
from signalling.commerce.till import CartClash, CartOutdated
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP
from tests.signalling.shopping import APRON_SOLD_OUT, COPPER_KETTLE, KETTLE, MUG, Shopping, consistent


async def begun(core: SignallingCore) -> Shopping:
    shopping = Shopping(core)
    await shopping.begin()
    return shopping


async def test_a_line_is_priced_by_the_shop_and_told_to_the_conversation(core: SignallingCore) -> None:
    shopping = await begun(core)
    cart = await shopping.do(AddLine(KETTLE, 2))
    [line] = cart.lines
    assert (cart.version, line.unit_price.amount, line.total.amount) == (2, 5900, 11800)
    assert line.tax_total.amount == 1884  # 118.00 * 19 / 119 = 18.840...
    assert (line.added_by.kind, line.added_by.id) == ("customer", CUSTOMER.id)
    assert [option.id for option in cart.shipping_options] == ["pickup", "standard", "express"]
    entry = (await shopping.entries("cart.updated"))[-1]
    assert entry.data["cart"] == carts.plain(cart)
    assert entry.data["operation"]["kind"] == "add_line"
    assert entry.data["operation"]["variant_id"] == KETTLE
    assert entry.actor.id == CUSTOMER.id
    assert await shopping.cart() == cart


async def test_shipping_codes_and_totals_add_up(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.do(AddLine(MUG, 1))
    await shopping.do(AddLine(COPPER_KETTLE, 1))
    cart = await shopping.do(SetShipping("express"))
    assert (cart.selected_shipping, cart.totals.shipping.amount) == ("express", 1290)
    cart = await shopping.do(ApplyCode("WELCOME10"))
    assert (cart.totals.subtotal.amount, cart.totals.discount.amount, cart.totals.total.amount) == (7800, 780, 8310)
    cart = await shopping.do(ApplyCode("SUMMER25"))
    assert [(each.code, each.applicable, each.reason) for each in cart.discount_codes] == [
        ("WELCOME10", True, None),
        ("SUMMER25", False, "expired"),
    ]
    assert consistent(cart)
    cart = await shopping.do(RemoveCode("WELCOME10"))
    assert cart.totals.discount.amount == 0 and consistent(cart)


async def test_a_repetition_gets_the_first_answer_and_changes_nothing(core: SignallingCore) -> None:
    shopping = await begun(core)
    op_id = new_id("op")
    first = await shopping.ask(AddLine(KETTLE), op_id=op_id)
    await shopping.do(AddLine(MUG))
    again = await shopping.ask(AddLine(KETTLE), op_id=op_id, base=1)
    assert isinstance(first, Changed) and isinstance(again, Changed)
    assert (again.result, again.cart) == ("replayed", first.cart)
    assert (await shopping.cart()).version == 3
    with pytest.raises(Conflict) as refused:
        await shopping.ask(AddLine(KETTLE, 2), op_id=op_id)
    assert refused.value.code == "op_id_reused"


async def test_operations_that_commute_are_merged(core: SignallingCore) -> None:
    shopping = await begun(core)
    seen = (await shopping.cart()).version
    made = await asyncio.gather(*(shopping.ask(AddLine(MUG, 1), base=seen) for _ in range(10)))
    cart = await shopping.cart()
    assert [(line.variant_id, line.quantity) for line in cart.lines] == [(MUG, 10)]
    assert sorted(each.cart.version for each in made if isinstance(each, Changed)) == list(range(2, 12))
    entries = await shopping.entries("cart.updated")
    assert [entry.data["cart"]["version"] for entry in entries] == [1, *range(2, 12)]  # told in order, without a gap


async def test_a_conflict_changes_nothing_and_is_told_once(core: SignallingCore) -> None:
    shopping = await begun(core)
    [line] = (await shopping.do(AddLine(KETTLE))).lines
    await shopping.do(SetQuantity(line.id, 3), base=2)
    op_id = new_id("op")
    for _ in range(2):
        with pytest.raises(CartClash) as refused:
            await shopping.ask(SetQuantity(line.id, 5), base=2, op_id=op_id)
    problem = refused.value.problem()
    assert problem["status"] == 409 and problem["cart"]["version"] == 3 and problem["conflict"]["kind"] == "set_quantity"
    [entry] = await shopping.entries("cart.conflict")
    assert entry.data["operation"]["op_id"] == op_id and entry.data["with"]["actor"]["id"] == CUSTOMER.id
    cart = await shopping.do(SetQuantity(line.id, 5), op_id=op_id)  # having seen the present cart, it is meant
    assert (cart.version, cart.lines[0].quantity) == (4, 5)


async def test_removing_what_somebody_else_removed_is_no_conflict_but_changing_it_is(core: SignallingCore) -> None:
    shopping = await begun(core)
    [line] = (await shopping.do(AddLine(KETTLE))).lines
    await shopping.do(RemoveLine(line.id), base=2)
    cart = await shopping.do(RemoveLine(line.id), base=2)
    assert (cart.lines, cart.version) == ((), 4)
    with pytest.raises(CartClash):
        await shopping.ask(SetQuantity(line.id, 2), base=2)
    with pytest.raises(NotFound):
        await shopping.ask(SetQuantity(line.id, 2))


async def test_if_match_merges_nothing(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.do(AddLine(KETTLE))
    with pytest.raises(CartOutdated) as refused:
        await shopping.ask(AddLine(MUG), base=1, exactly=True)
    assert (refused.value.status, refused.value.headers["ETag"]) == (412, '"2"')
    with pytest.raises(PreconditionFailed):
        await shopping.ask(AddLine(MUG), base=9)


async def test_going_to_pay_conflicts_with_a_price_that_changed_unseen(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.do(AddLine(KETTLE))
    await shopping.do(AddLine(MUG), base=2)
    with pytest.raises(CartClash):
        await shopping.ask(SetStep("payment"), base=2)
    await shopping.do(SetStep("payment"))
    with pytest.raises(CartClash):
        await shopping.ask(AddLine(MUG), base=3)


async def test_undo_restores_and_is_refused_where_it_was_overtaken(core: SignallingCore) -> None:
    shopping = await begun(core)
    first, second = new_id("op"), new_id("op")
    before = await shopping.do(AddLine(MUG, 2))
    await shopping.do(AddLine(KETTLE), op_id=first)
    after = await shopping.do(Undo(first))
    assert (after.lines, after.totals) == (before.lines, before.totals)
    await shopping.do(SetQuantity(before.lines[0].id, 7), op_id=second)
    await shopping.do(AddLine(MUG))
    with pytest.raises(Conflict) as refused:
        await shopping.ask(Undo(second))
    assert refused.value.code == "undo_overtaken"
    with pytest.raises(NotFound):
        await shopping.ask(Undo(new_id("op")))
    entry = [entry for entry in await shopping.entries("cart.updated") if entry.data["operation"]["kind"] == "undo"]
    assert entry[0].data["operation"]["of"] == first


async def test_what_is_not_there_cannot_be_added(core: SignallingCore) -> None:
    shopping = await begun(core)
    for variant, error, code in (("nothing", NotFound, "variant_unknown"), (APRON_SOLD_OUT, Conflict, "out_of_stock")):
        with pytest.raises(error) as refused:
            await shopping.ask(AddLine(variant))
        assert refused.value.code == code
    with pytest.raises(Conflict):
        await shopping.ask(AddLine(COPPER_KETTLE, 4))
    assert (await shopping.cart()).version == 1


async def test_a_cart_is_its_customers_alone(core: SignallingCore) -> None:
    shopping = await begun(core)
    for other in (OTHER_CUSTOMER, REP):
        with pytest.raises(NotFound):
            await core.store.read(carts.read, other, shopping.cart_id)
    with pytest.raises(NotFound):
        await shopping.ask(AddLine(KETTLE), OTHER_CUSTOMER)


async def test_a_currency_the_shop_does_not_sell_in_is_refused(core: SignallingCore) -> None:
    shopping = Shopping(core)
    with pytest.raises(Unprocessable) as refused:
        await shopping.begin(currency="JPY")
    assert refused.value.code == "currency_unsupported"


async def test_the_payment_step_is_told_to_the_policy(core: SignallingCore) -> None:
    shopping = await begun(core)
    await shopping.do(AddLine(KETTLE))
    await shopping.do(SetStep("payment"))
    await shopping.do(SetStep("review"))
    kinds = [entry.kind for entry in await shopping.entries()][-4:]
    assert kinds == ["cart.updated", "payment.step_entered", "payment.step_left", "cart.updated"]


@pytest.mark.parametrize("seed", range(3))
async def test_any_mix_of_concurrent_operations_keeps_the_cart_whole(core: SignallingCore, seed: int) -> None:
    shopping = await begun(core)
    dice = random.Random(seed)
    requests = []
    for _ in range(6):
        seen = await shopping.cart()
        lines = [line.id for line in seen.lines] or ["line_" + "0" * 26]
        batch = [
            (
                dice.choice(
                    [
                        AddLine(dice.choice([KETTLE, MUG, "DINP-SND"]), dice.randint(1, 3)),
                        SetQuantity(dice.choice(lines), dice.randint(1, 5)),
                        RemoveLine(dice.choice(lines)),
                        ApplyCode(dice.choice(["TABLE15", "WELCOME10", "FREESHIP", "NONE"])),
                        SetShipping(dice.choice(["standard", "express", "pickup"])),
                        SetStep(dice.choice(["cart", "payment", "shipping"])),
                    ]
                ),
                new_id("op"),
                max(1, seen.version - dice.randint(0, 2)),
            )
            for _ in range(6)
        ]
        await asyncio.gather(*(attempt(shopping, *each) for each in batch))
        requests += batch
        assert consistent(await shopping.cart())
    end = await shopping.cart()
    for operation, op_id, base in requests:  # repetitions: those that were done are done, the rest may succeed or fail by the rule
        made = await attempt(shopping, operation, op_id, base)
        assert made is None or made.result == "replayed" or made.cart.version > end.version
    versions = [entry.data["cart"]["version"] for entry in await shopping.entries("cart.updated")]
    assert versions == list(range(1, (await shopping.cart()).version + 1))


async def attempt(shopping: Shopping, operation: object, op_id: str, base: int) -> Changed | None:
    try:
        made = await shopping.ask(operation, op_id=op_id, base=base)
    except RemoteError as error:
        assert error.status in (404, 409, 422), error
        return None
    assert isinstance(made, Changed)
    return made
