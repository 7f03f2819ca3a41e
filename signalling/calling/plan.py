"""What the media server is to do for a call at this moment, as data: who may be in the room, and in which part.

`plan` is a plain function of the call; `media` makes it true, as often as it is told. So a media server that failed, a crash between commit
and effect, a doubled event all come to the same: the room follows the tables. Invariants: whoever is not in `places` has no business in the
room, whatever token they hold; hold music is for those who are on hold, and nobody else; at the payment step no picture of the
customer's reaches anybody, and nothing is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from signalling.calling.call import RUNNING, Call
from signalling.calling.leg import Leg, Supervising
from signalling.calling.supervision import PARTS, whispers_to
from signalling.ids import is_id

# A second publication of the same person, for their screen: a publishing session has one picture.
SCREEN = ".screen"


@dataclass(frozen=True, slots=True)
class Place:
    """One leg's part. `veiled`: their camera, `screen_veiled`: their screen is shown to nobody."""

    held: bool = False
    muted: bool = False
    veiled: bool = False
    screen: bool = False
    screen_veiled: bool = False
    supervising: Supervising | None = None


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """A recording that is to run; `granted`: legs."""

    id: str
    granted: frozenset[str]
    paused: bool


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """See the module. `room`: see `room_name`; `open` False: nobody may be in it, it is to be closed."""

    room: str
    open: bool
    places: Mapping[str, Place]
    whispers_to: frozenset[str] = frozenset()
    recording: RecordingPlan | None = None


def plan(call: Call) -> RoomPlan:
    """See the module."""
    if call.state not in RUNNING:
        return RoomPlan(room_name(call.tenant_id, call.id), False, {})
    recording = None
    if call.recording is not None:
        # Reps who come later are recorded with the call, as those are who were there when it began.
        agreed = [leg for leg in call.legs if leg.entered and (leg.role == "rep" or leg.person_id in call.recording.granted)]
        granted = frozenset(leg.id for leg in agreed)
        recording = RecordingPlan(call.recording.id, granted, call.recording.paused)
    places = {leg.id: _place(call, leg) for leg in call.legs if leg.entered}
    return RoomPlan(room_name(call.tenant_id, call.id), True, places, whispers_to(call), recording)


def room_name(tenant_id: str, call_id: str) -> str:
    """The media server's name of a call's room: a call's id, which its caller has made, is unique within a tenant alone."""
    return f"{tenant_id}.{call_id}"


def owner(room: str) -> tuple[str, str] | None:
    """Tenant and call of a room of that name; None for a room that is no call's."""
    tenant_id, _, call_id = room.rpartition(".")
    return (tenant_id, call_id) if tenant_id and is_id("call", call_id) else None


def may_publish(leg: Leg) -> bool:
    """Whether their token is to let them send: who only listens is a subscription."""
    return leg.supervising is None or PARTS[leg.supervising][1]


def _place(call: Call, leg: Leg) -> Place:
    hidden = call.payment_step and leg.role == "customer"
    return Place(
        held=leg.held,
        muted=leg.muted,
        veiled=hidden or call.media == "voice",
        screen=leg.screen,
        screen_veiled=hidden,
        supervising=leg.supervising,
    )
