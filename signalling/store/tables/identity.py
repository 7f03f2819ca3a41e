"""Sites, customers, reps, sessions' revocation, API keys."""

from signalling.store.tables.base import metadata

__all__ = ["metadata"]
