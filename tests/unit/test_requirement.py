"""Requirement expressions: what they mean, that text and JSON say the same, that any input is read or refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import Unprocessable
from signalling.routing.requirement import (
    ANYBODY,
    TERMS_MOST,
    Every,
    Lacks,
    Level,
    Requirement,
    Some,
    Speaks,
    Step,
    combined,
    meets,
    parse,
    read,
    steps_of,
    steps_written,
    written,
)

SKILLS = {"billing": 3, "returns": 1}
LANGUAGES = frozenset({"de-at", "en"})


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("", True),
        ("anybody", True),
        ("billing", True),
        ("billing >= 3", True),
        ("billing > 3", False),
        ("billing < 4 and billing = 3", True),
        ("BILLING >= 3", True),
        ("cooking", False),
        ("cooking = 0", True),
        ("cooking <= 5", True),
        ("not cooking", True),
        ("language = de", True),
        ("language = de-AT", True),
        ("language = de-CH", False),
        ("language in (fr, en)", True),
        ("language in (fr)", False),
        ("billing >= 3 and language in (de, en)", True),
        ("cooking or billing and returns", True),
        ("(cooking or billing) and not returns", False),
        ("not (cooking and billing)", True),
        ("cooking or anybody", True),
    ],
)
def test_an_expression_is_met_or_not(text: str, met: bool) -> None:
    assert meets(parse(text), SKILLS, LANGUAGES) is met


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("billing >=", "character 11"),
        ("billing >= x", "character 12"),
        ("billing returns", "character 9"),
        ("(billing", "character 9"),
        ("language de", "character 10"),
        ("language in (de", "character 16"),
        ("billing ; returns", "character 9"),
        ("and", "character 1"),
        ("billing >= 500", "100"),
        ("billing >= 1000", "character 12"),
        ("x" * 2000, "1000 characters"),
        (" and ".join(["billing"] * (TERMS_MOST + 1)), "terms"),
        ("(" * 50 + "billing" + ")" * 50, "deep"),
        ("not " * 50 + "billing", "deep"),
        ("a" * 41, "character 1"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        parse(text)
    assert place in refused.value.detail


def test_order_and_repetition_make_no_other_requirement() -> None:
    assert parse("billing and (language = de and returns)") == parse("returns and billing and billing and language in (de)")
    assert hash(parse("a or b")) == hash(parse("b or a"))
    assert parse("billing >= 1") == parse("billing")


names = st.sampled_from(["billing", "returns", "cooking"])
leaves = st.one_of(
    st.builds(Level, names, st.integers(0, 100)),
    st.builds(Level, names, st.integers(0, 100), st.integers(0, 100)),
    st.builds(Speaks, st.frozensets(st.sampled_from(["de", "en", "pt-br"]), min_size=1)),
    st.just(ANYBODY),
)
requirements: st.SearchStrategy[Requirement] = st.recursive(
    leaves,
    lambda of: st.one_of(
        st.builds(Lacks, of),
        st.builds(Every, st.frozensets(of, max_size=3)),
        st.builds(Some, st.frozensets(of, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@given(requirements, st.dictionaries(names, st.integers(0, 5)), st.frozensets(st.sampled_from(["de", "de-at", "en"])))
def test_json_means_the_same_again(requirement: Requirement, skills: dict[str, int], languages: frozenset[str]) -> None:
    again = read(written(requirement))
    assert meets(again, skills, languages) is meets(requirement, skills, languages)
    assert read(written(again)) == again


WORDS = ["billing", "and", "or", "not", "(", ")", ">=", "<", "3", "language", "in", ",", "de", "=", "anybody", " ", "\x00", "é"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except Unprocessable:
        return
    assert isinstance(meets(found, SKILLS, LANGUAGES), bool)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda of: (
        st.lists(of, max_size=3)
        | st.dictionaries(st.sampled_from(["skill", "at_least", "at_most", "language", "all", "any", "not", "x"]), of, max_size=3)
    ),
    max_leaves=10,
)


@given(json)
def test_any_json_is_a_requirement_or_refused(value: Any) -> None:
    for reading in (read, steps_of):
        try:
            reading(value)
        except Unprocessable:
            continue


def test_steps_are_read_and_written() -> None:
    steps = steps_of([{"after_s": 0, "requirement": "billing >= 3"}, {"after_s": 30, "requirement": None}])
    assert steps == (Step(0, Level("billing", 3)), Step(30_000_000, ANYBODY))
    assert steps_of(steps_written(steps)) == steps
    with pytest.raises(Unprocessable):
        steps_of([{"after_s": 30, "requirement": "a"}, {"after_s": 30, "requirement": "b"}])
    with pytest.raises(Unprocessable):
        steps_of([{"after_s": True, "requirement": "a"}])


def test_two_relaxations_hold_at_once() -> None:
    queue = (Step(0, parse("billing")), Step(60, ANYBODY))
    ticket = (Step(30, parse("language = de")),)
    assert combined(queue, ticket) == (
        Step(0, parse("billing")),
        Step(30, parse("billing and language = de")),
        Step(60, parse("language = de")),
    )
