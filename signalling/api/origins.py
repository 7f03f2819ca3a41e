"""Origins of the sites' pages, as the edge needs them: at once, for every request of a browser.

Invariant: a changed site is seen within `FRESH_S`; while the database is away the last known origins count.
"""

import asyncio
import json
import time
from collections.abc import Mapping

from sqlalchemy import select

from mediaserver.errors import Unavailable
from signalling.store import Store, Transaction
from signalling.store.tables.identity import sites

# Browsers ask for every call of a page; a new origin is tried out right after it was entered.
FRESH_S = 5.0
ANY = "*"

Known = Mapping[tuple[str, str], frozenset[str]]


class Origins:
    """See the module."""

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._store = store
        self._known: Known = {}
        self._all: frozenset[str] = frozenset()
        self._until_s = 0.0
        self._lock = asyncio.Lock()

    async def admits(self, origin: str) -> bool:
        """Whether it is an origin of any site at all."""
        await self._refresh()
        return origin in self._all or ANY in self._all

    async def admits_for(self, tenant_id: str, site_id: str, origin: str) -> bool:
        """Whether it is one of this site's."""
        await self._refresh()
        own = self._known.get((tenant_id, site_id), frozenset())
        return origin in own or ANY in own

    async def _refresh(self) -> None:
        if time.monotonic() < self._until_s:
            return
        async with self._lock:
            if time.monotonic() < self._until_s:
                return
            try:
                self._known = await self._store.read(enabled)
                self._all = frozenset[str]().union(*self._known.values())
            except Unavailable:
                if not self._known:
                    raise
            self._until_s = time.monotonic() + FRESH_S


def enabled(tx: Transaction) -> Known:
    """A work: the origins of every site of every tenant that is enabled."""
    rows = tx.all(select(sites.c.tenant_id, sites.c.id, sites.c.origins).where(sites.c.status == "enabled"))
    return {(row.tenant_id, row.id): frozenset(json.loads(row.origins)) for row in rows}
