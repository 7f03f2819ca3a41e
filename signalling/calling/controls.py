"""What people do to a call that runs: hold, mute, picture, screen, a third one.

For the service. No I/O, no clock. Invariant: only the customer is ever put on hold by this (a rep who waits during a transfer is
`handover`'s).
"""

from signalling.calling.call import Call, Event, Media, Times, refuse
from signalling.calling.leg import Leg, LegState

# A conference is three to a few; a meeting is another product. Beyond this everybody's uplink suffers.
REPS_MOST = 6


def hold(call: Call, now_us: int) -> None:
    """Puts the customer on hold: music, and nobody hears or sees them. Conflict during a transfer, which decides that itself."""
    call.require(Event.HOLD)
    if call.pending is not None:
        refuse("A transfer is under way: swap, complete or abort it.", "transfer_pending")
    call.customer.held = True
    call.settle(now_us)
    call.note("call.held", {"reason": "rep"})


def resume(call: Call, now_us: int) -> None:
    """Takes the customer off hold."""
    call.require(Event.RESUME)
    if call.pending is not None:
        refuse("A transfer is under way: swap, complete or abort it.", "transfer_pending")
    call.customer.held = False
    call.settle(now_us)
    call.note("call.resumed", {"reason": "rep"})


def mute(call: Call, leg: Leg, muted: bool) -> bool:
    """Nobody hears them (any more), whatever they send. Whether that is new."""
    call.step(Event.MUTE if muted else Event.UNMUTE)
    _require_entered(leg)
    if leg.muted == muted:
        return False
    leg.muted = muted
    kind = "call.muted" if muted else "call.unmuted"
    call.note(kind, {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role}, staff=leg.role == "supervisor")
    return True


def change_media(call: Call, media: Media) -> bool:
    """Voice to video or back; in a voice call no camera is shown. Whether that is new."""
    call.step(Event.CHANGE_MEDIA)
    if call.media == media:
        return False
    former, call.media = call.media, media
    call.note("call.media_changed", {"from": former, "media": media})
    return True


def share(call: Call, leg: Leg, on: bool) -> bool:
    """Somebody begins or ends to show their screen. Whether that is new."""
    call.step(Event.SHARE if on else Event.UNSHARE)
    _require_entered(leg)
    if leg.role == "supervisor":
        refuse("A supervisor who listens has no screen to share.", "supervising")
    if leg.screen == on:
        return False
    leg.screen = on
    data = {"leg_id": leg.id, "person_id": leg.person_id, "role": leg.role}
    call.note("call.screen_started" if on else "call.screen_stopped", data)
    return True


def add(call: Call, rep_id: str, *, leg_id: str, now_us: int, times: Times) -> Leg:
    """Rings another rep, who then talks with everybody."""
    call.require(Event.ADD)
    if call.pending is not None:
        refuse("A transfer is under way: complete or abort it first.", "transfer_pending")
    if call.of(rep_id) is not None:
        refuse("They are in this call already.", "already_in_call")
    if sum(leg.role == "rep" and leg.open for leg in call.legs) >= REPS_MOST:
        refuse(f"A call has at most {REPS_MOST} reps.", "call_full")
    call.step(Event.ADD)
    leg = Leg(leg_id, rep_id, "rep", LegState.RINGING, now_us + times.ring_us)
    call.legs.append(leg)
    call.note("call.ringing", {"leg_id": leg.id, "rep_id": rep_id, "conference": True})
    return leg


def _require_entered(leg: Leg) -> None:
    if not leg.entered:
        refuse(f"This participant is {leg.state}.", "leg_state")
