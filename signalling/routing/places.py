"""Tells those who wait where they are: notes `queue.position`, not entries of the timeline.

When somebody is served, all behind them move. What was told is remembered, and only what differs is told again: to the first NEAR at most
every second, to the others every FAR_US, so that a long queue costs little and whoever is nearly there sees every step. For `desk`. Pure.
"""

from collections.abc import Iterator
from typing import Any

from signalling.bus import person_topic, staff_topic
from signalling.routing.floor import Floor

NEAR = 20
EVERY_US = 1_000_000
FAR_US = 10_000_000


class Places:
    """What one floor's customers were told."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int | None]] = {}
        self._far_us = 0
        self._board: dict[str, int] = {}

    def notes(self, floor: Floor, now_us: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """(topic, note) each, for what has changed since it was told."""
        far = now_us >= self._far_us
        if far:
            self._far_us = now_us + FAR_US
            self._told = {ticket_id: told for ticket_id, told in self._told.items() if ticket_id in floor.tickets}
        for queue_id, keys in floor.waiting.queues.items():
            for position, key in enumerate(keys if far else keys[:NEAR], 1):
                ticket = floor.tickets[key[2]]
                told = (position, floor.eta_s(ticket, position, now_us))
                if self._told.get(ticket.id) != told:
                    self._told[ticket.id] = told
                    note = {
                        "type": "queue.position",
                        "conversation_id": ticket.conversation_id,
                        "ticket_id": ticket.id,
                        "position": position,
                        "eta_s": told[1],
                    }
                    yield person_topic(floor.tenant_id, ticket.customer_id), note
            if self._board.get(queue_id) != len(keys):
                self._board[queue_id] = len(keys)
                yield staff_topic(floor.tenant_id), {"type": "queue.length", "queue_id": queue_id, "waiting": len(keys)}
