"""Payments as a running service: asks providers, outside any transaction, and repairs what was left half done.

For the doors. Each change comes in three steps: the wish is stored with its key, the provider is asked with that key, the answer is
stored. A crash between any two is repaired by `pass_once`, which repeats the last one with the same key; it also asks after payments whose
webhook never came, ends links and payment steps whose time is up, and looks after refunds. Invariant: nothing waits for a provider while
it holds a transaction.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row

from mediaserver.errors import Conflict, NotFound, RemoteError, Unauthorized, Unavailable
from signalling import tenants
from signalling.bus import Bus
from signalling.commerce import payment, payment_refund, payment_step
from signalling.commerce.payable import Ledger
from signalling.commerce.payment_state import OPEN, Event, State
from signalling.commerce.payment_view import charge_of
from signalling.commerce.providers.provider import Link, NotGenuine, Notice, Provider, ProviderDown, ProviderRefused, Refunded
from signalling.commerce.providers.providers import made
from signalling.config import Settings
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.store import Store, Transaction
from signalling.times import SECOND_US

log = logging.getLogger(__name__)

# How often to see what is due: an expired link ends this late at most.
TICK_S: Final = 1.0
# Within this somebody who asked gets an answer, with the link or without it. Stripe takes about a second.
WAIT_S: Final = 10.0
# Providers' answers waited for at a time: a slow one must not keep all other tenants' payments waiting.
AT_ONCE: Final = 8
# After this without an answer a payment that never got a link is given up: Stripe forgets keys after a day.
GIVEN_UP_US: Final = 23 * 3600 * SECOND_US


class Payments:
    """See the module."""

    def __init__(self, settings: Settings, store: Store, bus: Bus, ledger: Ledger, public_url: Callable[[], str]) -> None:
        self.settings = settings
        self.store = store
        self.bus = bus
        self.ledger = ledger
        self.public_url = public_url
        self.stripe_url = settings.stripe_url
        self._providers: dict[tuple[str, str], tuple[Mapping[str, Any], Provider]] = {}
        self._task: asyncio.Task[None] | None = None

    async def create(self, caller: Caller, conversation_id: str, wish: payment.Wish) -> str:
        """Opens a payment for an order or cart and asks for its link; its id. Where the provider is away, the link comes later."""
        name = await self.store.read(_provider_name, caller.tenant_id)
        payment_id = await self.store.write(payment.open_, caller, conversation_id, wish, self.ledger, name, self.public_url())
        await self._briefly(self.fetch_link(caller.tenant_id, payment_id))
        return payment_id

    async def fetch_link(self, tenant_id: str, payment_id: str) -> None:
        """Asks the provider for the page of a payment that has none yet. Whatever it answers is stored; never raises because of it."""
        row = await self.store.read(payment.find, tenant_id, payment_id)
        if row is None or State(row.state) is not State.CREATED:
            return
        charge = await self.store.read(charge_of, row)
        try:
            link = await (await self.provider(tenant_id, row.provider)).link(charge)
        except ProviderRefused as error:
            if row.expires_at_us <= self.store.clock():
                await self._apply(row, Notice(Event.EXPIRED, payment_id=payment_id))
            else:
                await self._apply(row, Notice(Event.REFUSED, payment_id=payment_id, reason=error.code))
        except ProviderDown as error:
            log.warning("A payment provider is away: provider=%s", row.provider)
            if row.created_at_us + GIVEN_UP_US <= self.store.clock():
                await self._apply(row, Notice(Event.EXPIRED, payment_id=payment_id))
            else:
                await self._later(row, error.retry_after_s)
        else:
            await self._linked(row, link)

    async def _linked(self, row: Row[Any], link: Link) -> None:
        await self.store.write(payment.take_link, row.tenant_id, row.id, link, self.ledger)

    async def look(self, row: Row[Any]) -> None:
        """Asks what became of a payment, and ends it where its time is up."""
        provider = await self.provider(row.tenant_id, row.provider)
        charge = await self.store.read(charge_of, row)
        reference = row.reference or ""
        try:
            notice = await provider.look(charge, reference)
            over = row.expires_at_us <= self.store.clock() and State(row.state) is State.LINK_CREATED
            if notice is None and over:
                with contextlib.suppress(ProviderRefused):  # it has ended there too; which way, the second look tells
                    await provider.cancel(charge, reference)
                notice = await provider.look(charge, reference) or Notice(Event.EXPIRED, payment_id=row.id)
        except ProviderRefused as error:
            log.warning("A payment cannot be looked after: provider=%s code=%s", row.provider, error.code)
            await self._later(row, 0)
            return
        except ProviderDown as error:
            await self._later(row, error.retry_after_s)
            return
        if notice is None or not await self._apply(row, notice):
            await self._later(row, 0)

    async def cancel(self, caller: Caller, payment_id: str) -> None:
        """Nobody can pay there any more. Conflict where it is too late; then the payment tells what it has become."""
        row = await self.store.read(payment.require, caller, payment_id)
        state = State(row.state)
        if state is State.CANCELLED:
            return
        if state not in OPEN or state is State.PROCESSING:
            raise Conflict(f"A payment that is {state.value} cannot be cancelled.", code="payment_state")
        if state is State.LINK_CREATED:
            charge = await self.store.read(charge_of, row)
            provider = await self.provider(row.tenant_id, row.provider)
            try:
                await provider.cancel(charge, row.reference)
            except ProviderRefused:
                await self.look(row)
                after = await self.store.read(payment.require, caller, payment_id)
                if after.reason != "amount_mismatch" and State(after.state) in OPEN:
                    raise Conflict("The payment's provider does not cancel it.", code="payment_state") from None
            except ProviderDown as error:
                raise _away(error) from None
        await self.store.write(
            payment.apply, row.tenant_id, row.provider, Notice(Event.CANCELLED, payment_id=row.id), self.ledger, caller.actor
        )

    async def refund(self, caller: Caller, payment_id: str, amount: int | None, refund_id: str | None) -> str:
        """Gives money back; the refund's id. Where the provider is away, it is asked again until it answers."""
        made_id = await self.store.write(payment_refund.ask, caller, payment_id, amount, refund_id)
        row = await self.store.read(payment_refund.one, caller.tenant_id, made_id)
        if row is not None:
            await self._briefly(self.pursue_refund(row))
        return made_id

    async def pursue_refund(self, row: Row[Any]) -> None:
        """Asks for a refund, or after one that was pending. `row` as `payment_refund.due_rows` gives it."""
        if row.status not in payment_refund.UNDER_WAY:
            return
        provider = await self.provider(row.tenant_id, row.provider)
        try:
            if row.status == "requested":
                outcome = await provider.refund(row.id, row.receipt or "", row.amount, row.currency)
            else:
                outcome = await provider.look_refund(row.reference)
        except ProviderDown as error:
            backoff_s = min(error.retry_after_s * (1 << min(row.attempts, 10)), 3600)
            await self.store.write(payment_refund.later, row.tenant_id, row.id, in_us=int(backoff_s * SECOND_US))
        except ProviderRefused as error:
            refused = Refunded(row.reference or "", "failed", error.code)
            await self.store.write(payment_refund.take, row.tenant_id, row.id, refused, self.ledger)
        else:
            await self.store.write(payment_refund.take, row.tenant_id, row.id, outcome, self.ledger)

    async def receive(self, name: str, tenant_id: str, headers: Mapping[str, str], raw: bytes) -> str:
        """A webhook of a provider's: `applied`, `repeated` or `ignored`. Unauthorized for one it did not sign, which changes nothing."""
        try:
            if await self.store.read(_provider_name, tenant_id) != name:
                raise NotGenuine("this tenant has another provider")
            notice = (await self.provider(tenant_id, name)).verify(headers, raw, self.store.clock())
        except (NotGenuine, NotFound, Conflict):
            raise Unauthorized("The signature does not verify.", code="signature") from None
        if notice is None:
            return "ignored"
        return "applied" if await self.store.write(payment.apply, tenant_id, name, notice, self.ledger) else "repeated"

    async def tell(self, tenant_id: str, provider: str, notice: Notice, actor: Actor) -> bool:
        """What the sandbox's page tells."""
        return await self.store.write(payment.apply, tenant_id, provider, notice, self.ledger, actor)

    async def provider(self, tenant_id: str, name: str) -> Provider:
        """The tenant's account. Conflict where it is not set up."""
        secret = await self.store.read(tenants.secret, tenant_id, "payments") or {}
        kept = self._providers.get((tenant_id, name))
        if kept is not None and kept[0] == secret:
            return kept[1]
        fresh = made(name, secret, self.stripe_url)
        self._providers[tenant_id, name] = (secret, fresh)
        if kept is not None:
            await kept[1].close()
        return fresh

    async def pass_once(self) -> int:
        """Everything that is due now, of all tenants. How much there was. A fault of one does not keep the others waiting."""
        steps, rows, back = await self.store.read(_due)
        if steps:
            await self.store.write(payment_step.time_out)
        at_once = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for row in rows:
                creating = State(row.state) is State.CREATED
                chore = self.fetch_link(row.tenant_id, row.id) if creating else self.look(row)
                group.create_task(self._spared(at_once, chore, row, payment.see))
            for row in back:
                group.create_task(self._spared(at_once, self.pursue_refund(row), row, payment_refund.later))
        return steps + len(rows) + len(back)

    async def _spared(self, at_once: asyncio.Semaphore, chore: Awaitable[None], row: Row[Any], later: Any) -> None:
        async with at_once:
            try:
                await chore
            except Unavailable as error:
                log.warning("A payment is not looked after at the moment: %s", error.code)
            except RemoteError as error:  # an account that is no longer set up
                log.warning("A payment cannot be looked after: provider=%s code=%s", row.provider, error.code)
                await self.store.write(later, row.tenant_id, row.id, in_us=payment.LOOK_MOST_US)
            except Exception:  # one payment's fault (its tenant was erased meanwhile) must not end the pass over all others
                log.exception("Looking after a payment failed: provider=%s", row.provider)
                await self.store.write(later, row.tenant_id, row.id, in_us=payment.LOOK_MOST_US)

    async def _briefly(self, chore: Awaitable[None]) -> None:
        """Whoever asks for a payment is not kept waiting by a provider that is slow: what is not done by then is done by `pass_once`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                await chore

    async def _apply(self, row: Row[Any], notice: Notice) -> bool:
        return await self.store.write(payment.apply, row.tenant_id, row.provider, notice, self.ledger)

    async def _later(self, row: Row[Any], asked_s: float) -> None:
        first_us = payment.LOOK_US[State(row.state)]
        wait_us = max(int(asked_s * SECOND_US), min(first_us << min(row.attempts, 16), payment.LOOK_MOST_US))
        left_us = row.expires_at_us - self.store.clock()
        if State(row.state) is State.LINK_CREATED and left_us > 0:
            wait_us = min(wait_us, left_us)  # its end is seen in time
        await self.store.write(payment.see, row.tenant_id, row.id, in_us=wait_us)

    async def start(self) -> None:
        """Begins looking after what is due."""
        self._task = asyncio.create_task(self._run(), name="payments")

    async def stop(self) -> None:
        """Ends. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for _, provider in self._providers.values():
            await provider.close()
        self._providers.clear()

    async def _run(self) -> None:
        passes = 0
        while True:
            try:
                await self.pass_once()
                if passes % 3600 == 0:
                    await self.store.write(payment.forget_events)
                passes += 1
            except RemoteError as error:
                log.warning("Payments are not looked after at the moment: %s", error.code)
            except Exception:  # one pass's fault must not end all later ones
                log.exception("Looking after payments failed")
            await asyncio.sleep(TICK_S)


def _due(tx: Transaction) -> tuple[int, Sequence[Row[Any]], Sequence[Row[Any]]]:
    return payment_step.due(tx), payment.due_rows(tx), payment_refund.due_rows(tx)


def _provider_name(tx: Transaction, tenant_id: str) -> str:
    return tenants.settings(tx, tenant_id).payment_provider


def _away(error: ProviderDown) -> Unavailable:
    return Unavailable("The payment provider does not answer. Try again.", code="provider", retry_after_s=error.retry_after_s)
