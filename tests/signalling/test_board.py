"""The supervisors' board: hours with their figures, and the calls that go on."""

from dataclasses import asdict
from itertools import pairwise

import pytest
from sqlalchemy import insert

from signalling.app import SignallingCore
from signalling.calling import live
from signalling.calling.media import Sample
from signalling.calling.quality import Gauge, Reading
from signalling.ids import new_id
from signalling.routing import day
from signalling.routing.day import HOUR_US
from signalling.store import Transaction
from signalling.store.tables.calling import call_legs, calls
from signalling.store.tables.commerce import orders
from signalling.store.tables.conversation import conversations
from signalling.store.tables.routing import tickets
from signalling.times import SECOND_US
from tests.signalling.people import CUSTOMER, FOREIGN, REP, TENANT

NOON = 500_000 * HOUR_US


def ticket(tx: Transaction, at_us: int, *, waited_s: int | None, outcome: str = "", tenant_id: str = TENANT) -> None:
    given = at_us + waited_s * SECOND_US if waited_s is not None else 0
    tx.execute(
        insert(tickets).values(
            tenant_id=tenant_id, id=new_id("tick"), conversation_id="conv", customer_id=CUSTOMER.id, queue_id="que",
            channel="chat", requirement="[]", entered_at_us=at_us, priority=0, queued_at_us=at_us, offered_at_us=0,
            state="ended" if outcome else "assigned", expires_at_us=0, assigned_at_us=given, ended_at_us=0, outcome=outcome, details="{}",
        )
    )  # fmt: skip


def conversation(tx: Transaction, at_us: int, channel: str, score: int | None, cart_id: str | None = None) -> None:
    tx.execute(
        insert(conversations).values(
            tenant_id=TENANT, id=new_id("conv"), seq=0, status="open", channel=channel, customer_id=CUSTOMER.id, locale="en",
            cart_id=cart_id, csat_score=score, created_at_us=at_us, updated_at_us=at_us,
        )
    )  # fmt: skip


def order(tx: Transaction, at_us: int, cart_id: str) -> None:
    order_id = new_id("ord")
    tx.execute(
        insert(orders).values(
            tenant_id=TENANT, id=order_id, number=order_id, ref=order_id, cart_id=cart_id, customer_id=CUSTOMER.id,
            financial_status="pending", fulfillment_status="unfulfilled", version=1, digest="", total=100, currency="EUR", body=b"",
            placed_at_us=at_us, updated_at_us=at_us,
        )
    )  # fmt: skip


async def test_an_hour_counts_what_began_in_it(core: SignallingCore) -> None:
    def work(tx: Transaction) -> None:
        ticket(tx, NOON, waited_s=10)
        ticket(tx, NOON + HOUR_US - 1, waited_s=50)
        ticket(tx, NOON + SECOND_US, waited_s=None, outcome="customer")
        ticket(tx, NOON + SECOND_US, waited_s=None, outcome="voicemail")
        ticket(tx, NOON - 1, waited_s=3)
        ticket(tx, NOON, waited_s=1, tenant_id=FOREIGN)
        conversation(tx, NOON, "chat", 5, "cart_a")
        conversation(tx, NOON, "video", 2, "cart_a")
        conversation(tx, NOON, "video", None)
        order(tx, NOON + 5, "cart_a")
        order(tx, NOON + 5, "cart_of_nobody_who_asked")

    await core.store.write(work)
    found = await core.store.read(day.hours, TENANT, NOON - HOUR_US, NOON + 2 * HOUR_US, {"que": 20 * SECOND_US})
    assert len(found) == 4 and all(one.at < other.at for one, other in pairwise(found))
    before, noon, *after = [asdict(each) for each in found]
    assert (before["entered"], before["answered"], before["mean_wait_s"]) == (1, 1, 3)
    assert noon == {
        "at": found[1].at, "entered": 4, "answered": 2, "answered_within_threshold": 1, "abandoned": 1, "mean_wait_s": 30,
        "longest_wait_s": 50, "conversations": {"chat": 1, "video": 2}, "orders": 2, "assisted": 1, "csat": 3.5, "csat_count": 2,
    }  # fmt: skip
    assert [(each["entered"], each["mean_wait_s"], each["csat"], each["conversations"]) for each in after] == [(0, None, None, {})] * 2


async def test_a_call_is_as_good_as_its_worst_line(core: SignallingCore) -> None:
    call_id, ended = new_id("call"), new_id("call")

    def work(tx: Transaction) -> None:
        for each, open_in in ((call_id, "conv_1"), (ended, None)):
            tx.execute(
                insert(calls).values(
                    tenant_id=TENANT, id=each, conversation_id="conv_1", media="video", state="connected", open_conversation_id=open_in,
                    customer_id=CUSTOMER.id, requested_by=CUSTOMER.id, rep_id=REP.id, divert=False, payment_step=False,
                    created_at_us=NOON, connected_at_us=NOON + SECOND_US,
                )
            )  # fmt: skip
        for place, (leg, role) in enumerate((("leg_c", "customer"), ("leg_r", "rep"))):
            tx.execute(
                insert(call_legs).values(
                    tenant_id=TENANT, call_id=call_id, id=leg, position=place, person_id=leg, role=role, state="joined", held=False,
                    muted=False, screen=False,
                )
            )  # fmt: skip

    await core.store.write(work)
    readings = {(call_id, "leg_c"): Reading("poor", 120.0, 11.04), (call_id, "leg_r"): Reading("good", 20.0, 0.0)}
    [shown] = await core.store.read(live.listed, TENANT, readings)
    assert (shown.id, shown.quality, shown.worst, shown.rtt_ms, shown.loss_percent) == (call_id, "poor", "customer", 120, 11.0)
    [unknown] = await core.store.read(live.listed, TENANT, {})
    assert (unknown.quality, unknown.worst, unknown.connected_at is not None) == (None, None, True)
    assert await core.store.read(live.listed, FOREIGN, readings) == []


@pytest.mark.parametrize("samples, told", [([(20, 0)], "good"), ([(900, 0)], "good"), ([(900, 0), (900, 0)], "poor")])
def test_a_reading_is_what_was_told_with_the_last_figures(samples: list[tuple[float, float]], told: str) -> None:
    gauge = Gauge()
    assert gauge.reading is None
    for rtt_ms, loss_percent in samples:
        gauge.take(Sample(rtt_ms, loss_percent))
    assert gauge.reading == Reading(told, *samples[-1])  # type: ignore[arg-type]
