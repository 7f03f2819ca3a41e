"""Serial-number arithmetic: distances on the circle and the 64-bit extension."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.testing import wire


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [(5, 5, 0), (6, 5, 1), (5, 6, -1), (0, 65535, 1), (65535, 0, -1), (32767, 0, 32767), (32768, 0, -32768), (32769, 0, -32767)],
)
def test_seq16_distance(a: int, b: int, distance: int) -> None:
    assert wire.seq_distance(a, b) == distance


@pytest.mark.parametrize(("a", "b", "distance"), [(0, 2**32 - 1, 1), (2**32 - 1, 0, -1), (2**31 - 1, 0, 2**31 - 1), (90_000, 0, 90_000)])
def test_timestamp_distance(a: int, b: int, distance: int) -> None:
    assert wire.timestamps_distance(a, b) == distance


def test_a_packet_reordered_before_the_first_stays_positive() -> None:
    assert wire.seq_extend(wire.seq_start(0), 65535) == 65535


@given(st.integers(1 << 16, 1 << 48), st.integers(-32767, 32767))
def test_extension_finds_every_neighbour(reference: int, step: int) -> None:
    assert wire.seq_extend(reference, (reference + step) % 65536) == reference + step
