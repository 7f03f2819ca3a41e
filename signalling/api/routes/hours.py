"""Business hours: when the shop's queues are open."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from signalling.api.models import Body, id_field
from signalling.api.operation import Context, Operations
from signalling.identity.caller import ADMINS, STAFF
from signalling.routing import calendars
from signalling.routing.calendars import HoursView

operations = Operations("Hours")

HoursId = Annotated[str, id_field("hrs", "business hours")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["09:00"])]
Spans = Annotated[list[Annotated[list[Clock], Field(min_length=2, max_length=2)]], Field(max_length=12)]
Day = Annotated[str, Field(pattern=r"^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}$", examples=["2026-12-25"])]


class Week(Body):
    """Spans of each day, [from, to]; to at or before from: until the next day."""

    mon: Spans = Field(default=[])
    tue: Spans = Field(default=[])
    wed: Spans = Field(default=[])
    thu: Spans = Field(default=[])
    fri: Spans = Field(default=[])
    sat: Spans = Field(default=[])
    sun: Spans = Field(default=[])


class CalendarBody(Body):
    """Local times of `zone`. A holiday has spans of its own, or none, in place of its weekday's."""

    zone: Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
    week: Week = Week()
    holidays: Annotated[dict[Day, Spans], Field(max_length=400)] = Field(default={})


class NewHours(Body):
    """Business hours."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    calendar: CalendarBody


class AllHours(BaseModel):
    """Business hours."""

    data: list[HoursView]


def _json(calendar: CalendarBody) -> dict[str, Any]:
    return calendar.model_dump(mode="json")


@operations.add("hours.list", "GET", "/v1/hours", roles=STAFF)
async def list_hours(context: Context) -> AllHours:
    """All of the shop's, and whether somebody is there now."""
    return AllHours(data=await context.read(calendars.listed, context.tenant_id))


@operations.add("hours.create", "POST", "/v1/hours", roles=ADMINS, status=201, creates=True)
async def create(context: Context, body: NewHours) -> HoursView:
    """New hours; a queue keeps them once its settings name them."""
    return await context.write(calendars.add, context.tenant_id, body.name, _json(body.calendar))


@operations.add("hours.read", "GET", "/v1/hours/{hours_id}", roles=STAFF)
async def read(context: Context, hours_id: HoursId) -> HoursView:
    """These hours, whether they are open and when that changes."""
    return await context.read(calendars.get, context.tenant_id, hours_id)


@operations.add("hours.replace", "PUT", "/v1/hours/{hours_id}", roles=ADMINS)
async def replace(context: Context, hours_id: HoursId, body: NewHours) -> HoursView:
    """Others in their place, from now on."""
    return await context.write(calendars.change, context.tenant_id, hours_id, body.name, _json(body.calendar))


@operations.add("hours.remove", "DELETE", "/v1/hours/{hours_id}", roles=ADMINS)
async def remove(context: Context, hours_id: HoursId) -> None:
    """Without them. Conflict while a queue keeps them."""
    await context.write(calendars.remove, context.tenant_id, hours_id)
