"""Operations on a cart: which commute, which do not, and that undo restores. Pure, so every order can be tried."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediaserver.errors import Conflict, NotFound, RemoteError, Unprocessable
from signalling.commerce import cart_change as change
from signalling.commerce.cart import CODES_MOST, LINES_MOST, QUANTITY_MOST, Author, Chosen, Contents
from signalling.commerce.offer import Destination

ANA = Author("customer", "cust_1", "Ana")
RITA = Author("rep", "rep_1", "Rita")
KETTLE = Chosen("line_k", "kettle", 1, ANA)
CUP = Chosen("line_c", "cup", 6, ANA)
START = Contents((KETTLE, CUP), ("TEN",), "std", Destination("DE", "20457"))

variants = st.sampled_from(["kettle", "cup", "tray"])
lines = st.sampled_from(["line_k", "line_c"])
quantities = st.integers(1, 9)
codes = st.sampled_from(["TEN", "FREE"])
operations = st.one_of(
    st.builds(change.AddLine, variants, quantities),
    st.builds(change.SetQuantity, lines, quantities),
    st.builds(change.RemoveLine, lines),
    st.builds(change.ApplyCode, codes),
    st.builds(change.RemoveCode, codes),
    st.builds(change.SetShipping, st.sampled_from([None, "std", "express"]), st.sampled_from([None, Destination("AT", "1010")])),
    st.builds(change.SetStep, st.sampled_from(["cart", "shipping", "payment", "review"])),
)


def merged(contents: Contents, first: change.Operation, second: change.Operation) -> Contents | None:
    """`second`, whose caller had not seen `first`; None: conflict."""
    contents, missed = change.apply(contents, first, ANA, "line_1")
    try:
        after, touches = change.apply(contents, second, RITA, "line_2")
    except NotFound:
        gone = change.gone_before(second, missed)
        assert gone is not None, "what was there when both began can only have gone by the first"
        after, touches = contents, [change.Touch(gone.key, None, None)]
        if not isinstance(second, change.RemoveLine | change.RemoveCode):
            return None
    return None if change.conflict(touches, missed) else after


def meaning(contents: Contents) -> object:
    """Without the order of lines and codes, and line ids that depend on who came first."""
    return (
        {(line.variant_id, line.quantity) for line in contents.lines},
        set(contents.codes),
        contents.shipping,
        contents.destination,
        contents.step,
    )


@given(operations, operations)
def test_the_conflict_rule_does_not_depend_on_who_came_first(one: change.Operation, other: change.Operation) -> None:
    try:
        change.apply(START, one, ANA, "line_1")
        change.apply(START, other, RITA, "line_2")
    except RemoteError:
        assume(False)
    there, back = merged(START, one, other), merged(START, other, one)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert meaning(there) == meaning(back)


@given(st.lists(operations, max_size=8), operations)
def test_undo_gives_the_contents_there_were(before: list[change.Operation], operation: change.Operation) -> None:
    contents = START
    for number, each in enumerate(before):
        try:
            contents, _ = change.apply(contents, each, ANA, f"line_{number}")
        except RemoteError:
            continue
    try:
        after, touches = change.apply(contents, operation, RITA, "line_new")
    except RemoteError:
        assume(False)
    undone, undoing = change.undo(after, touches, [])
    assert undone == contents
    again, _ = change.undo(undone, undoing, [])
    assert again == after


@pytest.mark.parametrize(
    ("one", "other", "merges"),
    [
        (change.AddLine("tray"), change.AddLine("bowl"), True),
        (change.AddLine("kettle", 2), change.AddLine("kettle", 3), True),
        (change.AddLine("kettle"), change.SetQuantity("line_k", 2), False),
        (change.SetQuantity("line_k", 2), change.SetQuantity("line_k", 3), False),
        (change.SetQuantity("line_k", 3), change.SetQuantity("line_k", 3), True),
        (change.SetQuantity("line_k", 3), change.SetQuantity("line_c", 2), True),
        (change.RemoveLine("line_k"), change.RemoveLine("line_k"), True),
        (change.RemoveLine("line_k"), change.SetQuantity("line_k", 2), False),
        (change.RemoveLine("line_k"), change.AddLine("kettle"), False),
        (change.ApplyCode("FREE"), change.RemoveCode("TEN"), True),
        (change.SetShipping("std"), change.AddLine("cup"), True),
        (change.SetShipping("std"), change.SetShipping("express"), False),
        (change.SetShipping(None, Destination("AT", "1010")), change.SetShipping(None), True),
        (change.SetShipping("std", Destination("AT", "1010")), change.SetShipping("std", Destination("FR", "75001")), False),
        (change.SetStep("shipping"), change.AddLine("cup"), True),
        (change.SetStep("payment"), change.AddLine("cup"), False),
        (change.SetStep("review"), change.ApplyCode("FREE"), False),
        (change.SetStep("payment"), change.SetStep("payment"), True),
    ],
)
def test_the_rule_as_documented(one: change.Operation, other: change.Operation, merges: bool) -> None:
    assert (merged(START, one, other) is not None) is merges
    assert (merged(START, other, one) is not None) is merges


def test_pieces_added_at_once_add_up_and_the_line_stays_its_first_authors() -> None:
    after = merged(replace(START, lines=()), change.AddLine("tray", 2), change.AddLine("tray", 3))
    assert after is not None
    assert after.lines == (Chosen("line_1", "tray", 5, ANA),)


def test_undo_is_refused_where_the_same_was_changed_since() -> None:
    after, touches = change.apply(START, change.AddLine("kettle", 2), RITA, "line_2")
    after, later = change.apply(after, change.SetQuantity("line_k", 5), ANA, "")
    with pytest.raises(Conflict) as refused:
        change.undo(after, touches, later)
    assert refused.value.code == "undo_overtaken"
    other, elsewhere = change.apply(after, change.RemoveLine("line_c"), ANA, "")
    undone, _ = change.undo(other, later, elsewhere)
    assert [(line.variant_id, line.quantity) for line in undone.lines] == [("kettle", 3)]


def test_bounds_hold() -> None:
    full = Contents(tuple(Chosen(f"line_{n}", f"v{n}", 1, ANA) for n in range(LINES_MOST)), tuple("ABCDE"[:CODES_MOST]))
    for operation in (
        change.AddLine("new"),
        change.AddLine("v1", QUANTITY_MOST),
        change.SetQuantity("line_1", 0),
        change.SetQuantity("line_1", QUANTITY_MOST + 1),
        change.ApplyCode("F"),
    ):
        with pytest.raises(Unprocessable):
            change.apply(full, operation, ANA, "line_x")
    for operation in (change.RemoveLine("line_x"), change.SetQuantity("line_x", 1), change.RemoveCode("F")):
        with pytest.raises(NotFound):
            change.apply(full, operation, ANA, "line_x")
