"""Units of work on their way to the disk, and the patience of those who wait for them.

For `sqlite` and `postgres`, each of which has one lane in which units run one after the other and are committed together. Works were
written as if they were alone, and in a lane they are. Invariants: whoever waits has an answer while the database has none, as soon as it
has made no progress for `patience_s`; a unit that was answered before its turn never runs.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from signalling.store.faults import unavailable
from signalling.store.transaction import Transaction

log = logging.getLogger(__name__)

# A larger group saves no more flushes, but makes its first unit wait for its last.
GROUP_MOST = 256
# How often waiting is looked at; a look that comes this much late says that this process, not the database, was busy elsewhere.
TICK_S = 0.1
LATE_S = 0.4

Work = Callable[[Transaction], Any]
# What a committed unit wants told: (topic, message) each.
Deliver = Callable[[list[tuple[str, Any]]], None]


@dataclass(slots=True, eq=False)
class Unit:
    """A work on its way, and what came of it."""

    work: Work
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None
    transaction: Transaction | None = None

    @property
    def abandoned(self) -> bool:
        """Nobody waits any more: answered with Unavailable, or the caller went away. Read from other threads too."""
        return self.future.done()


class Waiting:
    """The units nobody has answered yet. All calls on the loop's thread, but for `progress`."""

    def __init__(self, patience_s: float, deliver: Deliver) -> None:
        self._patience_s = patience_s
        self._deliver = deliver
        self._units: set[Unit] = set()
        self._progress_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self._away = False

    def new(self, work: Work) -> Unit:
        """A unit to be answered."""
        loop = asyncio.get_running_loop()
        unit = Unit(work, loop.create_future())
        if not self._units:
            self._progress_s = time.monotonic()
        self._units.add(unit)
        if self._timer is None:
            self._look_again(loop)
        return unit

    def progress(self) -> None:
        """The database has answered something."""
        self._progress_s = time.monotonic()

    def stuck(self) -> bool:
        """Whether it has answered nothing for too long."""
        return time.monotonic() - self._progress_s > self._patience_s

    def resolve(self, group: Iterable[Unit]) -> None:
        """These are on disk, or refused: tells the bus, then whoever asked."""
        if self._away:
            self._away = False
            log.warning("The database is back")
        for unit in group:
            self._units.discard(unit)
            if unit.error is None and unit.transaction is not None and unit.transaction.notes:
                self._deliver(unit.transaction.notes)
            if unit.future.done():  # whoever asked has gone; it is committed all the same
                continue
            if unit.error is not None:
                unit.future.set_exception(unit.error)
            else:
                unit.future.set_result(unit.value)

    def fail(self, reason: str, group: Iterable[Unit] | None = None) -> None:
        """The database is away: answers `group`, or everybody."""
        if not self._away:
            self._away = True
            log.warning("The database is away: %s", reason)
        for unit in list(self._units if group is None else group):
            self._units.discard(unit)
            if not unit.future.done():
                unit.future.set_exception(unavailable())

    def stop(self) -> None:
        """Nobody will be answered any more but those who wait now, with Unavailable."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._units:
            self.fail("closed")

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_s = time.monotonic() + TICK_S
        self._timer = loop.call_later(TICK_S, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._units:
            return
        if time.monotonic() - self._due_s > LATE_S:
            self._progress_s = max(self._progress_s, time.monotonic() - self._patience_s / 2)
        elif self.stuck():
            self.fail(f"no answer for {self._patience_s:g} s")
            return
        self._look_again(asyncio.get_running_loop())
