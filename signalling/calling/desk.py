"""What calls ask of the desk, and how: chores that were written with the change that wants them, done after its commit.

`QueueDesk` is the seam (`routing.desk.Desk` is one). For `calls`, which runs `do` for one chore after the other until each is done: at
least once, in order, so that whatever the desk is told twice must be harmless there.

The desk has one ticket for a conversation and channel, with one rep: `take` moves it to whoever the call is now, `requeue` lets it wait
again. What the desk refuses for good (a 4xx) is not asked again: a ticket that cannot be had ends the call or the transfer with the
desk's reason, an offer that had expired when its rep accepted is taken by force, everything else is over there already.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from sqlalchemy import Row, delete, select

from mediaserver.errors import RemoteError, Unavailable
from signalling.calling import handover, records, ring
from signalling.calling.call import BEFORE, Call, Media, State
from signalling.calling.transfer import TransferEvent, TransferState
from signalling.conversation.timeline import SYSTEM
from signalling.store import Store, Transaction
from signalling.store.tables.calling import call_chores

log = logging.getLogger(__name__)

CHORES_MOST = 100
# A customer who is being transferred has waited once already.
TRANSFER_PRIORITY = 10
Channel = Literal["chat", "voice", "video"]
# A call's ticket is of the channel it began with; the call may have gone from one to the other since.
CHANNELS: tuple[Channel, ...] = ("voice", "video")


class Ticket(Protocol):
    """A place in the queue. `state`: `ended` where it was over at once (outside business hours); `outcome`: why."""

    @property
    def id(self) -> str:
        """`tick_...`."""

    @property
    def state(self) -> str:
        """waiting | offered | assigned | ended."""

    @property
    def outcome(self) -> str:
        """In one word."""


class QueueDesk(Protocol):
    """See the module."""

    async def enter(
        self,
        tenant_id: str,
        conversation_id: str,
        channel: Channel = "chat",
        requirement: Any = None,
        priority: int = 0,
        reason: str | None = None,
        call_id: str | None = None,
    ) -> Ticket:
        """A place in the queue."""

    async def leave(self, tenant_id: str, ticket_id: str, reason: str = "customer") -> bool:
        """Gives it up. False where it did not wait."""

    async def answer(self, tenant_id: str, ticket_id: str, rep_id: str, accepted: bool) -> None:
        """A rep's word on an offer."""

    async def take(self, tenant_id: str, rep_id: str, conversation_id: str, channel: Channel, *, force: bool = False) -> Ticket:
        """Makes the conversation's ticket this rep's, wherever it was."""

    async def transfer(
        self,
        tenant_id: str,
        ticket_id: str,
        *,
        queue_id: str | None = None,
        rep_id: str | None = None,
        hold_s: int = 60,
        requirement: Any = None,
    ) -> None:
        """Lets a rep's ticket wait again."""

    async def finish(self, tenant_id: str, rep_id: str, conversation_id: str, channel: Channel) -> None:
        """Ends a rep's work; wrap-up begins. Nothing where it is not theirs."""


def waiting(tx: Transaction) -> list[Row[Any]]:
    """A work: the chores that are to be done, in order."""
    return list(tx.all(select(call_chores).order_by(call_chores.c.id).limit(CHORES_MOST)))


async def do(desk: QueueDesk, store: Store, row: Row[Any]) -> None:
    """Does one chore and takes it away. Unavailable where it is to be tried again."""
    arguments: Mapping[str, Any] = json.loads(row.arguments)
    tenant_id, conversation_id = row.tenant_id, row.conversation_id
    try:
        match row.what:
            case "enter" | "requeue":
                await _enter(desk, store, row, arguments)
            case "leave":
                await desk.leave(tenant_id, arguments["ticket_id"], arguments["reason"])
            case "answer":
                await _answer(desk, row, arguments)
            case "take":
                await desk.take(tenant_id, arguments["rep_id"], conversation_id, arguments["channel"], force=True)
            case "finish":
                for channel in CHANNELS:
                    await desk.finish(tenant_id, arguments["rep_id"], conversation_id, channel)
    except Unavailable:
        raise
    except RemoteError as error:
        log.info("The desk refuses: what=%s call=%s code=%s", row.what, row.call_id, error.code)
    await store.write(_done, tenant_id, row.id)


async def _enter(desk: QueueDesk, store: Store, row: Row[Any], arguments: Mapping[str, Any]) -> None:
    wanted: Media | None = await store.read(_wants_ticket, row.tenant_id, row.call_id, arguments["transfer_id"])
    if wanted is None:
        return
    try:
        ticket = await (_requeued if row.what == "requeue" else _fresh)(desk, row, arguments, wanted)
    except Unavailable:
        raise
    except RemoteError as error:
        await store.write(refused, row.tenant_id, row.call_id, arguments["transfer_id"], error.code)
        return
    if ticket.state == "ended":
        await store.write(refused, row.tenant_id, row.call_id, arguments["transfer_id"], ticket.outcome)
    elif not await store.write(_entered, row.tenant_id, row.call_id, arguments["transfer_id"], ticket.id):
        await desk.leave(row.tenant_id, ticket.id, "call_ended")


async def _fresh(desk: QueueDesk, row: Row[Any], arguments: Mapping[str, Any], channel: Media) -> Ticket:
    transfer = arguments["transfer_id"] is not None
    return await desk.enter(
        row.tenant_id,
        row.conversation_id,
        channel,
        requirement=arguments["requirement"],
        priority=TRANSFER_PRIORITY if transfer else 0,
        reason="transfer" if transfer else "call",
        call_id=row.call_id,
    )


async def _requeued(desk: QueueDesk, row: Row[Any], arguments: Mapping[str, Any], _: Media) -> Ticket:
    ticket = await desk.take(row.tenant_id, arguments["rep_id"], row.conversation_id, arguments["channel"], force=True)
    await desk.transfer(row.tenant_id, ticket.id, requirement=arguments["requirement"])
    return ticket


async def _answer(desk: QueueDesk, row: Row[Any], arguments: Mapping[str, Any]) -> None:
    rep_id, accepted = arguments["rep_id"], arguments["accepted"]
    try:
        await desk.answer(row.tenant_id, arguments["ticket_id"], rep_id, accepted)
    except Unavailable:
        raise
    except RemoteError:
        if not accepted:
            raise
        # The offer was over when they accepted; they talk all the same, and nobody else is to be asked.
        await desk.take(row.tenant_id, rep_id, row.conversation_id, arguments["channel"], force=True)
        await desk.leave(row.tenant_id, arguments["ticket_id"], "accepted")


def _done(tx: Transaction, tenant_id: str, chore_id: str) -> None:
    tx.execute(delete(call_chores).where(call_chores.c.tenant_id == tenant_id, call_chores.c.id == chore_id))


def _wants_ticket(tx: Transaction, tenant_id: str, call_id: str, transfer_id: str | None) -> Media | None:
    """In which channel, where it still wants one."""
    call = records.find(tx, tenant_id, call_id, lock=False)
    return call.media if call is not None and _wants(call, transfer_id) else None


def _wants(call: Call, transfer_id: str | None) -> bool:
    if transfer_id is None:
        return call.state is State.REQUESTED
    transfer = call.pending
    return transfer is not None and transfer.id == transfer_id and transfer.state is TransferState.WAITING and not transfer.ticket_id


def _entered(tx: Transaction, tenant_id: str, call_id: str, transfer_id: str | None, ticket_id: str) -> bool:
    """The ticket is made; whether it is still wanted. An offer may have been quicker than this, and has brought the ticket with it."""
    call = records.load(tx, tenant_id, call_id)
    transfer = call.pending
    if (transfer.ticket_id if transfer is not None and transfer_id else call.ticket_id) == ticket_id:
        return True
    if not _wants(call, transfer_id):
        # Accepted meanwhile: the ticket is used up. Ended: it is to be given back.
        return call.state not in BEFORE and any(leg.ticket_id == ticket_id for leg in call.legs)
    if transfer is not None and transfer_id is not None:
        transfer.ticket_id = ticket_id
    else:
        ring.queued(call, ticket_id)
    records.save(tx, call, SYSTEM)
    return True


def refused(tx: Transaction, tenant_id: str, call_id: str, transfer_id: str | None, reason: str) -> None:
    """A work: the desk cannot serve it: ends the call, or leads the transfer back."""
    call = records.load(tx, tenant_id, call_id)
    if transfer_id is not None:
        transfer = call.pending
        if transfer is None or transfer.id != transfer_id or transfer.state is not TransferState.WAITING:
            return
        transfer.ticket_id = None
        handover.failed(call, TransferEvent.FAIL, tx.now_us)
    elif call.state in (State.REQUESTED, State.QUEUED):
        call.ticket_id = None
        ring.fail(call, reason or "unavailable", tx.now_us)
    else:
        return
    call.settle(tx.now_us)
    records.save(tx, call, SYSTEM)
