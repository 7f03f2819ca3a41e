"""What people may ask about their data, and what happens to it in time."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store


class Privacy:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
