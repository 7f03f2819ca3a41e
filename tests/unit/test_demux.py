"""The first byte's verdict (RFC 7983, RFC 5761), for every first byte and at every size that matters."""

import pytest

from native.testing import wire

UNKNOWN, STUN, DTLS, RTP, RTCP = range(5)


@pytest.mark.parametrize(
    ("first", "last", "second", "kind"),
    [
        (0, 3, 0, STUN),
        (4, 19, 0, UNKNOWN),  # 16..19 would be ZRTP
        (20, 63, 0, DTLS),
        (64, 127, 0, UNKNOWN),  # 64..79 would be TURN channels
        (128, 191, 0, RTP),
        (128, 191, 191, RTP),
        (128, 191, 192, RTCP),
        (128, 191, 200, RTCP),
        (128, 191, 223, RTCP),
        (128, 191, 224, RTP),
        (192, 255, 200, UNKNOWN),
    ],
)
def test_first_bytes(first: int, last: int, second: int, kind: int) -> None:
    assert {wire.classify(bytes([byte, second]) + bytes(18)) for byte in range(first, last + 1)} == {kind}


@pytest.mark.parametrize(
    ("start", "smallest", "kind"),
    [(b"\x00\x01", 20, STUN), (b"\x16\xfe", 13, DTLS), (b"\x80\x60", 12, RTP), (b"\x80\xc8", 8, RTCP)],
)
def test_what_cannot_hold_its_header_is_unknown(start: bytes, smallest: int, kind: int) -> None:
    assert wire.classify(start + bytes(smallest - 2)) == kind
    assert {wire.classify((start + bytes(smallest))[:size]) for size in range(smallest)} == {UNKNOWN}
