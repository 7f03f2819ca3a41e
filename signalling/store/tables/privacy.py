"""Consents, audit, retention, erasures."""

from signalling.store.tables.base import metadata

__all__ = ["metadata"]
