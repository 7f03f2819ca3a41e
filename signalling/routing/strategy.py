"""Strategies: who, of those who are free and able, is offered a ticket.

`longest_idle`: who has been without new work for the longest. `round_robin`: who was asked the longest ago. `least_busy`: who has the
largest part of their capacity left, then the longest idle. For `matching`. Pure and deterministic: ties go to the smaller id.
"""

from collections.abc import Callable, Mapping
from typing import Any

from signalling.routing.presence import Rep


def _longest_idle(rep: Rep) -> tuple[Any, ...]:
    return (rep.idle_us, rep.id)


def _round_robin(rep: Rep) -> tuple[Any, ...]:
    return (rep.turn, rep.id)


def _least_busy(rep: Rep) -> tuple[Any, ...]:
    # In thousandths, as fractions would cost more than they tell apart.
    return (sum(rep.load.values()) * 1000 // max(1, sum(rep.profile.capacity.values())), rep.idle_us, rep.id)


# The rep with the smallest value is chosen.
STRATEGIES: Mapping[str, Callable[[Rep], tuple[Any, ...]]] = {
    "longest_idle": _longest_idle,
    "round_robin": _round_robin,
    "least_busy": _least_busy,
}
