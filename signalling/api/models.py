"""Pieces that the bodies, queries and answers of many operations are made of."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler

from signalling.ids import pattern

T = TypeVar("T")

# Strings without a pattern of their own: a short one is a single line, a longer one may have line ends and tabs.
LINE = r"^[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
LINE_CHARACTERS_MOST = 256
TEXT_CHARACTERS_MOST = 10_000
INTEGER_LEAST, INTEGER_MOST = -(2**63), 2**63 - 1


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


def bounded(schema: Any, most: int = TEXT_CHARACTERS_MOST) -> Any:
    """Gives every string and integer of pydantic's core schema, in place, the bounds that it has not got; the schema.

    `most`: characters of a string that says neither a length nor a pattern.
    """
    if isinstance(schema, dict):
        if schema.get("type") == "str":
            if "pattern" not in schema:
                schema.setdefault("max_length", most)
                schema["pattern"] = LINE if schema["max_length"] <= LINE_CHARACTERS_MOST else TEXT
        elif schema.get("type") == "int":
            if "gt" not in schema:
                schema.setdefault("ge", INTEGER_LEAST)
            if "lt" not in schema:
                schema.setdefault("le", INTEGER_MOST)
        for name, value in schema.items():
            if name not in ("metadata", "ref", "cls"):
                bounded(value, most)
    elif isinstance(schema, list | tuple):
        for value in schema:
            bounded(value, most)
    return schema


class Bounded:
    """Annotation: `bounded` for a type that is not a `Body`, such as a piece of a path."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Pydantic's hook."""
        return bounded(handler(source), LINE_CHARACTERS_MOST)


class Body(BaseModel):
    """Base of everything a caller sends: what it does not know it refuses, so that a typing error is no silent default.

    Strings and integers that say no bounds get some, in the validator and so in the documentation too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /) -> Any:
        """Pydantic's hook."""
        schema = handler(source)
        bounded(handler.resolve_ref_schema(schema))
        return schema


class PageQuery(Body):
    """How to page: `cursor` is the previous page's `next_cursor`, opaque."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=512)


class Page(BaseModel, Generic[T]):
    """A stretch of a longer list."""

    data: list[T]
    next_cursor: str | None = None
    has_more: bool = False
