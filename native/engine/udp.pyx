"""One UDP socket: batches in, trains out.

For the worker alone; no media, no crypto. A train is one UDP_SEGMENT message: the kernel cuts it blindly every
`segment_bytes`, so the caller must have made all pieces but the last exactly that long.

Where the kernel or the device refuses GSO at run time, the same trains go out one datagram at a time and `gso_errno`
says why; where it lacks GRO, every message is one segment. Nothing else changes for the callers.
"""
from libc.errno cimport EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS, EOPNOTSUPP, errno
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from native.c.socket cimport (
    AF_INET, AF_INET6, CMSG_DATA, CMSG_FIRSTHDR, CMSG_LEN, CMSG_NXTHDR, CMSG_SPACE, IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP,
    IPV6_PKTINFO, IPV6_RECVPKTINFO, IPV6_V6ONLY, MSG_DONTWAIT, POLLOUT, SCM_TIMESTAMPNS, SO_RCVBUF, SO_RCVBUFFORCE, SO_REUSEPORT,
    SO_RXQ_OVFL, SO_SNDBUF, SO_SNDBUFFORCE, SO_TIMESTAMPNS, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET, UDP_GRO, UDP_SEGMENT,
    bind, close, cmsghdr, getsockname, htons, in6_pktinfo, in_pktinfo, inet_ntop, inet_pton, msghdr, ntohs, poll, pollfd, recvmmsg,
    sendmmsg, setsockopt, sockaddr, sockaddr_in, socket, socklen_t,
)
from posix.time cimport timespec

cdef enum:
    # Bursts of key frames for hundreds of subscribers must fit while the thread is scheduled out: 8 MiB is 20 ms at 3 Gb/s.
    SOCKET_BUFFER_BYTES = 8 * 1024 * 1024
    # A full send buffer drains in microseconds; past this the link is the limit and the packet is better lost than late.
    SEND_WAIT_MS = 5


cdef bint path_equal(const Path* a, const Path* b) noexcept nogil:
    return (a.remote[1] == b.remote[1] and a.port == b.port and a.local[1] == b.local[1]
            and a.remote[0] == b.remote[0] and a.local[0] == b.local[0])


cdef uint64_t path_hash(const Path* path) noexcept nogil:
    cdef uint64_t h = path.remote[0] ^ (path.remote[1] * <uint64_t>0x9E3779B97F4A7C15)
    h ^= (path.local[1] ^ path.local[0]) * <uint64_t>0xC2B2AE3D27D4EB4F
    h = (h ^ path.port) * <uint64_t>0xFF51AFD7ED558CCD
    h ^= h >> 32
    h *= <uint64_t>0xC4CEB9FE1A85EC53
    return h ^ (h >> 29)


cdef int address_parse(uint64_t* out, const char* ip) noexcept nogil:
    cdef uint8_t* bytes = <uint8_t*>out
    if inet_pton(AF_INET6, ip, bytes) == 1:
        return 0
    memset(bytes, 0, 10)
    bytes[10] = bytes[11] = 0xFF
    return 0 if inet_pton(AF_INET, ip, bytes + 12) == 1 else -1


cdef bint address_is_v4(const uint64_t* address) noexcept nogil:
    cdef const uint8_t* bytes = <const uint8_t*>address
    return address[0] == 0 and bytes[8] == 0 and bytes[9] == 0 and bytes[10] == 0xFF and bytes[11] == 0xFF


cdef int path_set_remote(Path* path, const char* ip, uint16_t port) noexcept nogil:
    path.port = port
    return address_parse(path.remote, ip)


cdef int path_set_local(Path* path, const char* ip) noexcept nogil:
    return address_parse(path.local, ip)


cdef int path_remote_text(const Path* path, char* out, size_t room) noexcept nogil:
    if address_is_v4(path.remote):
        return 0 if inet_ntop(AF_INET, (<const uint8_t*>path.remote) + 12, out, <socklen_t>room) != NULL else -1
    return 0 if inet_ntop(AF_INET6, path.remote, out, <socklen_t>room) != NULL else -1


cdef int socket_option(int fd, int level, int option, int value) noexcept nogil:
    return setsockopt(fd, level, option, &value, sizeof(value))


cdef void socket_buffers(int fd) noexcept nogil:
    # The FORCE variants pass net.core.[rw]mem_max where the process may (CAP_NET_ADMIN); else the kernel clamps.
    if socket_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_BYTES) != 0:
        socket_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES)
    if socket_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_BYTES) != 0:
        socket_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES)


cdef int socket_bind(UdpSocket* udp, const char* ip, uint16_t port) noexcept nogil:
    cdef sockaddr_in6 name6
    cdef sockaddr_in name4
    cdef socklen_t size
    memset(&name6, 0, sizeof(name6))
    memset(&name4, 0, sizeof(name4))
    if udp.family == AF_INET6:
        socket_option(udp.fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)
        name6.sin6_family = <uint16_t>AF_INET6
        name6.sin6_port = htons(port)
        inet_pton(AF_INET6, ip, &name6.sin6_addr)
        if bind(udp.fd, <const sockaddr*>&name6, sizeof(name6)) != 0:
            return -errno
        size = sizeof(name6)
        getsockname(udp.fd, <sockaddr*>&name6, &size)
        udp.port = ntohs(name6.sin6_port)
        return 0
    name4.sin_family = <uint16_t>AF_INET
    name4.sin_port = htons(port)
    inet_pton(AF_INET, ip, &name4.sin_addr)
    if bind(udp.fd, <const sockaddr*>&name4, sizeof(name4)) != 0:
        return -errno
    size = sizeof(name4)
    getsockname(udp.fd, <sockaddr*>&name4, &size)
    udp.port = ntohs(name4.sin_port)
    return 0


cdef int udp_open(UdpSocket* udp, const char* ip, uint16_t port, bint gso, bint gro, bint reuse_port) noexcept nogil:
    cdef uint8_t probe[16]
    cdef uint8_t zero[16]
    cdef int failed
    memset(udp, 0, sizeof(UdpSocket))
    memset(zero, 0, sizeof(zero))
    udp.fd = -1
    if inet_pton(AF_INET6, ip, probe) == 1:
        udp.family = AF_INET6
        udp.wildcard = memcmp(probe, zero, 16) == 0
    elif inet_pton(AF_INET, ip, probe) == 1:
        udp.family = AF_INET
        udp.wildcard = memcmp(probe, zero, 4) == 0
    else:
        return -EINVAL
    udp.fd = socket(udp.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
    if udp.fd < 0:
        return -errno
    if reuse_port:
        socket_option(udp.fd, SOL_SOCKET, SO_REUSEPORT, 1)
    failed = socket_bind(udp, ip, port)
    if failed != 0:
        close(udp.fd)
        udp.fd = -1
        return failed
    socket_buffers(udp.fd)
    socket_option(udp.fd, SOL_SOCKET, SO_TIMESTAMPNS, 1)
    socket_option(udp.fd, SOL_SOCKET, SO_RXQ_OVFL, 1)
    if udp.wildcard:
        if udp.family == AF_INET6:
            socket_option(udp.fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        else:
            socket_option(udp.fd, IPPROTO_IP, IP_PKTINFO, 1)
    if gro:
        udp.gro = socket_option(udp.fd, IPPROTO_UDP, UDP_GRO, 1) == 0
        udp.gro_errno = 0 if udp.gro else errno
    if gso:
        # Setting a default of 0 changes nothing and tells whether the kernel knows the option.
        udp.gso = socket_option(udp.fd, IPPROTO_UDP, UDP_SEGMENT, 0) == 0
        udp.gso_errno = 0 if udp.gso else errno
    udp.rx_buffer = <uint8_t*>calloc(RX_BATCH, RX_BUFFER_BYTES)
    udp.rx_messages = <mmsghdr*>calloc(RX_BATCH, sizeof(mmsghdr))
    udp.rx_iov = <iovec*>calloc(RX_BATCH, sizeof(iovec))
    udp.rx_names = <sockaddr_in6*>calloc(RX_BATCH, sizeof(sockaddr_in6))
    udp.rx_control = <uint8_t*>calloc(RX_BATCH, RX_CONTROL_BYTES)
    udp.tx_arena = <uint8_t*>calloc(1, TX_ARENA_BYTES)
    udp.tx_messages = <mmsghdr*>calloc(TX_MESSAGES, sizeof(mmsghdr))
    udp.tx_iov = <iovec*>calloc(TX_MESSAGES, sizeof(iovec))
    udp.tx_names = <sockaddr_in6*>calloc(TX_MESSAGES, sizeof(sockaddr_in6))
    udp.tx_control = <uint8_t*>calloc(TX_MESSAGES, TX_CONTROL_BYTES)
    udp.tx_segment = <uint16_t*>calloc(TX_MESSAGES, sizeof(uint16_t))
    udp.rx_used = RX_BATCH
    return 0


cdef void udp_close(UdpSocket* udp) noexcept nogil:
    if udp.fd >= 0:
        close(udp.fd)
        udp.fd = -1
    free(udp.rx_buffer)
    free(udp.rx_messages)
    free(udp.rx_iov)
    free(udp.rx_names)
    free(udp.rx_control)
    free(udp.tx_arena)
    free(udp.tx_messages)
    free(udp.tx_iov)
    free(udp.tx_names)
    free(udp.tx_control)
    free(udp.tx_segment)
    udp.rx_buffer = NULL
    udp.rx_messages = NULL
    udp.rx_iov = NULL
    udp.rx_names = NULL
    udp.rx_control = NULL
    udp.tx_arena = NULL
    udp.tx_messages = NULL
    udp.tx_iov = NULL
    udp.tx_names = NULL
    udp.tx_control = NULL
    udp.tx_segment = NULL


cdef void address_from_v4(uint64_t* out, const void* v4) noexcept nogil:
    cdef uint8_t* bytes = <uint8_t*>out
    memset(bytes, 0, 10)
    bytes[10] = bytes[11] = 0xFF
    memcpy(bytes + 12, v4, 4)


cdef void received_name(UdpSocket* udp, int i, Path* path) noexcept nogil:
    cdef sockaddr_in* name4
    if udp.family == AF_INET6:
        memcpy(path.remote, &udp.rx_names[i].sin6_addr, 16)
        path.port = ntohs(udp.rx_names[i].sin6_port)
        return
    name4 = <sockaddr_in*>&udp.rx_names[i]
    address_from_v4(path.remote, &name4.sin_addr)
    path.port = ntohs(name4.sin_port)


cdef void received_control(UdpSocket* udp, msghdr* message, Received* out, int64_t realtime_offset_us) noexcept nogil:
    cdef cmsghdr* control = CMSG_FIRSTHDR(message)
    cdef timespec stamp
    cdef int value
    cdef uint32_t dropped
    while control != NULL:
        if control.cmsg_level == IPPROTO_UDP and control.cmsg_type == UDP_GRO:
            memcpy(&value, CMSG_DATA(control), sizeof(value))
            if 0 < value < RX_BUFFER_BYTES:
                out.segment_bytes = <size_t>value
        elif control.cmsg_level == SOL_SOCKET and control.cmsg_type == SCM_TIMESTAMPNS:
            memcpy(&stamp, CMSG_DATA(control), sizeof(stamp))
            out.arrived_us = <int64_t>stamp.tv_sec * 1000000 + stamp.tv_nsec // 1000 - realtime_offset_us
        elif control.cmsg_level == SOL_SOCKET and control.cmsg_type == SO_RXQ_OVFL:
            memcpy(&dropped, CMSG_DATA(control), sizeof(dropped))
            udp.kernel_drops = dropped
        elif control.cmsg_level == IPPROTO_IPV6 and control.cmsg_type == IPV6_PKTINFO:
            memcpy(out.path.local, &(<in6_pktinfo*>CMSG_DATA(control)).ipi6_addr, 16)
        elif control.cmsg_level == IPPROTO_IP and control.cmsg_type == IP_PKTINFO:
            address_from_v4(out.path.local, &(<in_pktinfo*>CMSG_DATA(control)).ipi_addr)
        control = CMSG_NXTHDR(message, control)


cdef void receive_prepare(UdpSocket* udp, int i) noexcept nogil:
    """Lays message `i` out for the kernel, which overwrites the lengths."""
    cdef msghdr* message = &udp.rx_messages[i].msg_hdr
    udp.rx_iov[i].iov_base = udp.rx_buffer + <size_t>i * RX_BUFFER_BYTES
    udp.rx_iov[i].iov_len = RX_BUFFER_BYTES
    message.msg_iov = &udp.rx_iov[i]
    message.msg_iovlen = 1
    message.msg_name = &udp.rx_names[i]
    message.msg_namelen = sizeof(sockaddr_in6)
    message.msg_control = udp.rx_control + <size_t>i * RX_CONTROL_BYTES
    message.msg_controllen = RX_CONTROL_BYTES


cdef int udp_receive(UdpSocket* udp, Received* out, int64_t now_us, int64_t realtime_offset_us) noexcept nogil:
    cdef int i, count
    cdef msghdr* message
    for i in range(udp.rx_used):
        receive_prepare(udp, i)
    udp.rx_used = 0
    count = recvmmsg(udp.fd, udp.rx_messages, RX_BATCH, MSG_DONTWAIT, NULL)
    for i in range(count):
        message = &udp.rx_messages[i].msg_hdr
        out[i].data = udp.rx_buffer + <size_t>i * RX_BUFFER_BYTES
        out[i].size = udp.rx_messages[i].msg_len
        out[i].segment_bytes = out[i].size
        out[i].arrived_us = now_us
        out[i].path.local[0] = out[i].path.local[1] = 0
        received_name(udp, i, &out[i].path)
        received_control(udp, message, &out[i], realtime_offset_us)
    udp.rx_used = count if count > 0 else 0
    return udp.rx_used


cdef uint8_t* udp_reserve(UdpSocket* udp, size_t size) noexcept nogil:
    if udp.tx_used + size > TX_ARENA_BYTES:
        udp_flush(udp)
    return udp.tx_arena + udp.tx_used


cdef void queue_name(UdpSocket* udp, int i, const Path* path) noexcept nogil:
    cdef sockaddr_in* name4
    if udp.family == AF_INET6:
        udp.tx_names[i].sin6_family = <uint16_t>AF_INET6
        udp.tx_names[i].sin6_port = htons(path.port)
        memcpy(&udp.tx_names[i].sin6_addr, path.remote, 16)
        udp.tx_messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6)
    else:
        name4 = <sockaddr_in*>&udp.tx_names[i]
        name4.sin_family = <uint16_t>AF_INET
        name4.sin_port = htons(path.port)
        memcpy(&name4.sin_addr, (<const uint8_t*>path.remote) + 12, 4)
        udp.tx_messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_in)
    udp.tx_messages[i].msg_hdr.msg_name = &udp.tx_names[i]


cdef void queue_control(UdpSocket* udp, int i, const Path* path, uint16_t segment_bytes) noexcept nogil:
    cdef uint8_t* room = udp.tx_control + <size_t>i * TX_CONTROL_BYTES
    cdef size_t used = 0
    cdef cmsghdr* control
    cdef in6_pktinfo info6
    cdef in_pktinfo info4
    if segment_bytes != 0:
        control = <cmsghdr*>room
        control.cmsg_level = IPPROTO_UDP
        control.cmsg_type = UDP_SEGMENT
        control.cmsg_len = CMSG_LEN(sizeof(segment_bytes))
        memcpy(CMSG_DATA(control), &segment_bytes, sizeof(segment_bytes))
        used = CMSG_SPACE(sizeof(segment_bytes))
    if udp.wildcard and (path.local[0] | path.local[1]) != 0:
        control = <cmsghdr*>(room + used)
        if udp.family == AF_INET6:
            memset(&info6, 0, sizeof(info6))
            memcpy(&info6.ipi6_addr, path.local, 16)
            control.cmsg_level = IPPROTO_IPV6
            control.cmsg_type = IPV6_PKTINFO
            control.cmsg_len = CMSG_LEN(sizeof(info6))
            memcpy(CMSG_DATA(control), &info6, sizeof(info6))
            used += CMSG_SPACE(sizeof(info6))
        else:
            memset(&info4, 0, sizeof(info4))
            memcpy(&info4.ipi_spec_dst, (<const uint8_t*>path.local) + 12, 4)
            control.cmsg_level = IPPROTO_IP
            control.cmsg_type = IP_PKTINFO
            control.cmsg_len = CMSG_LEN(sizeof(info4))
            memcpy(CMSG_DATA(control), &info4, sizeof(info4))
            used += CMSG_SPACE(sizeof(info4))
    udp.tx_messages[i].msg_hdr.msg_control = room if used else NULL
    udp.tx_messages[i].msg_hdr.msg_controllen = used


cdef void queue_one(UdpSocket* udp, const Path* path, uint8_t* data, size_t size, uint16_t segment_bytes) noexcept nogil:
    cdef int i
    if udp.tx_count == TX_MESSAGES:
        # Only the messages go: the arena's bytes stay where their later messages will point.
        queue_send(udp)
    i = udp.tx_count
    udp.tx_count += 1
    udp.tx_iov[i].iov_base = data
    udp.tx_iov[i].iov_len = size
    udp.tx_messages[i].msg_hdr.msg_iov = &udp.tx_iov[i]
    udp.tx_messages[i].msg_hdr.msg_iovlen = 1
    udp.tx_messages[i].msg_hdr.msg_flags = 0
    udp.tx_segment[i] = segment_bytes
    queue_name(udp, i, path)
    queue_control(udp, i, path, segment_bytes)


cdef void udp_queue(UdpSocket* udp, const Path* path, uint8_t* data, size_t size, size_t segment_bytes) noexcept nogil:
    cdef size_t at = 0, piece
    if udp.gso and size > segment_bytes:
        queue_one(udp, path, data, size, <uint16_t>segment_bytes)
    else:
        while at < size:
            piece = segment_bytes if size - at > segment_bytes else size - at
            queue_one(udp, path, data + at, piece, 0)
            at += piece
    udp.sent_datagrams += (size + segment_bytes - 1) // segment_bytes
    udp.sent_bytes += size
    udp.tx_used = <size_t>(data - udp.tx_arena) + size


cdef void send_in_pieces(UdpSocket* udp, int i) noexcept nogil:
    """Message `i` again, one datagram a segment: for a route whose device cannot segment."""
    cdef mmsghdr single = udp.tx_messages[i]
    cdef iovec piece
    cdef uint8_t* data = <uint8_t*>udp.tx_iov[i].iov_base
    cdef size_t left = udp.tx_iov[i].iov_len
    # The segment size is the first control message; the local address, where there is one, follows it.
    cdef size_t skip = CMSG_SPACE(sizeof(uint16_t))
    if single.msg_hdr.msg_controllen > skip:
        single.msg_hdr.msg_control = <uint8_t*>single.msg_hdr.msg_control + skip
        single.msg_hdr.msg_controllen -= skip
    else:
        single.msg_hdr.msg_control = NULL
        single.msg_hdr.msg_controllen = 0
    single.msg_hdr.msg_iov = &piece
    while left > 0:
        piece.iov_base = data
        piece.iov_len = udp.tx_segment[i] if left > udp.tx_segment[i] else left
        if sendmmsg(udp.fd, &single, 1, MSG_DONTWAIT) != 1:
            udp.send_errors += 1
        data += piece.iov_len
        left -= piece.iov_len


cdef void queue_send(UdpSocket* udp) noexcept nogil:
    cdef int at = 0, sent, waits = 0, failure
    cdef pollfd wait
    if udp.tap != NULL:
        udp.tap(udp)
        at = udp.tx_count
    while at < udp.tx_count:
        sent = sendmmsg(udp.fd, udp.tx_messages + at, udp.tx_count - at, MSG_DONTWAIT)
        if sent > 0:
            at += sent
            continue
        failure = errno
        if failure == EINTR:
            continue
        if (failure == EAGAIN or failure == ENOBUFS) and waits < 4:
            waits += 1
            udp.send_retries += 1
            wait.fd = udp.fd
            wait.events = POLLOUT
            wait.revents = 0
            poll(&wait, 1, SEND_WAIT_MS)
            continue
        if udp.tx_segment[at] != 0 and (failure == EIO or failure == EINVAL or failure == EOPNOTSUPP or failure == EMSGSIZE):
            if failure == EIO or failure == EOPNOTSUPP:
                udp.gso = False
                udp.gso_errno = failure
            send_in_pieces(udp, at)
        else:
            udp.send_errors += 1
        at += 1
    udp.sent_messages += <uint64_t>udp.tx_count
    udp.tx_count = 0


cdef void udp_flush(UdpSocket* udp) noexcept nogil:
    if udp.tx_count:
        queue_send(udp)
    udp.tx_used = 0
