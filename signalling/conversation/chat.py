"""Messages, receipts, typing."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.conversation.conversation import require
from signalling.conversation.timeline import Entry, read
from signalling.identity.caller import Caller
from signalling.store import Store, Transaction


class Chat:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus

    @staticmethod
    def timeline(tx: Transaction, caller: Caller, conversation_id: str, *, after_seq: int, limit: int) -> list[Entry]:
        """A work: the entries after `after_seq` of a conversation that the caller may read."""
        require(tx, caller, conversation_id)
        return read(tx, caller.tenant_id, conversation_id, after_seq=after_seq, limit=limit)

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
