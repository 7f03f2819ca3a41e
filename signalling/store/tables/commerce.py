"""Catalogue, carts, orders, payments, grants."""

from signalling.store.tables.base import metadata

__all__ = ["metadata"]
