"""All tables, one file a subject. Every table's key begins with the tenant; times are microseconds (`_us`), money is minor units.

Importing this registers all of them with `metadata`; works import from the files.
"""

from signalling.store.tables import calling, commerce, conversation, idempotency, identity, outward, payment, privacy, routing, tenants
from signalling.store.tables.base import metadata

__all__ = [
    "calling",
    "commerce",
    "conversation",
    "idempotency",
    "identity",
    "metadata",
    "outward",
    "payment",
    "privacy",
    "routing",
    "tenants",
]
