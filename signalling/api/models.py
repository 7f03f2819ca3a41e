"""Pieces that the bodies, queries and answers of many operations are made of."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from signalling.ids import pattern

T = TypeVar("T")


def id_field(prefix: str, what: str) -> object:
    """Pydantic's description of an id of this kind."""
    return Field(pattern=pattern(prefix), description=f"Id of {what}.", examples=[f"{prefix}_01JD3Q8Z6W0V7M9K4C2T5B8N1X"])


ConversationId = Annotated[str, id_field("conv", "a conversation")]
MessageId = Annotated[str, id_field("msg", "a message")]
CallId = Annotated[str, id_field("call", "a call")]
CartId = Annotated[str, id_field("cart", "a cart")]
OrderId = Annotated[str, id_field("ord", "an order")]
CustomerId = Annotated[str, id_field("cust", "a customer")]
RepId = Annotated[str, id_field("rep", "a rep")]
TicketId = Annotated[str, id_field("tick", "a place in the queue")]
Locale = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$", description="BCP 47 language tag.", examples=["en", "pt-BR"])
]
Time = Annotated[
    str, Field(description="RFC 3339, UTC.", examples=["2026-03-01T09:30:00.000000Z"], json_schema_extra={"format": "date-time"})
]


class Body(BaseModel):
    """Base of everything a caller sends: what it does not know it refuses, so that a typing error is no silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Body):
    """How to page: `cursor` is the previous page's `next_cursor`, opaque."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=512)


class Page(BaseModel, Generic[T]):
    """A stretch of a longer list."""

    data: list[T]
    next_cursor: str | None = None
    has_more: bool = False
