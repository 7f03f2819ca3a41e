"""Calls, their legs and transfers."""

from signalling.store.tables.base import metadata

__all__ = ["metadata"]
