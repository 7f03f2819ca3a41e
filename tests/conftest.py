"""What every test gets: free ports, the certainty of testing the build that was asked for, and reruns where foreign stacks are."""

import os
import socket

import pytest

import native
from tests.support import rerun


def pytest_configure(config: pytest.Config) -> None:
    rerun.pytest_configure(config)


def pytest_report_header() -> str:
    """Says which native build is under test; refuses to run the normal one where the sanitizers were asked for."""
    where = os.path.dirname(native.__file__)
    if os.environ.get("NATIVE_DEBUG") == "1" and "sanitize" not in where:
        pytest.exit(f"NATIVE_DEBUG=1, but the native part comes from {where}: use make sanitize", returncode=4)
    return f"native: {os.path.relpath(where)}"


@pytest.fixture
def free_tcp_port() -> int:
    """A loopback port nobody listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
