"""Native parsers and writers against aiortc's and aioice's on seeded random input: same fields, same refusals."""

import random
from dataclasses import dataclass
from ipaddress import ip_address

import pytest
from aioice import stun
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtpPacket, pack_header_extensions, unpack_header_extensions

from native.testing import wire

ROUNDS = 3000
VP8 = 2
KINDS = 10


@dataclass(frozen=True)
class Negotiated:
    """A random id for each of some kinds."""

    ids: dict[int, int]

    @classmethod
    def draw(cls, random_: random.Random, highest: int) -> "Negotiated":
        kinds = random_.sample(range(KINDS), random_.randint(0, KINDS))
        return cls(dict(zip(kinds, random_.sample(range(1, highest + 1), len(kinds)), strict=True)))


# Sizes that every reader accepts, so that only position and identity are compared.
MIN_BYTES = 8


def rtp_packet(random_: random.Random, elements: list[tuple[int, bytes]]) -> bytes:
    packet = RtpPacket(
        payload_type=random_.randint(0, 127), marker=random_.randint(0, 1), sequence_number=random_.getrandbits(16),
        timestamp=random_.getrandbits(32), ssrc=random_.getrandbits(32), payload=random_.randbytes(random_.randint(0, 60)),
    )  # fmt: skip
    packet.csrc = [random_.getrandbits(32) for _ in range(random_.randint(0, 15))]
    packet.padding_size = random_.choice([0, 0, 1, 7, 255])
    data = packet.serialize()
    if not elements:
        return data
    profile, block = pack_header_extensions(elements)
    end = 12 + 4 * len(packet.csrc)
    return bytes([data[0] | 0x10]) + data[1:end] + profile.to_bytes(2, "big") + (len(block) // 4).to_bytes(2, "big") + block + data[end:]


@pytest.mark.parametrize("highest", [14, 255], ids=["one-byte", "two-byte"])
def test_rtp_packets_read_the_same(highest: int) -> None:
    random_ = random.Random(1)
    for _ in range(ROUNDS):
        negotiated = Negotiated.draw(random_, highest)
        ids = random_.sample(range(1, highest + 1), random_.randint(0, 8))
        data = rtp_packet(random_, [(id, random_.randbytes(random_.randint(MIN_BYTES, 16))) for id in ids])
        theirs = RtpPacket.parse(data)
        header = wire.rtp_header(data)
        assert (header["payload_type"], header["marker"], header["seq16"]) == (theirs.payload_type, theirs.marker, theirs.sequence_number)
        assert (header["timestamp"], header["ssrc"]) == (theirs.timestamp, theirs.ssrc)
        padding_bytes, payload_bytes = wire.rtp_padding(data)
        assert padding_bytes == theirs.padding_size
        assert data[header["header_bytes"] : header["header_bytes"] + payload_bytes] == theirs.payload
        block = data[header["extension_offset"] : header["extension_offset"] + header["extension_bytes"]]
        found = dict(unpack_header_extensions(header["extension_profile"], block))
        assert wire.rtp_extensions(data, negotiated.ids) == (
            0, {kind: found[id] for kind, id in sorted(negotiated.ids.items()) if id in found}
        )  # fmt: skip


def test_rtp_packets_are_refused_alike() -> None:
    random_ = random.Random(2)
    refused = 0
    for _ in range(ROUNDS):
        data = bytearray(rtp_packet(random_, [(1, b"mid")]))
        for _ in range(random_.randint(0, 3)):
            data[random_.randrange(min(len(data), 24))] = random_.getrandbits(8)
        packet = bytes(data[: random_.randint(0, len(data))] if random_.random() < 0.5 else data)
        header = wire.rtp_header(packet)
        ours = None if header is None else wire.rtp_padding(packet)
        try:
            theirs = RtpPacket.parse(packet)
        except ValueError as error:
            if "header extension" in str(error):
                # Theirs refuses the packet for an element in its block; ours only stops looking at the block.
                assert header is not None, packet.hex()
            else:
                refused += 1
                assert ours is None, packet.hex()
            continue
        assert ours == (theirs.padding_size, len(theirs.payload)), packet.hex()
    assert ROUNDS // 10 < refused < ROUNDS


def theirs_message(random_: random.Random, key: bytes) -> stun.Message:
    message = stun.Message(random_.choice(list(stun.Method)), random_.choice(list(stun.Class)), random_.randbytes(12))
    choices = {
        "USERNAME": "".join(random_.choices("abcXYZ019+/:", k=random_.randint(1, 60))),
        "PRIORITY": random_.getrandbits(32),
        random_.choice(["ICE-CONTROLLED", "ICE-CONTROLLING"]): random_.getrandbits(64),
        "USE-CANDIDATE": None,
        "SOFTWARE": "some peer",
        "ERROR-CODE": (random_.choice([300, 400, 401, 420, 487, 500, 699]), "reason"),
        "XOR-MAPPED-ADDRESS": ("2001:db8::1", 4000),
    }
    for name in random_.sample(list(choices), random_.randint(0, len(choices))):
        message.attributes[name] = choices[name]
    if random_.random() < 0.8:
        message.add_message_integrity(key)
    return message


def test_stun_messages_read_the_same() -> None:
    random_ = random.Random(3)
    for _ in range(ROUNDS):
        key = random_.randbytes(random_.choice([1, 22, 32, 64, 65, 200]))
        message = theirs_message(random_, key)
        attributes = message.attributes
        data = bytes(message)
        parsed = wire.stun_message(data)
        assert (parsed["message_class"], parsed["method"]) == (message.message_class, message.message_method)
        assert parsed["transaction_id"] == message.transaction_id
        assert parsed["username"] == (attributes["USERNAME"].encode() if "USERNAME" in attributes else None)
        assert parsed["priority"] == attributes.get("PRIORITY", 0)
        assert parsed["controlling"] == ("ICE-CONTROLLING" in attributes)
        assert parsed["controlled"] == ("ICE-CONTROLLED" in attributes)
        assert parsed["tie_breaker"] == attributes.get("ICE-CONTROLLING", attributes.get("ICE-CONTROLLED", 0))
        assert parsed["use_candidate"] == ("USE-CANDIDATE" in attributes)
        assert parsed["error_code"] == attributes.get("ERROR-CODE", (0,))[0]
        assert parsed["has_fingerprint"] == ("FINGERPRINT" in attributes)
        assert parsed["unknown_required"] == 0
        assert wire.stun_is_right(data, key) == ("MESSAGE-INTEGRITY" in attributes)
        assert not wire.stun_is_right(data, key + b"!")


@pytest.mark.parametrize("address", ["192.0.2.7", "0.0.0.0", "255.255.255.255", "2001:db8::17", "::", "::1", "fe80::1"])
def test_stun_answers_are_read_by_theirs(address: str) -> None:
    random_ = random.Random(4)
    packed = ip_address(address).packed
    address16 = packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed
    for port in (0, 1, 0x2112, 65535):
        transaction_id, key = random_.randbytes(12), random_.randbytes(22)
        message = stun.parse_message(wire.stun_success(transaction_id, address16, port, key))
        assert (message.message_method, message.message_class) == (stun.Method.BINDING, stun.Class.RESPONSE)
        assert message.transaction_id == transaction_id
        assert message.attributes["XOR-MAPPED-ADDRESS"] == (address, port)
        assert message.check_message_integrity(key)


def test_stun_requests_and_errors_are_read_by_theirs() -> None:
    random_ = random.Random(5)
    for _ in range(ROUNDS // 10):
        transaction_id, key = random_.randbytes(12), random_.randbytes(random_.randint(22, 100))
        username = "".join(random_.choices("abcXYZ019+/:", k=random_.randint(1, 172)))
        controlling, nominate = random_.random() < 0.5, random_.random() < 0.5
        priority, tie_breaker = random_.getrandbits(32), random_.getrandbits(64)
        data = wire.stun_request(transaction_id, username.encode(), priority, controlling, tie_breaker, nominate, key)
        message = stun.parse_message(data)
        assert message.check_message_integrity(key)
        message.attributes.pop("MESSAGE-INTEGRITY")
        message.attributes.pop("FINGERPRINT")
        assert message.attributes == {
            "USERNAME": username,
            "PRIORITY": priority,
            "ICE-CONTROLLING" if controlling else "ICE-CONTROLLED": tie_breaker,
            **({"USE-CANDIDATE": None} if nominate else {}),
        }
        error = stun.parse_message(wire.stun_error(transaction_id, 487, key))
        assert (error.message_class, error.error_code, error.check_message_integrity(key)) == (stun.Class.ERROR, 487, True)


def test_vp8_descriptors_read_the_same() -> None:
    random_ = random.Random(6)
    for _ in range(ROUNDS):
        theirs = VpxPayloadDescriptor(
            partition_start=random_.randint(0, 1),
            partition_id=random_.choice([0, 0, 0, 1, 7]),
            picture_id=random_.choice([None, random_.getrandbits(15)]),
            tl0picidx=random_.choice([None, random_.getrandbits(8)]),
            tid=random_.choice([None, (random_.randint(0, 3), random_.randint(0, 1))]),
            keyidx=random_.choice([None, random_.getrandbits(5)]),
        )
        rest = random_.randbytes(5)
        ours = wire.codec_info(VP8, bytes(theirs) + rest)
        begins = theirs.partition_start == 1 and theirs.partition_id == 0
        assert ours["frame_start"] == begins
        assert ours["keyframe"] == (begins and rest[0] & 1 == 0)
        assert ours["picture_id_bits"] == (0 if theirs.picture_id is None else 15)
        assert ours["picture_id"] == (theirs.picture_id or 0)
        assert ours["tl0_picture_index"] == (theirs.tl0picidx or 0)
        assert ours["temporal_id"] == (theirs.tid[0] if theirs.tid else 0)

        number, index = random_.getrandbits(15), random_.getrandbits(8)
        patched, after = VpxPayloadDescriptor.parse(wire.codec_patched(VP8, bytes(theirs) + rest, number, index))
        assert after == rest
        assert patched.picture_id == (None if theirs.picture_id is None else number)
        assert patched.tl0picidx == (None if theirs.tl0picidx is None else index)
        kept = (patched.partition_start, patched.partition_id, patched.tid, patched.keyidx)
        assert kept == (theirs.partition_start, theirs.partition_id, theirs.tid, theirs.keyidx)


def test_vp8_random_bytes_are_taken_and_refused_alike() -> None:
    random_ = random.Random(7)
    taken = 0
    for _ in range(4 * ROUNDS):
        data = random_.randbytes(random_.randint(0, 9))
        # Theirs reads PID as four bits wide; RFC 7741 gives it three and reserves the fourth.
        data = bytes([data[0] & 0xF7]) + data[1:] if data else data
        try:
            theirs, rest = VpxPayloadDescriptor.parse(data)
        except ValueError:
            assert wire.codec_info(VP8, data) is None, data.hex()
            continue
        ours = wire.codec_info(VP8, data)
        # Theirs lets a descriptor stand alone; without a bitstream it is no frame.
        assert (ours is None) == (rest == b""), data.hex()
        if ours is not None:
            taken += 1
            assert ours["picture_id"] == (theirs.picture_id or 0)
            assert ours["tl0_picture_index"] == (theirs.tl0picidx or 0)
            assert ours["temporal_id"] == (theirs.tid[0] if theirs.tid else 0)
    assert taken > ROUNDS
