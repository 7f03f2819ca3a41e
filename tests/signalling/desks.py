"""What tests of the desk share: conversations, tickets, listening to its decisions."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from signalling.app import SignallingCore
from signalling.conversation import conversation
from signalling.identity.caller import Caller
from signalling.routing.decisions import TOPIC
from tests.signalling.people import CUSTOMER, TENANT

BOUND_S = 30.0


class Heard:
    """Decisions in the order in which the bus told them."""

    def __init__(self, core: SignallingCore) -> None:
        self.all: list[Any] = []
        self._news = asyncio.Event()
        self.cancel = core.bus.subscribe(TOPIC, self._hear)

    def _hear(self, _: str, decision: Any) -> None:
        self.all.append(decision)
        self._news.set()

    async def until(self, kind: type, where: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first decision of this kind that fits; waits for it."""
        deadline = time.monotonic() + BOUND_S
        while True:
            for decision in self.all:
                if isinstance(decision, kind) and where(decision):
                    return decision
            self._news.clear()
            async with asyncio.timeout(max(0.01, deadline - time.monotonic())):
                await self._news.wait()


async def conversation_of(core: SignallingCore, caller: Caller = CUSTOMER, tenant_id: str = TENANT) -> str:
    """A new conversation of this customer's."""
    made = await core.store.write(conversation.begin, tenant_id, caller.id, caller.actor)
    return made.id
