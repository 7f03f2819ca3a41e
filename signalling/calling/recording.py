"""Whether a call is recorded: only with consent, never at the payment step, and everybody is told.

For the service. No I/O, no clock; who has agreed is asked of the consent ledger by the service. Invariants: nobody is in `granted` who has
not agreed; while the customer is at the payment step a recording is paused; whose consent ends is out of it at once, what is missing stays
missing.
"""

from collections.abc import Sequence

from signalling.calling.call import Call, Event, Recording, refuse


def start(call: Call, recording_id: str, granted: Sequence[str], by: str) -> None:
    """Begins it for those who have agreed. Conflict without the customer's consent."""
    call.require(Event.RECORD)
    if call.recording is not None:
        refuse("This call is being recorded already.", "recording")
    if call.customer_id not in granted:
        refuse("The customer has not agreed to a recording.", "consent_missing")
    call.step(Event.RECORD)
    call.recording = Recording(recording_id, tuple(granted), paused=call.payment_step)
    call.note("recording.started", {"recording_id": recording_id, "by": by, "paused": call.payment_step})


def stop(call: Call, reason: str) -> None:
    """Ends it. Conflict where there is none."""
    if call.recording is None:
        refuse("This call is not being recorded.", "recording")
    call.note("recording.stopped", {"recording_id": call.recording.id, "reason": reason})
    call.recording = None


def payment_step(call: Call, entered: bool) -> bool:
    """The customer comes to the payment step or leaves it. Whether that is new."""
    if call.payment_step == entered:
        return False
    call.payment_step = entered
    recording = call.recording
    if recording is not None and recording.paused != entered:
        recording.paused = entered
        kind = "recording.paused" if entered else "recording.resumed"
        call.note(kind, {"recording_id": recording.id, "reason": "payment_step"})
    return True


def withdrawn(call: Call, person_id: str) -> bool:
    """Somebody does not agree any more: the customer's no ends the recording. Whether that changes anything."""
    if call.recording is None or person_id not in call.recording.granted:
        return False
    stop(call, "consent_withdrawn")
    return True
