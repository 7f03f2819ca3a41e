"""STUN: the RFC's vectors, the rules about what a message may contain, and what the writers write."""

import binascii
import hmac
import struct
from ipaddress import ip_address

import pytest

from native.testing import wire
from tests.vectors.stun_rfc5769 import IPV4_RESPONSE, IPV6_RESPONSE, PASSWORD, REQUEST, TRANSACTION_ID

USERNAME, INTEGRITY, ERROR_CODE, INTEGRITY_SHA256, PRIORITY, USE_CANDIDATE = 0x0006, 0x0008, 0x0009, 0x001C, 0x0024, 0x0025
SOFTWARE, FINGERPRINT, CONTROLLED, CONTROLLING = 0x8022, 0x8028, 0x8029, 0x802A
VECTORS = {"request": REQUEST, "ipv4": IPV4_RESPONSE, "ipv6": IPV6_RESPONSE}
KEY = b"a short-term password"


def attribute(kind: int, value: bytes = b"") -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(*attributes: bytes, kind: int = 0x0001, fingerprint: bool = False) -> bytes:
    body = b"".join(attributes)
    head = struct.pack("!HHI", kind, len(body) + 8 * fingerprint, 0x2112A442) + TRANSACTION_ID
    data = head + body
    return data + attribute(FINGERPRINT, struct.pack("!I", binascii.crc32(data) ^ 0x5354554E)) if fingerprint else data


def integrity(*before: bytes, key: bytes = KEY, kind: int = 0x0001) -> bytes:
    body = b"".join(before)
    data = struct.pack("!HHI", kind, len(body) + 24, 0x2112A442) + TRANSACTION_ID + body
    return attribute(INTEGRITY, hmac.digest(key, data, "sha1"))


def test_rfc5769_request() -> None:
    assert wire.stun_message(REQUEST) == {
        "message_class": 0, "method": 1, "transaction_id": TRANSACTION_ID, "username": b"evtj:h6vY", "integrity_offset": 76,
        "error_code": 0, "has_fingerprint": 1, "use_candidate": 0, "controlling": 0, "controlled": 1, "unknown_required": 0,
        "unknown_type": 0, "priority": 0x6E0001FF, "tie_breaker": 0x932FF9B151263B36,
    }


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_rfc5769_integrity(vector: bytes) -> None:
    assert wire.stun_is_right(vector, PASSWORD)
    assert not wire.stun_is_right(vector, PASSWORD[:-1])
    assert not wire.stun_is_right(vector, PASSWORD + b"\x01")
    assert not wire.stun_is_right(vector, b"")


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_any_flipped_bit_is_noticed(vector: bytes) -> None:
    for bit in range(8 * len(vector)):
        flipped = bytearray(vector)
        flipped[bit // 8] ^= 1 << bit % 8
        data = bytes(flipped)
        parsed = wire.stun_message(data)
        # A flip in a type or a length can hide FINGERPRINT; then MESSAGE-INTEGRITY is gone or wrong, or covers all that was there.
        if parsed is not None:
            assert parsed["has_fingerprint"] == 0, bit
            assert not wire.stun_is_right(data, PASSWORD) or bit >= 8 * (len(vector) - 8), bit


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_any_truncation_or_extension_is_refused(vector: bytes) -> None:
    assert [n for n in range(len(vector)) if wire.stun_message(vector[:n]) is not None] == []
    assert wire.stun_message(vector + bytes(4)) is None


@pytest.mark.parametrize(
    ("kind", "message_class", "method"),
    [
        (0x0001, 0x0000, 1),
        (0x0011, 0x0010, 1),
        (0x0101, 0x0100, 1),
        (0x0111, 0x0110, 1),
        (0x0003, 0, 3),
        (0x3EEF, 0, 0xFFF),
        (0x3FFF, 0x0110, 0xFFF),
    ],
)
def test_class_and_method_are_told_apart(kind: int, message_class: int, method: int) -> None:
    parsed = wire.stun_message(message(kind=kind))
    assert (parsed["message_class"], parsed["method"]) == (message_class, method)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message()[:19],
        b"\x40" + message()[1:],
        b"\x80" + message()[1:],
        message()[:4] + b"\x21\x12\xa4\x43" + message()[8:],
        message()[:2] + b"\x00\x04" + message()[4:],
        message()[:2] + b"\x00\x02" + message()[4:] + b"\x00\x00",
        message(b"\x80\x22\x00\x05abcd"),
        message(b"\x80\x22\xff\xff"),
        message(attribute(USERNAME, b"u" * 514)),
        message(attribute(PRIORITY, b"\x00" * 8)),
        message(attribute(PRIORITY)),
        message(attribute(USE_CANDIDATE, b"\x00" * 4)),
        message(attribute(CONTROLLING, b"\x00" * 4)),
        message(attribute(CONTROLLED, b"\x00" * 12)),
        message(attribute(INTEGRITY, b"\x00" * 16)),
        message(attribute(INTEGRITY, b"\x00" * 32)),
        message(attribute(ERROR_CODE, b"\x00\x00\x04"), kind=0x0111),
        message(attribute(ERROR_CODE, b"\x00\x00\x02\x00"), kind=0x0111),
        message(attribute(ERROR_CODE, b"\x00\x00\x07\x00"), kind=0x0111),
        message(attribute(ERROR_CODE, b"\x00\x00\x04\x64"), kind=0x0111),
        message(attribute(FINGERPRINT, b"\x00" * 8)),
        message(attribute(FINGERPRINT, b"\x00" * 4)),
    ],
)
def test_malformed_message_is_refused(data: bytes) -> None:
    assert wire.stun_message(data) is None


def test_fingerprint_must_be_last() -> None:
    whole = message(fingerprint=True)
    assert wire.stun_message(whole)["has_fingerprint"] == 1
    # Right for the bytes before it and the length as it then is, yet followed by something.
    body = attribute(SOFTWARE)
    head = struct.pack("!HHI", 1, 8 + len(body), 0x2112A442) + TRANSACTION_ID
    assert wire.stun_message(head + attribute(FINGERPRINT, struct.pack("!I", binascii.crc32(head) ^ 0x5354554E)) + body) is None


def test_attributes_after_integrity_do_not_count() -> None:
    name = attribute(USERNAME, b"a:b")
    sealed = [name, integrity(name)]
    late = [attribute(USE_CANDIDATE), attribute(PRIORITY, b"\x00\x00\x00\x07"), attribute(CONTROLLING, b"\x01" * 8)]
    late += [attribute(0x7777), attribute(USERNAME, b"x")]
    data = message(*sealed, *late, fingerprint=True)
    parsed = wire.stun_message(data)
    assert (parsed["username"], parsed["has_fingerprint"], parsed["integrity_offset"]) == (b"a:b", 1, 28)
    assert not any(parsed[field] for field in ("use_candidate", "priority", "controlling", "tie_breaker", "unknown_required"))
    assert wire.stun_is_right(data, KEY)


def test_a_second_integrity_is_not_looked_at() -> None:
    name = attribute(USERNAME, b"a:b")
    wrong = attribute(INTEGRITY, bytes(20))
    assert not wire.stun_is_right(message(name, wrong, integrity(name, wrong)), KEY)


def test_sha256_integrity_seals_but_does_not_vouch() -> None:
    name = attribute(USERNAME, b"a:b")
    data = message(name, attribute(INTEGRITY_SHA256, bytes(32)), attribute(USE_CANDIDATE))
    parsed = wire.stun_message(data)
    assert (parsed["integrity_offset"], parsed["use_candidate"], parsed["unknown_required"]) == (0, 0, 0)
    assert not wire.stun_is_right(data, KEY)


def test_message_without_integrity_is_not_right() -> None:
    assert not wire.stun_is_right(message(attribute(USERNAME, b"a:b")), KEY)


@pytest.mark.parametrize("key", [b"k", b"k" * 22, b"k" * 63, b"k" * 64, b"k" * 65, b"k" * 256])
def test_integrity_for_every_key_length_class(key: bytes) -> None:
    assert wire.stun_is_right(message(integrity(key=key)), key)


def test_first_of_a_repeated_attribute_counts() -> None:
    parsed = wire.stun_message(
        message(
            attribute(USERNAME, b""), attribute(USERNAME, b"b"),
            attribute(PRIORITY, b"\x00\x00\x00\x00"), attribute(PRIORITY, b"\x00\x00\x00\x02"),
            attribute(CONTROLLED, b"\x00" * 8), attribute(CONTROLLED, b"\x01" * 8),
        )
    )
    assert (parsed["username"], parsed["priority"], parsed["tie_breaker"]) == (b"", 0, 0)


@pytest.mark.parametrize(
    ("kinds", "required", "first"),
    [
        ([SOFTWARE, 0xC057, 0x8000], 0, 0),
        ([0x0003], 1, 0x0003),
        ([0x8001, 0x7FFF, 0x0003], 1, 0x7FFF),
        ([0x0000], 1, 0),
        ([0x0020, 0x0014, 0x0015], 0, 0),
    ],
)
def test_unknown_attributes_that_must_be_understood(kinds: list[int], required: int, first: int) -> None:
    parsed = wire.stun_message(message(*(attribute(kind, b"1") for kind in kinds)))
    assert (parsed["unknown_required"], parsed["unknown_type"]) == (required, first)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 172])
@pytest.mark.parametrize("controlling", [True, False])
def test_request_is_read_back(size: int, controlling: bool) -> None:
    data = wire.stun_request(TRANSACTION_ID, b"u" * size, 0x6E0001FF, controlling, 0xFFFFFFFFFFFFFFFE, controlling, KEY)
    assert len(data) == 80 + (size + 3) // 4 * 4 - (0 if controlling else 4) <= 256
    assert wire.stun_is_right(data, KEY)
    assert wire.stun_message(data) == {
        "message_class": 0, "method": 1, "transaction_id": TRANSACTION_ID, "username": b"u" * size, "integrity_offset": len(data) - 32,
        "error_code": 0, "has_fingerprint": 1, "use_candidate": int(controlling), "controlling": int(controlling),
        "controlled": int(not controlling), "unknown_required": 0, "unknown_type": 0, "priority": 0x6E0001FF,
        "tie_breaker": 0xFFFFFFFFFFFFFFFE,
    }


def test_request_that_would_not_fit_is_not_written() -> None:
    assert wire.stun_request(TRANSACTION_ID, b"u" * 173, 1, True, 1, True, KEY) == b""


@pytest.mark.parametrize("vector", [IPV4_RESPONSE, IPV6_RESPONSE], ids=["ipv4", "ipv6"])
def test_success_carries_the_rfc5769_mapped_address(vector: bytes) -> None:
    mapped = vector[36:-32]
    address = "192.0.2.1" if vector is IPV4_RESPONSE else "2001:db8:1234:5678:11:2233:4455:6677"
    address16 = b"\x00" * 10 + b"\xff\xff" + ip_address(address).packed if "." in address else ip_address(address).packed
    data = wire.stun_success(TRANSACTION_ID, address16, 32853, PASSWORD)
    assert data[20:-32] == mapped
    assert wire.stun_is_right(data, PASSWORD)
    parsed = wire.stun_message(data)
    assert (parsed["message_class"], parsed["method"], parsed["has_fingerprint"]) == (0x0100, 1, 1)


@pytest.mark.parametrize("code", [300, 400, 401, 420, 487, 500, 699])
def test_error_is_read_back(code: int) -> None:
    data = wire.stun_error(TRANSACTION_ID, code, KEY)
    assert wire.stun_is_right(data, KEY)
    parsed = wire.stun_message(data)
    assert (parsed["message_class"], parsed["error_code"]) == (0x0110, code)


@pytest.mark.parametrize("code", [0, 299, 700, 65535])
def test_error_code_outside_the_classes_is_not_written(code: int) -> None:
    assert wire.stun_error(TRANSACTION_ID, code, KEY) == b""


def test_unknown_attribute_is_named() -> None:
    data = wire.stun_unknown_attribute(TRANSACTION_ID, 0x7F01, KEY)
    assert wire.stun_is_right(data, KEY)
    assert wire.stun_message(data)["error_code"] == 420
    assert attribute(0x000A, b"\x7f\x01") in data


def test_without_a_key_there_is_no_integrity() -> None:
    parsed = wire.stun_message(wire.stun_error(TRANSACTION_ID, 400, b""))
    assert (parsed["error_code"], parsed["integrity_offset"], parsed["has_fingerprint"]) == (400, 0, 1)
