"""One UDP socket: batches in (recvmmsg with GRO), trains out (GSO, sendmmsg). Knows addresses and bytes, nothing of media."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.c.socket cimport iovec, mmsghdr, sockaddr_in6

cdef enum:
    RX_BATCH = 64                  # messages a recvmmsg takes; more does not pay (the syscall is already 1/64)
    RX_BUFFER_BYTES = 65536        # a GRO train is at most one IP datagram long
    RX_CONTROL_BYTES = 192
    TX_MESSAGES = 512
    TX_CONTROL_BYTES = 64
    TX_ARENA_BYTES = 384 * 1024    # sealed packets between two sendmmsg: small enough to stay in the L2 cache
    TRAIN_MAX_BYTES = 64000        # a UDP message's limit is 65,507
    TRAIN_MAX_SEGMENTS = 64        # UDP_MAX_SEGMENTS of kernels before 6.9

cdef struct Path:                  # where a peer is: its address, and ours that it talks to
    uint64_t remote[2]             # IPv6 address in network order, IPv4 as ::ffff:a.b.c.d
    uint64_t local[2]              # zero when the socket is bound to one address
    uint16_t port                  # the peer's, host order

cdef struct Received:              # one message of a batch: `segment_bytes` long pieces, the last may be shorter
    Path path
    uint8_t* data
    size_t size
    size_t segment_bytes
    int64_t arrived_us             # when the kernel took it in, CLOCK_MONOTONIC

cdef struct UdpSocket:
    int fd
    int family
    uint16_t port                  # bound to
    bint wildcard                  # bound to no address of its own: local addresses travel with each message
    bint gso
    bint gro
    int gso_errno                  # why GSO is off (0: not asked for)
    int gro_errno
    uint64_t kernel_drops          # datagrams the kernel threw away because the receive buffer was full
    uint64_t send_errors
    uint64_t send_retries          # waits for room in the send buffer
    uint64_t sent_messages
    uint64_t sent_datagrams
    uint64_t sent_bytes
    uint8_t* rx_buffer
    mmsghdr* rx_messages
    iovec* rx_iov
    sockaddr_in6* rx_names
    uint8_t* rx_control
    int rx_used                    # messages that the last batch filled and the next must lay out again
    uint8_t* tx_arena
    size_t tx_used
    int tx_count
    mmsghdr* tx_messages
    iovec* tx_iov
    sockaddr_in6* tx_names
    uint8_t* tx_control
    uint16_t* tx_segment
    void (*tap)(UdpSocket* udp) noexcept nogil   # tests: takes the queued messages in place of the kernel
    void* tap_owner

cdef bint path_equal(const Path* a, const Path* b) noexcept nogil
cdef uint64_t path_hash(const Path* path) noexcept nogil
# 0, or -1 when the text is no IP address.
cdef int path_set_remote(Path* path, const char* ip, uint16_t port) noexcept nogil
cdef int path_set_local(Path* path, const char* ip) noexcept nogil
cdef int path_remote_text(const Path* path, char* out, size_t room) noexcept nogil

# 0, or -errno. Opens both families when `ip` is "::".
cdef int udp_open(UdpSocket* udp, const char* ip, uint16_t port, bint gso, bint gro, bint reuse_port) noexcept nogil
cdef void udp_close(UdpSocket* udp) noexcept nogil
# Takes up to RX_BATCH messages without waiting; returns how many. `realtime_offset_us` = CLOCK_REALTIME - CLOCK_MONOTONIC.
cdef int udp_receive(UdpSocket* udp, Received* out, int64_t now_us, int64_t realtime_offset_us) noexcept nogil
# Room for `size` contiguous bytes in the arena (flushes when it is full). size <= TRAIN_MAX_BYTES + 2048.
cdef uint8_t* udp_reserve(UdpSocket* udp, size_t size) noexcept nogil
# Queues `size` bytes at `data` (from udp_reserve) as datagrams of `segment_bytes`, the last may be shorter.
cdef void udp_queue(UdpSocket* udp, const Path* path, uint8_t* data, size_t size, size_t segment_bytes) noexcept nogil
cdef void udp_flush(UdpSocket* udp) noexcept nogil
