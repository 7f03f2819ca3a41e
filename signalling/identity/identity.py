"""Who a token's holder is, whichever kind of token it is."""

from signalling.bus import Bus
from signalling.config import Settings
from signalling.identity import sessions
from signalling.identity.caller import Caller
from signalling.store import Store


class Identity:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, session_secret: str) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self._session_secret = session_secret

    async def authenticate(self, token: str) -> Caller:
        """The holder of a session token or API key. Unauthorized otherwise."""
        return sessions.verify(self._session_secret, token)

    def session_token(self, caller: Caller, ttl_s: int) -> str:
        """A session token for somebody who has shown who they are."""
        return sessions.mint(self._session_secret, caller, ttl_s)

    async def start(self) -> None:
        """Begins."""

    async def stop(self) -> None:
        """Ends. Idempotent."""
