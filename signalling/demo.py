"""What `tresen demo` begins with: one shop that has everything a visitor may want to try, and its storefront on an origin of its own.

For `cli`. Invariant: may be repeated; what is there already stays as it is.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce.shops import seed as shop
from signalling.config import Settings
from signalling.conversation import seed as replies
from signalling.conversation.timeline import SYSTEM
from signalling.demo_shop.identity import Signer
from signalling.demo_shop.shop import DemoShop
from signalling.identity import seed as people
from signalling.identity import sites
from signalling.node import Node
from signalling.routing import seed as desk
from signalling.site import Built
from signalling.store import Transaction

TENANT = "ten_0000000000000000000000DEM0"
# Each is a work (tx, tenant_id) of the part whose data it makes.
SEEDS = (shop.seed, people.seed, desk.seed, replies.seed)


class Demo:
    """A node with the demonstration's data and, beside it, the demonstration's shop. A `process.Server`."""

    def __init__(self, settings: Settings, built: Built, make: Callable[..., Node]) -> None:
        """`make`: a `Node` of these settings. Opens nothing yet."""
        self.node = make(settings, prepare=self._prepare)
        port = settings.demo_shop_port
        if port is None:
            port = settings.http_port + 1 if 0 < settings.http_port < 65535 else 0
        self.shop = DemoShop(settings.http_host, port, built)

    async def start(self) -> None:
        """See `Node.start`; the shop has its address from the first moment, and its goods when the core has begun."""
        await self.shop.open()
        try:
            await self.node.start()
        except BaseException:
            await self.shop.stop()
            raise

    async def stop(self) -> None:
        """Idempotent."""
        await self.shop.stop()
        await self.node.stop()

    async def _prepare(self, core: SignallingCore) -> None:
        async def admit(address: str) -> Signer:
            return await core.store.write(admitted, address)

        await prepare(core)
        await self.shop.start(core.services.public_url(), admit)


async def prepare(core: SignallingCore) -> None:
    """Makes the demo's tenant and its data, at the first start."""
    await core.store.write(begin)


def begin(tx: Transaction) -> None:
    """A work: see `prepare`."""
    if not tenants.exists(tx, TENANT):
        tenants.create(tx, TENANT, "Demo shop")
    for seed in SEEDS:
        seed(tx, TENANT)


def admitted(tx: Transaction, address: str) -> Signer:
    """A work: pages of this address are the demo site's, by whichever of this machine's names. The shop's key, made once."""
    known = sites.known(tx, people.SITE)
    port = urlsplit(address).port
    names = [address] if urlsplit(address).hostname != "localhost" else [f"http://{name}:{port}" for name in ("localhost", "127.0.0.1")]
    missing = [each for each in names if each not in known.origins]
    if missing:
        sites.change(tx, TENANT, SYSTEM, people.SITE, origins=[*known.origins, *missing][-sites.ORIGINS_MOST :])
    for key in known.keys:
        if key.algorithm == "HS256" and key.material is not None:
            return Signer(people.SITE, key.kid, key.material.decode())
    made: Any = sites.add_key(tx, TENANT, SYSTEM, people.SITE, "HS256")
    return Signer(people.SITE, made.id, made.secret)
