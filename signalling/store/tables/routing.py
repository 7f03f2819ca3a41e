"""The queue: who waits, who can help, business hours."""

from signalling.store.tables.base import metadata

__all__ = ["metadata"]
