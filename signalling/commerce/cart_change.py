"""Operations on a cart, and which of them get along: pure functions, no store, no clock.

    after, touches = apply(contents, operation, author, made_id)
    clash = conflict(touches, journal)        # journal: what happened since the version that the caller had seen

Whoever changes a cart names the version they have seen (`base_version`). Where others have changed it since, the operation is merged into
the present cart if it *commutes* with each of those changes, that is, if both orders lead to the same contents; otherwise it is a conflict
and nothing changes. Two changes commute

- if they touch different things (another line, another code, the shipping option, the destination, the checkout step),
- or if both add pieces of the same variant: the pieces add up,
- or if both come to the same thing (both remove the line, both set its quantity to 3, both choose the same shipping).

One exception: going to the steps `payment` and `review`, where the customer decides on a total they have seen, gets along with nothing that
changes the total.

Undo puts back what one operation touched, to what it was before it; refused where a later operation has touched any of the same things.

Invariants: `conflict` does not depend on which of the two came first; `apply` then undo gives the contents there were.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mediaserver.errors import Conflict, NotFound, Unprocessable
from signalling.commerce.cart import CODES_MOST, DECIDING, LINES_MOST, QUANTITY_MOST, Author, Chosen, Contents, Step
from signalling.commerce.offer import Destination


@dataclass(frozen=True, slots=True)
class AddLine:
    """Puts pieces of a variant into the cart."""

    variant_id: str
    quantity: int = 1
    kind: Literal["add_line"] = "add_line"


@dataclass(frozen=True, slots=True)
class SetQuantity:
    """So many pieces of a line."""

    line_id: str
    quantity: int
    kind: Literal["set_quantity"] = "set_quantity"


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Takes a line out."""

    line_id: str
    kind: Literal["remove_line"] = "remove_line"


@dataclass(frozen=True, slots=True)
class ApplyCode:
    """Puts a discount code in; whether it counts is the shop's to say."""

    code: str
    kind: Literal["apply_code"] = "apply_code"


@dataclass(frozen=True, slots=True)
class RemoveCode:
    """Takes a discount code out."""

    code: str
    kind: Literal["remove_code"] = "remove_code"


@dataclass(frozen=True, slots=True)
class SetShipping:
    """Where to, and by which option (None: not chosen yet). What is None of `destination` stays as it was."""

    option_id: str | None = None
    destination: Destination | None = None
    kind: Literal["set_shipping"] = "set_shipping"


@dataclass(frozen=True, slots=True)
class SetStep:
    """Where in the checkout the customer is."""

    step: Step
    kind: Literal["set_step"] = "set_step"


Operation = AddLine | SetQuantity | RemoveLine | ApplyCode | RemoveCode | SetShipping | SetStep
Value = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing an operation changed: `line:<variant>`, `code:<code>`, `shipping`, `destination`, `step`. Values as JSON; None: it is not
    there.
    """

    key: str
    before: Value
    after: Value
    added: bool = False  # pieces were added, whatever their number was

    def agrees(self, other: "Touch") -> bool:
        """Whether both may be done in either order."""
        if self.key != other.key:
            return True
        if self.added or other.added:
            return self.added and other.added
        return _outcome(self.after) == _outcome(other.after)


def apply(contents: Contents, operation: Operation, author: Author, made_id: str) -> tuple[Contents, list[Touch]]:
    """The contents after it, and what it touched. `made_id`: of the line it may make. NotFound for a line that is not there,
    Unprocessable beyond a bound.
    """
    match operation:
        case AddLine():
            return _added(contents, operation, author, made_id)
        case SetQuantity() | RemoveLine():
            at = next((at for at, line in enumerate(contents.lines) if line.id == operation.line_id), None)
            if at is None:
                raise NotFound("There is no such line in this cart.", code="line_unknown", pointer="/line_id")
            line = contents.lines[at]
            after = replace(line, quantity=_bounded(operation.quantity)) if isinstance(operation, SetQuantity) else None
            return _changed(contents, [Touch(_line_key(line.variant_id), _line(line, at), _line(after, at) if after else None)])
        case ApplyCode():
            if operation.code in contents.codes:
                here = {"at": contents.codes.index(operation.code)}
                return contents, [Touch(f"code:{operation.code}", here, here)]
            if len(contents.codes) >= CODES_MOST:
                raise Unprocessable(f"A cart takes at most {CODES_MOST} discount codes.", code="too_many_codes", pointer="/code")
            return _changed(contents, [Touch(f"code:{operation.code}", None, {"at": len(contents.codes)})])
        case RemoveCode():
            if operation.code not in contents.codes:
                raise NotFound("There is no such code in this cart.", code="code_unknown", pointer="/code")
            return _changed(contents, [Touch(f"code:{operation.code}", {"at": contents.codes.index(operation.code)}, None)])
        case SetShipping():
            touches = [Touch("shipping", {"option_id": contents.shipping}, {"option_id": operation.option_id})]
            if operation.destination is not None:
                touches.append(Touch("destination", _place(contents.destination), _place(operation.destination)))
            return _changed(contents, touches)
        case SetStep():
            return _changed(contents, [Touch("step", {"step": contents.step}, {"step": operation.step})])


def undo(contents: Contents, touches: Sequence[Touch], later: Iterable[Touch]) -> tuple[Contents, list[Touch]]:
    """The contents without an operation that touched `touches`, and what that touches. Conflict `undo_overtaken` where one of `later`
    touched the same.
    """
    keys = {touch.key for touch in touches}
    if any(touch.key in keys for touch in later):
        raise Conflict("This cannot be undone: the same has been changed since.", code="undo_overtaken")
    return _changed(contents, [Touch(touch.key, touch.after, touch.before) for touch in reversed(touches)])


def gone_before(operation: Operation, missed: Sequence[Touch]) -> Touch | None:
    """Of an operation on what is no longer there: the change, since the version its caller had seen, that took it away."""
    for touch in reversed(missed):
        if isinstance(operation, RemoveLine | SetQuantity) and touch.before and touch.before.get("id") == operation.line_id:
            return touch if touch.after is None else None
        if isinstance(operation, RemoveCode) and touch.key == f"code:{operation.code}":
            return touch if touch.after is None else None
    return None


def conflict(touches: Sequence[Touch], missed: Sequence[Touch]) -> Touch | None:
    """The first of the changes that the caller had not seen with which these do not commute; None: merge."""
    for other in missed:
        if not all(touch.agrees(other) for touch in touches):
            return other
        if any((_decides(touch) and _prices(other)) or (_decides(other) and _prices(touch)) for touch in touches):
            return other
    return None


def _added(contents: Contents, operation: AddLine, author: Author, made_id: str) -> tuple[Contents, list[Touch]]:
    key = _line_key(operation.variant_id)
    for at, line in enumerate(contents.lines):
        if line.variant_id == operation.variant_id:
            more = replace(line, quantity=_bounded(line.quantity + operation.quantity))
            return _changed(contents, [Touch(key, _line(line, at), _line(more, at), added=True)])
    if len(contents.lines) >= LINES_MOST:
        raise Unprocessable(f"A cart has at most {LINES_MOST} lines.", code="too_many_lines")
    made = Chosen(made_id, operation.variant_id, _bounded(operation.quantity), author)
    return _changed(contents, [Touch(key, None, _line(made, len(contents.lines)), added=True)])


def _changed(contents: Contents, touches: list[Touch]) -> tuple[Contents, list[Touch]]:
    """The contents with each thing as its touch leaves it."""
    for touch in touches:
        what, _, name = touch.key.partition(":")
        after = touch.after
        match what:
            case "line":
                lines = [line for line in contents.lines if line.variant_id != name]
                if after is not None:
                    lines.insert(after["at"], Chosen(after["id"], name, after["quantity"], Author(**after["added_by"])))
                contents = replace(contents, lines=tuple(lines))
            case "code":
                codes = [code for code in contents.codes if code != name]
                if after is not None:
                    codes.insert(after["at"], name)
                contents = replace(contents, codes=tuple(codes))
            case "shipping":
                assert after is not None
                contents = replace(contents, shipping=after["option_id"])
            case "destination":
                contents = replace(contents, destination=Destination(**after) if after is not None else None)
            case "step":
                assert after is not None
                contents = replace(contents, step=after["step"])
    return contents, touches


def _line_key(variant_id: str) -> str:
    return f"line:{variant_id}"


def _line(line: Chosen, at: int) -> dict[str, Any]:
    return {"id": line.id, "quantity": line.quantity, "added_by": asdict(line.added_by), "at": at}


def _place(destination: Destination | None) -> Value:
    return asdict(destination) if destination is not None else None


def _outcome(value: Value) -> Value:
    """What matters of a value: not where in the list it stands, nor who added it first."""
    return value and {name: each for name, each in value.items() if name not in ("at", "added_by", "id")}


def _decides(touch: Touch) -> bool:
    return touch.key == "step" and touch.after is not None and touch.after["step"] in DECIDING


def _prices(touch: Touch) -> bool:
    return touch.key != "step"


def _bounded(quantity: int) -> int:
    if not 1 <= quantity <= QUANTITY_MOST:
        raise Unprocessable(f"A line has 1 to {QUANTITY_MOST} pieces.", code="quantity", pointer="/quantity")
    return quantity
