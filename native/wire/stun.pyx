"""STUN messages as ICE uses them: connectivity checks, consent checks and their answers.

For: `engine.transport`, which decides what a message may do, and the client role of the benchmarks. Not for: STUN or TURN
servers (long-term credentials, MESSAGE-INTEGRITY-SHA256, other methods than Binding are read past, not acted upon).
Source: RFC 8489 sections 5, 6.3, 9.1, 14 and RFC 8445 section 7.1.

Invariants: a message that parses is whole (its length field is the datagram's), and its FINGERPRINT, if any, is right and
last; nothing after MESSAGE-INTEGRITY reaches StunMessage, because nobody vouches for it.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from native.wire.bytes cimport be16_read, be16_write, be32_read, be32_write, be64_read, be64_write
from native.wire.integrity cimport INTEGRITY_BYTES, fingerprint_compute, integrity_compute, integrity_equal

cdef enum:
    HEADER_BYTES = 20
    # StunMessage keeps offsets in 16 bits; neither a datagram nor an RFC 4571 frame is longer.
    MESSAGE_BYTES_MAX = 65535
    MAGIC_COOKIE = 0x2112A442
    TRANSACTION_ID_BYTES = 12
    CLASS_MASK = 0x0110
    # RFC 8489 section 14.3: fewer than 509 bytes; RFC 5389 peers may go up to 513.
    USERNAME_BYTES_MAX = 513
    # What of the 256-byte room a request's other attributes leave.
    USERNAME_BYTES_WRITTEN_MAX = 172
    # Types below must be understood by whoever answers; the rest may be skipped.
    COMPREHENSION_OPTIONAL = 0x8000

cdef enum Attribute:
    ATTR_MAPPED_ADDRESS = 0x0001
    ATTR_USERNAME = 0x0006
    ATTR_INTEGRITY = 0x0008
    ATTR_ERROR_CODE = 0x0009
    ATTR_UNKNOWN_ATTRIBUTES = 0x000A
    ATTR_REALM = 0x0014
    ATTR_NONCE = 0x0015
    ATTR_INTEGRITY_SHA256 = 0x001C
    ATTR_XOR_MAPPED_ADDRESS = 0x0020
    ATTR_PRIORITY = 0x0024
    ATTR_USE_CANDIDATE = 0x0025
    ATTR_FINGERPRINT = 0x8028
    ATTR_ICE_CONTROLLED = 0x8029
    ATTR_ICE_CONTROLLING = 0x802A

cdef uint8_t V4_MAPPED_PREFIX[12]
V4_MAPPED_PREFIX[:] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

ctypedef struct Reading:
    # Which attributes the first of a kind has been seen of, beside what StunMessage itself can tell.
    bint sealed
    bint priority
    bint role


cdef int error_code_read(const uint8_t* value, size_t size, StunMessage* out) noexcept nogil:
    cdef uint8_t hundreds
    if size < 4:
        return -1
    hundreds = value[2] & 0x07
    if hundreds < 3 or hundreds > 6 or value[3] > 99:
        return -1
    if out.error_code == 0:
        out.error_code = 100 * hundreds + value[3]
    return 0


cdef int role_read(uint16_t type, const uint8_t* value, size_t size, Reading* reading, StunMessage* out) noexcept nogil:
    if size != 8:
        return -1
    if type == ATTR_ICE_CONTROLLING:
        out.controlling = 1
    else:
        out.controlled = 1
    if not reading.role:
        reading.role = True
        out.tie_breaker = be64_read(value)
    return 0


cdef int attribute_read(const uint8_t* data, size_t offset, uint16_t type, size_t size, Reading* reading,
                        StunMessage* out) noexcept nogil:
    """Takes one attribute in front of MESSAGE-INTEGRITY: 0, or -1 when its size or content is against its definition."""
    cdef const uint8_t* value = data + offset + 4
    if type == ATTR_USERNAME:
        if size > USERNAME_BYTES_MAX:
            return -1
        if out.username == NULL:
            out.username = value
            out.username_bytes = <uint16_t>size
    elif type == ATTR_INTEGRITY:
        if size != INTEGRITY_BYTES:
            return -1
        out.integrity_offset = <uint16_t>offset
        reading.sealed = True
    elif type == ATTR_INTEGRITY_SHA256:
        # ICE agreed on SHA-1 (RFC 8445 section 7.1): not checked, but it ends what counts all the same.
        reading.sealed = True
    elif type == ATTR_PRIORITY:
        if size != 4:
            return -1
        if not reading.priority:
            reading.priority = True
            out.priority = be32_read(value)
    elif type == ATTR_USE_CANDIDATE:
        if size != 0:
            return -1
        out.use_candidate = 1
    elif type == ATTR_ICE_CONTROLLING or type == ATTR_ICE_CONTROLLED:
        return role_read(type, value, size, reading, out)
    elif type == ATTR_ERROR_CODE:
        return error_code_read(value, size, out)
    elif type in (ATTR_MAPPED_ADDRESS, ATTR_XOR_MAPPED_ADDRESS, ATTR_UNKNOWN_ATTRIBUTES, ATTR_REALM, ATTR_NONCE):
        return 0
    elif type < COMPREHENSION_OPTIONAL and not out.unknown_required:
        out.unknown_required = 1
        out.unknown_type = type
    return 0


cdef int stun_parse(const uint8_t* data, size_t size, StunMessage* out) noexcept nogil:
    cdef Reading reading
    cdef size_t at = HEADER_BYTES
    cdef size_t value_bytes
    cdef size_t next_at
    cdef uint16_t type
    if size < HEADER_BYTES or size > MESSAGE_BYTES_MAX or data[0] & 0xC0:
        return -1
    if be32_read(data + 4) != <uint32_t>MAGIC_COOKIE or size & 3 or be16_read(data + 2) != size - HEADER_BYTES:
        return -1
    memset(out, 0, sizeof(StunMessage))
    memset(&reading, 0, sizeof(Reading))
    type = be16_read(data)
    # The two class bits lie between the method's bits (RFC 8489 figure 3).
    out.message_class = type & CLASS_MASK
    out.method = (type & 0x000F) | ((type & 0x00E0) >> 1) | ((type & 0x3E00) >> 2)
    out.transaction_id = data + 8
    while at < size:
        type = be16_read(data + at)
        value_bytes = be16_read(data + at + 2)
        next_at = at + 4 + ((value_bytes + 3) & ~<size_t>3)
        if next_at > size:
            return -1
        if type == ATTR_FINGERPRINT:
            if value_bytes != 4 or next_at != size or be32_read(data + at + 4) != fingerprint_compute(data, at):
                return -1
            out.has_fingerprint = 1
        elif not reading.sealed and attribute_read(data, at, type, value_bytes, &reading, out) != 0:
            return -1
        at = next_at
    return 0


cdef int stun_verify(const uint8_t* data, size_t size, const StunMessage* message, const uint8_t* key, size_t key_bytes) noexcept nogil:
    cdef uint8_t digest[INTEGRITY_BYTES]
    cdef size_t offset = message.integrity_offset
    if key_bytes == 0 or offset < HEADER_BYTES or offset + 4 + INTEGRITY_BYTES > size:
        return 0
    integrity_compute(data, offset, key, key_bytes, digest)
    return 1 if integrity_equal(digest, data + offset + 4) else 0


cdef void header_write(uint8_t* out, uint16_t type, const uint8_t* transaction_id) noexcept nogil:
    be16_write(out, type)
    be32_write(out + 4, <uint32_t>MAGIC_COOKIE)
    memcpy(out + 8, transaction_id, TRANSACTION_ID_BYTES)


cdef size_t attribute_begin(uint8_t* out, size_t at, uint16_t type, size_t value_bytes) noexcept nogil:
    """Writes an attribute's header and zeroes its padding; returns where its value goes."""
    be16_write(out + at, type)
    be16_write(out + at + 2, <uint16_t>value_bytes)
    memset(out + at + 4 + value_bytes, 0, (4 - (value_bytes & 3)) & 3)
    return at + 4


cdef size_t message_seal(uint8_t* out, size_t at, const uint8_t* key, size_t key_bytes) noexcept nogil:
    """Ends the message at `at` with its check values; returns its whole size."""
    cdef size_t value_at
    if key_bytes != 0:
        value_at = attribute_begin(out, at, ATTR_INTEGRITY, INTEGRITY_BYTES)
        integrity_compute(out, at, key, key_bytes, out + value_at)
        at = value_at + INTEGRITY_BYTES
    be16_write(out + 2, <uint16_t>(at + 8 - HEADER_BYTES))
    value_at = attribute_begin(out, at, ATTR_FINGERPRINT, 4)
    be32_write(out + value_at, fingerprint_compute(out, at))
    return value_at + 4


cdef size_t stun_write_success(uint8_t* out, const uint8_t* transaction_id, const uint8_t* address16, uint16_t port,
                               const uint8_t* key, size_t key_bytes) noexcept nogil:
    cdef bint is_v4 = memcmp(address16, V4_MAPPED_PREFIX, sizeof(V4_MAPPED_PREFIX)) == 0
    cdef const uint8_t* address = address16 + 12 if is_v4 else address16
    cdef size_t address_bytes = 4 if is_v4 else 16
    cdef size_t at
    cdef size_t index
    header_write(out, STUN_SUCCESS | STUN_BINDING, transaction_id)
    at = attribute_begin(out, HEADER_BYTES, ATTR_XOR_MAPPED_ADDRESS, 4 + address_bytes)
    out[at] = 0
    out[at + 1] = 1 if is_v4 else 2
    be16_write(out + at + 2, port ^ (MAGIC_COOKIE >> 16))
    for index in range(address_bytes):
        # The mask is the cookie and the transaction id, which stand side by side in the header.
        out[at + 4 + index] = address[index] ^ out[4 + index]
    return message_seal(out, at + 4 + address_bytes, key, key_bytes)


cdef size_t error_code_write(uint8_t* out, const uint8_t* transaction_id, uint16_t code) noexcept nogil:
    cdef size_t at
    header_write(out, STUN_ERROR | STUN_BINDING, transaction_id)
    at = attribute_begin(out, HEADER_BYTES, ATTR_ERROR_CODE, 4)
    be16_write(out + at, 0)
    out[at + 2] = <uint8_t>(code // 100)
    out[at + 3] = <uint8_t>(code % 100)
    return at + 4


cdef size_t stun_write_error(uint8_t* out, const uint8_t* transaction_id, uint16_t code,
                             const uint8_t* key, size_t key_bytes) noexcept nogil:
    if code < 300 or code > 699:
        return 0
    return message_seal(out, error_code_write(out, transaction_id, code), key, key_bytes)


cdef size_t stun_write_unknown_attribute(uint8_t* out, const uint8_t* transaction_id, uint16_t unknown_type,
                                         const uint8_t* key, size_t key_bytes) noexcept nogil:
    cdef size_t at = error_code_write(out, transaction_id, 420)
    at = attribute_begin(out, at, ATTR_UNKNOWN_ATTRIBUTES, 2)
    be16_write(out + at, unknown_type)
    return message_seal(out, at + 4, key, key_bytes)


cdef size_t stun_write_request(uint8_t* out, const uint8_t* transaction_id, const uint8_t* username, size_t username_bytes,
                               uint32_t priority, bint controlling, uint64_t tie_breaker, bint use_candidate,
                               const uint8_t* key, size_t key_bytes) noexcept nogil:
    cdef size_t at
    if username_bytes > USERNAME_BYTES_WRITTEN_MAX:
        return 0
    header_write(out, STUN_REQUEST | STUN_BINDING, transaction_id)
    at = attribute_begin(out, HEADER_BYTES, ATTR_USERNAME, username_bytes)
    memcpy(out + at, username, username_bytes)
    at += (username_bytes + 3) & ~<size_t>3
    at = attribute_begin(out, at, ATTR_PRIORITY, 4)
    be32_write(out + at, priority)
    at = attribute_begin(out, at + 4, ATTR_ICE_CONTROLLING if controlling else ATTR_ICE_CONTROLLED, 8)
    be64_write(out + at, tie_breaker)
    at += 8
    if use_candidate:
        at = attribute_begin(out, at, ATTR_USE_CANDIDATE, 0)
    return message_seal(out, at, key, key_bytes)
