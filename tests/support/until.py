"""Waiting for a condition rather than for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable

WITHIN_S = 30.0


async def until(condition: Callable[[], Awaitable[bool]], within_s: float = WITHIN_S) -> None:
    """Returns when it holds; fails when it does not in time."""
    end_s = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < end_s, f"gave up waiting for {condition.__qualname__}"
        await asyncio.sleep(0.05)
