"""How calls begin and are left, as units of work: asked for, found, accepted, declined, cancelled, hung up.

For `api.routes.calls` and `calls`. Every work gives the call as its caller sees it. Doing again what is done already changes nothing and
is no error, so that a client may repeat whatever got no answer. What is done to a call that runs is `steering`'s.
"""

from sqlalchemy import select

from mediaserver.errors import Conflict, Forbidden
from signalling.calling import acting, attendance, records, ring
from signalling.calling.call import BEFORE, Call, Media, State, Times
from signalling.calling.leg import ENTERED, Leg, LegEvent, LegState
from signalling.calling.views import CallView, view
from signalling.conversation import conversation
from signalling.identity.caller import SUPERVISORS, Caller
from signalling.ids import new_id
from signalling.routing import requirement as requirements
from signalling.store import Transaction
from signalling.store.tables.calling import call_legs, calls
from signalling.store.tables.conversation import timeline

LIST_MOST = 100


def request(
    tx: Transaction,
    caller: Caller,
    conversation_id: str,
    *,
    call_id: str,
    media: Media,
    times: Times,
    to: str = "anybody",
    requirement: str | None = None,
) -> CallView:
    """A customer asks for a call (`to`: `rep`, their own, with the queue behind; `queue`; `anybody`: their own rep where there is one), or
    the conversation's rep, or a supervisor, rings the customer."""
    requirements.read(requirement)
    row = conversation.require(tx, caller, conversation_id)
    existing = records.find(tx, caller.tenant_id, call_id)
    if existing is not None:
        if existing.conversation_id != conversation_id:
            raise Conflict("This call id is another call's.", code="id_taken")
        return view(existing, caller)
    if row.status != "open":
        raise Conflict("The conversation is closed.", code="conversation_closed")
    if tx.first(select(calls.c.id).where(calls.c.tenant_id == caller.tenant_id, calls.c.open_conversation_id == conversation_id)):
        raise Conflict("This conversation has a call already.", code="call_open")
    if caller.staff and row.rep_id != caller.id and caller.role not in SUPERVISORS:
        raise Forbidden("Only the conversation's rep can call its customer.", code="not_assigned")
    if not caller.staff and to == "rep" and row.rep_id is None:
        raise Conflict("This conversation has no rep yet.", code="no_rep")
    own = row.rep_id if to != "queue" else None
    if own is not None and not caller.staff and to == "anybody" and records.busy(tx, caller.tenant_id, own):
        own = None  # who cannot answer is not rung
    acting.require_free(tx, caller)
    rep_id = caller.id if caller.staff else own
    call = ring.request(
        caller.tenant_id,
        call_id,
        conversation_id,
        customer=Leg(new_id("leg"), row.customer_id, "customer", LegState.RINGING),
        rep=Leg(new_id("leg"), rep_id, "rep", LegState.RINGING) if rep_id is not None else None,
        by=caller.id,
        media=media,
        requirement=requirement,
        now_us=tx.now_us,
        times=times,
    )
    call.payment_step = at_payment_step(tx, caller.tenant_id, conversation_id)
    records.save(tx, call, caller.actor, new=True)
    return view(call, caller)


def read(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """One call."""
    return view(acting.find(tx, caller, call_id, lock=False), caller)


def list_of(tx: Transaction, caller: Caller, conversation_id: str) -> list[CallView]:
    """A conversation's calls, the newest first."""
    conversation.require(tx, caller, conversation_id)
    found = tx.all(
        select(calls.c.id)
        .where(calls.c.tenant_id == caller.tenant_id, calls.c.conversation_id == conversation_id)
        .order_by(calls.c.created_at_us.desc(), calls.c.id.desc())
        .limit(LIST_MOST)
    )
    return [view(records.load(tx, caller.tenant_id, row.id, lock=False), caller) for row in found]


def mine(tx: Transaction, caller: Caller) -> list[CallView]:
    """The calls that ring at the caller or have them in."""
    found = tx.all(
        select(call_legs.c.call_id)
        .where(
            call_legs.c.tenant_id == caller.tenant_id,
            call_legs.c.person_id == caller.id,
            call_legs.c.state.in_([each.value for each in (*ENTERED, LegState.RINGING)]),
        )
        .order_by(call_legs.c.call_id.desc())
        .limit(LIST_MOST)
    )
    return [view(records.load(tx, caller.tenant_id, row.call_id, lock=False), caller) for row in found]


def accept(tx: Transaction, caller: Caller, call_id: str, *, times: Times) -> CallView:
    """The caller takes the call that rings at them."""

    def take(call: Call) -> None:
        leg = acting.own_leg(call, caller)
        if leg.state is not LegState.RINGING:
            if leg.person_id == call.requested_by and call.state in BEFORE:
                raise Conflict("Whoever asked for a call does not accept it.", code="leg_state")
            return
        acting.require_free(tx, caller)
        ring.accept(call, leg, tx.now_us, times)

    return acting.act(tx, caller, call_id, take)


def decline(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """The caller does not take it."""

    def refuse(call: Call) -> None:
        if acting.is_over(call, caller, LegState.DECLINED):
            return
        ring.refuse_ring(call, acting.own_leg(call, caller), LegEvent.DECLINE, tx.now_us)

    return acting.act(tx, caller, call_id, refuse)


def cancel(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """Whoever asked for the call has thought better of it, before anybody accepted. Conflict later: hang up."""

    def undo(call: Call) -> None:
        if call.state is State.ENDED:
            return
        if caller.id not in (call.requested_by, call.customer_id) and caller.role not in SUPERVISORS:
            raise Forbidden("Only who asked for a call can cancel it.", code="not_yours")
        ring.cancel(call, tx.now_us, reason="customer_cancelled" if caller.id == call.customer_id else "rep_cancelled")

    return acting.act(tx, caller, call_id, undo)


def hang_up(tx: Transaction, caller: Caller, call_id: str) -> CallView:
    """The caller leaves; see `attendance` for what becomes of the call."""

    def leave(call: Call) -> None:
        if not acting.is_over(call, caller, LegState.LEFT):
            attendance.hang_up(call, acting.own_leg(call, caller), tx.now_us)

    return acting.act(tx, caller, call_id, leave)


def own_leg(tx: Transaction, caller: Caller, call_id: str) -> tuple[Call, Leg]:
    """The caller's leg, for a token. Conflict where they may not be in the room."""
    call = acting.find(tx, caller, call_id, lock=False)
    leg = acting.own_leg(call, caller)
    if not leg.entered or call.state in BEFORE:
        raise Conflict(f"The call is {call.state}; you can join when it is accepted.", code="call_state")
    return call, leg


def at_payment_step(tx: Transaction, tenant_id: str, conversation_id: str) -> bool:
    """What the timeline says last."""
    row = tx.first(
        select(timeline.c.kind)
        .where(
            timeline.c.tenant_id == tenant_id,
            timeline.c.conversation_id == conversation_id,
            timeline.c.kind.in_(("payment.step_entered", "payment.step_left")),
        )
        .order_by(timeline.c.seq.desc())
        .limit(1)
    )
    return row is not None and row.kind == "payment.step_entered"
