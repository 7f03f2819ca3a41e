"""The parts of the signalling core, made once and handed to whoever needs them.

For `app` (makes, starts and stops them) and the doors in `api` (hand them to operations). Decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from signalling.api.doors import Doors
from signalling.bus import Bus
from signalling.calling.calls import Calls
from signalling.calling.media import MediaPlane
from signalling.commerce.payments import Payments
from signalling.commerce.shop import Shops
from signalling.commerce.trouble import TroubleWatch
from signalling.config import Settings
from signalling.conversation.chat import Chat
from signalling.conversation.conversation import Conversation
from signalling.delivery import Delivery
from signalling.identity.caller import Caller
from signalling.identity.identity import Identity
from signalling.metrics import SignallingMetrics
from signalling.privacy.privacy import Privacy
from signalling.routing.desk import Desk
from signalling.store import Store, Transaction

# (tx, caller, conversation) -> what the socket's `welcome` says of it besides, such as {"cart": {...}}. A work that changes nothing.
Restorer = Callable[[Transaction, Caller, Conversation], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Services:
    """See the module. Every part after `media` has `async start()` and `async stop()`."""

    settings: Settings
    store: Store
    bus: Bus
    media: MediaPlane
    metrics: SignallingMetrics
    doors: Doors
    identity: Identity
    chat: Chat
    desk: Desk
    calls: Calls
    shops: Shops
    payments: Payments
    trouble: TroubleWatch
    delivery: Delivery
    privacy: Privacy
    # Where this server is reached, without a slash at the end.
    public_url: Callable[[], str]
    # Each part that hangs something on a conversation adds its own.
    restorers: list[Restorer] = field(default_factory=list)
