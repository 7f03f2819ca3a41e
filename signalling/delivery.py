"""Delivers the outbox: webhooks and mail, at least once, in order, with patience."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class Delivery:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
