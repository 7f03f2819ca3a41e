"""Who hears whom: the cases by name, and what holds for every floor."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.mixing.matrix import Floor, Supervising, Supervision, gain, reaches, row, sees

ASIDE = {"rep": 1, "colleague": 1}
PEOPLE = ("customer", "rep", "colleague", "boss")


def heard(floor: Floor) -> dict[str, str]:
    """Listener -> the first letters of those they hear, in the order of PEOPLE."""
    letters = {"customer": "c", "rep": "r", "colleague": "o", "boss": "b"}
    return {letters[a]: "".join(letters[b] for b in PEOPLE if gain(floor, a, b)) for a in PEOPLE}


def supervising(how: Supervising, *to: str) -> dict[str, Supervision]:
    return {"boss": Supervision(how, frozenset(to))}


@pytest.mark.parametrize(
    ("floor", "expected"),
    [
        (Floor(), {"c": "rob", "r": "cob", "o": "crb", "b": "cro"}),
        (Floor(held={"customer"}), {"c": "", "r": "ob", "o": "rb", "b": "ro"}),
        (Floor(supervisors=supervising(Supervising.MONITOR)), {"c": "ro", "r": "co", "o": "cr", "b": "cro"}),
        (Floor(supervisors=supervising(Supervising.WHISPER, "rep")), {"c": "ro", "r": "cob", "o": "cr", "b": "cro"}),
        (Floor(supervisors=supervising(Supervising.BARGE)), {"c": "rob", "r": "cob", "o": "crb", "b": "cro"}),
        (Floor(asides=ASIDE), {"c": "b", "r": "o", "o": "r", "b": "c"}),
        (Floor(asides=ASIDE, supervisors=supervising(Supervising.MONITOR)), {"c": "", "r": "o", "o": "r", "b": "cro"}),
        (Floor(asides=ASIDE, supervisors=supervising(Supervising.BARGE)), {"c": "b", "r": "ob", "o": "rb", "b": "cro"}),
        (Floor(held={"rep"}, supervisors=supervising(Supervising.WHISPER, "rep")), {"c": "o", "r": "", "o": "c", "b": "co"}),
        (Floor(held={"boss"}, supervisors=supervising(Supervising.BARGE)), {"c": "ro", "r": "co", "o": "cr", "b": ""}),
        (Floor(muted={"rep"}, supervisors=supervising(Supervising.BARGE)), {"c": "ob", "r": "cob", "o": "cb", "b": "co"}),
        (Floor(gains={("customer", "rep"): 0.0, ("rep", "boss"): 0.5}), {"c": "ob", "r": "cob", "o": "crb", "b": "cro"}),
    ],
    ids="conference hold monitor whisper barge aside aside+monitor aside+barge hold+whisper hold+barge mute gains".split(),
)
def test_each_arrangement_lets_hear_whom_it_says(floor: Floor, expected: dict[str, str]) -> None:
    assert heard(floor) == expected


@pytest.mark.parametrize(
    "floor",
    [
        Floor(supervisors=supervising(Supervising.WHISPER, "rep")),
        Floor(supervisors=supervising(Supervising.MONITOR)),
        Floor(asides={"boss": 1, "colleague": 1}),
        Floor(held={"boss"}),
    ],
)
def test_who_joins_later_does_not_hear_what_is_not_for_all(floor: Floor) -> None:
    assert gain(floor, "newcomer", "boss") == 0 and gain(floor, "newcomer", "customer") == gain(floor, "customer", "newcomer") == 1


def test_who_is_veiled_is_heard_but_not_seen() -> None:
    floor = Floor(veiled={"customer"}, muted={"rep"}, supervisors=supervising(Supervising.MONITOR))
    assert not sees(floor, "rep", "customer") and not sees(floor, "boss", "customer") and gain(floor, "rep", "customer") == 1
    assert sees(floor, "customer", "rep") and not sees(floor, "customer", "boss")


def test_a_row_is_the_gains_of_each_track() -> None:
    floor = Floor(gains={("rep", "customer"): 0.5}, held={"colleague"})
    assert row(floor, "rep", {1: "customer", 2: "rep", 3: "colleague", 4: "boss"}) == {1: 0.5, 2: 0.0, 3: 0.0, 4: 1.0}


PERSON = st.sampled_from(PEOPLE)
FLOORS = st.builds(
    Floor,
    held=st.sets(PERSON),
    supervisors=st.dictionaries(PERSON, st.builds(Supervision, st.sampled_from(Supervising), st.frozensets(PERSON))),
    asides=st.dictionaries(PERSON, st.integers(1, 2)),
    gains=st.dictionaries(st.tuples(PERSON, PERSON), st.sampled_from([0.0, 0.5, 1.0, 8.0])),
)


@settings(max_examples=400, deadline=None)
@given(FLOORS, PERSON, PERSON)
def test_what_holds_for_every_floor(floor: Floor, listener: str, speaker: str) -> None:
    allowed, loud = reaches(floor, listener, speaker), gain(floor, listener, speaker)
    assert not loud or allowed, "a gain never lets anybody hear what the rules keep from them"
    if allowed:
        assert loud == floor.gains.get((listener, speaker), 1.0)
    if listener == speaker or {listener, speaker} & floor.held:
        assert not allowed
        return
    part = floor.supervisors.get(speaker)
    if part is not None:
        whispered = part.how is Supervising.WHISPER and listener in part.to
        assert allowed == (whispered or part.how is Supervising.BARGE)
    elif listener in floor.supervisors:
        assert allowed, "who supervises hears every ordinary participant"
    else:
        assert allowed == reaches(floor, speaker, listener) or speaker in floor.supervisors, "hearing among equals is mutual"
        if floor.asides.get(listener) != floor.asides.get(speaker):
            assert not allowed, "neither side of a private conversation hears the other"


@settings(max_examples=200, deadline=None)
@given(FLOORS, PERSON, PERSON, PERSON)
def test_a_pair_does_not_depend_on_what_others_do(floor: Floor, listener: str, speaker: str, other: str) -> None:
    if other in (listener, speaker):
        return
    without = Floor(
        floor.held - {other},
        {who: part for who, part in floor.supervisors.items() if who != other},
        {who: number for who, number in floor.asides.items() if who != other},
        {pair: each for pair, each in floor.gains.items() if other not in pair},
    )
    assert gain(floor, listener, speaker) == gain(without, listener, speaker)
