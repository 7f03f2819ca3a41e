"""The bus: tells whoever listens that something happened. In this process; another implementation may span machines.

For readers of the timeline (sockets, routing, media policy, webhooks). Carries hints, not truth: what was published was committed before,
and may arrive late, doubled or out of order where a network is between; a reader who needs every entry compares `seq` and reads the gap
from the store. Never awaits and never fails because of a listener.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

log = logging.getLogger(__name__)

Listener = Callable[[str, Any], None]


class Bus(Protocol):
    """What a bus can do. All calls on the loop's thread."""

    def publish(self, topic: str, message: Any) -> None:
        """Hands `message` (treat it as frozen) to every listener of this very topic."""

    def subscribe(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Calls `listener(topic, message)` for what is published from now on, until the returned function is called."""


class LocalBus:
    """Within one process and one loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[int, Listener]] = {}
        self._next = 0

    def publish(self, topic: str, message: Any) -> None:
        """See `Bus`."""
        listeners = self._listeners.get(topic)
        if not listeners:
            return
        for listener in tuple(listeners.values()):
            try:
                listener(topic, message)
            except Exception:  # one reader's fault is not the publisher's
                log.exception("A listener failed: topic=%s", topic.partition("/")[0])

    def subscribe(self, topic: str, listener: Listener) -> Callable[[], None]:
        """See `Bus`."""
        number = self._next = self._next + 1
        self._listeners.setdefault(topic, {})[number] = listener

        def cancel() -> None:
            listeners = self._listeners.get(topic)
            if listeners is not None:
                listeners.pop(number, None)
                if not listeners:
                    del self._listeners[topic]

        return cancel


def conversation_topic(tenant_id: str, conversation_id: str) -> str:
    """Entries and ephemeral notes of one conversation."""
    return f"conversation/{tenant_id}/{conversation_id}"


def tenant_topic(tenant_id: str) -> str:
    """Every entry of every conversation of a tenant: what lobby, routing and webhooks watch."""
    return f"tenant/{tenant_id}"


def staff_topic(tenant_id: str) -> str:
    """Ephemeral notes for a tenant's reps: queue, presence, board."""
    return f"staff/{tenant_id}"


def person_topic(tenant_id: str, person_id: str) -> str:
    """Ephemeral notes for one rep or one customer: offers, rings, positions."""
    return f"person/{tenant_id}/{person_id}"


# Every entry of every tenant: readers that serve the whole process.
EVERYTHING = "timeline"
