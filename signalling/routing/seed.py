"""What a new shop's desk begins with, in the demonstration: hours, and a queue that keeps them."""

from signalling.routing import calendars, queues
from signalling.routing.hours import DAYS
from signalling.store import Transaction


def seed(tx: Transaction, tenant_id: str) -> None:
    """A work. Open day and night, as nobody knows when it is tried. Nothing where the tenant has a queue already."""
    if queues.listed(tx, tenant_id):
        return
    always = calendars.add(tx, tenant_id, "Always", {"zone": "Europe/Berlin", "week": {day: [["00:00", "24:00"]] for day in DAYS}})
    queues.add(tx, tenant_id, "Everybody", {"hours_id": always.id, "wrap_up_codes": ["solved", "sold", "call_again"]})
