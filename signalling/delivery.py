"""Delivers the outbox: webhooks and mail, at least once, in order, with patience.

One loop takes what is due and gives each row to a task; a lane has one row under way at a time. What came of it is written down before
the next row of its lane is taken. Woken by new rows (bus), by the next due time, and every minute in case a hint was lost. A database
that is away stops nothing but this.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp

from mediaserver.errors import LocalError, RemoteError, Unprocessable
from signalling import addresses, outbox, webhooks
from signalling.bus import Bus
from signalling.channels import email
from signalling.config import Settings
from signalling.outbox import Due
from signalling.store import Store
from signalling.times import SECOND_US

log = logging.getLogger(__name__)

CONCURRENT = 32  # a receiver that answers slowly must not hold up the others
PER_TARGET = 8
ATTEMPT_S = 20.0
IDLE_S = 60.0
# What is done can be replayed for a week.
KEEP_US = 7 * 24 * 3600 * SECOND_US
FORGET_ROWS = 500
ANSWER_BYTES = 16 * 1024  # read, so that the connection can be used again; looked at by nobody

# (kind of target, outcome, seconds since the row was made)
Observer = Callable[[str, str, float], None]


class Delivery:
    """See the module. `observer` is told each attempt: done, failed or dead."""

    def __init__(self, settings: Settings, store: Store, bus: Bus) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.observer: Observer = lambda target, outcome, lag_s: None
        self._wake = asyncio.Event()
        self._under_way: dict[str, Due] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._client: aiohttp.ClientSession | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begins to deliver, first of all what was left from the last time."""
        self._client = addresses.client(private=self.settings.webhook_private_addresses, total_s=ATTEMPT_S)
        self._unsubscribe = self.bus.subscribe(outbox.TOPIC, lambda topic, message: self._wake.set())
        self._loop = asyncio.create_task(self._run(), name="delivery")

    async def stop(self) -> None:
        """Breaks off what is under way, which will be delivered after the next start. Idempotent."""
        self._unsubscribe()
        tasks = [*self._tasks, *([self._loop] if self._loop is not None else [])]
        self._loop = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing is delivered meanwhile: for maintenance, and for tests."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()

    async def _run(self) -> None:
        forget_at_us = 0
        while True:
            self._wake.clear()
            wait_s = IDLE_S
            try:
                await self._take()
                now_us = self.store.clock()
                if now_us >= forget_at_us:
                    # Until less than a portion is left; the next look is an hour later.
                    if await self.store.write(outbox.forget_done, now_us - KEEP_US, FORGET_ROWS) < FORGET_ROWS:
                        forget_at_us = now_us + 3600 * SECOND_US
                    else:
                        self._wake.set()
                if len(self._tasks) < CONCURRENT and (due_us := await self.store.read(outbox.next_due_us)) is not None:
                    wait_s = min(IDLE_S, max(0.0, (due_us - self.store.clock()) / SECOND_US))
                    if wait_s == 0.0 and self._tasks:  # it is under way, or behind what is: whose end wakes us
                        wait_s = IDLE_S
            except RemoteError as error:  # the database is away
                wait_s = getattr(error, "retry_after_s", None) or 1.0
            except Exception:
                log.exception("Delivery failed; it goes on in a minute")
            with suppress(TimeoutError):
                # Not wait_for, which before Python 3.12 loses a cancellation that comes together with the waking.
                async with asyncio.timeout(max(wait_s, 0.01)):
                    await self._wake.wait()

    async def _take(self) -> None:
        room = CONCURRENT - len(self._tasks)
        if room <= 0:
            return
        for row in await self.store.read(outbox.due, self.store.clock(), room, tuple(self._under_way)):
            busy = [each for each in self._under_way.values() if each.target == row.target and each.tenant_id == row.tenant_id]
            if row.target != email.TARGET and len(busy) >= PER_TARGET:
                continue
            self._under_way[row.id] = row
            task = asyncio.create_task(self._deliver(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, row: Due) -> None:
        try:
            if row.target == email.TARGET:
                await self._mail(row)
            else:
                await self._webhook(row)
        except RemoteError:
            # The database is away and what came of this attempt is not written down: the row is due again when it is back.
            await asyncio.sleep(1.0)
        except Exception:
            log.exception("A delivery failed: kind=%s", row.target.partition(":")[0])
            await asyncio.sleep(1.0)
        finally:
            self._under_way.pop(row.id, None)
            self._wake.set()

    async def _webhook(self, row: Due) -> None:
        endpoint_id = row.target.partition(":")[2]
        to = await self.store.read(webhooks.address, row.tenant_id, endpoint_id)
        if to is None:
            await self._failed(row, "the endpoint is disabled", None, None)
            return
        body = webhooks.payload(row.body)
        now_us = self.store.clock()
        try:
            url = addresses.checked_url(to.url, private=self.settings.webhook_private_addresses)
            assert self._client is not None, "start() first"
            async with self._client.post(
                url, data=body, headers=webhooks.headers(row.id, body, to.secrets, now_us), allow_redirects=False
            ) as answer:
                status, retry_after = answer.status, webhooks.retry_after_s(answer.headers.get("Retry-After"), now_us)
                await answer.content.read(ANSWER_BYTES)
        except Unprocessable as error:
            await self._failed(row, error.detail, None, None)
            return
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            await self._failed(row, f"no answer ({type(error).__name__})", None, webhooks.retry_at_us(row.attempts + 1, now_us, None))
            return
        if 200 <= status < 300:
            await self.store.write(outbox.delivered, row, status)
            self._observe(row, "done")
        elif status == 410:
            await self.store.write(webhooks.disable, row.tenant_id, endpoint_id, "the receiver answered 410 Gone")
            self._observe(row, "dead")
        else:
            reason = "a redirect, which is not followed" if 300 <= status < 400 else f"answered {status}"
            await self._failed(row, reason, status, webhooks.retry_at_us(row.attempts + 1, now_us, retry_after))

    async def _mail(self, row: Due) -> None:
        now_us = self.store.clock()
        retry_at_us = webhooks.retry_at_us(row.attempts + 1, now_us, None)
        try:
            to = email.server(self.settings.smtp_url)
            mail = email.message(row.body, sender=self.settings.mail_from, row_id=row.id, created_at_us=row.created_at_us)
            await email.send(mail, to)
        except LocalError:
            await self._failed(row, "no mail server is configured", None, retry_at_us)
        except email.MailRefused as error:
            await self._failed(row, str(error), error.code, None if error.permanent else retry_at_us)
        else:
            await self.store.write(outbox.delivered, row, 250)
            self._observe(row, "done")

    async def _failed(self, row: Due, error: str, status: int | None, retry_at_us: int | None) -> None:
        await self.store.write(outbox.failed, row, error, status, retry_at_us)
        self._observe(row, "failed" if retry_at_us is not None else "dead")

    def _observe(self, row: Due, outcome: str) -> None:
        self.observer(row.target.partition(":")[0], outcome, (self.store.clock() - row.created_at_us) / SECOND_US)


def configured_mail(settings: Settings) -> bool:
    """Whether mail can be sent at all."""
    return bool(settings.smtp_url and settings.mail_from)
