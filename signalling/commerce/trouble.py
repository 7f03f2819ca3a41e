"""Notices that a customer is stuck, and asks for help on their behalf."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class TroubleWatch:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
