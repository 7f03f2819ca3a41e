"""What a rep proposes to do with a cart they may not change: the customer accepts it, and then it is the customer's doing, or refuses.

Works. A rep may always have one suggestion waiting in a conversation; more while a `suggest` grant holds. What was accepted is applied with
the customer's authority and names both of them. Invariants: a suggestion is answered once; an expired one cannot be accepted.

Entries: `cart.suggested`, `cart.suggestion_accepted`, `cart.suggestion_refused`, with the suggestion under `data.suggestion`.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, func, insert, select, update

from mediaserver.errors import Conflict, Forbidden, NotFound, TooMany
from signalling.commerce import cart_journal as journal
from signalling.commerce import carts, grants
from signalling.commerce.cart import Cart
from signalling.commerce.cart_change import AddLine, Operation
from signalling.commerce.carts import Changed, Request
from signalling.commerce.offer import Draft, Wanted
from signalling.commerce.shop import Pricer
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.store.tables.commerce import cart_suggestions as table
from signalling.times import SECOND_US, rfc3339

Status = Literal["pending", "accepted", "refused", "expired"]

# Long enough to finish a sentence and look at the page; what was a good idea ten minutes ago may be out of place.
LIFE_US: Final = 10 * 60 * SECOND_US
# With a `suggest` grant; without one, a single one.
PENDING_MOST: Final = 20
_LINE: Final = "line_suggested"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion as callers see it. `title`, `unit_price`: of what would be added."""

    id: str
    conversation_id: str
    cart_id: str
    operation: dict[str, Any]
    suggested_by: dict[str, str]
    reason: str
    title: str | None
    unit_price: dict[str, Any] | None
    status: Status
    created_at: str
    expires_at: str


def becomes_suggestion(tx: Transaction, caller: Caller, cart_id: str, request: Request) -> bool:
    """Whether this is a rep who lacks the grant for it. NotFound for a rep of no conversation with this cart."""
    if not carts.is_rep(caller):
        return False
    if not isinstance(request.operation, Operation):
        return False
    return carts.consented(tx, caller, cart_id, carts.needed(request.operation)) is None


def preview(tx: Transaction, caller: Caller, cart_id: str, request: Request) -> Draft:
    """What `suggest` is going to have priced."""
    row = carts.find(tx, caller.tenant_id, cart_id)
    if row is None:
        raise NotFound("There is no such cart.")
    return _draft(carts.opened(tx, row), request.operation)


def suggest(tx: Transaction, caller: Caller, cart_id: str, request: Request, reason: str, pricer: Pricer) -> Suggestion:
    """A work: puts it before the customer. A repetition gives the suggestion there is. TooMany where the customer has enough to answer."""
    assert isinstance(request.operation, Operation), "see becomes_suggestion"
    row = carts.find(tx, caller.tenant_id, cart_id)
    theirs = carts.conversations_of(tx, caller.tenant_id, cart_id)
    if row is None or not theirs:
        raise NotFound("There is no such cart.")
    known = tx.first(select(table).where(table.c.tenant_id == caller.tenant_id, table.c.cart_id == cart_id, table.c.op_id == request.op_id))
    digest = journal.digest(request.operation)
    if known is not None:
        if known.digest != digest or known.rep_id != caller.id:
            raise Conflict("This op_id was used for another operation.", code="op_id_reused", pointer="/op_id")
        return view(tx, known)
    if row.status != "open":
        raise Conflict("This cart is closed.", code="cart_closed")
    if carts.paying(tx, caller.tenant_id, row):
        raise Forbidden("The customer is paying: nobody looks on.", code="payment_step")
    here = theirs[0]
    _require_room(tx, caller, here.id, here.customer_id)
    title, price = None, None
    if isinstance(request.operation, AddLine):
        quote = pricer(tx, _draft(carts.opened(tx, row), request.operation))
        if quote.gone:
            raise NotFound("There is no such variant to be sold in this currency.", code="variant_unknown", pointer="/variant_id")
        title = quote.lines[0].title
        price = {"amount": quote.lines[0].unit_price.amount, "currency": quote.lines[0].unit_price.currency}
    made = new_id("sug", tx.now_us)
    body = {
        "operation": journal.plain(request.operation),
        "suggested_by": carts.actor_json(caller.actor),
        "reason": reason,
        "title": title,
        "unit_price": price,
    }
    tx.execute(
        insert(table).values(
            tenant_id=caller.tenant_id,
            id=made,
            conversation_id=here.id,
            cart_id=cart_id,
            op_id=request.op_id,
            digest=digest,
            rep_id=caller.id,
            status="pending",
            body=tx.seal(caller.tenant_id, json.dumps(body, ensure_ascii=False).encode(), f"cart_suggestions/{made}"),
            created_at_us=tx.now_us,
            expires_at_us=tx.now_us + LIFE_US,
        )
    )
    suggestion = view(tx, _require(tx, caller.tenant_id, here.id, made))
    timeline.append(tx, caller.tenant_id, here.id, "cart.suggested", caller.actor, {"suggestion": plain(suggestion)})
    return suggestion


def preview_accept(tx: Transaction, caller: Caller, conversation_id: str, suggestion_id: str) -> Draft:
    """What `accept` is going to have priced."""
    row = _theirs(tx, caller, conversation_id, suggestion_id)
    return carts.preview(tx, caller, row.cart_id, _request(tx, caller, row))


def accept(tx: Transaction, caller: Caller, conversation_id: str, suggestion_id: str, pricer: Pricer) -> Changed:
    """A work: the customer agrees; it is done to the cart as it is now. Again: the answer there was. Conflict where it was refused, has
    expired, or cannot be done any more.
    """
    row = _theirs(tx, caller, conversation_id, suggestion_id, lock=True)
    status = _status(row, tx.now_us)
    if status not in ("pending", "accepted"):
        raise Conflict(f"This suggestion is {status}.", code="suggestion_answered")
    if status == "pending":
        _answer(tx, caller, row, "accepted")
    return carts.operate(tx, caller, row.cart_id, _request(tx, caller, row), pricer)


def refuse(tx: Transaction, caller: Caller, conversation_id: str, suggestion_id: str) -> Suggestion:
    """A work: the customer does not want it. Again: nothing more. Conflict where it was accepted."""
    row = _theirs(tx, caller, conversation_id, suggestion_id, lock=True)
    status = _status(row, tx.now_us)
    if status == "accepted":
        raise Conflict("This suggestion is accepted.", code="suggestion_answered")
    if status == "pending":
        _answer(tx, caller, row, "refused")
    return view(tx, _require(tx, caller.tenant_id, conversation_id, suggestion_id))


def listed(tx: Transaction, caller: Caller, conversation_id: str) -> list[Suggestion]:
    """A work: the conversation's suggestions, the newest first."""
    conversation.require(tx, caller, conversation_id)
    rows = tx.all(
        select(table)
        .where(table.c.tenant_id == caller.tenant_id, table.c.conversation_id == conversation_id)
        .order_by(table.c.id.desc())
        .limit(200)
    )
    return [view(tx, row) for row in rows]


def view(tx: Transaction, row: Row[Any]) -> Suggestion:
    """A row as callers see it."""
    body = json.loads(tx.unseal(row.tenant_id, row.body, f"cart_suggestions/{row.id}"))
    return Suggestion(
        id=row.id,
        conversation_id=row.conversation_id,
        cart_id=row.cart_id,
        operation={"op_id": row.op_id, **body["operation"]},
        suggested_by=body["suggested_by"],
        reason=body["reason"],
        title=body["title"],
        unit_price=body["unit_price"],
        status=_status(row, tx.now_us),
        created_at=rfc3339(row.created_at_us),
        expires_at=rfc3339(row.expires_at_us),
    )


def plain(suggestion: Suggestion) -> dict[str, Any]:
    """As entries show it."""
    return {name: getattr(suggestion, name) for name in Suggestion.__slots__}


def _request(tx: Transaction, caller: Caller, row: Row[Any]) -> Request:
    """The operation as the customer's own, on the cart as it is now."""
    body = json.loads(tx.unseal(row.tenant_id, row.body, f"cart_suggestions/{row.id}"))
    cart = carts.require(tx, caller, row.cart_id)
    rep = Actor(body["suggested_by"]["kind"], body["suggested_by"]["id"], body["suggested_by"]["name"])
    return Request(row.op_id, cart.version, journal.read_operation(body["operation"]), on_behalf_of=rep)


def _draft(cart: Cart, operation: Any) -> Draft:
    lines = (Wanted(_LINE, operation.variant_id, operation.quantity),) if isinstance(operation, AddLine) else ()
    return Draft(cart.currency, cart.locale, None, lines)


def _require_room(tx: Transaction, caller: Caller, conversation_id: str, customer_id: str) -> None:
    waiting = tx.execute(
        select(func.count())
        .select_from(table)
        .where(
            table.c.tenant_id == caller.tenant_id,
            table.c.conversation_id == conversation_id,
            table.c.rep_id == caller.id,
            table.c.status == "pending",
            table.c.expires_at_us > tx.now_us,
        )
    ).scalar_one()
    most = PENDING_MOST if grants.allowed(tx, caller.tenant_id, conversation_id, customer_id, caller.id, "suggest") else 1
    if waiting >= most:
        raise TooMany("The customer has not answered your last suggestion yet.", code="suggestion_pending", retry_after_s=30)


def _answer(tx: Transaction, caller: Caller, row: Row[Any], status: Status) -> None:
    here = (table.c.tenant_id == caller.tenant_id) & (table.c.id == row.id)
    tx.execute(update(table).where(here).values(status=status))
    answered = view(tx, _require(tx, caller.tenant_id, row.conversation_id, row.id))
    data = {"suggestion": plain(answered)}
    timeline.append(tx, caller.tenant_id, row.conversation_id, f"cart.suggestion_{status}", caller.actor, data)


def _theirs(tx: Transaction, caller: Caller, conversation_id: str, suggestion_id: str, *, lock: bool = False) -> Row[Any]:
    conversation.require(tx, caller, conversation_id)
    return _require(tx, caller.tenant_id, conversation_id, suggestion_id, lock=lock)


def _require(tx: Transaction, tenant_id: str, conversation_id: str, suggestion_id: str, *, lock: bool = False) -> Row[Any]:
    wanted = select(table).where(table.c.tenant_id == tenant_id, table.c.conversation_id == conversation_id, table.c.id == suggestion_id)
    row = tx.first(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("There is no such suggestion.")
    return row


def _status(row: Row[Any], now_us: int) -> Status:
    if row.status == "pending" and row.expires_at_us <= now_us:
        return "expired"
    status: Status = row.status
    return status
