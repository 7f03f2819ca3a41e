"""DTLS record framing: what passes to OpenSSL, how its output becomes datagrams."""

import itertools
import random

import pytest

from mediaserver.dtls.record import ALERT, HANDSHAKE, MESSAGE_BYTES_MAX, admissible, pack, records, renumber


def record(content_type: int = HANDSHAKE, epoch: int = 0, number: int = 0, body: bytes = b"", *, version: int = 0xFEFD) -> bytes:
    return bytes([content_type]) + version.to_bytes(2) + epoch.to_bytes(2) + number.to_bytes(6) + len(body).to_bytes(2) + body


def message(length: int, fragment: int, *, kind: int = 11) -> bytes:
    return bytes([kind]) + length.to_bytes(3) + bytes(5) + fragment.to_bytes(3) + bytes(fragment)


WHOLE = record(body=message(8, 8)) + record(20, body=b"\x01") + record(epoch=1, body=bytes(40))


@pytest.mark.parametrize(
    ("datagram", "count"),
    [
        (b"", 0),
        (WHOLE, 3),
        (WHOLE[:-1], 2),
        (WHOLE[:12], 0),
        (record(19), 0),
        (record(24), 0),
        (record(version=0x0303), 0),
        (record(version=0xFEFF), 1),
        (WHOLE + b"\x16\xfe\xfd", 3),
        (record(body=b"")[:-1] + b"\xff", 0),
    ],
)
def test_reads_whole_records_only(datagram: bytes, count: int) -> None:
    assert len(list(records(datagram))) == count


@pytest.mark.parametrize(
    ("datagram", "admitted"),
    [
        (record(body=message(8, 8)), True),
        (record(body=message(8, 8) + message(300, 20)), True),
        (record(body=message(MESSAGE_BYTES_MAX, 1)), True),
        (record(body=message(MESSAGE_BYTES_MAX + 1, 1)), False),
        (record(body=message(8, 8) + message(100000, 20)), False),
        (record(body=message(8, 9)), False),
        (record(body=message(8, 8) + b"\0"), False),
        (record(body=message(8, 8)[:-1]), False),
        (record(ALERT, body=b"\x02\x28"), True),
        (record(epoch=1, body=bytes(40)), True),
        (record(epoch=2, body=bytes(40)), False),
    ],
)
def test_admits_sane_records_of_the_two_epochs(datagram: bytes, admitted: bool) -> None:
    assert [admissible(datagram, found) for found in records(datagram)] == [admitted]


@pytest.mark.parametrize("seed", range(20))
def test_packs_whole_records_in_order_up_to_the_mtu(seed: int) -> None:
    chance = random.Random(seed)
    parts = [record(number=number, body=bytes(chance.randrange(600))) for number in range(chance.randrange(12))]
    datagrams = pack(b"".join(parts), 700)
    assert b"".join(datagrams) == b"".join(parts)
    assert all(0 < len(datagram) <= 700 for datagram in datagrams)
    assert all(list(records(datagram))[-1].end == len(datagram) for datagram in datagrams)
    assert all(len(a) + next(records(b)).end > 700 for a, b in itertools.pairwise(datagrams))


def test_a_record_above_the_mtu_travels_alone() -> None:
    large, small = record(body=bytes(900)), record(body=bytes(10))
    assert pack(small + large + small, 700) == [small, large, small]


def test_renumbers_plain_records_only() -> None:
    datagram = record(number=9) + record(epoch=1, number=9, body=bytes(20)) + record(20, number=3, body=b"\x01")
    numbered, following = renumber(datagram, 70000)
    assert following == 70002
    assert numbered == record(number=70000) + record(epoch=1, number=9, body=bytes(20)) + record(20, number=70001, body=b"\x01")
