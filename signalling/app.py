"""The signalling core as one thing to start and stop: makes its parts, opens the store, mounts the doors.

    core = SignallingCore(settings, media)
    core.mount(application)
    await core.start()

For `cli` (beside the media server, on its HTTP application) and for tests (on an application of its own). Decides nothing.
"""

from aiohttp import web

from signalling import health
from signalling.api import docs, edge, rest
from signalling.api.doors import Doors
from signalling.api.routes import all_operations
from signalling.api.socket import Sockets
from signalling.bus import Bus, LocalBus
from signalling.calling.calls import Calls
from signalling.calling.media import MediaPlane, NoMedia
from signalling.commerce.bill import Bill
from signalling.commerce.payments import Payments
from signalling.commerce.shop import Shops
from signalling.commerce.trouble import TroubleWatch
from signalling.config import Settings
from signalling.conversation.chat import Chat
from signalling.delivery import Delivery
from signalling.identity.identity import Identity
from signalling.installation import installation_secrets
from signalling.metrics import SignallingMetrics
from signalling.privacy.privacy import Privacy
from signalling.routing.desk import Desk
from signalling.services import Services
from signalling.store import Store, migrations
from signalling.times import Clock, system_clock

# Started in this order, stopped in the other.
PARTS = ("metrics", "doors", "identity", "chat", "desk", "calls", "shops", "payments", "trouble", "delivery", "privacy")


class SignallingCore:
    """See the module."""

    def __init__(self, settings: Settings, media: MediaPlane | None = None, *, bus: Bus | None = None, clock: Clock = system_clock) -> None:
        """Opens nothing yet."""
        secrets = installation_secrets(settings)
        self.bus = bus or LocalBus()
        self.store = Store(
            settings.database,
            bus=self.bus,
            master_keys=secrets.master_keys,
            reload_keys=lambda: installation_secrets(settings).master_keys,
            patience_s=settings.database_patience_s,
            clock=clock,
        )
        self.address = ""
        common = (settings, self.store, self.bus)
        media, desk = media or NoMedia(), Desk(*common)
        self.services = Services(
            settings=settings,
            store=self.store,
            bus=self.bus,
            media=media,
            metrics=SignallingMetrics(*common),
            doors=Doors(*common),
            identity=Identity(*common, secrets.session_secret),
            chat=Chat(*common, desk),
            desk=desk,
            calls=Calls(*common, media, desk),
            shops=Shops(*common),
            payments=Payments(*common, ledger=Bill(), public_url=lambda: settings.public_url or self.address),
            trouble=TroubleWatch(*common, desk),
            delivery=Delivery(*common),
            privacy=Privacy(*common),
            public_url=lambda: settings.public_url or self.address,
        )
        self.sockets = Sockets(self.services, all_operations(), secrets.session_secret)
        self.services.delivery.observer = self.services.metrics.delivered
        self.services.metrics.gauge("sockets_open", "Sockets that are open", lambda: float(self.sockets.count))

    def mount(self, application: web.Application) -> None:
        """Adds the REST routes and the socket."""
        edge.mount(application, self.services)
        operations = all_operations()
        rest.mount(application, operations, self.services)
        docs.mount(application, operations, self.services)
        health.mount(application, self.services)
        self.sockets.mount(application)

    async def start(self) -> None:
        """Opens the store, then starts the parts; where one cannot, none has. Unavailable while there is no database: try again."""
        await self.store.open(migrations.upgrade)
        try:
            for part in PARTS:
                await getattr(self.services, part).start()
            await self.sockets.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stops the parts, then closes the store. Idempotent."""
        await self.sockets.stop()
        for part in reversed(PARTS):
            await getattr(self.services, part).stop()
        await self.store.close()
