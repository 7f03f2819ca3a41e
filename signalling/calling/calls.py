"""Calls as a running service: their timers, their rooms, what the media server says of them."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class Calls:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
