"""Runs what remote shops must still be told (`errands`), again and again until each has answered.

For `Shops`, which starts and stops it. Invariants: an errand ends when the shop has taken it or refused it for good; while it cannot be
reached, the next attempt is put off further each time; nothing depends on when it runs, as every errand carries its `op_id`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from mediaserver.errors import RemoteError, Unavailable
from signalling.bus import Bus
from signalling.commerce import errands, till
from signalling.commerce.errands import Errand
from signalling.commerce.money import Money
from signalling.commerce.orders import PlaceRequest
from signalling.commerce.shop import Address, Shops
from signalling.identity.caller import Caller, Role
from signalling.store import Store

log = logging.getLogger(__name__)

# What a restart left behind is found after so long; everything else is told by the bus or is due later anyway.
LOOK_EVERY_S = 15


class Courier:
    """See the module."""

    def __init__(self, shops: Shops, store: Store, bus: Bus) -> None:
        self.shops = shops
        self.store = store
        self.bus = bus
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._cancel: Callable[[], None] | None = None

    async def start(self) -> None:
        """Begins."""
        self._cancel = self.bus.subscribe(errands.TOPIC, lambda *_: self._wake.set())
        self._task = asyncio.create_task(self._run(), name="shop-courier")

    async def stop(self) -> None:
        """Ends; what is under way is asked again at the next start. Idempotent."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def run_due(self) -> int:
        """Runs what is due now. How many."""
        due = await self.store.write(errands.due)
        for errand in due:
            try:
                await self._do(errand)
            except Unavailable:
                log.warning("A shop cannot be reached: tenant=%s errand=%s attempt=%d", errand.tenant_id, errand.kind, errand.attempts + 1)
            except RemoteError as error:
                log.warning("A shop refuses: tenant=%s errand=%s code=%s", errand.tenant_id, errand.kind, error.code)
                if errand.kind != "place":  # `till.place` gives an order up by itself
                    await self.store.write(errands.done, errand.tenant_id, errand.op_id)
            except Exception:  # one shop's fault is not the others'; it stays due
                log.exception("An errand failed: tenant=%s errand=%s", errand.tenant_id, errand.kind)
        return len(due)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                while await self.run_due():
                    pass
            except Unavailable:  # the database is away; it says so itself
                log.info("Errands wait for the database")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_EVERY_S)

    async def _do(self, errand: Errand) -> None:
        body: dict[str, Any] = errand.body
        if errand.kind == "place":
            who = body["caller"]
            caller = Caller(errand.tenant_id, who["id"], Role(who["role"]), who["name"])
            address = Address(**body["address"]) if body["address"] else None
            request = PlaceRequest(errand.order_id, body["cart_id"], body["base_version"], address, body["note"])
            await till.place(self.shops, self.store.write, caller, request)
            return
        shop = await self.shops.of(errand.tenant_id)
        amount = Money(body["amount"], body["currency"])
        tell = shop.paid if errand.kind == "paid" else shop.refunded
        finish = await tell(errand.op_id, body["ref"], amount, body["reference"])

        def finished(tx: Any) -> None:
            finish(tx)
            errands.done(tx, errand.tenant_id, errand.op_id)

        await self.store.write(finished)
