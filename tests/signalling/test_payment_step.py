"""The payment step: the policy's two entries, which alternate, and end by themselves."""

from signalling.commerce import payment_step
from signalling.conversation import conversation, timeline
from signalling.store import Store, Transaction
from signalling.store.tables.payment import payment_steps
from tests.signalling.people import CUSTOMER, TENANT

CART = "cart_01JD3Q8Z6W0V7M9K4C2T5B8N1X"


async def begun(store: Store) -> str:
    return (await store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id


async def steps(store: Store, conversation_id: str) -> list[tuple[str, object]]:
    entries = await store.read(timeline.read, TENANT, conversation_id)
    return [(entry.kind, entry.data.get("reason")) for entry in entries if entry.kind.startswith("payment.step")]


async def test_the_step_is_entered_once_and_left_once(store: Store) -> None:
    made = await begun(store)
    for step in ("address", "payment", "payment", "review", "review"):
        await store.write(payment_step.changed, TENANT, made, CART, step, CUSTOMER.actor)
    assert await steps(store, made) == [("payment.step_entered", None), ("payment.step_left", "left")]
    assert await store.read(payment_step.current, TENANT, made) is None


async def test_a_step_nobody_leaves_times_out(store: Store) -> None:
    made = await begun(store)
    await store.write(payment_step.changed, TENANT, made, CART, "payment", CUSTOMER.actor)
    assert await store.write(payment_step.time_out) == 0

    def pass_time(tx: Transaction) -> None:
        tx.execute(payment_steps.update().values(until_us=tx.now_us))

    await store.write(pass_time)
    assert await store.write(payment_step.time_out) == 1
    assert await store.write(payment_step.time_out) == 0
    assert await steps(store, made) == [("payment.step_entered", None), ("payment.step_left", "timeout")]


async def test_the_step_belongs_to_one_conversation_of_one_tenant(store: Store) -> None:
    made, other = await begun(store), await begun(store)
    await store.write(payment_step.changed, TENANT, made, CART, "payment", CUSTOMER.actor)
    assert not await store.write(payment_step.leave, TENANT, other, "left")
    assert not await store.write(payment_step.leave, "ten_other", made, "left")
    assert await store.read(payment_step.current, TENANT, made) is not None
