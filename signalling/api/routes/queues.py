"""A shop's queues: who is chosen, what is required, how long it takes until something else happens."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from signalling.api.models import Body, id_field
from signalling.api.operation import Context, Operations
from signalling.identity.caller import ADMINS, STAFF
from signalling.routing import queues
from signalling.routing.queues import QueueView

operations = Operations("Queues")

QueueId = Annotated[str, id_field("que", "a queue")]
HoursId = Annotated[str, id_field("hrs", "business hours")]
Channel = Literal["chat", "voice", "video"]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class RequirementStep(Body):
    """From this wait on, this is required and no longer what was before."""

    after_s: Seconds
    requirement: Annotated[str, Field(max_length=1000, examples=["billing >= 3 and language in (de, en)"])]


class OverflowStep(Body):
    """What happens to who has waited this long in this queue. `queue_id`: with `queue`, where to."""

    after_s: Seconds
    action: Literal["queue", "offer_callback", "voicemail", "offline_message"]
    queue_id: QueueId | None = None


class WrapUpSeconds(Body):
    """After work, by channel."""

    chat: Annotated[int, Field(ge=0, le=3600)] = 0
    voice: Annotated[int, Field(ge=0, le=3600)] = 15
    video: Annotated[int, Field(ge=0, le=3600)] = 15


class QueueSettings(Body):
    """What is left out is as it was, or as for a new queue."""

    strategy: Literal["longest_idle", "round_robin", "least_busy"] = "longest_idle"
    priority: Annotated[int, Field(ge=-100, le=100)] = Field(default=0, description="Added to each ticket's; a point is a minute.")
    requirement: Annotated[list[RequirementStep], Field(max_length=8)] = Field(default=[], description="And how it is relaxed.")
    overflow: Annotated[list[OverflowStep], Field(max_length=8)] = Field(default=[])
    offer_s: Annotated[int, Field(ge=3, le=300)] = Field(default=20, description="How long a rep may think about an offer.")
    away_after: Annotated[int, Field(ge=1, le=20)] = Field(default=3, description="Offers let pass in a row until a rep is set away.")
    auto_accept: Annotated[list[Channel], Field(max_length=3)] = Field(default=[], description="Channels assigned without asking.")
    wrap_up_s: WrapUpSeconds = WrapUpSeconds()
    threshold_s: Annotated[int, Field(ge=1, le=3600)] = Field(default=20, description="Answered within this counts for the service level.")
    hours_id: HoursId | None = Field(default=None, description="Null: always open.")
    closed: Literal["queue", "offer_callback", "offline_message"] = Field(default="offline_message", description="Outside the hours.")
    wrap_up_codes: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=50)] = Field(default=[])


class NewQueue(Body):
    """A queue."""

    name: Name
    settings: QueueSettings = QueueSettings()


class QueueChange(Body):
    """What is left out stays."""

    name: Name | None = None
    settings: QueueSettings = QueueSettings()


class Queues(BaseModel):
    """Queues, by rank: who names none enters the first."""

    data: list[QueueView]


def _named(settings: QueueSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude_unset=True)


@operations.add("queues.list", "GET", "/v1/queues", roles=STAFF)
async def list_queues(context: Context) -> Queues:
    """The shop's queues."""
    return Queues(data=await context.read(queues.listed, context.tenant_id))


@operations.add("queues.create", "POST", "/v1/queues", roles=ADMINS, status=201, creates=True)
async def create(context: Context, body: NewQueue) -> QueueView:
    """A new queue, the last in rank."""
    return await context.write(queues.add, context.tenant_id, body.name, _named(body.settings))


@operations.add("queues.read", "GET", "/v1/queues/{queue_id}", roles=STAFF)
async def read(context: Context, queue_id: QueueId) -> QueueView:
    """A queue."""
    return await context.read(queues.get, context.tenant_id, queue_id)


@operations.add("queues.change", "PATCH", "/v1/queues/{queue_id}", roles=ADMINS)
async def change(context: Context, queue_id: QueueId, body: QueueChange) -> QueueView:
    """Other settings, for those who wait already too."""
    return await context.write(queues.change, context.tenant_id, queue_id, body.name, _named(body.settings))


@operations.add("queues.remove", "DELETE", "/v1/queues/{queue_id}", roles=ADMINS)
async def remove(context: Context, queue_id: QueueId) -> None:
    """Without it. Who waits there waits in the first of the others."""
    await context.write(queues.remove, context.tenant_id, queue_id)
