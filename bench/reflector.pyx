"""A bare reflector: receive, open, rewrite, seal, send, and nothing else. The limit `bench forward` compares the media server with.

One thread, one loop without the GIL, on the engine's own socket layer and the same SRTP provider. It knows its peers' addresses and keys from
the start: no ICE, no DTLS, no RTCP, no history, no statistics, no header extensions of its own, no congestion control. Packets are opened where they
were received, so no copy is made beyond the cipher's; each subscriber gets what a turn brought as GSO trains, audio last so that it can end one.
Not for anything but measuring. Called by bench.server.

Invariants: routes are made before start(); a received buffer is not touched again before everything opened in it has been sealed.
"""
import os
import threading

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from native.c.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_RELEASE, __ATOMIC_SEQ_CST, atomic_fence, atomic_load_u32, atomic_load_u64, atomic_store_u32, atomic_store_u64
from native.c.socket cimport (
    CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, clock_us, close, epoll_create1,
    epoll_ctl, epoll_event, epoll_wait,
)
from native.engine.table cimport PathTable, path_table_free, path_table_get, path_table_init, path_table_put
from native.engine.udp cimport (
    RX_BATCH, TRAIN_MAX_BYTES, TRAIN_MAX_SEGMENTS, TX_ARENA_BYTES, TX_MESSAGES, Path, Received, UdpSocket, path_set_remote, udp_close,
    udp_flush, udp_open, udp_queue, udp_receive, udp_reserve,
)
from native.stream.srtp cimport (
    SRTP_MAX_OVERHEAD, SrtpBatch, SrtpContext, SrtpProfile, SrtpReplay, srtp_batch_flush, srtp_batch_free, srtp_batch_new, srtp_context_bytes,
    srtp_context_clear, srtp_context_init, srtp_open, srtp_seal_from, srtp_seal_submit,
)
from native.wire.bytes cimport be16_write, be32_write
from native.wire.demux cimport PACKET_RTP, packet_classify
from native.wire.rtp cimport RtpHeader, rtp_parse_header

cdef enum:
    WAITING_MOST = 16384           # 64 messages of 64 packets to 4 subscribers; a fuller turn is flushed in between
    WAIT_MOST_MS = 100             # the snapshot's pace, and the longest that stop() waits
    SNAPSHOT_US = 100_000

COUNTER_NAMES = (
    "packets_received", "packets_forwarded", "bytes_forwarded", "packets_dropped", "trains_sent", "messages_received", "loop_turns",
    "cpu_us", "kernel_drops", "send_errors", "send_retries",
)

cdef struct Counters:              # names above, same order
    uint64_t packets_received
    uint64_t packets_forwarded
    uint64_t bytes_forwarded
    uint64_t packets_dropped
    uint64_t trains_sent
    uint64_t messages_received
    uint64_t loop_turns
    uint64_t cpu_us
    uint64_t kernel_drops
    uint64_t send_errors
    uint64_t send_retries

cdef struct Output:                # one subscriber of one stream
    Peer* peer
    uint32_t ssrc
    uint8_t payload_type
    uint8_t last                   # behind all that is not `last`: audio, which ends a train of longer packets
    uint64_t offset                # sequence number out = in + offset

cdef struct Input:                 # one stream of one publisher
    Input* next
    uint32_t ssrc
    SrtpReplay replay
    Output* outputs
    int output_count

cdef struct Queue:                 # indices + 1 into Core.waiting; 0: empty
    uint32_t first
    uint32_t newest

cdef struct Peer:
    Path path
    SrtpContext* receive_keys
    SrtpContext* send_keys
    Input* inputs
    Peer* next_dirty
    bint dirty
    Queue queues[2]                # by Output.last

cdef struct Waiting:               # one packet for one subscriber
    Output* output
    const uint8_t* data            # plain, in the receive buffer
    uint64_t index
    uint16_t header_bytes
    uint16_t size
    uint32_t next

cdef struct Core:
    UdpSocket udp
    int epoll_fd
    uint32_t stopping
    PathTable paths
    SrtpBatch* batch
    Waiting* waiting
    uint32_t waiting_count
    Peer* dirty
    Received received[64]
    Counters counters
    uint64_t version               # odd while `snapshot` is being written (a seqlock)
    Counters snapshot


cdef void train_send(Core* core, Peer* peer, Waiting** run, int count, size_t used, size_t segment) noexcept nogil:
    """Seals `count` packets, all but the last of `segment` bytes on the wire, and queues them as one message."""
    cdef uint8_t* out
    cdef uint8_t* packet
    cdef Waiting* each
    cdef uint64_t index
    cdef size_t at = 0
    cdef int i
    if core.udp.tx_used + used + SRTP_MAX_OVERHEAD > TX_ARENA_BYTES or core.udp.tx_count + TRAIN_MAX_SEGMENTS > TX_MESSAGES:
        srtp_batch_flush(core.batch)
        udp_flush(&core.udp)
    out = udp_reserve(&core.udp, used + SRTP_MAX_OVERHEAD)
    for i in range(count):
        each = run[i]
        packet = out + at
        index = each.index + each.output.offset
        memcpy(packet, each.data, each.header_bytes)
        packet[1] = (packet[1] & 0x80) | each.output.payload_type
        be16_write(packet + 2, <uint16_t>index)
        be32_write(packet + 8, each.output.ssrc)
        if peer.send_keys.tag_bytes == 16:
            at += srtp_seal_from(peer.send_keys, packet, each.header_bytes, each.data + each.header_bytes, each.size - each.header_bytes, index)
        else:
            memcpy(packet + each.header_bytes, each.data + each.header_bytes, each.size - each.header_bytes)
            at += srtp_seal_submit(core.batch, peer.send_keys, packet, each.size, each.header_bytes, index)
    udp_queue(&core.udp, &peer.path, out, at, segment)
    core.counters.trains_sent += 1
    core.counters.packets_forwarded += <uint64_t>count
    core.counters.bytes_forwarded += at


cdef void peer_flush(Core* core, Peer* peer) noexcept nogil:
    cdef Waiting* run[64]
    cdef Waiting* each
    cdef uint32_t at = peer.queues[0].first
    cdef size_t overhead = peer.send_keys.tag_bytes
    cdef size_t used, size, segment
    cdef int count
    if at == 0:
        at = peer.queues[1].first
    elif peer.queues[1].first:
        core.waiting[peer.queues[0].newest - 1].next = peer.queues[1].first
    memset(peer.queues, 0, sizeof(peer.queues))
    while at:
        count = 0
        used = 0
        segment = core.waiting[at - 1].size + overhead
        while at and count < TRAIN_MAX_SEGMENTS:
            each = &core.waiting[at - 1]
            size = each.size + overhead
            if size > segment or used + size > TRAIN_MAX_BYTES:
                break
            run[count] = each
            count += 1
            used += size
            at = each.next
            if size < segment:
                break
        train_send(core, peer, run, count, used, segment)


cdef void core_flush(Core* core) noexcept nogil:
    cdef Peer* peer
    while core.dirty != NULL:
        peer = core.dirty
        core.dirty = peer.next_dirty
        peer.dirty = False
        peer_flush(core, peer)
    core.waiting_count = 0
    srtp_batch_flush(core.batch)
    udp_flush(&core.udp)


cdef void output_add(Core* core, Output* output, const uint8_t* data, const RtpHeader* header, size_t size, uint64_t index) noexcept nogil:
    cdef Peer* peer = output.peer
    cdef Queue* queue = &peer.queues[output.last]
    cdef Waiting* waiting
    if core.waiting_count == WAITING_MOST:
        core_flush(core)
    waiting = &core.waiting[core.waiting_count]
    core.waiting_count += 1
    waiting.output = output
    waiting.data = data
    waiting.index = index
    waiting.header_bytes = header.header_bytes
    waiting.size = <uint16_t>size
    waiting.next = 0
    if queue.first == 0:
        queue.first = core.waiting_count
    else:
        core.waiting[queue.newest - 1].next = core.waiting_count
    queue.newest = core.waiting_count
    if not peer.dirty:
        peer.dirty = True
        peer.next_dirty = core.dirty
        core.dirty = peer


cdef void packet_reflect(Core* core, Peer* peer, uint8_t* data, size_t size) noexcept nogil:
    cdef RtpHeader header
    cdef Input* stream = peer.inputs
    cdef uint64_t index
    cdef int opened, i
    if packet_classify(data, size) != PACKET_RTP or rtp_parse_header(data, size, &header) != 0:
        core.counters.packets_dropped += 1
        return
    while stream != NULL and stream.ssrc != header.ssrc:
        stream = stream.next
    if stream == NULL:
        core.counters.packets_dropped += 1
        return
    opened = srtp_open(peer.receive_keys, &stream.replay, data, size, header.header_bytes, data, &index)
    if opened < 0:
        core.counters.packets_dropped += 1
        return
    core.counters.packets_received += 1
    for i in range(stream.output_count):
        output_add(core, &stream.outputs[i], data, &header, <size_t>opened, index)


cdef int batch_reflect(Core* core, int64_t now_us, int64_t realtime_offset_us) noexcept nogil:
    cdef int i, count = udp_receive(&core.udp, core.received, now_us, realtime_offset_us)
    cdef Received* message
    cdef Peer* peer
    cdef size_t at, piece
    for i in range(count):
        message = &core.received[i]
        peer = <Peer*>path_table_get(&core.paths, &message.path)
        if peer == NULL:
            core.counters.packets_dropped += 1
            continue
        at = 0
        while at < message.size:
            piece = message.segment_bytes if message.size - at > message.segment_bytes else message.size - at
            packet_reflect(core, peer, message.data + at, piece)
            at += piece
    if count > 0:
        core.counters.messages_received += <uint64_t>count
        core_flush(core)
    return count


cdef void snapshot_write(Core* core) noexcept nogil:
    core.counters.cpu_us = <uint64_t>clock_us(CLOCK_THREAD_CPUTIME_ID)
    core.counters.kernel_drops = core.udp.kernel_drops
    core.counters.send_errors = core.udp.send_errors
    core.counters.send_retries = core.udp.send_retries
    atomic_store_u64(&core.version, core.version + 1, __ATOMIC_RELEASE)
    atomic_fence(__ATOMIC_RELEASE)
    memcpy(&core.snapshot, &core.counters, sizeof(Counters))
    atomic_fence(__ATOMIC_RELEASE)
    atomic_store_u64(&core.version, core.version + 1, __ATOMIC_RELEASE)


cdef void core_loop(Core* core) noexcept nogil:
    cdef epoll_event event
    cdef int64_t now_us, due_us = 0, realtime_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC)
    while not atomic_load_u32(&core.stopping, __ATOMIC_ACQUIRE):
        core.counters.loop_turns += 1
        now_us = clock_us(CLOCK_MONOTONIC)
        if now_us >= due_us:
            due_us = now_us + SNAPSHOT_US
            snapshot_write(core)
        # A full batch says that more waits; one that is not has emptied the socket.
        if batch_reflect(core, now_us, realtime_offset_us) < RX_BATCH:
            epoll_wait(core.epoll_fd, &event, 1, WAIT_MOST_MS)
    snapshot_write(core)


cdef SrtpContext* keys_new(int profile, bytes key) except NULL:
    cdef SrtpContext* context = <SrtpContext*>calloc(1, srtp_context_bytes())
    if context == NULL:
        raise MemoryError()
    if srtp_context_init(context, <SrtpProfile>profile, key, len(key)) != 0:
        free(context)
        raise ValueError("unknown SRTP profile, or a key of another length than it has")
    return context


cdef void keys_free(SrtpContext* context) noexcept:
    if context != NULL:
        srtp_context_clear(context)
        free(context)


cdef void peer_free(Peer* peer) noexcept:
    cdef Input* stream
    while peer.inputs != NULL:
        stream = peer.inputs
        peer.inputs = stream.next
        free(stream.outputs)
        free(stream)
    keys_free(peer.receive_keys)
    keys_free(peer.send_keys)
    free(peer)


cdef class Reflector:
    cdef Core* core
    cdef dict peers                # id -> address of its Peer
    cdef object thread

    def __cinit__(self, host="127.0.0.1", port=0):
        cdef Core* core
        cdef bytes ip = host.encode("ascii")
        cdef epoll_event event
        cdef int failed
        self.peers = {}
        self.core = core = <Core*>calloc(1, sizeof(Core))
        if core == NULL:
            raise MemoryError()
        core.udp.fd = core.epoll_fd = -1
        failed = udp_open(&core.udp, ip, port, True, True, False)
        if failed != 0:
            raise OSError(-failed, os.strerror(-failed))
        core.epoll_fd = epoll_create1(EPOLL_CLOEXEC)
        memset(&event, 0, sizeof(event))
        event.events = EPOLLIN
        epoll_ctl(core.epoll_fd, EPOLL_CTL_ADD, core.udp.fd, &event)
        core.batch = srtp_batch_new()
        core.waiting = <Waiting*>calloc(WAITING_MOST, sizeof(Waiting))
        if core.batch == NULL or core.waiting == NULL or path_table_init(&core.paths) != 0:
            raise MemoryError()

    def __dealloc__(self):
        # The thread holds a reference while it runs, so it has ended (or never began) when this is reached.
        if self.core == NULL:
            return
        for address in self.peers.values():
            peer_free(<Peer*><size_t>address)
        srtp_batch_free(self.core.batch)
        udp_close(&self.core.udp)
        if self.core.epoll_fd >= 0:
            close(self.core.epoll_fd)
        path_table_free(&self.core.paths)
        free(self.core.waiting)
        free(self.core)

    @property
    def port(self):
        return self.core.udp.port

    @property
    def native_id(self):
        """The thread's id, 0 before start()."""
        return self.thread.native_id if self.thread is not None else 0

    def peer_open(self, peer_id, ip, port, profile, bytes send_key, bytes receive_key):
        """A peer at this address; keys as `Worker.transport_keys` takes them."""
        cdef Peer* peer
        cdef bytes remote = ip.encode("ascii")
        if self.thread is not None or peer_id in self.peers:
            raise ValueError("peers have new ids and are opened before start()")
        peer = <Peer*>calloc(1, sizeof(Peer))
        if peer == NULL:
            raise MemoryError()
        self.peers[peer_id] = <size_t>peer
        if path_set_remote(&peer.path, remote, port) != 0:
            raise ValueError(f"not an IP address: {ip!r}")
        peer.send_keys = keys_new(profile, send_key)
        peer.receive_keys = keys_new(profile, receive_key)
        if path_table_put(&self.core.paths, &peer.path, peer) != 0:
            raise MemoryError()

    def route(self, from_id, ssrc, to_id, to_ssrc, payload_type, *, last=False):
        """Sends the stream `ssrc` of one peer to another, as `to_ssrc`. `last`: behind the others of a turn (audio)."""
        cdef Peer* source = <Peer*><size_t>self.peers[from_id]
        cdef Input* stream = source.inputs
        cdef Output* grown
        cdef Output* output
        if self.thread is not None:
            raise ValueError("routes are made before start()")
        while stream != NULL and stream.ssrc != ssrc:
            stream = stream.next
        if stream == NULL:
            stream = <Input*>calloc(1, sizeof(Input))
            if stream == NULL:
                raise MemoryError()
            stream.ssrc = ssrc
            stream.next = source.inputs
            source.inputs = stream
        grown = <Output*>realloc(stream.outputs, (stream.output_count + 1) * sizeof(Output))
        if grown == NULL:
            raise MemoryError()
        stream.outputs = grown
        output = &grown[stream.output_count]
        stream.output_count += 1
        output.peer = <Peer*><size_t>self.peers[to_id]
        output.ssrc = to_ssrc
        output.payload_type = payload_type
        output.last = bool(last)
        output.offset = 1  # any would do, as long as the number is another than the one that came in

    def start(self):
        self.thread = threading.Thread(target=self._run, name="reflector", daemon=True)
        self.thread.start()

    def _run(self):
        with nogil:
            core_loop(self.core)

    def stop(self):
        if self.thread is not None:
            atomic_store_u32(&self.core.stopping, 1, __ATOMIC_SEQ_CST)
            self.thread.join()

    def counters(self):
        """Totals since start(), at most 100 ms old while packets flow."""
        cdef Counters copy
        cdef uint64_t before, after
        cdef const uint64_t* values = <const uint64_t*>&copy
        while True:
            before = atomic_load_u64(&self.core.version, __ATOMIC_ACQUIRE)
            memcpy(&copy, &self.core.snapshot, sizeof(copy))
            atomic_fence(__ATOMIC_ACQUIRE)
            after = atomic_load_u64(&self.core.version, __ATOMIC_ACQUIRE)
            if before == after and not before & 1:
                break
        return {name: values[at] for at, name in enumerate(COUNTER_NAMES)}
