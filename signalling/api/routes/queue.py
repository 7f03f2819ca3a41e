"""The queue as customers and reps use it: to enter, to know one's place, to be called back; to answer, pick, transfer, sum up."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mediaserver.errors import Conflict, Forbidden, Unprocessable
from signalling.api.models import Body, ConversationId, RepId, TicketId, id_field
from signalling.api.operation import Context, Operations
from signalling.conversation import conversation
from signalling.identity.caller import ANYBODY, STAFF, SUPERVISORS, Role
from signalling.routing import roster, tickets
from signalling.routing.place import Place, place_of
from signalling.routing.tickets import WrapUp

operations = Operations("Queue")

QueueId = Annotated[str, id_field("que", "a queue")]
Channel = Literal["chat", "voice", "video"]
Reason = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_.-]*$", examples=["declined_payment"])]


class Entering(Body):
    """What for. Without a queue: the shop's first."""

    channel: Channel = "chat"
    queue_id: QueueId | None = None
    reason: Reason | None = None
    requirement: Annotated[str, Field(max_length=1000, examples=["billing >= 3 and language in (de, en)"])] | None = Field(
        default=None, description="What a rep must be able to do, besides what the queue asks. Staff only."
    )
    priority: Annotated[int, Field(ge=-100, le=100)] = Field(default=0, description="Minutes of waiting ahead. Staff only.")
    ticket_id: TicketId | None = Field(default=None, description="Made by the client, so that asking twice is harmless.")


class CallMeBack(Body):
    """How. Without a number: in the browser."""

    channel: Literal["voice", "video"] = "voice"
    number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{5,14}$", examples=["+493012345678"])] | None = None


class LobbyQuery(Body):
    """Whose."""

    queue_id: QueueId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class Places(BaseModel):
    """Places in the queue."""

    data: list[Place]


class TransferTo(Body):
    """To a queue, or first to a rep (and then, after `hold_s`, to whoever is free)."""

    queue_id: QueueId | None = None
    rep_id: RepId | None = None
    hold_s: Annotated[int, Field(ge=0, le=600)] = 60


class Reassignment(Body):
    """To whom. `force`: beyond their capacity."""

    rep_id: RepId
    force: bool = False


class MorePriority(Body):
    """A point is worth a minute of waiting."""

    points: Annotated[int, Field(ge=-100, le=100)]
    reason: Reason = "supervisor"


class Finishing(Body):
    """How it went; both may be left out."""

    code: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=4000)] = ""


class CallbackNumber(BaseModel):
    """Where the customer wants to be called; null: in the browser."""

    number: str | None


@operations.add("queue.enter", "POST", "/v1/conversations/{conversation_id}/queue", roles=ANYBODY, status=201)
async def enter(context: Context, conversation_id: ConversationId, body: Entering) -> Place:
    """Begins to wait for a rep.

    A conversation waits once per channel: asked again, it keeps its place. Outside the queue's hours the answer is `ended` with the outcome
    `closed` and `opens_at`, or a callback is offered, as the queue is set.
    """
    if not context.caller.staff and (body.priority or body.requirement is not None):
        raise Forbidden("Priority and requirement are the shop's to say.", code="staff_only")
    await context.read(conversation.require, context.caller, conversation_id)
    return await context.services.desk.enter(
        context.tenant_id,
        conversation_id,
        body.channel,
        body.requirement,
        body.priority,
        body.reason,
        queue_id=body.queue_id,
        ticket_id=body.ticket_id,
    )


@operations.add("queue.places", "GET", "/v1/conversations/{conversation_id}/queue", roles=ANYBODY)
async def places(context: Context, conversation_id: ConversationId) -> Places:
    """The conversation's places: position, estimate, offers, work."""
    rows = await context.read(tickets.of_conversation, context.caller, conversation_id)
    floor, now_us = context.services.desk.floor(context.tenant_id), context.services.store.clock()
    known = [floor.tickets[row.id] for row in rows if row.id in floor.tickets]
    return Places(data=[place_of(floor, ticket, now_us) for ticket in known])


@operations.add("queue.leave", "POST", "/v1/tickets/{ticket_id}/leave", roles=ANYBODY)
async def leave(context: Context, ticket_id: TicketId) -> None:
    """Waits no longer. Of one that waits no longer: nothing."""
    row = await context.read(tickets.require, context.caller, ticket_id)
    reason = "removed" if context.caller.staff else "customer"
    await context.services.desk.leave(context.tenant_id, row.id, reason)


@operations.add("queue.callback", "POST", "/v1/tickets/{ticket_id}/callback", roles=ANYBODY)
async def callback(context: Context, ticket_id: TicketId, body: CallMeBack) -> Place:
    """Go, keep the place, and be called when it is your turn."""
    row = await context.read(tickets.require, context.caller, ticket_id)
    if row.state == "ended":
        raise Conflict("This place is no more.", code="ended")
    place = await context.services.desk.callback(context.tenant_id, ticket_id, body.channel)
    await context.write(tickets.keep_number, context.tenant_id, ticket_id, body.number)
    return place


@operations.add("queue.keep_waiting", "POST", "/v1/tickets/{ticket_id}/keep-waiting", roles=ANYBODY)
async def keep_waiting(context: Context, ticket_id: TicketId) -> Place:
    """Rather wait: the queue's overflow (a callback, a message) begins anew."""
    await context.read(tickets.require, context.caller, ticket_id)
    return await context.services.desk.keep_waiting(context.tenant_id, ticket_id)


@operations.add("queue.lobby", "GET", "/v1/queue", roles=STAFF)
async def lobby(context: Context, query: LobbyQuery) -> Places:
    """Who waits, the next first."""
    desk = context.services.desk
    return Places(data=roster.lobby(desk.floor(context.tenant_id), query.queue_id, query.limit, context.services.store.clock()))


@operations.add("queue.accept", "POST", "/v1/tickets/{ticket_id}/accept", roles=STAFF)
async def accept(context: Context, ticket_id: TicketId) -> Place:
    """Takes what is offered."""
    await context.read(tickets.require, context.caller, ticket_id)
    await context.services.desk.answer(context.tenant_id, ticket_id, context.caller.id, True)
    return context.services.desk.place(context.tenant_id, ticket_id)


@operations.add("queue.decline", "POST", "/v1/tickets/{ticket_id}/decline", roles=STAFF)
async def decline(context: Context, ticket_id: TicketId) -> None:
    """Does not take what is offered: it goes to the next, and comes back only once all others had it."""
    await context.read(tickets.require, context.caller, ticket_id)
    await context.services.desk.answer(context.tenant_id, ticket_id, context.caller.id, False)


@operations.add("queue.pick", "POST", "/v1/tickets/{ticket_id}/pick", roles=STAFF)
async def pick(context: Context, ticket_id: TicketId) -> Place:
    """Takes somebody who waits, out of turn."""
    await context.read(tickets.require, context.caller, ticket_id)
    await context.write(tickets.meet, context.caller)
    return await context.services.desk.pick(context.tenant_id, ticket_id, context.caller.id)


@operations.add("queue.finish", "POST", "/v1/tickets/{ticket_id}/finish", roles=STAFF)
async def finish(context: Context, ticket_id: TicketId, body: Finishing) -> None:
    """Is through with it: capacity is given back, wrap-up begins."""
    row = await context.read(tickets.require_own, context.caller, ticket_id)
    if body.code or body.note:
        await context.write(tickets.sum_up, context.caller, ticket_id, body.code, body.note)
    await context.services.desk.finish(context.tenant_id, context.caller.id, row.conversation_id, row.channel)


@operations.add("queue.sum_up", "PUT", "/v1/tickets/{ticket_id}/wrap-up", roles=STAFF)
async def sum_up(context: Context, ticket_id: TicketId, body: Finishing) -> WrapUp:
    """Writes down how it went, in place of what was there."""
    return await context.write(tickets.sum_up, context.caller, ticket_id, body.code, body.note)


@operations.add("queue.wrap_up", "GET", "/v1/tickets/{ticket_id}/wrap-up", roles=STAFF)
async def wrap_up(context: Context, ticket_id: TicketId) -> WrapUp:
    """How it went."""
    return await context.read(tickets.wrap_up, context.caller, ticket_id)


@operations.add("queue.callback_number", "GET", "/v1/tickets/{ticket_id}/callback", roles=STAFF)
async def callback_number(context: Context, ticket_id: TicketId) -> CallbackNumber:
    """Where to call back. For the rep whose turn it is, and for supervisors."""
    row = await context.read(tickets.require, context.caller, ticket_id)
    if context.caller.role is Role.REP and row.rep_id != context.caller.id:
        raise Forbidden("The number is for the rep who calls.", code="not_yours")
    return CallbackNumber(number=await context.read(tickets.number_of, context.tenant_id, ticket_id))


@operations.add("queue.transfer", "POST", "/v1/tickets/{ticket_id}/transfer", roles=STAFF)
async def transfer(context: Context, ticket_id: TicketId, body: TransferTo) -> None:
    """Gives work away: it waits again, at its age, in a queue or for a rep."""
    if body.queue_id is None and body.rep_id is None:
        raise Unprocessable("To a queue or to a rep.", code="nobody", pointer="/queue_id")
    row = await context.read(tickets.require, context.caller, ticket_id)
    if context.caller.role is Role.REP and row.rep_id != context.caller.id:
        raise Forbidden("This is another rep's work.", code="not_yours")
    await context.services.desk.transfer(context.tenant_id, ticket_id, queue_id=body.queue_id, rep_id=body.rep_id, hold_s=body.hold_s)


@operations.add("queue.reassign", "POST", "/v1/tickets/{ticket_id}/reassign", roles=SUPERVISORS)
async def reassign(context: Context, ticket_id: TicketId, body: Reassignment) -> Place:
    """Gives it to this rep, whoever has it or is asked."""
    row = await context.read(tickets.require, context.caller, ticket_id)
    if row.state == "ended":
        raise Conflict("It is over.", code="ended")
    await context.read(tickets.require_rep, context.tenant_id, body.rep_id)
    return await context.services.desk.take(context.tenant_id, body.rep_id, row.conversation_id, row.channel, force=body.force)


@operations.add("queue.boost", "POST", "/v1/tickets/{ticket_id}/boost", roles=SUPERVISORS)
async def boost(context: Context, ticket_id: TicketId, body: MorePriority) -> None:
    """More (or less) priority."""
    row = await context.read(tickets.require, context.caller, ticket_id)
    await context.services.desk.boost(context.tenant_id, row.conversation_id, body.points, body.reason)
