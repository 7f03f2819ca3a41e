"""Test door on native.stream.srtp and its parts: bytes in, bytes or an error number out. For tests and bench only.

Every call works on buffers of exactly the contract's size, with guard bytes behind the writable ones, and raises AssertionError when
one was touched.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from native.stream.srtp cimport (
    SRTP_MAX_OVERHEAD, SrtcpReplay, SrtpBatch, SrtpContext, SrtpProfile, SrtpReplay, SrtpSessionKeys, srtcp_open, srtcp_seal, srtp_batch_flush,
    srtp_batch_free, srtp_batch_new, srtp_context_bytes, srtp_context_clear, srtp_context_init, srtp_context_init_session, srtp_open,
    srtp_seal, srtp_seal_from, srtp_seal_submit,
)
from native.stream.srtp_cipher cimport srtp_cipher_counter, srtp_provider_name, srtp_provider_select
from native.stream.srtp_kdf cimport SrtpLabel, srtp_derive

cdef enum:
    GUARD_BYTES = 16
    GUARD = 0xA5


def provider_select(int provider) -> int:
    """Selects 0 (OpenSSL) or 1 (ipsec-mb) for contexts made from now on; returns the one in use."""
    return srtp_provider_select(provider)


def provider_name() -> str:
    return srtp_provider_name()


def context_bytes() -> int:
    return srtp_context_bytes()


def derive(bytes key, bytes salt, int label, size_t size) -> bytes | None:
    """RFC 3711 key derivation; None when refused."""
    cdef bytearray out = bytearray(size)
    if srtp_derive(key, len(key), salt, len(salt), <SrtpLabel>label, out, size) < 0:
        return None
    return bytes(out)


cdef uint8_t* guarded(size_t size) except NULL:
    cdef uint8_t* buffer = <uint8_t*>malloc(size + GUARD_BYTES)
    if buffer == NULL:
        raise MemoryError
    memset(buffer, GUARD, size + GUARD_BYTES)
    return buffer


cdef int check_guard(const uint8_t* buffer, size_t size) except -1:
    cdef size_t i
    for i in range(size, size + GUARD_BYTES):
        assert buffer[i] == GUARD, f"byte {i - size} behind the buffer was written"
    return 0


cdef uint8_t* exact_copy(bytes data) except NULL:
    cdef uint8_t* buffer = <uint8_t*>malloc(len(data) or 1)
    if buffer == NULL:
        raise MemoryError
    memcpy(buffer, <const uint8_t*>data, len(data))
    return buffer


def header_bytes_of(bytes packet) -> int:
    """Where the payload starts in a well-formed RTP packet."""
    size = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        size += 4 + 4 * int.from_bytes(packet[size + 2:size + 4], "big")
    return size


cdef class Srtp:
    """One SrtpContext with the replay state of one SSRC and of RTCP."""
    cdef SrtpContext* context
    cdef SrtpReplay replay
    cdef SrtcpReplay rtcp_replay

    def __cinit__(self):
        self.context = <SrtpContext*>calloc(1, srtp_context_bytes())
        if self.context == NULL:
            raise MemoryError

    def __dealloc__(self):
        srtp_context_clear(self.context)
        free(self.context)

    def init(self, int profile, bytes key) -> int:
        return srtp_context_init(self.context, <SrtpProfile>profile, key, len(key))

    def init_session(self, int profile, bytes key, bytes salt, bytes auth=b"") -> int:
        """The same session keys for RTP and RTCP, as published vectors have them."""
        cdef SrtpSessionKeys keys
        memset(&keys, 0, sizeof(keys))
        memcpy(keys.key, <const uint8_t*>key, min(len(key), 32))
        memcpy(keys.salt, <const uint8_t*>salt, min(len(salt), 14))
        memcpy(keys.auth, <const uint8_t*>auth, min(len(auth), 20))
        return srtp_context_init_session(self.context, <SrtpProfile>profile, &keys, &keys)

    def clear(self) -> None:
        srtp_context_clear(self.context)

    def memory(self) -> bytes:
        """The context's whole memory, expanded keys included."""
        return (<const uint8_t*>self.context)[:srtp_context_bytes()]

    def state(self) -> bytes:
        """Everything that opening may change."""
        return (<const uint8_t*>&self.replay)[:sizeof(SrtpReplay)] + (<const uint8_t*>&self.rtcp_replay)[:sizeof(SrtcpReplay)]

    def start_at(self, uint64_t index) -> None:
        """As if the packet of this index had been the newest, and nothing else seen."""
        memset(&self.replay, 0, sizeof(self.replay))
        self.replay.highest = index
        self.replay.started = 1

    def seal(self, bytes packet, uint64_t index, header_bytes=None) -> bytes | None:
        cdef size_t size = len(packet)
        cdef size_t head = header_bytes_of(packet) if header_bytes is None else header_bytes
        cdef uint8_t* buffer = guarded(size + SRTP_MAX_OVERHEAD)
        try:
            memcpy(buffer, <const uint8_t*>packet, size)
            size = srtp_seal(self.context, buffer, size, head, index)
            check_guard(buffer, len(packet) + SRTP_MAX_OVERHEAD)
            return buffer[:size] if size else None
        finally:
            free(buffer)

    def seal_from(self, bytes header, bytes payload, uint64_t index) -> bytes | None:
        cdef size_t size = len(header) + len(payload)
        cdef uint8_t* buffer = guarded(size + SRTP_MAX_OVERHEAD)
        try:
            memcpy(buffer, <const uint8_t*>header, len(header))
            size = srtp_seal_from(self.context, buffer, len(header), payload, len(payload), index)
            check_guard(buffer, len(header) + len(payload) + SRTP_MAX_OVERHEAD)
            return buffer[:size] if size else None
        finally:
            free(buffer)

    def open(self, bytes data, header_bytes=None, bint in_place=False) -> tuple[bytes, int] | int:
        """(plain packet, index), or the SrtpError. A refused packet's output must hold none of its payload's plaintext."""
        cdef size_t head = header_bytes_of(data) if header_bytes is None else header_bytes
        cdef uint64_t index = 0
        cdef int size
        cdef uint8_t* source = exact_copy(data)
        cdef uint8_t* out = guarded(len(data))
        try:
            size = srtp_open(self.context, &self.replay, source, len(data), head, source if in_place else out, &index)
            check_guard(out, len(data))
            if size < 0:
                if not in_place:
                    self.expect_no_plaintext(out, len(data), head)
                return size
            return (source if in_place else out)[:size], index
        finally:
            free(source)
            free(out)

    cdef int expect_no_plaintext(self, const uint8_t* out, size_t size, size_t head) except -1:
        cdef size_t i
        for i in range(head, size):
            assert out[i] == GUARD or out[i] == 0, f"byte {i} of a refused packet was written"
        return 0

    def rtcp_seal(self, bytes packet, uint32_t index) -> bytes | None:
        cdef size_t size = len(packet)
        cdef uint8_t* buffer = guarded(size + SRTP_MAX_OVERHEAD)
        try:
            memcpy(buffer, <const uint8_t*>packet, size)
            size = srtcp_seal(self.context, buffer, size, index)
            check_guard(buffer, len(packet) + SRTP_MAX_OVERHEAD)
            return buffer[:size] if size else None
        finally:
            free(buffer)

    def rtcp_open(self, bytes data, bint in_place=False) -> bytes | int:
        cdef int size
        cdef uint8_t* source = exact_copy(data)
        cdef uint8_t* out = guarded(len(data))
        try:
            size = srtcp_open(self.context, &self.rtcp_replay, source, len(data), source if in_place else out)
            check_guard(out, len(data))
            if size < 0:
                if not in_place:
                    self.expect_no_plaintext(out, len(data), 8)
                return size
            return (source if in_place else out)[:size]
        finally:
            free(source)
            free(out)

    def counter(self, bytes iv, bytes data) -> bytes:
        """AES-CM key stream from a 16-byte counter block, xored onto `data`."""
        cdef bytearray out = bytearray(len(data))
        assert srtp_cipher_counter(&self.context.rtp, iv, data, out, len(data))
        return bytes(out)

    def repeat_seal(self, bytes packet, int rounds) -> bytes:
        """Seals `rounds` times from the same plain bytes, index 0 and up, without the GIL; the last sealed packet."""
        cdef size_t size = len(packet)
        cdef size_t sealed = 0
        cdef uint8_t* buffer = guarded(size + SRTP_MAX_OVERHEAD)
        cdef const uint8_t* payload = <const uint8_t*>packet + 12
        cdef int i
        memcpy(buffer, <const uint8_t*>packet, size)
        with nogil:
            for i in range(rounds):
                sealed = srtp_seal_from(self.context, buffer, 12, payload, size - 12, i)
        try:
            return buffer[:sealed]
        finally:
            free(buffer)

    def repeat_open(self, bytes sealed, int rounds) -> int:
        """Opens the same sealed packet `rounds` times, each time as a receiver that has seen nothing; the last result."""
        cdef uint8_t* out = guarded(len(sealed))
        cdef const uint8_t* data = sealed
        cdef size_t size = len(sealed)
        cdef SrtpReplay replay
        cdef uint64_t index = 0
        cdef int opened = 0
        cdef int i
        memset(&replay, 0, sizeof(replay))
        with nogil:
            for i in range(rounds):
                replay.started = 0
                opened = srtp_open(self.context, &replay, data, size, 12, out, &index)
        free(out)
        return opened

    def repeat_rtcp(self, bytes packet, int rounds) -> int:
        """Seals and opens `rounds` RTCP packets; the last plain size."""
        cdef size_t size = len(packet)
        cdef size_t sealed
        cdef uint8_t* buffer = guarded(size + SRTP_MAX_OVERHEAD)
        cdef SrtcpReplay replay
        cdef int opened = 0
        cdef int i
        memset(&replay, 0, sizeof(replay))
        memcpy(buffer, <const uint8_t*>packet, size)
        with nogil:
            for i in range(rounds):
                sealed = srtcp_seal(self.context, buffer, size, i)
                opened = srtcp_open(self.context, &replay, buffer, sealed, buffer)
                if opened < 0:
                    break
        free(buffer)
        return opened


cdef class Batch:
    """One SrtpBatch. Packets stand side by side as in a GSO train, so that a byte written too far shows in the next one."""
    cdef SrtpBatch* batch

    def __cinit__(self):
        self.batch = srtp_batch_new()
        if self.batch == NULL:
            raise MemoryError

    def __dealloc__(self):
        srtp_batch_free(self.batch)

    def seal(self, list jobs) -> list[bytes]:
        """Seals (Srtp, packet, index) jobs. Each packet is put where the one before it will end once sealed."""
        cdef size_t room = sum(len(packet) + SRTP_MAX_OVERHEAD for _, packet, _ in jobs)
        cdef uint8_t* buffer = guarded(room)
        cdef size_t offset = 0
        cdef size_t size
        cdef Srtp srtp
        places = []
        try:
            for srtp, packet, index in jobs:
                size = len(packet)
                memcpy(buffer + offset, <const uint8_t*><bytes>packet, size)
                size = srtp_seal_submit(self.batch, srtp.context, buffer + offset, size, header_bytes_of(packet), index)
                places.append((offset, size))
                offset += size
            srtp_batch_flush(self.batch)
            check_guard(buffer, room)
            return [buffer[start:start + length] for start, length in places]
        finally:
            free(buffer)

    def repeat(self, Srtp srtp, bytes packet, int train, int rounds) -> None:
        """`rounds` trains of `train` packets through submit and flush."""
        cdef size_t size = len(packet)
        cdef size_t stride = size + SRTP_MAX_OVERHEAD
        cdef uint8_t* buffer = guarded(stride * train)
        cdef int i
        cdef int j
        for j in range(train):
            memcpy(buffer + j * stride, <const uint8_t*>packet, size)
        with nogil:
            for i in range(rounds):
                for j in range(train):
                    srtp_seal_submit(self.batch, srtp.context, buffer + j * stride, size, 12, i * train + j)
                srtp_batch_flush(self.batch)
        free(buffer)
