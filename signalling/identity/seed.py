"""What a new shop's doors begin with, in the demonstration: a site for pages of this machine, and somebody of each kind to log in as.

For `demo`. Passwords are the demonstration's own and said out loud there: such accounts exist in no other tenant. Invariant: may be
repeated.
"""

from argon2 import PasswordHasher

from signalling.conversation.timeline import SYSTEM
from signalling.identity import reps, sites
from signalling.store import Transaction

SITE = "site_0000000000000000000000DEM0"
# Whoever may call from a browser: pages served on this machine, whichever port.
ORIGINS = tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in (3000, 5173, 8000, 8080))
# login, name, role
PEOPLE = (("rita", "Rita", "rep"), ("rolf", "Rolf", "rep"), ("sue", "Sue", "supervisor"), ("ada", "Ada", "admin"))
PASSWORD = "tresen-demo-counter"  # noqa: S105 - the demonstration prints it


def seed(tx: Transaction, tenant_id: str) -> None:
    """A work. What is there already stays as it is."""
    if not any(site.id == SITE for site in sites.list_all(tx, tenant_id)):
        sites.add(tx, tenant_id, SYSTEM, "Demo shop", ORIGINS, site_id=SITE)
    missing = [person for person in PEOPLE if reps.find(tx, tenant_id, person[0]) is None]
    if missing:
        hashed = PasswordHasher().hash(PASSWORD)
        for login, name, role in missing:
            reps.add(tx, tenant_id, SYSTEM, login=login, name=name, role=role, password_hash=hashed)
