"""Supervisors in a call: who listens, who whispers, who barges in. The media server carries it out (docs/mixing.md).

    monitor   hears and sees all; nobody hears or sees them. Listening only is a subscription alone: their token cannot publish
    whisper   the reps hear them, the customer does not
    barge     everybody hears them

For the service. No I/O, no clock. Any part may follow any other while the call runs. Invariant: the customer is told of a supervisor who
can be heard by them (`barge`), and only then.
"""

from collections.abc import Mapping
from typing import Final

from signalling.calling.call import Call, Event, Times, refuse
from signalling.calling.leg import Leg, LegState, Supervising

# Whether they are seen in the customer's timeline, and whether they may publish.
PARTS: Final[Mapping[Supervising, tuple[bool, bool]]] = {"monitor": (False, False), "whisper": (False, True), "barge": (True, True)}


def supervise(call: Call, person_id: str, how: Supervising, *, leg_id: str, now_us: int, times: Times) -> Leg:
    """Lets a supervisor in, or changes their part. The leg, theirs from before where there is one."""
    call.require(Event.SUPERVISE)
    leg = call.of(person_id)
    if leg is not None and leg.role != "supervisor":
        refuse("Who talks in this call cannot supervise it.", "already_in_call")
    call.step(Event.SUPERVISE)
    new = leg is None
    if leg is None:
        leg = Leg(leg_id, person_id, "supervisor", LegState.JOINING, now_us + times.join_us)
        call.legs.append(leg)
    if leg.supervising != how:
        former, leg.supervising = leg.supervising, how
        seen = PARTS[how][0] or (former is not None and PARTS[former][0])
        data = {"leg_id": leg.id, "supervisor_id": person_id, "how": how}
        call.note("supervisor.joined" if new else "supervisor.changed", data, staff=not seen)
    return leg


def whispers_to(call: Call) -> frozenset[str]:
    """The legs a whisper is for: the reps'."""
    return frozenset(leg.id for leg in call.legs if leg.role == "rep" and leg.entered)
