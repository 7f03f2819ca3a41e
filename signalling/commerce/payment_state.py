"""What a payment is and becomes: one table of (state, event), no I/O, no clock.

For `commerce.payment`, which applies it to rows. Events come from our own requests to the provider, from its webhooks, and from asking it
what became of a payment; they repeat, and they come in any order.

    created -> link_created -> processing -> succeeded -> refunded
                    |              |
                    +--------------+--> failed | expired | cancelled

Invariants: what the table does not name changes nothing, so a repetition is harmless; money that has arrived beats whatever was believed
before (a webhook that overtook another, a link we thought expired), and nothing but a refund undoes it.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class State(StrEnum):
    """A payment's state, as callers see it."""

    CREATED = "created"  # the provider has not given a link yet
    LINK_CREATED = "link_created"
    PROCESSING = "processing"  # the customer has paid by a means that takes days
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # all of it


class Event(StrEnum):
    """What can become of it."""

    LINKED = "linked"  # the provider has given a link
    REFUSED = "refused"  # the provider will never give one
    SUBMITTED = "submitted"  # the customer is through; the money is on its way
    DECLINED = "declined"  # one attempt of the customer's failed; the next may not
    PAID = "paid"
    FAILED = "failed"  # for good
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # all of it


class Step(NamedTuple):
    """Where an event leads, and the timeline's entry that tells of it."""

    state: State
    kind: str


OPEN: Final = frozenset({State.CREATED, State.LINK_CREATED, State.PROCESSING})

_BEFORE_THE_CUSTOMER_IS_THROUGH: Final = {
    Event.SUBMITTED: Step(State.PROCESSING, "payment.processing"),
    Event.PAID: Step(State.SUCCEEDED, "payment.succeeded"),
    Event.FAILED: Step(State.FAILED, "payment.failed"),
    Event.EXPIRED: Step(State.EXPIRED, "payment.expired"),
    Event.CANCELLED: Step(State.CANCELLED, "payment.cancelled"),
}

TABLE: Final[dict[State, dict[Event, Step]]] = {
    State.CREATED: {
        **_BEFORE_THE_CUSTOMER_IS_THROUGH,
        Event.LINKED: Step(State.LINK_CREATED, "payment.link_created"),
        Event.REFUSED: Step(State.FAILED, "payment.failed"),
        Event.DECLINED: Step(State.CREATED, "payment.declined"),
    },
    State.LINK_CREATED: {
        **_BEFORE_THE_CUSTOMER_IS_THROUGH,
        Event.DECLINED: Step(State.LINK_CREATED, "payment.declined"),
    },
    # Neither our clock nor our wish stops money that is on its way.
    State.PROCESSING: {
        Event.PAID: Step(State.SUCCEEDED, "payment.succeeded"),
        Event.FAILED: Step(State.FAILED, "payment.failed"),
    },
    State.SUCCEEDED: {Event.REFUNDED: Step(State.REFUNDED, "payment.refunded")},
    # `submitted` is missing here: it is the older of the two, overtaken on its way.
    State.FAILED: {Event.PAID: Step(State.SUCCEEDED, "payment.succeeded")},
    State.EXPIRED: {
        Event.SUBMITTED: Step(State.PROCESSING, "payment.processing"),
        Event.PAID: Step(State.SUCCEEDED, "payment.succeeded"),
    },
    State.CANCELLED: {
        Event.SUBMITTED: Step(State.PROCESSING, "payment.processing"),
        Event.PAID: Step(State.SUCCEEDED, "payment.succeeded"),
    },
    State.REFUNDED: {},
}


def receive(state: State, event: Event) -> Step | None:
    """Where `event` leads from `state`; None: nowhere, it is old news."""
    return TABLE[state].get(event)
