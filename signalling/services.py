"""The parts of the signalling core, made once and handed to whoever needs them.

For `app` (makes, starts and stops them) and the doors in `api` (hand them to operations). Decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from signalling.api.doors import Doors
from signalling.bus import Bus
from signalling.calling.calls import Calls
from signalling.calling.media import MediaPlane
from signalling.commerce.payments import Payments
from signalling.commerce.shop import Shops
from signalling.commerce.trouble import TroubleWatch
from signalling.config import Settings
from signalling.conversation.chat import Chat
from signalling.delivery import Delivery
from signalling.identity.identity import Identity
from signalling.metrics import SignallingMetrics
from signalling.privacy.privacy import Privacy
from signalling.routing.desk import Desk
from signalling.store import Store


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
