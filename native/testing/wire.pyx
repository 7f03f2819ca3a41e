"""Test-only doors on `native.wire`: bytes in; dicts, ints and bytes out; None where the parser says malformed.

Field names are the C structs' own. Nothing outside tests imports this; the `_repeat` doors are for timing by hand.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from native.wire.codec cimport Codec, CodecInfo, codec_parse, codec_patch
from native.wire.demux cimport packet_classify
from native.wire.rtp cimport (
    EXT_COUNT,
    RtpExtensionMap,
    RtpExtensions,
    RtpHeader,
    extension_map_clear,
    extension_map_set,
    rtp_parse_extensions,
    rtp_parse_header,
    rtp_parse_padding,
)
from native.wire.seq cimport seq16_distance, seq64_extend, seq64_start, timestamp_distance
from native.wire.stun cimport (
    StunMessage,
    stun_parse,
    stun_verify,
    stun_write_error,
    stun_write_request,
    stun_write_success,
    stun_write_unknown_attribute,
)

cdef enum:
    STUN_ROOM_BYTES = 256


def classify(data: bytes) -> int:
    """packet_classify."""
    return <int>packet_classify(data, len(data))


def seq_distance(a: int, b: int) -> int:
    """seq16_distance."""
    return seq16_distance(a, b)


def seq_start(seq16: int) -> int:
    """seq64_start."""
    return seq64_start(seq16)


def seq_extend(reference: int, seq16: int) -> int:
    """seq64_extend."""
    return seq64_extend(reference, seq16)


def timestamps_distance(a: int, b: int) -> int:
    """timestamp_distance."""
    return timestamp_distance(a, b)


def rtp_header(packet: bytes) -> dict[str, int] | None:
    """rtp_parse_header."""
    cdef RtpHeader header
    if rtp_parse_header(packet, len(packet), &header) != 0:
        return None
    return header


def rtp_padding(packet: bytes) -> tuple[int, int] | None:
    """(padding_bytes, payload_bytes) by rtp_parse_padding; the header must parse."""
    cdef RtpHeader header
    assert rtp_parse_header(packet, len(packet), &header) == 0
    if rtp_parse_padding(packet, len(packet), &header) != 0:
        return None
    return header.padding_bytes, header.payload_bytes


def rtp_extensions(packet: bytes, id_by_kind: dict[int, int]) -> tuple[int, dict[int, bytes]]:
    """(return code, value by kind) of rtp_parse_extensions; the header must parse."""
    cdef RtpHeader header
    cdef RtpExtensionMap negotiated
    cdef RtpExtensions found
    cdef int kind
    extension_map_clear(&negotiated)
    for kind, id in id_by_kind.items():
        assert extension_map_set(&negotiated, kind, id) == 0
    assert rtp_parse_header(packet, len(packet), &header) == 0
    code = rtp_parse_extensions(packet, &header, &negotiated, &found)
    values = {}
    for kind in range(EXT_COUNT):
        if found.values[kind].offset:
            values[kind] = packet[found.values[kind].offset:found.values[kind].offset + found.values[kind].size]
    return code, values


def extension_map(bindings: list[tuple[int, int]]) -> tuple[list[int], dict[int, int], dict[int, int]]:
    """Applies (kind, id) in order: the return codes, then the map as id by kind and as kind by id."""
    cdef RtpExtensionMap negotiated
    cdef int kind
    cdef int id
    extension_map_clear(&negotiated)
    codes = [extension_map_set(&negotiated, kind, id) for kind, id in bindings]
    ids = {kind: negotiated.id_by_kind[kind] for kind in range(EXT_COUNT) if negotiated.id_by_kind[kind]}
    kinds = {id: negotiated.kind_by_id[id] for id in range(256) if negotiated.kind_by_id[id] != 255}
    return codes, ids, kinds


def stun_message(data: bytes) -> dict[str, object] | None:
    """stun_parse, pointers turned into bytes."""
    cdef StunMessage message
    if stun_parse(data, len(data), &message) != 0:
        return None
    return {
        "message_class": message.message_class,
        "method": message.method,
        "transaction_id": message.transaction_id[:12],
        "username": None if message.username == NULL else message.username[:message.username_bytes],
        "integrity_offset": message.integrity_offset,
        "error_code": message.error_code,
        "has_fingerprint": message.has_fingerprint,
        "use_candidate": message.use_candidate,
        "controlling": message.controlling,
        "controlled": message.controlled,
        "unknown_required": message.unknown_required,
        "unknown_type": message.unknown_type,
        "priority": message.priority,
        "tie_breaker": message.tie_breaker,
    }


def stun_is_right(data: bytes, key: bytes) -> bool:
    """stun_parse (must succeed), then stun_verify."""
    cdef StunMessage message
    assert stun_parse(data, len(data), &message) == 0
    return stun_verify(data, len(data), &message, key, len(key)) == 1


def stun_success(transaction_id: bytes, address16: bytes, port: int, key: bytes) -> bytes:
    """stun_write_success."""
    cdef uint8_t out[STUN_ROOM_BYTES]
    assert len(transaction_id) == 12 and len(address16) == 16
    return out[:stun_write_success(out, transaction_id, address16, port, key, len(key))]


def stun_error(transaction_id: bytes, code: int, key: bytes) -> bytes:
    """stun_write_error."""
    cdef uint8_t out[STUN_ROOM_BYTES]
    assert len(transaction_id) == 12
    return out[:stun_write_error(out, transaction_id, code, key, len(key))]


def stun_unknown_attribute(transaction_id: bytes, unknown_type: int, key: bytes) -> bytes:
    """stun_write_unknown_attribute."""
    cdef uint8_t out[STUN_ROOM_BYTES]
    assert len(transaction_id) == 12
    return out[:stun_write_unknown_attribute(out, transaction_id, unknown_type, key, len(key))]


def stun_request(transaction_id: bytes, username: bytes, priority: int, controlling: bool, tie_breaker: int,
                 use_candidate: bool, key: bytes) -> bytes:
    """stun_write_request."""
    cdef uint8_t out[STUN_ROOM_BYTES]
    assert len(transaction_id) == 12
    return out[:stun_write_request(out, transaction_id, username, len(username), priority, controlling, tie_breaker,
                                   use_candidate, key, len(key))]


def codec_info(codec: int, payload: bytes) -> dict[str, int] | None:
    """codec_parse."""
    cdef CodecInfo info
    cdef int number = codec
    if codec_parse(<Codec>number, payload, len(payload), &info) != 0:
        return None
    return info


def codec_patched(codec: int, payload: bytes, picture_id: int, tl0_picture_index: int) -> bytes:
    """The payload after codec_parse (which may fail) and codec_patch."""
    cdef CodecInfo info
    cdef int number = codec
    cdef bytearray copy = bytearray(payload)
    codec_parse(<Codec>number, payload, len(payload), &info)
    codec_patch(<uint8_t*><char*>copy, &info, picture_id, tl0_picture_index)
    return bytes(copy)


def rtp_repeat(packet: bytes, id_by_kind: dict[int, int], count: int) -> int:
    """Parses header and extensions `count` times in C, for timing; returns a sum so that nothing is optimised away."""
    cdef RtpHeader header
    cdef RtpExtensionMap negotiated
    cdef RtpExtensions found
    cdef const uint8_t* data = packet
    cdef size_t size = len(packet)
    cdef uint64_t total = 0
    cdef long index
    cdef long last = count
    extension_map_clear(&negotiated)
    for kind, id in id_by_kind.items():
        assert extension_map_set(&negotiated, kind, id) == 0
    with nogil:
        for index in range(last):
            if rtp_parse_header(data, size, &header) == 0:
                rtp_parse_extensions(data, &header, &negotiated, &found)
                total += header.seq16 + found.values[index % EXT_COUNT].offset
    return total


def codec_repeat(codec: int, payload: bytes, count: int) -> int:
    """Parses `count` times in C, for timing."""
    cdef CodecInfo info
    cdef int number = codec
    cdef const uint8_t* data = payload
    cdef size_t size = len(payload)
    cdef long keyframes = 0
    cdef long index
    cdef long last = count
    with nogil:
        for index in range(last):
            codec_parse(<Codec>number, data, size, &info)
            keyframes += info.keyframe
    return keyframes


def stun_repeat(data: bytes, key: bytes, count: int) -> int:
    """Parses and verifies `count` times in C, for timing."""
    cdef StunMessage message
    cdef const uint8_t* start = data
    cdef const uint8_t* secret = key
    cdef size_t size = len(data)
    cdef size_t key_bytes = len(key)
    cdef long right = 0
    cdef long index
    cdef long last = count
    with nogil:
        for index in range(last):
            if stun_parse(start, size, &message) == 0:
                right += stun_verify(start, size, &message, secret, key_bytes)
    return right
