"""What people may ask about their data, and what happens to it in time: runs erasures as they are asked for, and retention once a day.

For the doors (`archive`, `erase`, `preview`) and by itself. Invariant: what was asked for is on record before this begins, so a restart
goes on where it was; one thing at a time, in small units of work, so that shops notice nothing of it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

from mediaserver.errors import RemoteError
from mediaserver.recorder.room_recorder import FOLDER
from signalling import tenants
from signalling.bus import Bus
from signalling.config import Settings
from signalling.identity.caller import Caller
from signalling.privacy import audit, erasure, export, recordings, retention, subject
from signalling.privacy.retention import DAY_US, Report
from signalling.privacy.subject import Subject
from signalling.store import Store, Transaction
from signalling.store.tables import metadata

log = logging.getLogger(__name__)

# How often to look whose day is over, and for erasures that another process has taken in.
LOOK_S = 60.0


class Privacy:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self._root = settings.data_dir / FOLDER
        self._wake = asyncio.Event()
        self._cancel: Callable[[], None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def archive(self, caller: Caller, customer_id: str) -> AsyncGenerator[bytes, None]:
        """Everything about a customer as a zip file in pieces, once it is written down that the caller has it. NotFound."""
        whose, calls = await self.store.write(_asked, caller, customer_id)
        recorded = await asyncio.to_thread(recordings.of, self._root, whose.tenant_id, calls) if calls else []
        return export.archive(self.store, whose, recorded)

    async def preview(self, tenant_id: str) -> Report:
        """What retention would remove today."""
        return await retention.run(self.store, tenant_id, self._root, dry_run=True)

    async def erase(self) -> None:
        """Does the erasures that are on record and not done."""
        for tenant_id, erasure_id in await self.store.read(erasure.pending):
            await erasure.run(self.store, tenant_id, erasure_id, self._root)
            log.info("Erased a customer: tenant=%s erasure=%s", tenant_id, erasure_id)

    async def retain(self) -> None:
        """Runs retention for every tenant whose last run is a day ago, and logs the ends of their audit logs."""
        for tenant in await self.store.read(tenants.list_all):
            if self.store.clock() - await self.store.read(retention.last_run_us, tenant.id) >= DAY_US:
                report = await retention.run(self.store, tenant.id, self._root, dry_run=False)
                head = await self.store.read(audit.head, tenant.id)
                log.info("Retention: tenant=%s removed=%s", tenant.id, report.removed)
                log.info("Audit head: tenant=%s position=%d hash=%s", tenant.id, head.position, head.hash)

    async def start(self) -> None:
        """Begins."""
        self._cancel = self.bus.subscribe(erasure.REQUESTED, self._on_requested)
        self._task = asyncio.create_task(self._run(), name="privacy")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _on_requested(self, _topic: str, _message: Any) -> None:
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            for work in (self.erase, self.retain):
                try:
                    await work()
                except RemoteError as error:  # the database is away: later
                    log.warning("Privacy work waits: %s", error.code)
                except Exception:
                    log.exception("Privacy work failed")
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
            except TimeoutError:
                continue


def _asked(tx: Transaction, caller: Caller, customer_id: str) -> tuple[Subject, set[str]]:
    """Whose data, and their calls; written down."""
    whose = subject.find(tx, caller.tenant_id, customer_id)
    calls: set[str] = set()
    if "calls" in metadata.tables:
        calls = {row.id for row in subject.page(tx, whose, "calls", None, 10_000)}
    audit.record(tx, caller.tenant_id, caller.actor, "privacy.exported", customer_id)
    return whose, calls
