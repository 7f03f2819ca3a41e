"""Linux sockets, epoll, eventfd and clocks, as far as the engine uses them."""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from posix.time cimport timespec

cdef extern from "<sys/socket.h>" nogil:
    ctypedef uint32_t socklen_t
    cdef struct sockaddr:
        pass
    cdef struct iovec:
        void* iov_base
        size_t iov_len
    cdef struct msghdr:
        void* msg_name
        socklen_t msg_namelen
        iovec* msg_iov
        size_t msg_iovlen
        void* msg_control
        size_t msg_controllen
        int msg_flags
    cdef struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    cdef struct cmsghdr:
        size_t cmsg_len
        int cmsg_level
        int cmsg_type
    int AF_INET, AF_INET6, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_CLOEXEC, SOL_SOCKET
    int SO_REUSEADDR, SO_REUSEPORT, SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE
    int SO_TIMESTAMPNS, SCM_TIMESTAMPNS, SO_RXQ_OVFL
    int MSG_DONTWAIT, MSG_TRUNC
    int socket(int family, int type, int protocol)
    int bind(int fd, const sockaddr* address, socklen_t size)
    int getsockname(int fd, sockaddr* address, socklen_t* size)
    int setsockopt(int fd, int level, int option, const void* value, socklen_t size)
    int getsockopt(int fd, int level, int option, void* value, socklen_t* size)
    int recvmmsg(int fd, mmsghdr* messages, unsigned int count, int flags, timespec* timeout)
    int sendmmsg(int fd, mmsghdr* messages, unsigned int count, int flags)
    cmsghdr* CMSG_FIRSTHDR(msghdr* message)
    cmsghdr* CMSG_NXTHDR(msghdr* message, cmsghdr* previous)
    unsigned char* CMSG_DATA(cmsghdr* header)
    size_t CMSG_LEN(size_t size)
    size_t CMSG_SPACE(size_t size)

cdef extern from "<netinet/in.h>" nogil:
    cdef struct in_addr:
        uint32_t s_addr
    cdef struct in6_addr:
        uint8_t s6_addr[16]
    cdef struct sockaddr_in:
        uint16_t sin_family
        uint16_t sin_port
        in_addr sin_addr
    cdef struct sockaddr_in6:
        uint16_t sin6_family
        uint16_t sin6_port
        in6_addr sin6_addr
        uint32_t sin6_scope_id
    cdef struct in_pktinfo:
        int ipi_ifindex
        in_addr ipi_spec_dst
        in_addr ipi_addr
    cdef struct in6_pktinfo:
        in6_addr ipi6_addr
        unsigned int ipi6_ifindex
    int IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP
    int IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_PKTINFO, IP_PKTINFO
    uint16_t htons(uint16_t value)
    uint16_t ntohs(uint16_t value)

cdef extern from "<netinet/udp.h>" nogil:
    int UDP_SEGMENT, UDP_GRO

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char* text, void* out)
    const char* inet_ntop(int family, const void* address, char* out, socklen_t size)

cdef extern from "<sys/epoll.h>" nogil:
    ctypedef union epoll_data_t:
        uint64_t u64
    cdef struct epoll_event:
        uint32_t events
        epoll_data_t data
    int EPOLLIN, EPOLL_CTL_ADD, EPOLL_CLOEXEC
    int epoll_create1(int flags)
    int epoll_ctl(int fd, int operation, int target, epoll_event* event)
    int epoll_wait(int fd, epoll_event* events, int count, int timeout_ms)

cdef extern from "<sys/eventfd.h>" nogil:
    int EFD_NONBLOCK, EFD_CLOEXEC
    int eventfd(unsigned int initial, int flags)
    int eventfd_write(int fd, uint64_t value)
    int eventfd_read(int fd, uint64_t* value)

cdef extern from "<poll.h>" nogil:
    cdef struct pollfd:
        int fd
        short events
        short revents
    short POLLOUT
    int poll(pollfd* fds, unsigned long count, int timeout_ms)

cdef extern from "<time.h>" nogil:
    int CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID, TIMER_ABSTIME
    int clock_gettime(int clock, timespec* out)
    int clock_nanosleep(int clock, int flags, const timespec* until, timespec* left)

cdef extern from "<unistd.h>" nogil:
    int close(int fd)


cdef inline int64_t clock_us(int clock) noexcept nogil:
    cdef timespec now
    clock_gettime(clock, &now)
    return <int64_t>now.tv_sec * 1000000 + now.tv_nsec // 1000
