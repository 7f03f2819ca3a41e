"""Notices that a customer is stuck, and asks for help on their behalf; brings every request for help to the desk.

Reads the timeline (the bus while it runs, the store at its start and after a gap), decides by `stuck`, writes by `help`. Keeps nothing of
its own: what it knows of a conversation follows from the entries of the last hour. Invariants: a request is in the timeline before the desk
hears of it; one that the desk did not hear of, because this process ended, is brought there at the next start.
"""

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mediaserver.errors import RemoteError
from signalling import tenants
from signalling.bus import EVERYTHING, Bus
from signalling.commerce import help as helping
from signalling.commerce.stuck import Thresholds, Watch
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Entry
from signalling.routing.place import Place
from signalling.store import Store, Transaction
from signalling.times import SECOND_US

log = logging.getLogger(__name__)

# Who did nothing for longer has left. Reaches beyond every window a tenant may set.
LOOK_BACK_US: Final = 3600 * SECOND_US
ENTRIES_MOST: Final = 500
# Entries that can change what is known of a customer; conversations without any of them are not watched.
TELLING: Final = ("cart.", "payment.", "order.", "help.")
# How long to wait before asking again a desk or store that is away.
PAUSE_S: Final = 2.0

Key = tuple[str, str]  # tenant, conversation


class Helpdesk(Protocol):
    """What this needs of the desk."""

    async def enter(
        self, tenant_id: str, conversation_id: str, *, priority: int = 0, reason: str | None = None, ticket_id: str | None = None
    ) -> Place:
        """A place in the queue; who waits already keeps theirs."""

    async def boost(self, tenant_id: str, conversation_id: str, points: int, reason: str) -> None:
        """More priority, if it waits."""


@dataclass(slots=True)
class _Watched:
    watch: Watch
    seq: int


class TroubleWatch:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, desk: Helpdesk) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.desk = desk
        self._watched: dict[Key, _Watched] = {}
        self._due: list[tuple[int, Key]] = []
        self._entries: asyncio.Queue[Entry] = asyncio.Queue()
        self._cancel: Callable[[], None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def queue(self, tenant_id: str, request: helping.HelpRequest) -> None:
        """Brings a request to the desk: a place in the queue, or more priority for who waits already. A conversation that a rep has already
        needs neither: the rep reads it there.
        """
        row = await self.store.read(conversation.find, tenant_id, request.conversation_id)
        if row is not None and row.status == "open" and row.rep_id is None:
            # Made from the request's id, so that bringing it again after a crash is no second place.
            ticket_id = "tick_" + request.id.partition("_")[2]
            place = await self.desk.enter(
                tenant_id, request.conversation_id, priority=request.priority, reason=request.reason, ticket_id=ticket_id
            )
            if place.id != ticket_id:
                await self.desk.boost(tenant_id, request.conversation_id, request.priority, request.reason)
        await self.store.write(helping.queued, tenant_id, request.id)

    async def start(self) -> None:
        """Begins: listens, then makes up for what was missed."""
        self._cancel = self.bus.subscribe(EVERYTHING, lambda _, message: self._heard(message))
        self._task = asyncio.create_task(self._run(), name="trouble")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _heard(self, message: Any) -> None:
        if isinstance(message, Entry):
            key = (message.tenant_id, message.conversation_id)
            if key in self._watched or message.kind.startswith(TELLING):
                self._entries.put_nowait(message)

    async def _run(self) -> None:
        caught_up = False
        while True:
            if not caught_up:
                caught_up = await self._tried(self._catch_up())
            entry: Entry | None = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s() if caught_up else PAUSE_S):
                    entry = await self._entries.get()
            if entry is not None:
                await self._tried(self.observe(entry))
            await self._tried(self.pass_time())

    async def _tried(self, chore: Any) -> bool:
        try:
            await chore
        except RemoteError as error:
            log.warning("Customers in trouble are not looked after at the moment: %s", error.code)
            return False
        except Exception:  # one conversation's fault must not end the watch over all others
            log.exception("Looking after customers in trouble failed")
        return True

    async def _catch_up(self) -> None:
        for row in await self.store.read(helping.unqueued):
            request = helping.HelpRequest(row.id, row.conversation_id, row.reason, row.priority, row.channel, "")
            await self.queue(row.tenant_id, request)
        for row in await self.store.read(helping.open_since, self.store.clock() - LOOK_BACK_US):
            await self._build((row.tenant_id, row.id), row.seq)

    async def observe(self, entry: Entry) -> None:
        """One entry, as the bus tells it: late, doubled or after a gap."""
        key = (entry.tenant_id, entry.conversation_id)
        known = self._watched.get(key)
        if entry.kind == "conversation.closed":
            self._watched.pop(key, None)
        elif known is None or entry.seq > known.seq + 1:
            await self._build(key, entry.seq)
        elif entry.seq == known.seq + 1:
            known.seq = entry.seq
            await self._after(key, known, known.watch.receive(entry))

    async def pass_time(self) -> None:
        """Tells whose time is up, and forgets whom nothing was heard of for long."""
        now_us = self.store.clock()
        while self._due and self._due[0][0] <= now_us:
            _, key = heapq.heappop(self._due)
            known = self._watched.get(key)
            if known is not None:
                await self._after(key, known, known.watch.expire(now_us))

    async def _build(self, key: Key, seq: int) -> None:
        """What the entries of the last hour make of a conversation."""
        tenant_id, conversation_id = key
        limits, entries = await self.store.read(_recent, tenant_id, conversation_id, max(0, seq - ENTRIES_MOST))
        known = self._watched[key] = _Watched(Watch(limits), entries[-1].seq if entries else seq)
        cause = None
        since_us = self.store.clock() - LOOK_BACK_US
        for entry in entries:
            if entry.at_us >= since_us:
                cause = known.watch.receive(entry)
        await self._after(key, known, cause)

    async def _after(self, key: Key, known: _Watched, cause: str | None) -> None:
        if cause is not None:
            request = await self.store.write(helping.raise_, *key, cause, known.watch.thresholds.cooldown_s)
            known.watch.told(self.store.clock())
            if request is not None:
                await self.queue(key[0], request)
        due_us = known.watch.next_timeout()
        if due_us is not None:
            heapq.heappush(self._due, (due_us, key))
        elif due_us is None and known.watch.step in ("cart", "done") and len(self._watched) > 10_000:
            del self._watched[key]  # built again when it stirs

    def _wait_s(self) -> float | None:
        if not self._entries.empty() or not self._due:
            return None
        return max(0.0, (self._due[0][0] - self.store.clock()) / SECOND_US)


def _recent(tx: Transaction, tenant_id: str, conversation_id: str, after_seq: int) -> tuple[Thresholds, list[Entry]]:
    chosen = tenants.settings(tx, tenant_id).trouble
    limits = Thresholds(**chosen.model_dump())
    return limits, timeline.read(tx, tenant_id, conversation_id, after_seq=after_seq)
