"""Any bytes as a body or a query: a value without anything that we do not take, or a refusal that says why; never another error."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.errors import RemoteError
from signalling.api.input import FORBIDDEN, Kind, json_value, query_values

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
KINDS = {"a": Kind("integer"), "b": Kind("boolean"), "c": Kind("string", many=True), "d": Kind("number")}


def clean(value: Any) -> bool:
    """Whether a decoded value may reach the database."""
    match value:
        case str():
            return not FORBIDDEN.search(value) and value.encode().decode() == value
        case bool() | None:
            return True
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return value == value and abs(value) != float("inf")
        case list():
            return all(clean(each) for each in value)
        case dict():
            return all(clean(name) and clean(each) for name, each in value.items())
    return False


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_clean_or_refused(raw: bytes) -> None:
    try:
        value = json_value(raw)
    except RemoteError as error:
        assert error.status in (400, 422)
        json.dumps(error.problem()).encode()
    else:
        assert clean(value)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet=st.characters(codec="ascii"), max_size=100) | st.text(alphabet="abcd=&%0F1.eE+-tru", max_size=60))
def test_a_query_is_clean_or_refused(raw: str) -> None:
    try:
        values = query_values(raw, KINDS)
    except RemoteError as error:
        assert error.status in (400, 422)
    else:
        assert clean(values)
