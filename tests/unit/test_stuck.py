"""Who counts as stuck, in virtual time: each cause at its threshold, once an episode, never without its entries."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.commerce.stuck import CHECKOUT, Thresholds, Watch
from signalling.conversation.timeline import Actor, Entry

S = 1_000_000
CUSTOMER, REP, SYSTEM = Actor("customer", "cust_1"), Actor("rep", "rep_1"), Actor("system", "stripe")


def entry(at_s: float, kind: str, actor: Actor = CUSTOMER, **data: Any) -> Entry:
    return Entry("ten_1", "conv_1", 0, kind, int(at_s * S), actor, data)


def cart(at_s: float, operation: dict[str, Any], actor: Actor = CUSTOMER, *, step: str = "cart", codes: Any = (), lines: Any = ()) -> Entry:
    shown = {"checkout_step": step, "status": "open", "discount_codes": list(codes), "lines": list(lines)}
    return entry(at_s, "cart.updated", actor, cart=shown, operation=operation)


def failed_code(at_s: float, code: str = "SPRING", actor: Actor = CUSTOMER) -> Entry:
    return cart(at_s, {"kind": "apply_code", "code": code}, actor, codes=[{"code": code.upper(), "applicable": False}])


def at_step(at_s: float, step: str) -> Entry:
    return cart(at_s, {"kind": "set_step", "step": step}, step=step)


def told(watch: Watch, *entries: Entry) -> list[str]:
    """The causes, as a service would tell them: each begins an episode."""
    causes = []
    for each in entries:
        cause = watch.receive(each)
        if cause is not None:
            causes.append(cause)
            watch.told(each.at_us)
    return causes


def test_a_declined_payment_is_told_at_once() -> None:
    assert told(Watch(Thresholds()), entry(1, "payment.declined", SYSTEM)) == ["declined"]


def test_a_second_failed_code_is_told_the_first_is_not() -> None:
    watch = Watch(Thresholds())
    assert told(watch, failed_code(1)) == []
    assert told(watch, failed_code(2, "summer")) == ["code"]


def test_codes_that_count_or_are_a_reps_or_long_ago_are_not_told() -> None:
    works = cart(2, {"kind": "apply_code", "code": "OK"}, codes=[{"code": "OK", "applicable": True}])
    assert told(Watch(Thresholds()), failed_code(1), works, failed_code(3, actor=REP), failed_code(4_000)) == []


def test_idleness_is_told_in_the_checkout_only() -> None:
    watch = Watch(Thresholds(idle_s=60))
    told(watch, entry(1, "message.created"))
    assert watch.next_timeout() is None
    told(watch, at_step(2, "shipping"))
    assert watch.next_timeout() == 62 * S
    assert watch.expire(61 * S) is None
    assert watch.expire(62 * S) == "idle"


def test_what_the_customer_does_puts_idleness_off_what_others_do_does_not() -> None:
    watch = Watch(Thresholds(idle_s=60))
    told(watch, at_step(0, "payment"), entry(30, "message.created", REP), entry(50, "message.created"))
    assert watch.next_timeout() == 110 * S


def test_idleness_is_told_again_only_after_something_happened() -> None:
    watch = Watch(Thresholds(idle_s=60, cooldown_s=600))
    told(watch, at_step(0, "payment"))
    assert watch.expire(60 * S) == "idle"
    watch.told(60 * S)
    assert watch.next_timeout() is None
    told(watch, entry(700, "message.created"))
    assert watch.expire(760 * S) == "idle"


def test_the_same_product_changed_again_and_again_is_told() -> None:
    line = {"id": "line_1", "variant_id": "var_1"}
    edits = [
        cart(0, {"kind": "add_line", "variant_id": "var_1"}, lines=[line]),
        cart(5, {"kind": "set_quantity", "line_id": "line_1"}, lines=[line]),
        cart(9, {"kind": "remove_line", "line_id": "line_1"}),
        cart(12, {"kind": "add_line", "variant_id": "var_1"}, lines=[line]),
    ]
    assert told(Watch(Thresholds(edits=4, edit_window_s=60)), *edits) == ["edits"]
    slow = [cart(n * 100, {"kind": "set_quantity", "line_id": "line_1"}, lines=[line]) for n in range(10)]
    assert told(Watch(Thresholds(edits=4, edit_window_s=60)), *slow) == []
    different = [cart(n, {"kind": "add_line", "variant_id": f"var_{n}"}) for n in range(10)]
    assert told(Watch(Thresholds(edits=4, edit_window_s=60)), *different) == []


def test_going_back_and_forth_in_the_checkout_is_told() -> None:
    steps = ["address", "shipping", "address", "shipping", "address", "payment", "shipping"]
    assert told(Watch(Thresholds(edits=3)), *(at_step(n, step) for n, step in enumerate(steps))) == ["edits"]
    forward = ["address", "shipping", "payment", "review"]
    assert told(Watch(Thresholds(edits=3)), *(at_step(n, step) for n, step in enumerate(forward))) == []


@pytest.mark.parametrize("kind", ["order.placed", "payment.succeeded", "conversation.closed"])
def test_who_is_through_is_stuck_no_longer(kind: str) -> None:
    watch = Watch(Thresholds())
    assert told(watch, failed_code(1), at_step(2, "payment"), entry(3, kind, SYSTEM), failed_code(4)) == []
    assert watch.expire(10**12) is None


def test_somebody_who_asked_for_help_is_not_told_on_top() -> None:
    watch = Watch(Thresholds(cooldown_s=600))
    assert told(watch, entry(0, "help.requested"), entry(10, "payment.declined", SYSTEM)) == []


def test_a_cause_that_is_switched_off_is_not_told() -> None:
    watch = Watch(Thresholds(declines=0, codes=0, idle_s=0, edits=0))
    entries = [entry(n, "payment.declined", SYSTEM) for n in range(5)] + [failed_code(10 + n) for n in range(5)]
    entries += [at_step(20 + n, CHECKOUT[n % 2]) for n in range(20)]
    assert told(watch, *entries) == [] and watch.next_timeout() is None


STEPS = st.sampled_from(["cart", "address", "shipping", "payment", "review"])
ACTS = st.one_of(
    st.just(("payment.declined", None)),
    st.just(("code", None)),
    st.just(("message.created", None)),
    st.just(("order.placed", None)),
    st.just(("help.requested", None)),
    st.tuples(st.just("edit"), st.sampled_from(["line_1", "line_2"])),
    st.tuples(st.just("step"), STEPS),
)
SCRIPTS = st.lists(st.tuples(st.integers(0, 120), ACTS), max_size=60)


def play(script: Any, limits: Thresholds) -> list[tuple[int, str]]:
    """Entries and the passing of time, as a service would run them. (when in microseconds, cause)."""
    watch, now_us, causes = Watch(limits), 0, []

    def tell(cause: str | None) -> None:
        if cause is not None:
            causes.append((now_us, cause))
            watch.told(now_us)

    for after_s, (kind, what) in script:
        until_us = now_us + after_s * S
        while (due_us := watch.next_timeout()) is not None and due_us <= until_us:
            now_us = max(now_us, due_us)
            before = len(causes)
            tell(watch.expire(now_us))
            assert len(causes) > before  # who is woken has something to say: no busy loop
        now_us = until_us
        now_s = now_us / S
        if kind == "code":
            tell(watch.receive(failed_code(now_s)))
        elif kind == "edit":
            tell(watch.receive(cart(now_s, {"kind": "set_quantity", "line_id": what}, step=watch.step if watch.step != "done" else "cart")))
        elif kind == "step":
            tell(watch.receive(at_step(now_s, what)))
        else:
            tell(watch.receive(entry(now_s, kind)))
    return causes


@settings(max_examples=300)
@given(SCRIPTS)
def test_two_tellings_are_a_cooldown_apart(script: Any) -> None:
    limits = Thresholds(idle_s=60, cooldown_s=300)
    causes = play(script, limits)
    assert all(later - earlier >= limits.cooldown_s * S for (earlier, _), (later, _) in itertools.pairwise(causes))


@settings(max_examples=300)
@given(SCRIPTS)
def test_no_cause_is_told_without_its_entries(script: Any) -> None:
    limits = Thresholds(idle_s=60, cooldown_s=60)
    kinds = [kind for _, (kind, _) in script]
    causes = [cause for _, cause in play(script, limits)]
    assert causes.count("declined") <= kinds.count("payment.declined")
    assert causes.count("code") * limits.codes <= kinds.count("code")
    assert causes.count("edits") * limits.edits <= kinds.count("edit") + kinds.count("step")
    assert not causes.count("idle") or "step" in kinds


@given(SCRIPTS)
def test_the_same_script_is_decided_the_same(script: Any) -> None:
    limits = Thresholds(idle_s=60, cooldown_s=60)
    assert play(script, limits) == play(script, limits)


@given(st.dictionaries(st.sampled_from(["cart", "operation", "reason"]), st.recursive(st.none() | st.text() | st.integers(), st.lists)))
def test_any_body_of_an_entry_is_read(data: Any) -> None:
    Watch(Thresholds()).receive(Entry("t", "c", 1, "cart.updated", 0, CUSTOMER, data))
    Watch(Thresholds()).receive(Entry("t", "c", 1, "cart.updated", 0, CUSTOMER, {"cart": data, "operation": data}))
