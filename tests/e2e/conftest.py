"""Callers and a running demo, shared by the browser tests."""

import itertools
from collections.abc import Iterator

import pytest

from tests.e2e.program import Demo, demo
from tests.e2e.sources import BACK, FRONT, Caller, make_caller

ROOMS = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is marked e2e."""
    for item in items:
        if "tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """A person talking in a car; the smallest picture that counts, enlarged from a quarter of it."""
    return make_caller(tmp_path_factory.mktemp("customer"), "customer", FRONT, "carphone_pristine.mp4", 352, 288)


@pytest.fixture(scope="session")
def rep(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Another voice track, another picture."""
    return make_caller(tmp_path_factory.mktemp("rep"), "rep", BACK, "bikes.mp4", 480, 272)


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests that do not change it."""
    with demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture
def running(process: Demo) -> Demo:
    """The demo, with links into a room that no other test has been in."""
    assert process.process.poll() is None, "the demo's process has ended"
    return process.in_room(f"room-{next(ROOMS)}")
