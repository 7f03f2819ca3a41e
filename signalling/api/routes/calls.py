"""Calls: asked for, rung, accepted, held, transferred, joined, supervised, recorded. See docs/calls.md."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from signalling.api.models import Body, CallId, ConversationId, RepId, id_field
from signalling.api.operation import Context, Operations
from signalling.calling import steering, works
from signalling.calling.calls import JoinTicket
from signalling.calling.views import CallView
from signalling.identity.caller import ANYBODY, STAFF, SUPERVISORS
from signalling.ids import new_id

operations = Operations("Calls")

LegId = Annotated[str, id_field("leg", "a participant of a call")]
TransferId = Annotated[str, id_field("xfer", "a transfer")]
RecordingId = Annotated[str, id_field("rec", "a recording")]
Requirement = Annotated[
    str,
    Field(
        min_length=1, max_length=500, description="What the rep must be able to do, as the queue's requirements.", examples=["billing >= 2"]
    ),
]


class CallRequest(Body):
    """What kind of call. With an `id` of your own, sending it twice is harmless."""

    id: CallId | None = None
    media: Literal["voice", "video"] = "voice"
    to: Literal["anybody", "rep", "queue"] = Field(
        default="anybody",
        description="Whom a customer's call rings at first: the conversation's rep, the queue, or the rep where there is one.",
    )
    requirement: Requirement | None = None


class Calls(BaseModel):
    """Some calls."""

    data: list[CallView]


class Muting(Body):
    """Whom to mute (left out: yourself), or to unmute."""

    muted: bool = True
    leg_id: LegId | None = None


class MediaChange(Body):
    """Voice or video."""

    media: Literal["voice", "video"]


class Screen(Body):
    """Whether you show your screen."""

    on: bool = True


class TransferRequest(Body):
    """To a rep (`rep_id`), or to whoever the queue finds (`requirement`, or neither)."""

    id: TransferId | None = None
    kind: Literal["cold", "warm"]
    rep_id: RepId | None = None
    requirement: Requirement | None = None

    @model_validator(mode="after")
    def _one_target(self) -> "TransferRequest":
        if self.rep_id is not None and self.requirement is not None:
            raise ValueError("a transfer goes to a rep or to the queue, not to both")
        return self


class Addition(Body):
    """Whom to ring."""

    rep_id: RepId


class Supervising(Body):
    """How: `monitor` hears all and is not heard, `whisper` is heard by the reps, `barge` by everybody."""

    how: Literal["monitor", "whisper", "barge"] = "monitor"


class RecordingRequest(Body):
    """With an `id` of your own, sending it twice is harmless."""

    id: RecordingId | None = None


class CallStats(BaseModel):
    """What the media server tells of a call's room at this moment; for people who look for a fault, not for programs to rely on."""

    open: bool = False
    participants: list[dict[str, Any]] = []
    tracks: list[dict[str, Any]] = []
    mixer: dict[str, Any] = {}
    recordings: list[dict[str, Any]] = []


@operations.add("call.request", "POST", "/v1/conversations/{conversation_id}/calls", roles=ANYBODY, status=201, creates=True)
async def request(context: Context, conversation_id: ConversationId, body: CallRequest) -> CallView:
    """Asks for a call in a conversation.

    A customer's rings at their own rep or goes into the queue, by `to`; a rep's rings at the customer. One call at a time.
    """
    return await context.write(
        works.request,
        context.caller,
        conversation_id,
        call_id=body.id or new_id("call"),
        media=body.media,
        times=context.services.calls.times,
        to=body.to,
        requirement=body.requirement,
    )


@operations.add("call.list", "GET", "/v1/conversations/{conversation_id}/calls", roles=ANYBODY)
async def list_calls(context: Context, conversation_id: ConversationId) -> Calls:
    """A conversation's calls, the newest first, 100 at most."""
    return Calls(data=await context.read(works.list_of, context.caller, conversation_id))


@operations.add("call.mine", "GET", "/v1/rings", roles=ANYBODY)
async def my_calls(context: Context) -> Calls:
    """The calls that ring at you or have you in; what to ask for after a reload."""
    return Calls(data=await context.read(works.mine, context.caller))


@operations.add("call.read", "GET", "/v1/calls/{call_id}", roles=ANYBODY)
async def read(context: Context, call_id: CallId) -> CallView:
    """One call."""
    return await context.read(works.read, context.caller, call_id)


@operations.add("call.accept", "POST", "/v1/calls/{call_id}/accept", roles=ANYBODY)
async def accept(context: Context, call_id: CallId) -> CallView:
    """Takes the call that rings at you. Join it next."""
    return await context.write(works.accept, context.caller, call_id, times=context.services.calls.times)


@operations.add("call.decline", "POST", "/v1/calls/{call_id}/decline", roles=ANYBODY)
async def decline(context: Context, call_id: CallId) -> CallView:
    """Does not take it: the queue asks the next rep, a transfer goes back."""
    return await context.write(works.decline, context.caller, call_id)


@operations.add("call.cancel", "POST", "/v1/calls/{call_id}/cancel", roles=ANYBODY)
async def cancel(context: Context, call_id: CallId) -> CallView:
    """Takes back a call nobody has accepted yet."""
    return await context.write(works.cancel, context.caller, call_id)


@operations.add("call.hang_up", "POST", "/v1/calls/{call_id}/hang_up", roles=ANYBODY)
async def hang_up(context: Context, call_id: CallId) -> CallView:
    """Leaves the call. The customer's leaving ends it, and so does the last rep's."""
    return await context.write(works.hang_up, context.caller, call_id)


@operations.add("call.hold", "POST", "/v1/calls/{call_id}/hold", roles=STAFF)
async def hold(context: Context, call_id: CallId) -> CallView:
    """Puts the customer on hold, with music."""
    return await context.write(steering.hold, context.caller, call_id, on=True)


@operations.add("call.resume", "POST", "/v1/calls/{call_id}/resume", roles=STAFF)
async def resume(context: Context, call_id: CallId) -> CallView:
    """Takes the customer off hold."""
    return await context.write(steering.hold, context.caller, call_id, on=False)


@operations.add("call.mute", "POST", "/v1/calls/{call_id}/mute", roles=ANYBODY)
async def mute(context: Context, call_id: CallId, body: Muting) -> CallView:
    """Mutes or unmutes somebody at the server: nobody hears them, whatever they send."""
    return await context.write(steering.mute, context.caller, call_id, muted=body.muted, leg_id=body.leg_id)


@operations.add("call.change_media", "PUT", "/v1/calls/{call_id}/media", roles=ANYBODY)
async def change_media(context: Context, call_id: CallId, body: MediaChange) -> CallView:
    """Goes from voice to video or back, in the same call. In a voice call nobody's camera is shown."""
    return await context.write(steering.change_media, context.caller, call_id, body.media)


@operations.add("call.share_screen", "PUT", "/v1/calls/{call_id}/screen", roles=ANYBODY)
async def share_screen(context: Context, call_id: CallId, body: Screen) -> CallView:
    """Begins or ends to show your screen; `call.join` then has a `screen_token`, for a WHIP session of its own."""
    return await context.write(steering.share, context.caller, call_id, on=body.on)


@operations.add("call.join", "POST", "/v1/calls/{call_id}/join", roles=ANYBODY)
async def join(context: Context, call_id: CallId) -> JoinTicket:
    """What you need to enter the call's media room.

    The token is good for your part in this call alone, and for entering within `expires_in_s`; ask again to come back.
    """
    return await context.services.calls.join(context.caller, call_id, context.services.public_url())


@operations.add("call.transfer", "POST", "/v1/calls/{call_id}/transfers", roles=STAFF, status=201, creates=True)
async def transfer(context: Context, call_id: CallId, body: TransferRequest) -> CallView:
    """Hands the customer to another rep, who is asked first; the customer is on hold meanwhile.

    `cold`: as soon as the other one is there you are out. `warm`: you talk with them first, then complete, swap or abort.
    """
    return await context.write(
        steering.transfer,
        context.caller,
        call_id,
        transfer_id=body.id or new_id("xfer"),
        kind=body.kind,
        times=context.services.calls.times,
        rep_id=body.rep_id,
        requirement=body.requirement,
    )


@operations.add("call.complete_transfer", "POST", "/v1/calls/{call_id}/transfers/{transfer_id}/complete", roles=STAFF)
async def complete_transfer(context: Context, call_id: CallId, transfer_id: TransferId) -> CallView:
    """Leaves the customer to the other rep."""
    return await context.write(steering.transfer_step, context.caller, call_id, transfer_id, "complete")


@operations.add("call.swap_transfer", "POST", "/v1/calls/{call_id}/transfers/{transfer_id}/swap", roles=STAFF)
async def swap_transfer(context: Context, call_id: CallId, transfer_id: TransferId) -> CallView:
    """Turns from the other rep to the customer, or back; the one who waits hears music."""
    return await context.write(steering.transfer_step, context.caller, call_id, transfer_id, "swap")


@operations.add("call.abort_transfer", "POST", "/v1/calls/{call_id}/transfers/{transfer_id}/abort", roles=STAFF)
async def abort_transfer(context: Context, call_id: CallId, transfer_id: TransferId) -> CallView:
    """Keeps the customer after all."""
    return await context.write(steering.transfer_step, context.caller, call_id, transfer_id, "abort")


@operations.add("call.add", "POST", "/v1/calls/{call_id}/participants", roles=STAFF)
async def add(context: Context, call_id: CallId, body: Addition) -> CallView:
    """Rings another rep, who then talks with everybody."""
    return await context.write(steering.add, context.caller, call_id, body.rep_id, times=context.services.calls.times)


@operations.add("call.remove", "DELETE", "/v1/calls/{call_id}/participants/{leg_id}", roles=STAFF)
async def remove(context: Context, call_id: CallId, leg_id: LegId) -> CallView:
    """Takes another rep out of the call, or stops ringing them."""
    return await context.write(steering.remove, context.caller, call_id, leg_id)


@operations.add("call.supervise", "PUT", "/v1/calls/{call_id}/supervision", roles=SUPERVISORS)
async def supervise(context: Context, call_id: CallId, body: Supervising) -> CallView:
    """Comes into a call to listen, whisper or barge in, or changes between these. Hang up to leave."""
    return await context.write(steering.supervise, context.caller, call_id, body.how, times=context.services.calls.times)


@operations.add("call.record", "POST", "/v1/calls/{call_id}/recording", roles=STAFF, creates=True)
async def record(context: Context, call_id: CallId, body: RecordingRequest) -> CallView:
    """Begins a recording; everybody is told. Only with the customer's consent (`recording`), and never at the payment step."""
    return await context.write(steering.record, context.caller, call_id, body.id or new_id("rec"))


@operations.add("call.stop_recording", "DELETE", "/v1/calls/{call_id}/recording", roles=ANYBODY)
async def stop_recording(context: Context, call_id: CallId) -> CallView:
    """Ends the recording."""
    return await context.write(steering.stop_recording, context.caller, call_id)


@operations.add("call.stats", "GET", "/v1/calls/{call_id}/stats", roles=STAFF)
async def stats(context: Context, call_id: CallId) -> CallStats:
    """What the media server tells of the call's connections."""
    return CallStats.model_validate(await context.services.calls.stats(context.caller, call_id))
