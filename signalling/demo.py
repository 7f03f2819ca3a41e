"""What `tresen demo` begins with: one shop that has everything a visitor may want to try.

For `cli`. Invariant: may be repeated; what is there already stays as it is.
"""

from signalling import tenants
from signalling.app import SignallingCore
from signalling.commerce.shops import seed as shop
from signalling.identity import seed as people
from signalling.routing import seed as desk
from signalling.store import Transaction

TENANT = "ten_0000000000000000000000DEM0"
# Each is a work (tx, tenant_id) of the part whose data it makes.
SEEDS = (shop.seed, people.seed, desk.seed)


async def prepare(core: SignallingCore) -> None:
    """Makes the demo's tenant and its data, at the first start."""
    await core.store.write(begin)


def begin(tx: Transaction) -> None:
    """A work: see `prepare`."""
    if not tenants.exists(tx, TENANT):
        tenants.create(tx, TENANT, "Demo shop")
    for seed in SEEDS:
        seed(tx, TENANT)
