"""What a shop is to us, and which one a tenant has."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class Shops:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
