"""ICE-lite's share of signalling: credentials, candidates, trickle fragments."""

import socket

import pytest

from mediaserver import sdp
from mediaserver.errors import BadRequest
from mediaserver.ice import Credentials, Fragment, candidates, local_addresses, parse_fragment, write_fragment

ALLOWED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def test_credentials_are_long_enough_and_new_each_time() -> None:
    many = [Credentials.generate() for _ in range(200)]
    assert len({each.ufrag for each in many}) == len({each.password for each in many}) == 200
    for each in many:
        assert 4 <= len(each.ufrag) <= 256 and 22 <= len(each.password) <= 256
        assert set(each.ufrag + each.password) <= ALLOWED


def test_candidates_prefer_the_first_address() -> None:
    lines = candidates(["192.0.2.1", "2001:db8::1"], 7882)
    assert lines == ("1 1 udp 2130706431 192.0.2.1 7882 typ host", "2 1 udp 2130706175 2001:db8::1 7882 typ host")


@pytest.mark.parametrize(
    ("host", "routes", "addresses"),
    [
        ("192.0.2.5", {}, ["192.0.2.5"]),
        ("::1", {}, ["::1"]),
        ("::", {socket.AF_INET: "198.51.100.3", socket.AF_INET6: "2001:db8::3"}, ["198.51.100.3", "2001:db8::3"]),
        ("0.0.0.0", {socket.AF_INET: "198.51.100.3", socket.AF_INET6: "2001:db8::3"}, ["198.51.100.3"]),
        ("::", {socket.AF_INET: "198.51.100.3"}, ["198.51.100.3"]),
        ("::", {}, ["127.0.0.1"]),
    ],
)
def test_addresses_are_those_of_the_default_routes(
    monkeypatch: pytest.MonkeyPatch, host: str, routes: dict[socket.AddressFamily, str], addresses: list[str]
) -> None:
    class Routed:
        def __init__(self, family: socket.AddressFamily, _kind: int) -> None:
            self.family = family

        def __enter__(self) -> "Routed":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def connect(self, _address: object) -> None:
            if self.family not in routes:
                raise OSError("no route")

        def getsockname(self) -> tuple[str, int]:
            return (routes[self.family], 1)

    monkeypatch.setattr("mediaserver.ice.socket.socket", Routed)
    assert local_addresses(host) == addresses


def test_fragment_is_written_and_read_back() -> None:
    fragment = Fragment(Credentials("abcd", "p" * 24), candidates(["192.0.2.1", "2001:db8::1"], 7882), "0")
    assert parse_fragment(write_fragment(fragment)) == fragment
    assert parse_fragment(write_fragment(fragment).encode()) == fragment


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("a=end-of-candidates", Fragment(Credentials("", ""))),
        ("a=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 22, Fragment(Credentials("abcd", "p" * 22))),
        ("a=group:BUNDLE 0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:0\na=candidate:x\na=unknown", Fragment(Credentials("", ""), ("x",), "0")),
    ],
)
def test_fragments_of_peers_are_read(text: str, fragment: Fragment) -> None:
    assert parse_fragment(text) == fragment


@pytest.mark.parametrize(
    "text", ["", "hello", "a=ice-ufrag:ab", "a=ice-pwd:short", "m=\r\n" * (sdp.MAX_MEDIA + 1), "a=candidate:1\r\n" * 129]
)
def test_bad_fragments_are_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_fragment(text)
