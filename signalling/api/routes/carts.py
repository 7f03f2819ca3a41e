"""Carts: made, read, changed by operations, attached to a conversation; suggestions of reps."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from mediaserver.errors import Forbidden
from signalling.api.models import Body, CartId, ConversationId, CustomerId, Locale, id_field
from signalling.api.operation import Context, Operations
from signalling.commerce import cart_change, carts, suggestion, till
from signalling.commerce.cart import QUANTITY_MOST, Cart
from signalling.commerce.cart_journal import Undo
from signalling.commerce.carts import Changed, Request
from signalling.commerce.offer import Destination
from signalling.commerce.suggestion import Suggestion
from signalling.identity.caller import ANYBODY, CUSTOMERS
from signalling.ids import new_id

operations = Operations("Carts")

VERSION_MOST = 2**53 - 1
# Ids of shops: whatever they use, as far as it is one word.
ShopId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$", description="The shop's own id.")]
LineId = Annotated[str, id_field("line", "a line of a cart")]
SuggestionId = Annotated[str, id_field("sug", "a suggestion")]
OpId = Annotated[str, id_field("op", "this operation, made by you: repeating it is harmless")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["DE"])]
Postcode = Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]*$", max_length=12, examples=["20457"])]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MOST)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="A discount code; case does not matter.")]
ConsentId = Annotated[str, Field(pattern=r"^[a-z]+_[0-9A-Z]{26}$", description="The consent by which a rep does it, for the record.")]


class DestinationBody(Body):
    """Where to, as far as prices depend on it."""

    country: Country
    postcode: Postcode = ""

    def destination(self) -> Destination:
        """As the domain has it."""
        return Destination(self.country, self.postcode)


class CartDraft(Body):
    """A new cart."""

    cart_id: CartId | None = Field(default=None, description="Made by you, so that a repetition is harmless.")
    currency: Currency = "EUR"
    locale: Locale = "en"
    customer_id: CustomerId | None = Field(default=None, description="For the shop's back office: whose it is.")
    destination: DestinationBody | None = None
    conversation_id: ConversationId | None = Field(default=None, description="The conversation it belongs to.")


class _Operation(Body):
    op_id: OpId
    base_version: int | None = Field(
        default=None,
        ge=1,
        le=VERSION_MOST,
        description="The version you have seen: what commutes with later changes is merged. Without it, If-Match must name the version, "
        "and nothing is merged.",
    )
    consent_id: ConsentId | None = None
    reason: str = Field(default="", max_length=500, description="A rep's words, where this becomes a suggestion.")


class AddLineBody(_Operation):
    """Puts pieces of a variant into the cart."""

    kind: Literal["add_line"]
    variant_id: ShopId
    quantity: Quantity = 1


class SetQuantityBody(_Operation):
    """So many pieces of a line."""

    kind: Literal["set_quantity"]
    line_id: LineId
    quantity: Quantity


class RemoveLineBody(_Operation):
    """Takes a line out."""

    kind: Literal["remove_line"]
    line_id: LineId


class ApplyCodeBody(_Operation):
    """Puts a discount code in. Whether it counts, `discount_codes` says."""

    kind: Literal["apply_code"]
    code: Code


class RemoveCodeBody(_Operation):
    """Takes a discount code out."""

    kind: Literal["remove_code"]
    code: Code


class SetShippingBody(_Operation):
    """Where to, and by which of the cart's `shipping_options`."""

    kind: Literal["set_shipping"]
    option_id: ShopId | None = None
    destination: DestinationBody | None = None


class SetStepBody(_Operation):
    """Where in the checkout the customer is. At `payment` recordings stop and reps see nothing."""

    kind: Literal["set_step"]
    step: Literal["cart", "address", "shipping", "payment", "review"]


OperationBody = Annotated[
    AddLineBody | SetQuantityBody | RemoveLineBody | ApplyCodeBody | RemoveCodeBody | SetShippingBody | SetStepBody,
    Field(discriminator="kind"),
]


class UndoBody(Body):
    """Which operation to undo."""

    op_id: OpId
    of: OpId


class AttachBody(Body):
    """Which cart."""

    cart_id: CartId


class OperationAnswer(BaseModel):
    """What became of it: the cart as it is now, or a suggestion that waits for the customer."""

    result: Literal["applied", "merged", "replayed", "suggested"]
    cart: Cart | None = None
    suggestion: Suggestion | None = None


class Suggestions(BaseModel):
    """The newest first."""

    data: list[Suggestion]


@operations.add("cart.create", "POST", "/v1/carts", roles=ANYBODY, status=201, creates=True)
async def create(context: Context, body: CartDraft) -> Cart:
    """Makes an empty cart.

    A customer makes their own; the shop's back office anybody's, or nobody's yet (its id then goes into the customer's token); a rep the
    customer's of a conversation that has none, where they let the rep `edit`.
    """
    customer_id = body.customer_id
    if not context.caller.staff:
        if customer_id not in (None, context.caller.id):
            raise Forbidden("A customer makes their own carts.", code="not_yours")
        customer_id = context.caller.id
    elif carts.is_rep(context.caller):
        if body.conversation_id is None:
            raise Forbidden("A rep makes a cart for the customer of a conversation.", code="role", pointer="/conversation_id")
        customer_id = await context.read(carts.begin_for, context.caller, body.conversation_id, body.cart_id)
    cart = await till.create(
        context.services.shops,
        context.write,
        context.caller,
        body.cart_id or new_id("cart"),
        body.currency,
        body.locale,
        customer_id,
        body.destination.destination() if body.destination else None,
        body.conversation_id,
    )
    return _tagged(context, cart)


@operations.add("cart.read", "GET", "/v1/carts/{cart_id}", roles=ANYBODY)
async def read(context: Context, cart_id: CartId) -> Cart:
    """A cart, with its version as ETag.

    Reps see it while the customer lets them (`view`), and not while the customer pays.
    """
    return _tagged(context, await context.read(carts.read, context.caller, cart_id))


@operations.add("cart.operate", "POST", "/v1/carts/{cart_id}/operations", roles=ANYBODY, if_match=True)
async def operate(context: Context, cart_id: CartId, body: OperationBody) -> OperationAnswer:
    """Changes a cart by one operation.

    With `base_version`, what others did since is merged where both go together (another line, more of the same, the same outcome) and is a
    409 `cart_conflict` with the present cart otherwise. With If-Match instead, any change since is a 412 with the present cart. Repeating
    an `op_id` gives the first answer. A rep without the customer's grant makes a suggestion.
    """
    if body.base_version is None:
        version, exactly = context.version(), True
    else:
        version, exactly = body.base_version, context.if_match is not None
        if context.if_match not in (None, version):
            version = context.if_match or 0
    request = Request(body.op_id, version, _domain(body), exactly, body.consent_id)
    return _answer(context, await till.operate(context.services.shops, context.write, context.caller, cart_id, request, body.reason))


@operations.add("cart.undo", "POST", "/v1/carts/{cart_id}/undo", roles=ANYBODY)
async def undo(context: Context, cart_id: CartId, body: UndoBody) -> OperationAnswer:
    """Undoes one operation, by an operation of its own.

    A customer undoes any on their cart, a rep their own. Refused (409 `undo_overtaken`) where the same has been changed since.
    """
    cart = await context.read(carts.read, context.caller, cart_id)
    request = Request(body.op_id, cart.version, Undo(body.of))
    return _answer(context, await till.operate(context.services.shops, context.write, context.caller, cart_id, request))


@operations.add("conversation.set_cart", "PUT", "/v1/conversations/{conversation_id}/cart", roles=ANYBODY)
async def attach(context: Context, conversation_id: ConversationId, body: AttachBody) -> Cart:
    """Attaches a cart to a conversation: its changes are told there from now on."""
    return _tagged(context, await context.write(carts.attach, context.caller, conversation_id, body.cart_id))


@operations.add("suggestion.list", "GET", "/v1/conversations/{conversation_id}/suggestions", roles=ANYBODY)
async def suggestions(context: Context, conversation_id: ConversationId) -> Suggestions:
    """What reps have suggested for the cart of this conversation."""
    return Suggestions(data=await context.read(suggestion.listed, context.caller, conversation_id))


@operations.add("suggestion.accept", "POST", "/v1/conversations/{conversation_id}/suggestions/{suggestion_id}/accept", roles=CUSTOMERS)
async def accept(context: Context, conversation_id: ConversationId, suggestion_id: SuggestionId) -> OperationAnswer:
    """Accepts a rep's suggestion: it is done to the cart as it is now, in the customer's name and the rep's."""
    changed = await till.accept(context.services.shops, context.write, context.caller, conversation_id, suggestion_id)
    return _answer(context, changed)


@operations.add("suggestion.refuse", "POST", "/v1/conversations/{conversation_id}/suggestions/{suggestion_id}/refuse", roles=CUSTOMERS)
async def refuse(context: Context, conversation_id: ConversationId, suggestion_id: SuggestionId) -> Suggestion:
    """Refuses a rep's suggestion."""
    return await context.write(suggestion.refuse, context.caller, conversation_id, suggestion_id)


def _domain(body: Any) -> cart_change.Operation:
    match body:
        case AddLineBody():
            return cart_change.AddLine(body.variant_id, body.quantity)
        case SetQuantityBody():
            return cart_change.SetQuantity(body.line_id, body.quantity)
        case RemoveLineBody():
            return cart_change.RemoveLine(body.line_id)
        case ApplyCodeBody():
            return cart_change.ApplyCode(body.code.upper())
        case RemoveCodeBody():
            return cart_change.RemoveCode(body.code.upper())
        case SetShippingBody():
            return cart_change.SetShipping(body.option_id, body.destination.destination() if body.destination else None)
        case SetStepBody():
            return cart_change.SetStep(body.step)
    raise AssertionError("every body is one of these")


def _answer(context: Context, made: Changed | Suggestion) -> OperationAnswer:
    if isinstance(made, Suggestion):
        return OperationAnswer(result="suggested", suggestion=made)
    assert made.result is not None, "a clash was raised"
    return OperationAnswer(result=made.result, cart=_tagged(context, made.cart))


def _tagged(context: Context, cart: Cart) -> Cart:
    context.headers["ETag"] = f'"{cart.version}"'
    return cart
