"""What a message can show besides text: a documented, bounded union of blocks.

For the doors (to validate what callers send) and for parts that post cards (`Block` models dump to the JSON kept in the timeline).
A client that does not know a block's type shows the message's text, which therefore always says the same.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from signalling.ids import pattern

BLOCKS_MOST = 5
# A button's or a card's words: nobody reads more on a small screen.
LABEL_MOST = 80
LINE_MOST = 300

Label = Annotated[str, Field(min_length=1, max_length=LABEL_MOST)]
# Only what a browser opens without running it; no credentials, no white space.
Link = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+(/[^\s<>\"]*)?$", max_length=1024)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(_Part):
    """An amount in minor units of a currency."""

    amount: int = Field(ge=-(10**15), le=10**15)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class TextBlock(_Part):
    """A paragraph of its own."""

    type: Literal["text"]
    text: str = Field(min_length=1, max_length=2000)


class ProductCard(_Part):
    """A product, with its price as it was when the card was sent."""

    type: Literal["product_card"]
    product_id: str = Field(min_length=1, max_length=100)
    variant_id: str | None = Field(default=None, max_length=100)
    title: str = Field(min_length=1, max_length=LINE_MOST)
    description: str = Field(default="", max_length=LINE_MOST)
    price: Money | None = None
    available: bool | None = None
    image_url: Link | None = None
    url: Link | None = None


class PaymentCard(_Part):
    """A payment that is asked for; its state follows in `payment.*` entries."""

    type: Literal["payment_card"]
    payment_id: str = Field(pattern=pattern("pay"))
    total: Money
    url: Link
    title: str = Field(default="", max_length=LINE_MOST)


class QuickReply(_Part):
    """An answer for one touch; `value` is what the answer's message says, its label where there is none."""

    label: Label
    value: str | None = Field(default=None, max_length=LINE_MOST)


class QuickReplies(_Part):
    """Answers to choose from, as long as nothing newer was said."""

    type: Literal["quick_replies"]
    replies: list[QuickReply] = Field(min_length=1, max_length=10)


Block = Annotated[TextBlock | ProductCard | PaymentCard | QuickReplies, Field(discriminator="type")]
