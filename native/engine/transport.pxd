"""One peer connection: ICE, the selected path, SRTP keys, RTCP on its way out."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.engine.state cimport Consumer, Drop, Producer, StreamRef, Transport, WorkerCore
from native.engine.udp cimport Path
from native.stream.srtp cimport SrtpReplay

cdef enum TimerKind:
    TIMER_TRANSPORT = 1
    TIMER_PRODUCER = 2
    TIMER_SOURCE = 3
    TIMER_DTMF = 4

cdef Transport* transport_new(WorkerCore* core, uint64_t id) noexcept nogil
# Frees the transport itself; its producers and consumers must be gone.
cdef void transport_free(Transport* transport) noexcept nogil
# 0, or -1 without memory. An empty `remote_password` is right for the controlled role.
cdef int transport_credentials(Transport* transport, const char* local_ufrag, const char* local_password,
                               const char* remote_ufrag, const char* remote_password) noexcept nogil
cdef void transport_connect(Transport* transport, const Path* path) noexcept nogil
cdef void transport_select(Transport* transport, const Path* path) noexcept nogil
# 0, or -1 when profile or lengths are wrong.
cdef int transport_keys(Transport* transport, int profile, const uint8_t* send_key, size_t send_bytes,
                        const uint8_t* receive_key, size_t receive_bytes) noexcept nogil
cdef void transport_stun(WorkerCore* core, const Path* path, const uint8_t* data, size_t size) noexcept nogil
cdef void transport_send_dtls(Transport* transport, const uint8_t* data, size_t size) noexcept nogil
# An authenticated media packet came from it.
cdef void transport_heard(Transport* transport) noexcept nogil
# Client checks, consent; returns when to call again.
cdef int64_t transport_ice_tick(Transport* transport) noexcept nogil

# RTCP: room for `size` bytes in the compound packet that leaves with the next flush, NULL when not secure. `leads`: it is an SR or RR.
cdef uint8_t* transport_rtcp_reserve(Transport* transport, size_t size, bint leads) noexcept nogil
cdef void transport_rtcp_commit(Transport* transport, size_t size) noexcept nogil
# Seals the pending compound packet at `out` (room RTCP_PENDING_BYTES + overhead); its size, 0 when nothing waits.
cdef size_t transport_rtcp_seal(Transport* transport, uint8_t* out) noexcept nogil
cdef void transport_mark_dirty(Transport* transport) noexcept nogil

cdef StreamRef* transport_stream(Transport* transport, uint32_t ssrc) noexcept nogil
# 0, or -1 when the peer has too many SSRCs.
cdef int transport_stream_add(Transport* transport, uint32_t ssrc, Producer* producer, bint retransmission) noexcept nogil
cdef void transport_stream_remove(Transport* transport, Producer* producer, int retransmission) noexcept nogil
# The replay state an SSRC without a producer starts with: what was received of it before stays received.
cdef void transport_stream_replay(const Transport* transport, uint32_t ssrc, SrtpReplay* out) noexcept nogil
cdef Producer* transport_producer(Transport* transport, const uint8_t* mid, size_t mid_bytes) noexcept nogil
cdef Consumer* transport_consumer(Transport* transport, uint32_t ssrc) noexcept nogil
cdef void drop_note(WorkerCore* core, Drop reason) noexcept nogil
