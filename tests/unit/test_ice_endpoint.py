"""Host candidates: which address and port a peer is told, behind a port-mapping NAT too."""

import pytest

from mediaserver.ice import candidates, read_endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("203.0.113.7", ("203.0.113.7", 0)),
        ("203.0.113.7:40000", ("203.0.113.7", 40000)),
        ("2001:db8::7", ("2001:db8::7", 0)),
        ("::1", ("::1", 0)),
        ("[2001:db8::7]:1", ("2001:db8::7", 1)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_reads_an_endpoint(text: str, endpoint: tuple[str, int]) -> None:
    assert read_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "media.example", "media.example:1", "203.0.113.7:", "203.0.113.7:0", "203.0.113.7:65536", "203.0.113.7:-1",
        "203.0.113.7: 1", "203.0.113.7:٣", "[2001:db8::7]", "[2001:db8::7]:", "[203.0.113.7]:1", "[::1", "[]:1", "203.0.113.7:1:2",
    ],
)  # fmt: skip
def test_refuses_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|address"):
        read_endpoint(text)


def test_a_mapped_port_stands_for_worker_0_and_the_next_follow() -> None:
    endpoints = ["203.0.113.7:40000", "2001:db8::7"]
    told = [[line.split()[4:6] for line in candidates(endpoints, 7882 + worker, worker)] for worker in (0, 1)]
    assert told == [[["203.0.113.7", "40000"], ["2001:db8::7", "7882"]], [["203.0.113.7", "40001"], ["2001:db8::7", "7883"]]]


def test_the_first_endpoint_is_preferred() -> None:
    first, second = (int(line.split()[3]) for line in candidates(["203.0.113.7", "203.0.113.8"], 7882))
    assert first > second
