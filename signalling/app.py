"""The signalling core as one thing to start and stop: makes its parts, opens the store, mounts the doors.

    core = SignallingCore(settings, media)
    core.mount(application)
    await core.start()

For `cli` (beside the media server, on its HTTP application) and for tests (on an application of its own). Decides nothing.
"""

import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from signalling.api import rest
from signalling.api.routes import all_operations
from signalling.bus import Bus, LocalBus
from signalling.calling.calls import Calls
from signalling.calling.media import MediaPlane, NoMedia
from signalling.commerce.payments import Payments
from signalling.commerce.shop import Shops
from signalling.commerce.trouble import TroubleWatch
from signalling.config import Settings, secrets_file
from signalling.conversation.chat import Chat
from signalling.delivery import Delivery
from signalling.identity.identity import Identity
from signalling.metrics import SignallingMetrics
from signalling.privacy.privacy import Privacy
from signalling.routing.desk import Desk
from signalling.services import Services
from signalling.store import Store
from signalling.store.tables import metadata
from signalling.times import Clock, system_clock

# Started in this order, stopped in the other.
PARTS = ("metrics", "identity", "chat", "desk", "calls", "shops", "payments", "trouble", "delivery", "privacy")


class SignallingCore:
    """See the module."""

    def __init__(self, settings: Settings, media: MediaPlane | None = None, *, bus: Bus | None = None, clock: Clock = system_clock) -> None:
        """Opens nothing yet."""
        master_keys, session_secret = installation_secrets(settings)
        self.bus = bus or LocalBus()
        self.store = Store(settings.database, bus=self.bus, master_keys=master_keys, clock=clock)
        self.address = ""
        common = (settings, self.store, self.bus)
        self.services = Services(
            settings=settings,
            store=self.store,
            bus=self.bus,
            media=media or NoMedia(),
            metrics=SignallingMetrics(*common),
            identity=Identity(*common, session_secret),
            chat=Chat(*common),
            desk=Desk(*common),
            calls=Calls(*common),
            shops=Shops(*common),
            payments=Payments(*common),
            trouble=TroubleWatch(*common),
            delivery=Delivery(*common),
            privacy=Privacy(*common),
            public_url=lambda: settings.public_url or self.address,
        )

    def mount(self, application: web.Application) -> None:
        """Adds the REST routes and the socket."""
        rest.mount(application, all_operations(), self.services)

    async def start(self) -> None:
        """Opens the store, then starts the parts."""
        await self.store.open(metadata.create_all)
        for part in PARTS:
            await getattr(self.services, part).start()

    async def stop(self) -> None:
        """Stops the parts, then closes the store. Idempotent."""
        for part in reversed(PARTS):
            await getattr(self.services, part).stop()
        await self.store.close()


def installation_secrets(settings: Settings) -> tuple[Mapping[str, bytes], str]:
    """Master keys and session secret: the configured ones, or those this installation made at its first start."""
    path = secrets_file(settings.data_dir)
    kept = _kept(path) if not (settings.master_keys and settings.session_secret) else {}
    masters = settings.master_keys or {"local": kept["master_key"]}
    return {name: bytes.fromhex(key) for name, key in masters.items()}, settings.session_secret or kept["session_secret"]


def _kept(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(f'master_key = "{secrets.token_hex(32)}"\nsession_secret = "{secrets.token_urlsafe(48)}"\n')
    return tomllib.loads(path.read_text())
