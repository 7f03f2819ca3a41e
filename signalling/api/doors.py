"""What both doors share while they are open: rate limits, requests under way, and the cleaning of kept answers.

For `perform` and the edge, as one of the core's services. Invariant: what is kept here is bounded, and losing it (a restart) harms nobody.
"""

import asyncio
import logging
import time

from mediaserver.errors import Unavailable
from signalling.api.idempotency import CLEANED_AT_ONCE, InFlight, clean
from signalling.api.limits import Limiter, Rate, Verdict
from signalling.api.origins import Origins
from signalling.bus import Bus
from signalling.config import Settings
from signalling.store import Store

log = logging.getLogger(__name__)

CLEANING_EVERY_S = 600.0
# Tokens that do not verify, from one address: a person mistypes, a program guesses.
REFUSALS_PER_MINUTE = 120


class Doors:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.in_flight = InFlight()
        self.origins = Origins(store)
        self.limiter = Limiter(
            {
                "read": Rate(settings.rate_limit_reads_per_min),
                "write": Rate(settings.rate_limit_writes_per_min),
                "login": Rate(settings.rate_limit_logins_per_min),
                "inbound": Rate(settings.rate_limit_inbound_per_min),
                "refused": Rate(REFUSALS_PER_MINUTE if settings.rate_limit_logins_per_min else 0),
            }
        )
        self._cleaning: asyncio.Task[None] | None = None

    def admit(self, limit: str, who: str) -> Verdict | None:
        """Counts one request. TooMany (429) beyond the limit; None where there is none."""
        verdict = self.limiter.take(limit, who, time.monotonic())
        if verdict is not None:
            verdict.require()
        return verdict

    def refused(self, address: str) -> None:
        """A token from this address did not verify."""
        self.limiter.take("refused", address, time.monotonic())

    def patience(self, address: str) -> None:
        """TooMany (429) for an address that has sent too many tokens that do not verify."""
        verdict = self.limiter.exhausted("refused", address, time.monotonic())
        if verdict is not None:
            verdict.require()

    async def clean(self) -> int:
        """Forgets kept answers whose time is over. How many."""
        done = 0
        while (now := await self.store.write(clean)) > 0:
            done += now
            if now < CLEANED_AT_ONCE:
                break
        return done

    async def start(self) -> None:
        """Begins."""
        self._cleaning = asyncio.create_task(self._clean_again_and_again(), name="doors-cleaning")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        if self._cleaning is not None:
            self._cleaning.cancel()
            await asyncio.gather(self._cleaning, return_exceptions=True)
            self._cleaning = None

    async def _clean_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(CLEANING_EVERY_S)
            try:
                await self.clean()
            except Unavailable:
                log.info("Kept answers are cleaned later: the database is away")
