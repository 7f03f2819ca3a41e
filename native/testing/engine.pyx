"""Test door on a whole worker core: no thread, no socket traffic, time as an argument. For tests only.

`Core` is a Worker that was never started: its commands are packed as ever, its queued messages are taken before the kernel would get
them. `inject` and `advance` return what went out. `storm` makes hostile datagrams at native speed (tests/hostile/test_engine.py).
"""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

from native.c.socket cimport AF_INET6, ntohs, sockaddr_in
from native.engine.mixing cimport mixing_catch_up
from native.engine.mixing_room cimport room_waiting
from native.engine.receive cimport datagram_receive
from native.engine.state cimport Consumer
from native.engine.stats cimport snapshot_write
from native.engine.table cimport id_table_get
from native.engine.timer cimport wheel_init
from native.engine.train cimport train_flush_all
from native.engine.udp cimport Path, UdpSocket, path_remote_text, path_set_local, path_set_remote
from native.engine.worker cimport Worker, core_turn_at
from native.stream.rtx cimport Chunk
from native.stream.srtp cimport SrtpContext, SrtpProfile, srtcp_seal, srtp_context_bytes, srtp_context_clear, srtp_context_init, srtp_seal
from native.wire.bytes cimport be16_read, be16_write, be32_read, be32_write
from native.wire.integrity cimport fingerprint_compute, integrity_compute
from native.wire.rtp cimport RtpHeader, rtp_parse_header

cdef enum:
    START_US = 1_000_000_000
    REALTIME_OFFSET_US = 1_700_000_000_000_000
    SAMPLE_BYTES = 2400
    SAMPLES_MOST = 256
    PEERS_MOST = 16
    STRANGERS = 0x0A63             # 10.99.0.0/16: addresses that never authenticate

cdef enum SampleKind:
    SAMPLE_RAW = 0                 # any datagram: mutated, sent from anywhere
    SAMPLE_RTP = 1                 # plain RTP: mutated, then sealed as its peer would
    SAMPLE_RTCP = 2
    SAMPLE_STUN = 3                # header and attributes: mutated, then signed

cdef struct Message:
    Path path
    size_t offset
    size_t size
    size_t segment_bytes

cdef struct Capture:
    bint keep
    uint8_t* bytes
    size_t used
    size_t room
    Message* messages
    size_t count
    size_t message_room
    uint64_t datagrams
    uint64_t total_bytes
    uint64_t to_strangers
    uint64_t broken_trains

cdef struct Sample:
    int kind
    int peer
    size_t size
    Path path
    uint8_t bytes[2400]

cdef struct Peer:
    SrtpContext* keys
    uint64_t rtp_index
    uint32_t rtcp_index
    uint8_t password[64]
    size_t password_bytes
    Path path


cdef void captured_path(UdpSocket* udp, int i, Path* path) noexcept nogil:
    cdef sockaddr_in* name4 = <sockaddr_in*>&udp.tx_names[i]
    cdef uint8_t* bytes = <uint8_t*>path.remote
    memset(path, 0, sizeof(Path))
    if udp.family == AF_INET6:
        memcpy(bytes, &udp.tx_names[i].sin6_addr, 16)
        path.port = ntohs(udp.tx_names[i].sin6_port)
        return
    bytes[10] = bytes[11] = 0xFF
    memcpy(bytes + 12, &name4.sin_addr, 4)
    path.port = ntohs(name4.sin_port)


cdef void capture(UdpSocket* udp) noexcept nogil:
    cdef Capture* out = <Capture*>udp.tap_owner
    cdef Path path
    cdef size_t size, segment
    cdef int i
    for i in range(udp.tx_count):
        size = udp.tx_iov[i].iov_len
        segment = udp.tx_segment[i]
        captured_path(udp, i, &path)
        out.datagrams += 1 if segment == 0 else (size + segment - 1) // segment
        out.total_bytes += size
        if size == 0 or size > 65507 or (segment and (size + segment - 1) // segment > 64):
            out.broken_trains += 1
        if be16_read(<const uint8_t*>path.remote + 12) == STRANGERS:
            out.to_strangers += 1
        if not out.keep:
            continue
        while out.used + size > out.room:
            out.room = out.room * 2 + 65536
            out.bytes = <uint8_t*>realloc(out.bytes, out.room)
        if out.count == out.message_room:
            out.message_room = out.message_room * 2 + 64
            out.messages = <Message*>realloc(out.messages, out.message_room * sizeof(Message))
        memcpy(out.bytes + out.used, udp.tx_iov[i].iov_base, size)
        out.messages[out.count].path = path
        out.messages[out.count].offset = out.used
        out.messages[out.count].size = size
        out.messages[out.count].segment_bytes = segment
        out.used += size
        out.count += 1


cdef inline uint32_t roll(uint64_t* state) noexcept nogil:
    state[0] = state[0] * <uint64_t>6364136223846793005 + <uint64_t>1442695040888963407
    return <uint32_t>(state[0] >> 33)


cdef size_t mutate(uint8_t* data, size_t size, size_t from_, uint64_t* random) noexcept nogil:
    """One to six faults behind `from_`; the new size (<= SAMPLE_BYTES - 64)."""
    cdef int faults = 1 + roll(random) % 6
    cdef uint32_t what
    cdef size_t at, count, other
    cdef uint8_t interesting[8]
    interesting[:] = [0, 1, 0x7F, 0x80, 0xFF, 0xFE, 0x10, 0xBE]
    while faults > 0 and size > from_:
        faults -= 1
        what = roll(random) % 16
        at = from_ + roll(random) % (size - from_)
        if what < 6:
            data[at] ^= <uint8_t>(1 << (roll(random) & 7))
        elif what < 10:
            data[at] = interesting[roll(random) & 7]
        elif what < 12:
            data[at] = <uint8_t>roll(random)
        elif what == 12:
            size = at
        elif what == 13:
            count = roll(random) % 64
            while count > 0 and size < SAMPLE_BYTES - 64:
                data[size] = <uint8_t>roll(random)
                size += 1
                count -= 1
        elif what == 14:
            other = from_ + roll(random) % (size - from_)
            count = roll(random) % 32
            while count > 0 and at < size and other < size:
                data[at] = data[other]
                at += 1
                other += 1
                count -= 1
        else:
            be16_write(data + (at if at + 2 <= size else size - 2 if size >= 2 else 0), <uint16_t>roll(random))
    return size


cdef void stranger(Path* path, uint64_t* random) noexcept nogil:
    """One of 65,536 addresses that never send anything genuine."""
    path_set_remote(path, b"10.99.0.0", <uint16_t>(1024 + roll(random) % 4))
    be16_write(<uint8_t*>path.remote + 14, <uint16_t>roll(random))


cdef class Core(Worker):
    cdef Capture out
    cdef Sample* samples
    cdef int sample_count
    cdef Peer peers[16]
    cdef int peer_count
    cdef uint8_t room[2400]

    def __cinit__(self, host="127.0.0.1", port=0, *, gso=True, gro=True, reuse_port=False):
        self.core.now_us = START_US
        self.core.realtime_offset_us = REALTIME_OFFSET_US
        self.core.random = 1
        wheel_init(&self.core.wheel, START_US)
        self.out.keep = True
        self.core.udp.tap = capture
        self.core.udp.tap_owner = &self.out

    def __dealloc__(self):
        cdef int i
        free(self.out.bytes)
        free(self.out.messages)
        free(self.samples)
        for i in range(self.peer_count):
            srtp_context_clear(self.peers[i].keys)
            free(self.peers[i].keys)

    @property
    def now_us(self):
        return self.core.now_us

    def seed(self, uint64_t value):
        """Fixes the random numbers to come: first sequence numbers, SSRCs."""
        self.core.random = value * 2 + 1

    def consumer_number(self, uint64_t consumer_id, uint64_t number):
        """As if this consumer had sent `number` last: the way to a wrap without 65,536 packets."""
        (<Consumer*>id_table_get(&self.core.consumers, consumer_id)).highest = number

    def keep(self, bint on):
        """Whether what goes out is kept (True) or only counted."""
        self.out.keep = on

    def trains(self):
        """Takes what went out: [(ip, port, segment_bytes or 0, bytes)], one entry a message to the kernel."""
        cdef char text[64]
        cdef size_t i
        cdef list found = []
        for i in range(self.out.count):
            path_remote_text(&self.out.messages[i].path, text, sizeof(text))
            found.append((
                text.decode("ascii"), self.out.messages[i].path.port, self.out.messages[i].segment_bytes,
                (<const char*>self.out.bytes + self.out.messages[i].offset)[:self.out.messages[i].size],
            ))
        self.out.used = self.out.count = 0
        return found

    def sent(self):
        """Takes what went out, cut as the kernel would: [(ip, port, datagram)]."""
        out = []
        for ip, port, segment, data in self.trains():
            for at in range(0, len(data), segment or len(data)):
                out.append((ip, port, data[at:at + (segment or len(data))]))
        return out

    def receive(self, list datagrams, int64_t now_us, local=""):
        """One batch of (data, ip, port), come to our address `local`, flushed at its end as a loop turn does."""
        cdef Path path
        cdef bytes data, host, near = local.encode("ascii")
        cdef uint8_t* copy
        self.core.now_us = now_us
        for data, ip, port in datagrams:
            memset(&path, 0, sizeof(path))
            host = ip.encode("ascii")
            if path_set_remote(&path, host, port) != 0 or (near and path_set_local(&path, near) != 0):
                raise ValueError(ip)
            # A block of its own, so that the sanitizers see a read behind it.
            copy = <uint8_t*>malloc(len(data) or 1)
            memcpy(copy, <const char*>data, len(data))
            if len(data):
                datagram_receive(self.core, &path, copy, len(data), now_us)
            free(copy)
        train_flush_all(self.core)

    def inject(self, bytes data, ip, port, int64_t now_us, local=""):
        """One datagram; what it made go out."""
        self.receive([(data, ip, port)], now_us, local)
        return self.sent()

    def advance(self, int64_t now_us):
        """Commands and timers at `now_us`; what they made go out."""
        self.turn_at(now_us)
        return self.sent()

    def turn_at(self, int64_t now_us):
        core_turn_at(self.core, now_us)
        while room_waiting(self.core):
            core_turn_at(self.core, now_us)

    def mix(self, int64_t now_us):
        """A turn a millisecond up to `now_us`, with the mixing thread's ticks between them; what they made go out."""
        cdef int64_t at = self.core.now_us
        with nogil:
            while True:
                core_turn_at(self.core, at)
                if self.core.mixing != NULL:
                    mixing_catch_up(self.core.mixing, at)
                while room_waiting(self.core):
                    core_turn_at(self.core, at)
                if at >= now_us:
                    break
                at = at + 1000 if at + 1000 < now_us else now_us
        return self.sent()

    def mix_only(self, int64_t now_us):
        """The mixing thread's ticks up to `now_us`, while the worker is held up."""
        return mixing_catch_up(self.core.mixing, now_us) if self.core.mixing != NULL else 0

    def slice_at(self, int64_t now_us):
        """One turn of the loop, and no other after it; whether more waits."""
        core_turn_at(self.core, now_us)
        return bool(room_waiting(self.core))

    def counters(self):
        snapshot_write(self.core)
        return Worker.counters(self)

    def audit(self):
        """What went out so far, and what memory the histories hold."""
        return {
            "datagrams": self.out.datagrams, "bytes": self.out.total_bytes, "to_strangers": self.out.to_strangers,
            "broken_trains": self.out.broken_trains, "chunks": self.core.chunks.total, "chunk_bytes": sizeof(Chunk),
            "paths": self.core.paths.count, "path_slots": self.core.paths.mask + 1, "users": self.core.users.count,
            "ids": self.core.transports.count + self.core.producers.count + self.core.consumers.count,
            "mixing_ids": self.core.rooms.count + self.core.voices.count + self.core.listeners.count + self.core.clips.count,
        }

    def peer_add(self, ip, port, int profile, bytes key, bytes password):
        """A peer whose keys the storm knows; its number."""
        cdef Peer* peer = &self.peers[self.peer_count]
        cdef bytes host = ip.encode("ascii")
        if self.peer_count == PEERS_MOST or len(password) > 64:
            raise ValueError("too many peers or too long a password")
        memset(peer, 0, sizeof(Peer))
        path_set_remote(&peer.path, host, port)
        peer.keys = <SrtpContext*>calloc(1, srtp_context_bytes())
        if srtp_context_init(peer.keys, <SrtpProfile>profile, <const uint8_t*><const char*>key, len(key)) != 0:
            raise ValueError("profile or key")
        memcpy(peer.password, <const char*>password, len(password))
        peer.password_bytes = len(password)
        peer.rtp_index = 1
        self.peer_count += 1
        return self.peer_count - 1

    def peer_index(self, int peer, start=None):
        """The SRTP index its next packet follows; set when its transport has been opened anew."""
        if start is not None:
            self.peers[peer].rtp_index = start
        return self.peers[peer].rtp_index

    def sample_add(self, int kind, int peer, bytes data):
        """A datagram (kind 0), or the plain RTP (1), RTCP (2) or unsigned STUN (3) of `peer`, for the storm to mutate."""
        cdef Sample* sample
        if self.samples == NULL:
            self.samples = <Sample*>calloc(SAMPLES_MOST, sizeof(Sample))
        if self.sample_count == SAMPLES_MOST or len(data) > SAMPLE_BYTES - 64 or peer >= self.peer_count:
            raise ValueError("sample")
        sample = &self.samples[self.sample_count]
        sample.kind = kind
        sample.peer = peer
        sample.size = len(data)
        sample.path = self.peers[peer].path
        memcpy(sample.bytes, <const char*>data, len(data))
        self.sample_count += 1

    def storm(self, uint64_t seed, int count, int64_t now_us):
        """`count` hostile datagrams with timers and flushes between them; the time at the end."""
        cdef uint64_t random = seed * <uint64_t>0x9E3779B97F4A7C15 + 1
        cdef int i
        with nogil:
            for i in range(count):
                self.strike(&random, now_us)
                if roll(&random) & 7 == 0:
                    train_flush_all(self.core)
                if roll(&random) & 15 == 0:
                    now_us += roll(&random) % 3000
                    core_turn_at(self.core, now_us)
            train_flush_all(self.core)
        return now_us

    def forward(self, int number, bytes plain, int counter_at, int count, int64_t now_us):
        """`count` packets of peer `number`, one a millisecond, every 97th lost, numbered and sealed here (`counter_at`: where the transport-cc
        number stands); allocates nothing itself. The time at the end."""
        cdef Peer* peer = &self.peers[number]
        cdef size_t size = len(plain), sealed
        cdef const uint8_t* source = plain
        cdef RtpHeader header
        cdef int i
        rtp_parse_header(source, size, &header)
        with nogil:
            for i in range(count):
                now_us += 1000
                peer.rtp_index += 1
                if peer.rtp_index % 97:
                    memcpy(self.room, source, size)
                    be16_write(self.room + 2, <uint16_t>peer.rtp_index)
                    be32_write(self.room + 4, <uint32_t>(peer.rtp_index * 90))
                    be16_write(self.room + counter_at, <uint16_t>peer.rtp_index)
                    sealed = srtp_seal(peer.keys, self.room, size, header.header_bytes, peer.rtp_index)
                    self.core.now_us = now_us
                    datagram_receive(self.core, &peer.path, self.room, sealed, now_us)
                    train_flush_all(self.core)
                core_turn_at(self.core, now_us)
        return now_us

    cdef void strike(self, uint64_t* random, int64_t now_us) noexcept nogil:
        cdef Sample* sample = &self.samples[roll(random) % <uint32_t>self.sample_count]
        cdef Peer* peer = &self.peers[sample.peer]
        cdef Path path = sample.path
        cdef size_t size = sample.size
        cdef uint32_t whence = roll(random) & 7
        cdef uint8_t* data = <uint8_t*>malloc(SAMPLE_BYTES)
        cdef uint8_t* exact
        memcpy(data, sample.bytes, size)
        self.core.now_us = now_us
        if sample.kind == SAMPLE_RAW:
            if whence < 3:
                stranger(&path, random)
            elif whence < 5:
                path = self.peers[roll(random) % <uint32_t>self.peer_count].path
            size = mutate(data, size, 0, random)
            if size == sample.size and memcmp(data, sample.bytes, size) == 0:
                data[size - 1] ^= 1
        elif sample.kind == SAMPLE_RTP:
            size = self.seal_rtp(sample, peer, data, random)
        elif sample.kind == SAMPLE_RTCP:
            self.aim_nack(data, size, random)
            if roll(random) & 3:
                size = mutate(data, size, 8 if roll(random) & 7 else 2, random)
            if size >= 8:
                peer.rtcp_index += 1
                size = srtcp_seal(peer.keys, data, size, peer.rtcp_index)
        else:
            size = self.sign_stun(peer, data, size, whence == 0, random)
            if whence == 0 and roll(random) & 1:
                stranger(&path, random)
        if size:
            exact = <uint8_t*>malloc(size)
            memcpy(exact, data, size)
            datagram_receive(self.core, &path, exact, size, now_us)
            free(exact)
        free(data)

    cdef void aim_nack(self, uint8_t* data, size_t size, uint64_t* random) noexcept nogil:
        """A NACK behind an empty report gets numbers that the consumer it names has sent or will send."""
        cdef Consumer* consumer
        cdef size_t at, i
        if size < 24 or data[9] != 205 or data[8] & 31 != 1:
            return
        for i in range(self.core.consumers.mask + 1):
            consumer = <Consumer*>self.core.consumers.slots[i].value
            if self.core.consumers.slots[i].id and consumer.ssrc == be32_read(data + 16):
                for at in range(20, size - 3, 4):
                    be16_write(data + at, <uint16_t>(consumer.highest + 3 - roll(random) % 200))
                    be16_write(data + at + 2, <uint16_t>(roll(random) & roll(random)))

    cdef size_t seal_rtp(self, Sample* sample, Peer* peer, uint8_t* data, uint64_t* random) noexcept nogil:
        cdef RtpHeader header
        cdef size_t size = sample.size
        cdef uint32_t what = roll(random) & 31
        if what < 8:
            size = mutate(data, size, 12, random)
        elif what < 12:
            size = mutate(data, size, 1, random)
        if size < 12:
            return size
        # Mostly in order; sometimes lost, repeated, far ahead or behind.
        what = roll(random) & 1023
        if what < 900:
            peer.rtp_index += 1
        elif what < 960:
            peer.rtp_index += roll(random) % 40
        elif what == 960:
            peer.rtp_index += roll(random) % 30000
        elif peer.rtp_index > 40:
            peer.rtp_index -= roll(random) % 40
        be16_write(data + 2, <uint16_t>peer.rtp_index)
        if data[1] & 0x7F == 97 and size > 14:
            be16_write(data + 12, <uint16_t>(peer.rtp_index - roll(random) % 100))  # RFC 4588: the number it repairs
        if roll(random) & 1:
            be32_write(data + 4, <uint32_t>(self.core.now_us * 9 // 100))
        if rtp_parse_header(data, size, &header) != 0:
            return size
        return srtp_seal(peer.keys, data, size, header.header_bytes, peer.rtp_index)

    cdef size_t sign_stun(self, Peer* peer, uint8_t* data, size_t size, bint guessed, uint64_t* random) noexcept nogil:
        """Ends a STUN message with what its peer (or one who guesses the password) would end it with."""
        cdef int i
        if roll(random) & 3:
            size = mutate(data, size, 20, random) & ~<size_t>3
        for i in range(8, 20):
            data[i] = <uint8_t>roll(random)
        be16_write(data + size, 0x0008)
        be16_write(data + size + 2, 20)
        be16_write(data + 2, <uint16_t>(size + 24 - 20))
        integrity_compute(data, size, peer.password, peer.password_bytes - (1 if guessed else 0), data + size + 4)
        size += 24
        be16_write(data + 2, <uint16_t>(size + 8 - 20))
        be16_write(data + size, 0x8028)
        be16_write(data + size + 2, 4)
        be32_write(data + size + 4, fingerprint_compute(data, size))
        return size + 8
