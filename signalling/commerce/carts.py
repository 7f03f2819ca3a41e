"""Carts in the store: made, read, changed, attached to conversations. Works, for `till` and for orders.

Every change is a new version, a row in the journal, a `cart.updated` entry (the whole cart and the operation, so that a reader needs
nothing else) on each open conversation the cart belongs to, and the policy entries of the payment step, in one transaction.

Who may: a customer with their own cart; the shop's back office with all; a rep as far as grants go (see `grants`). For everybody else a
cart does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Row, bindparam, insert, select, update

from mediaserver.errors import Conflict, Forbidden, NotFound, PreconditionFailed
from signalling.commerce import cart_journal as journal
from signalling.commerce import grants, payment_step
from signalling.commerce.cart import Cart, Contents, Frame, Status, Step, author, contents, draft, frame, priced
from signalling.commerce.cart_change import (
    AddLine,
    ApplyCode,
    Operation,
    RemoveCode,
    SetQuantity,
    SetStep,
    Touch,
    apply,
    conflict,
    gone_before,
    undo,
)
from signalling.commerce.cart_journal import Done, Undo, cart_json
from signalling.commerce.grants import Scope
from signalling.commerce.offer import Destination, Draft, Quote
from signalling.commerce.shop import Pricer
from signalling.conversation import conversation, timeline
from signalling.conversation.timeline import Actor
from signalling.identity.caller import Caller
from signalling.store import Transaction, prepared
from signalling.store.tables.commerce import carts
from signalling.store.tables.conversation import conversations
from signalling.times import rfc3339

Result = Literal["applied", "merged", "replayed", "suggested"]


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as it is asked for. `exactly`: refuse to merge, the version must be `base_version` (If-Match). `on_behalf_of`: the rep
    whose suggestion the caller accepts.
    """

    op_id: str
    base_version: int
    operation: Operation | Undo
    exactly: bool = False
    consent_id: str | None = None
    on_behalf_of: Actor | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Why an operation was not merged: what was done since, by whom."""

    op_id: str
    operation: dict[str, Any]
    actor: Actor


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of an operation. With `clash` nothing was changed and `cart` is the present one."""

    result: Result | None
    cart: Cart
    clash: Clash | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """A decision: these contents instead of those."""

    before: Contents
    after: Contents
    touches: list[Touch]
    merged: bool


_HERE = (carts.c.tenant_id == bindparam("tenant"), carts.c.id == bindparam("cart"))
_FIND = prepared(select(carts).where(*_HERE))
_LOCK = prepared(select(carts).where(*_HERE).with_for_update())
_INSERT = prepared(insert(carts))
_UPDATE = prepared(
    update(carts)
    .where(*_HERE)
    .values(
        version=bindparam("made"),
        status=bindparam("new_status"),
        step=bindparam("new_step"),
        wished_shipping=bindparam("wished"),
        body=bindparam("sealed"),
        updated_at_us=bindparam("now_us"),
    )
)
# Of the same customer: whoever names somebody else's cart in a conversation hears nothing of it.
_CONVERSATIONS = prepared(
    select(conversations.c.id, conversations.c.customer_id)
    .join(carts, (carts.c.tenant_id == conversations.c.tenant_id) & (carts.c.id == conversations.c.cart_id))
    .where(
        conversations.c.tenant_id == bindparam("tenant"),
        conversations.c.cart_id == bindparam("cart"),
        conversations.c.status == "open",
        conversations.c.customer_id == carts.c.customer_id,
    )
    .order_by(conversations.c.id)
)
_CLAIM = prepared(update(carts).where(*_HERE).values(customer_id=bindparam("customer"), body=bindparam("sealed")))


def create(
    tx: Transaction,
    caller: Caller,
    cart_id: str,
    currency: str,
    locale: str,
    customer_id: str | None,
    destination: Destination | None,
    conversation_id: str | None,
    pricer: Pricer,
) -> Cart:
    """An empty cart. With an id that was used before by the same customer: that cart, unchanged. Unprocessable for a currency the shop does
    not sell in.
    """
    row = find(tx, caller.tenant_id, cart_id)
    if row is not None:
        if row.customer_id != customer_id:
            raise NotFound("There is no such cart.")
        return opened(tx, row)
    blank = Frame(cart_id, 1, currency, locale, customer_id, None, "open", rfc3339(tx.now_us))
    chosen = Contents(destination=destination)
    cart = priced(blank, chosen, pricer(tx, draft(blank, chosen)))
    tx.run(
        _INSERT,
        {
            "tenant_id": caller.tenant_id,
            "id": cart_id,
            "version": 1,
            "customer_id": customer_id,
            "status": cart.status,
            "step": cart.checkout_step,
            "body": _sealed(tx, caller.tenant_id, cart),
            "created_at_us": tx.now_us,
            "updated_at_us": tx.now_us,
        },
    )
    if conversation_id is not None:
        if is_rep(caller):
            begin_for(tx, caller, conversation_id, cart_id)
            there = conversation.require(tx, caller, conversation_id)
            return _attach(tx, caller, there, find(tx, caller.tenant_id, cart_id, lock=True))
        attach(tx, caller, conversation_id, cart_id)
    return cart


def begin_for(tx: Transaction, caller: Caller, conversation_id: str, cart_id: str | None) -> str:
    """A work: the customer a rep may make a cart for: the conversation's, where they let this rep edit and there is no cart yet (but this
    one, where it is asked for again). NotFound without `view`, Forbidden without `edit`, Conflict `cart_attached`.
    """
    there = conversation.require(tx, caller, conversation_id)
    customer_id: str = there.customer_id
    for scope in ("view", "edit"):
        grants.require(tx, caller.tenant_id, conversation_id, customer_id, caller.id, scope)
    if there.cart_id not in (None, cart_id):
        raise Conflict("This conversation has a cart.", code="cart_attached", pointer="/conversation_id")
    return customer_id


def read(tx: Transaction, caller: Caller, cart_id: str) -> Cart:
    """The cart, if the caller may see it. NotFound."""
    return opened(tx, require(tx, caller, cart_id))


def attach(tx: Transaction, caller: Caller, conversation_id: str, cart_id: str) -> Cart:
    """This is the conversation's cart from now on: its changes are told there. Customer's own conversation and cart; the back office any of
    one customer's. A cart that was nobody's becomes the conversation's customer's.
    """
    there = conversation.require(tx, caller, conversation_id)
    row = require(tx, caller, cart_id, lock=True)
    if is_rep(caller) or row.customer_id not in (None, there.customer_id):
        raise NotFound("There is no such cart.")
    return _attach(tx, caller, there, row)


def _attach(tx: Transaction, caller: Caller, there: Row[Any], row: Row[Any] | None) -> Cart:
    assert row is not None, "it was found or made in this unit of work"
    cart_id, conversation_id = row.id, there.id
    cart = opened(tx, row)
    if row.customer_id is None:
        cart = replace(cart, customer_id=there.customer_id)
        claim = {"customer": there.customer_id, "sealed": _sealed(tx, caller.tenant_id, cart)}
        tx.run(_CLAIM, {"tenant": caller.tenant_id, "cart": cart_id, **claim})
    if there.cart_id != cart_id:
        here = (conversations.c.tenant_id == caller.tenant_id) & (conversations.c.id == conversation_id)
        tx.execute(update(conversations).where(here).values(cart_id=cart_id))
        data = {"cart": plain(cart), "operation": {"kind": "attach"}, "merged": False}
        timeline.append(tx, caller.tenant_id, conversation_id, "cart.updated", caller.actor, data)
        payment_step.changed(tx, caller.tenant_id, conversation_id, cart_id, cart.checkout_step, caller.actor)
    return cart


def operate(tx: Transaction, caller: Caller, cart_id: str, request: Request, pricer: Pricer) -> Changed:
    """Does one operation, or says why not (`Changed.clash`, which is then on the timeline as `cart.conflict`). A repetition gets the answer
    of the first time. Conflict for a cart that is closed, an `op_id` that was used for something else, or too little stock; Forbidden for a
    rep without the grant.
    """
    row = require(tx, caller, cart_id, lock=True)
    cart = opened(tx, row)
    decided, known = _decide(tx, caller, row, cart, request)
    if isinstance(decided, Changed):
        if decided.clash is not None and known is None:
            actor = caller.actor
            journal.write(tx, caller.tenant_id, cart_id, request.op_id, request.operation, actor, [], None, None, None)
            clash = decided.clash
            data = {
                "cart": plain(cart),
                "operation": {"op_id": request.op_id, **journal.plain(request.operation)},
                "with": {"op_id": clash.op_id, **clash.operation, "actor": actor_json(clash.actor)},
            }
            _tell(tx, caller.tenant_id, cart_id, "cart.conflict", actor, data)
        return decided
    made = commit(tx, caller.tenant_id, row, cart, decided, pricer, request, caller.actor, known)
    return Changed("merged" if decided.merged else "applied", made)


def preview(tx: Transaction, caller: Caller, cart_id: str, request: Request) -> Draft:
    """What `operate` is going to have priced, for a shop that is asked before the transaction."""
    row = require(tx, caller, cart_id)
    cart = opened(tx, row)
    decided, _ = _decide(tx, caller, row, cart, request)
    return draft(frame(cart), contents(cart, row.wished_shipping) if isinstance(decided, Changed) else decided.after)


def commit(
    tx: Transaction,
    tenant_id: str,
    row: Row[Any],
    cart: Cart,
    decided: Apply,
    pricer: Pricer,
    request: Request,
    actor: Actor,
    known: Row[Any] | None,
) -> Cart:
    """Prices the contents anew and makes them the next version."""
    after = decided.after
    quote = pricer(tx, draft(frame(cart), after))
    _sellable(decided, request.operation, quote)
    if quote.gone:
        after = replace(after, lines=tuple(line for line in after.lines if line.id not in quote.gone))
    made = priced(replace(frame(cart), version=row.version + 1, updated_at=rfc3339(tx.now_us)), after, quote)
    shown = plain(made)
    journal.write(tx, tenant_id, cart.id, request.op_id, request.operation, actor, decided.touches, shown, made.version, known)
    keep(tx, tenant_id, made, after.shipping)
    data: dict[str, Any] = {
        "cart": shown,
        "operation": {"op_id": request.op_id, **journal.plain(request.operation)},
        "merged": decided.merged,
        "consent_id": request.consent_id,
    }
    if request.on_behalf_of is not None:
        data["suggested_by"] = actor_json(request.on_behalf_of)
    if quote.gone:
        data["gone"] = [line.id for line in decided.after.lines if line.id in quote.gone]
    stepped(tx, tenant_id, cart, made, actor, data)
    return made


def stepped(tx: Transaction, tenant_id: str, before: Cart, after: Cart, actor: Actor, data: dict[str, Any]) -> None:
    """Tells the cart's conversations, and the policy where the payment step begins or ends."""
    moved = before.checkout_step != after.checkout_step
    for each in conversations_of(tx, tenant_id, after.id):
        if moved and after.checkout_step != payment_step.PAYMENT:  # the view is back before there is something to see
            payment_step.changed(tx, tenant_id, each.id, after.id, after.checkout_step, actor)
        timeline.append(tx, tenant_id, each.id, "cart.updated", actor, data)
        if moved and after.checkout_step == payment_step.PAYMENT:
            payment_step.changed(tx, tenant_id, each.id, after.id, after.checkout_step, actor)


def keep(tx: Transaction, tenant_id: str, cart: Cart, wished_shipping: str | None) -> None:
    """Writes the row."""
    values = {"made": cart.version, "new_status": cart.status, "new_step": cart.checkout_step, "wished": wished_shipping}
    sealed = _sealed(tx, tenant_id, cart)
    tx.run(_UPDATE, {"tenant": tenant_id, "cart": cart.id, **values, "sealed": sealed, "now_us": tx.now_us})


def moved(
    tx: Transaction, tenant_id: str, cart: Cart, wished_shipping: str | None, status: Status, step: Step, actor: Actor, kind: str
) -> Cart:
    """The cart in another status, as its next version: an order was placed, or was not after all. `kind`: names it in the entry."""
    made = replace(cart, version=cart.version + 1, status=status, checkout_step=step, updated_at=rfc3339(tx.now_us))
    keep(tx, tenant_id, made, wished_shipping)
    stepped(tx, tenant_id, cart, made, actor, {"cart": plain(made), "operation": {"kind": kind}, "merged": False})
    return made


def find(tx: Transaction, tenant_id: str, cart_id: str, *, lock: bool = False) -> Row[Any] | None:
    """The row, whoever asks. `lock`: nobody else changes it until this unit of work is over."""
    return tx.first(_LOCK if lock else _FIND, {"tenant": tenant_id, "cart": cart_id})


def require(tx: Transaction, caller: Caller, cart_id: str, *, lock: bool = False) -> Row[Any]:
    """The row, if the caller may see it: a rep needs a `view` grant in a conversation of the cart. NotFound. Forbidden `payment_step` for a
    rep whose customer is paying.
    """
    row = find(tx, caller.tenant_id, cart_id, lock=lock)
    if row is None or not _visible(tx, caller, row):
        raise NotFound("There is no such cart.")
    if is_rep(caller) and paying(tx, caller.tenant_id, row):
        raise Forbidden("The customer is paying: nobody looks on.", code="payment_step")
    return row


def paying(tx: Transaction, tenant_id: str, row: Row[Any]) -> bool:
    """Whether the cart's customer is at the payment step, here or at a payment link."""
    if row.step == payment_step.PAYMENT:
        return True
    return any(payment_step.current(tx, tenant_id, each.id) is not None for each in conversations_of(tx, tenant_id, row.id))


def is_rep(caller: Caller) -> bool:
    """Whether grants decide what the caller may do with carts: all staff but the back office, which is the shop itself."""
    return caller.staff and caller.actor.kind != "shop"


def consented(tx: Transaction, caller: Caller, cart_id: str, scope: Scope) -> str | None:
    """The consent by which this rep may do this with the cart, in any of its conversations; None: they may not."""
    for each in conversations_of(tx, caller.tenant_id, cart_id):
        found = grants.allowed(tx, caller.tenant_id, each.id, each.customer_id, caller.id, scope)
        if found is not None:
            return found
    return None


def needed(operation: Operation | Undo) -> Scope:
    """The grant a rep needs for it."""
    if isinstance(operation, ApplyCode | RemoveCode):
        return "apply_code"
    return "place_order" if isinstance(operation, SetStep) else "edit"


def conversations_of(tx: Transaction, tenant_id: str, cart_id: str) -> Sequence[Row[Any]]:
    """The open conversations (id, customer_id) that this is the cart of."""
    return tx.all(_CONVERSATIONS, {"tenant": tenant_id, "cart": cart_id})


def opened(tx: Transaction, row: Row[Any]) -> Cart:
    """A row as callers see it. Whose it is, the row says: a visitor's carts become the customer's once they are known."""
    cart = cart_json().validate_json(tx.unseal(row.tenant_id, row.body, f"carts/{row.id}"))
    return cart if cart.customer_id == row.customer_id else replace(cart, customer_id=row.customer_id)


def plain(cart: Cart) -> dict[str, Any]:
    """As entries show it."""
    made: dict[str, Any] = cart_json().dump_python(cart, mode="json")
    return made


def actor_json(actor: Actor) -> dict[str, str]:
    """As entries show it."""
    return {"kind": actor.kind, "id": actor.id, "name": actor.name}


def _decide(tx: Transaction, caller: Caller, row: Row[Any], cart: Cart, request: Request) -> tuple[Apply | Changed, Row[Any] | None]:
    known = journal.find(tx, caller.tenant_id, cart.id, request.op_id)
    if known is not None:  # ids are the caller's own: somebody else's is no repetition
        if known.digest != journal.digest(request.operation) or known.actor_id != caller.id:
            raise Conflict("This op_id was used for another operation.", code="op_id_reused", pointer="/op_id")
        if known.version is not None:
            answer = journal.done(tx, known).answer
            assert answer is not None, "what has a version was answered"
            return Changed("replayed", answer), known
    if row.status != "open":
        raise Conflict("This cart is closed.", code="cart_closed")
    if is_rep(caller) and consented(tx, caller, cart.id, needed(request.operation)) is None:
        raise Forbidden("The customer has not allowed this.", code="consent_missing")
    if request.base_version > row.version:
        raise PreconditionFailed("The cart has no such version yet.", code="version_unknown")
    behind = row.version - request.base_version
    missed = journal.since(tx, caller.tenant_id, cart.id, request.base_version) if behind else []
    if behind and (request.exactly or len(missed) > journal.MISSED_MOST):
        return Changed(None, cart, _clash(missed[-1] if missed else None)), known
    before = contents(cart, row.wished_shipping)
    if isinstance(request.operation, Undo):
        after, touches = _undone(tx, caller, cart, before, request.operation)
    else:
        by = author(caller.actor) if request.on_behalf_of is None else author(request.on_behalf_of, caller.id)
        try:
            after, touches = apply(before, request.operation, by, "line" + request.op_id.removeprefix("op"))
        except NotFound:
            taken = gone_before(request.operation, [touch for each in missed for touch in each.touches])
            if taken is None:
                raise
            if isinstance(request.operation, SetQuantity):
                return Changed(None, cart, _clash(_whose(missed, taken))), known
            after, touches = before, [Touch(taken.key, None, None)]  # it is gone already: as it was asked for
        other = conflict(touches, [touch for each in missed for touch in each.touches])
        if other is not None:
            return Changed(None, cart, _clash(_whose(missed, other))), known
    return Apply(before, after, touches, merged=behind > 0), known


def _undone(tx: Transaction, caller: Caller, cart: Cart, before: Contents, asked: Undo) -> tuple[Contents, list[Touch]]:
    row = journal.find(tx, caller.tenant_id, cart.id, asked.of)
    if row is None or row.version is None:
        raise NotFound("There is no such operation on this cart.", code="operation_unknown", pointer="/of")
    if is_rep(caller) and row.actor_id != caller.id:
        raise Forbidden("A rep undoes what they have done themselves.", code="not_yours")
    later = journal.since(tx, caller.tenant_id, cart.id, row.version)
    if len(later) > journal.MISSED_MOST:
        raise Conflict("This is too long ago to be undone.", code="undo_overtaken")
    return undo(before, journal.done(tx, row).touches, [touch for each in later for touch in each.touches])


def _whose(missed: Sequence[Done], touch: Touch) -> Done:
    return next(each for each in missed if touch in each.touches)


def _clash(done: Done | None) -> Clash:
    if done is None:  # the cart changed by something that is no operation, such as an order that was given up
        return Clash("", {"kind": "status"}, timeline.SYSTEM)
    return Clash(done.op_id, done.operation, done.by)


def _sellable(decided: Apply, operation: Operation | Undo, quote: Quote) -> None:
    """What somebody adds must be sold, and there must be enough of it. What was in the cart before may have run short meanwhile: the order
    will say so.
    """
    if isinstance(operation, AddLine) and any(
        line.variant_id == operation.variant_id and line.id in quote.gone for line in decided.after.lines
    ):
        raise NotFound("There is no such variant to be sold in this currency.", code="variant_unknown", pointer="/variant_id")
    had = {line.id: line.quantity for line in decided.before.lines}
    for line in quote.lines:
        if line.available is not None and line.quantity > line.available and line.quantity > had.get(line.line_id, 0):
            raise Conflict(f"There are only {line.available}.", code="out_of_stock", pointer="/quantity")


def _tell(tx: Transaction, tenant_id: str, cart_id: str, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    for each in conversations_of(tx, tenant_id, cart_id):
        timeline.append(tx, tenant_id, each.id, kind, actor, data)


def _visible(tx: Transaction, caller: Caller, row: Row[Any]) -> bool:
    if is_rep(caller):
        return consented(tx, caller, row.id, "view") is not None
    if caller.staff:
        return True
    return row.customer_id == caller.id or (row.customer_id is None and caller.cart_id == row.id)


def _sealed(tx: Transaction, tenant_id: str, cart: Cart) -> bytes:
    return tx.seal(tenant_id, cart_json().dump_json(cart), f"carts/{cart.id}")
