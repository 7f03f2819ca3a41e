"""Payments inside a conversation, through a provider."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class Payments:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
