"""Whether a customer is stuck, decided from their conversation's entries in virtual time: no I/O, no clock.

For `trouble`, which feeds it entries and wakes it at `next_timeout`. Causes, each with its threshold:

    declined   payments that were declined or failed
    code       discount codes that did not count, within a while
    idle       nothing from the customer for a while, in the middle of the checkout
    edits      the same product changed again and again, or the checkout stepped back again and again, within a while

An episode begins when a cause is found (or somebody asks for help): it is told once, everything counted so far is forgotten, and nothing is
told until the cooldown is over. Then a cause must come anew: idleness needs something to have happened before. Who has paid or ordered is
stuck no longer.

Invariants: no cause without its entries; two tellings are a cooldown apart at least; the same entries in the same order decide the same,
so that a watch can be built again from the timeline.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from signalling.conversation.timeline import Entry
from signalling.times import SECOND_US

Cause = Literal["declined", "code", "idle", "edits"]

# Steps of the checkout, in order; before them the customer only looks around, after them they are through.
CHECKOUT: Final = ("address", "shipping", "payment", "review")
ORDER_OF_STEPS: Final = ("cart", *CHECKOUT, "done")
SOLVED: Final = frozenset({"order.placed", "payment.succeeded", "conversation.closed"})
CHANGES_OF_A_LINE: Final = frozenset({"add_line", "set_quantity", "remove_line"})
# A bound on what one customer's clicking can cost; far above every threshold.
SUBJECTS_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a customer counts as stuck. 0: this cause is not looked for."""

    declines: int = 1
    codes: int = 2
    code_window_s: int = 600
    idle_s: int = 180
    edits: int = 4
    edit_window_s: int = 120
    cooldown_s: int = 900


@dataclass(slots=True)
class Watch:
    """One conversation's customer. `receive` and `expire` return the cause to tell, at most one."""

    thresholds: Thresholds
    quiet_until_us: int = 0
    step: str = "cart"
    acted_us: int | None = None  # when the customer last did something; None: nothing since the last telling
    _declines: int = 0
    _codes: deque[int] = field(default_factory=deque)
    _edits: dict[str, deque[int]] = field(default_factory=dict)
    _variants: dict[str, str] = field(default_factory=dict)

    def receive(self, entry: Entry) -> Cause | None:
        """An entry of the conversation, in order; its own time is now."""
        if entry.kind in SOLVED:
            self._forget()
            self.step = "done"
            return None
        if entry.kind == "help.requested":
            self.told(entry.at_us)
            return None
        by_customer = entry.actor.kind == "customer"
        if by_customer:
            self.acted_us = entry.at_us
        if entry.kind in ("payment.declined", "payment.failed"):
            self._declines += 1
        elif entry.kind == "cart.updated":
            self._cart(entry, by_customer)
        return self._cause(entry.at_us)

    def next_timeout(self) -> int | None:
        """When to call `expire`, in microseconds; None: nothing is waited for."""
        if self.thresholds.idle_s <= 0 or self.acted_us is None or self.step not in CHECKOUT:
            return None
        return max(self.acted_us + self.thresholds.idle_s * SECOND_US, self.quiet_until_us)

    def expire(self, now_us: int) -> Cause | None:
        """Time has passed."""
        due_us = self.next_timeout()
        return "idle" if due_us is not None and now_us >= due_us else None

    def told(self, at_us: int) -> None:
        """A cause was told, or somebody asked for help: the episode has begun."""
        self.quiet_until_us = max(self.quiet_until_us, at_us + self.thresholds.cooldown_s * SECOND_US)
        self._forget()

    def _cart(self, entry: Entry, by_customer: bool) -> None:
        cart, operation = _mapping(entry.data.get("cart")), _mapping(entry.data.get("operation"))
        kind, at_us = operation.get("kind"), entry.at_us
        if kind == "apply_code" and by_customer and _refused(cart, operation.get("code")):
            self._codes.append(at_us)
        elif kind in CHANGES_OF_A_LINE and by_customer:
            line_id = operation.get("line_id")
            subject = operation.get("variant_id") or self._variants.get(str(line_id), line_id)
            self._edited(f"line/{subject}", at_us)
        step = cart.get("checkout_step")
        if isinstance(step, str) and step in ORDER_OF_STEPS:
            if by_customer and ORDER_OF_STEPS.index(step) < ORDER_OF_STEPS.index(self.step):
                self._edited("step", at_us)
            self.step = step
        if cart.get("status", "open") != "open":
            self.step = "done"
        lines = cart.get("lines")
        for line in lines if isinstance(lines, list | tuple) else ():
            if isinstance(line, Mapping) and len(self._variants) < SUBJECTS_MOST * 4:
                self._variants[str(line.get("id"))] = str(line.get("variant_id"))

    def _edited(self, subject: str, at_us: int) -> None:
        if subject in self._edits or len(self._edits) < SUBJECTS_MOST:
            self._edits.setdefault(subject, deque(maxlen=max(1, self.thresholds.edits))).append(at_us)

    def _cause(self, now_us: int) -> Cause | None:
        limits = self.thresholds
        _drop(self._codes, now_us - limits.code_window_s * SECOND_US)
        for subject in list(self._edits):
            _drop(self._edits[subject], now_us - limits.edit_window_s * SECOND_US)
            if not self._edits[subject]:
                del self._edits[subject]
        if now_us < self.quiet_until_us:
            return None
        if 0 < limits.declines <= self._declines:
            return "declined"
        if 0 < limits.codes <= len(self._codes):
            return "code"
        if limits.edits > 0 and any(len(times) >= limits.edits for times in self._edits.values()):
            return "edits"
        return None

    def _forget(self) -> None:
        self.acted_us = None
        self._declines = 0
        self._codes.clear()
        self._edits.clear()


def _refused(cart: Mapping[str, Any], code: object) -> bool:
    states = cart.get("discount_codes")
    for state in states if isinstance(states, list | tuple) else ():
        if isinstance(state, Mapping) and isinstance(code, str) and str(state.get("code")).casefold() == code.strip().casefold():
            return state.get("applicable") is False
    return False


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _drop(times: deque[int], before_us: int) -> None:
    while times and times[0] < before_us:
        times.popleft()
