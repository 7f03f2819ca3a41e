"""Who may act in a call, and how an act becomes a change: found, done, settled, written.

For `works` and `steering`. Invariants: another tenant's call and another customer's do not exist; who acts in a call is in it.
"""

from collections.abc import Callable

from mediaserver.errors import Conflict, Forbidden, NotFound
from signalling.calling import records
from signalling.calling.call import Call, State
from signalling.calling.leg import Leg, LegState
from signalling.calling.views import CallView, view
from signalling.identity.caller import Caller
from signalling.store import Transaction


def find(tx: Transaction, caller: Caller, call_id: str, *, lock: bool = True) -> Call:
    """The call, if the caller may know of it: the shop's staff all of the shop's, a customer their own. NotFound otherwise."""
    call = records.find(tx, caller.tenant_id, call_id, lock=lock)
    if call is None or not (caller.staff or call.customer_id == caller.id):
        raise NotFound("There is no such call.")
    return call


def act(tx: Transaction, caller: Caller, call_id: str, do: Callable[[Call], None]) -> CallView:
    """Does something to a call and writes it back, where that has changed it. As the caller sees it."""
    call = find(tx, caller, call_id)
    before = view(call, caller)
    do(call)
    call.settle(tx.now_us)
    if call.notes or call.chores or view(call, caller) != before:
        records.save(tx, call, caller.actor)
    return view(call, caller)


def own_leg(call: Call, caller: Caller) -> Leg:
    """The caller's leg that is open. Conflict where they have none."""
    leg = call.of(caller.id)
    if leg is None:
        raise Conflict("You are not in this call.", code="not_in_call")
    return leg


def is_over(call: Call, caller: Caller, state: LegState) -> bool:
    """Whether the caller's last leg has ended in this way, or the whole call has."""
    legs = [leg for leg in call.legs if leg.person_id == caller.id]
    return bool(legs) and (call.state is State.ENDED or legs[-1].state is state)


def require_rep(call: Call, caller: Caller) -> Leg:
    """The caller's leg. Forbidden, unless they are a rep who is in the call."""
    leg = own_leg(call, caller)
    if leg.role != "rep" or not leg.entered:
        raise Forbidden("Only a rep who is in the call may do this.", code="not_a_rep")
    return leg


def require_talking(call: Call, caller: Caller) -> Leg:
    """The caller's leg. Forbidden for supervisors."""
    leg = own_leg(call, caller)
    if leg.role == "supervisor":
        raise Forbidden("A supervisor who listens may not do this.", code="supervising")
    return leg


def require_free(tx: Transaction, caller: Caller) -> None:
    """Conflict where the caller talks in a call already."""
    if records.busy(tx, caller.tenant_id, caller.id) is not None:
        raise Conflict("You are in another call; end it first.", code="in_another_call")


def require_available(tx: Transaction, caller: Caller, rep_id: str) -> None:
    """Conflict where this rep talks in a call already."""
    if records.busy(tx, caller.tenant_id, rep_id) is not None:
        raise Conflict("This rep is in another call.", code="rep_busy")
