"""A payment's states: every event in every state, repeated, and in any order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.commerce.payment_state import OPEN, TABLE, Event, State, receive

# What a provider tells of one payment, in the order in which it happens.
STORIES = {
    "paid at once": ([Event.LINKED, Event.PAID], State.SUCCEEDED),
    "declined, then paid": ([Event.LINKED, Event.DECLINED, Event.PAID], State.SUCCEEDED),
    "paid in days": ([Event.LINKED, Event.SUBMITTED, Event.PAID], State.SUCCEEDED),
    "failed in days": ([Event.LINKED, Event.SUBMITTED, Event.FAILED], State.FAILED),
    "never opened": ([Event.LINKED, Event.EXPIRED], State.EXPIRED),
    "refused": ([Event.REFUSED], State.FAILED),
    "taken back": ([Event.LINKED, Event.CANCELLED], State.CANCELLED),
}
MOVES = {
    (State.CREATED, Event.LINKED): State.LINK_CREATED,
    (State.CREATED, Event.REFUSED): State.FAILED,
    (State.CREATED, Event.DECLINED): State.CREATED,
    (State.LINK_CREATED, Event.DECLINED): State.LINK_CREATED,
    **{
        (state, event): to
        for state in (State.CREATED, State.LINK_CREATED)
        for event, to in {
            Event.SUBMITTED: State.PROCESSING,
            Event.PAID: State.SUCCEEDED,
            Event.FAILED: State.FAILED,
            Event.EXPIRED: State.EXPIRED,
            Event.CANCELLED: State.CANCELLED,
        }.items()
    },
    (State.PROCESSING, Event.PAID): State.SUCCEEDED,
    (State.PROCESSING, Event.FAILED): State.FAILED,
    (State.SUCCEEDED, Event.REFUNDED): State.REFUNDED,
    (State.FAILED, Event.PAID): State.SUCCEEDED,
    (State.EXPIRED, Event.PAID): State.SUCCEEDED,
    (State.EXPIRED, Event.SUBMITTED): State.PROCESSING,
    (State.CANCELLED, Event.PAID): State.SUCCEEDED,
    (State.CANCELLED, Event.SUBMITTED): State.PROCESSING,
}


def told(events: list[Event]) -> State:
    state = State.CREATED
    for event in events:
        step = receive(state, event)
        state = state if step is None else step.state
    return state


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_event_in_every_state_leads_where_it_must(state: State, event: Event) -> None:
    step = receive(state, event)
    assert (None if step is None else step.state) == MOVES.get((state, event))


def test_every_state_has_its_row() -> None:
    assert set(TABLE) == set(State)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_where_it_must(name: str) -> None:
    events, end = STORIES[name]
    assert told(events) == end


@pytest.mark.parametrize("name", STORIES)
def test_provider_events_in_any_order_and_repeated_end_the_same(name: str) -> None:
    events, end = STORIES[name]
    for order in itertools.permutations(events):
        assert told([*order, *order]) == end, order


@given(st.lists(st.sampled_from(Event), max_size=20))
def test_money_that_arrived_is_undone_by_a_refund_only(events: list[Event]) -> None:
    if Event.PAID in events:
        assert told(events) in (State.SUCCEEDED, State.REFUNDED)
    else:
        assert told(events) not in (State.SUCCEEDED, State.REFUNDED)


@given(st.lists(st.sampled_from(Event), max_size=20), st.sampled_from(Event))
def test_a_repetition_of_the_last_event_changes_no_state(events: list[Event], last: Event) -> None:
    assert told([*events, last]) == told([*events, last, last])


@given(st.lists(st.sampled_from(Event), max_size=20))
def test_a_closed_payment_opens_again_for_money_on_its_way_only(events: list[Event]) -> None:
    state = State.CREATED
    for event in events:
        step = receive(state, event)
        if step is not None:
            assert state in OPEN or step.state not in OPEN or event is Event.SUBMITTED
            state = step.state
