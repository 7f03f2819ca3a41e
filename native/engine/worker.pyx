"""A media worker: one OS thread, one UDP socket, one loop without the GIL.

The loop: wait for a datagram, a command or a timer; take a batch; let each datagram run through the gate to its consumers; run
commands and timers; flush the trains. Python's side packs commands into the ring (packing.pyx) and unpacks events; worker.pyi is the
contract.

Invariant: after start() and until stop() the core belongs to the thread; Python touches the two rings and the snapshot only.
"""
import errno
import os
import threading

from libc.errno cimport ENOPROTOOPT
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from native.c.atomics cimport __ATOMIC_ACQUIRE, __ATOMIC_SEQ_CST, atomic_fence, atomic_load_u32, atomic_load_u64, atomic_store_u32
from native.c.socket cimport (
    AF_INET6, CLOCK_MONOTONIC, CLOCK_REALTIME, EFD_CLOEXEC, EFD_NONBLOCK, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, clock_us, close,
    epoll_create1, epoll_ctl, epoll_event, epoll_wait, eventfd, eventfd_read, eventfd_write,
)
from native.engine.command cimport commands_run, core_close_all
from native.engine.dtmf cimport dtmf_tick
from native.engine.egress cimport egress_flush
from native.engine.event cimport EventHead
from native.engine.producer cimport producer_tick
from native.engine.receive cimport datagram_receive
from native.engine.report cimport transport_tick
from native.engine.mixing cimport mixing_catch_up, mixing_free, mixing_loop, mixing_stop
from native.engine.mixing_room cimport room_sweep, room_take, room_waiting
from native.engine.packing_mixing cimport MixingCommands
from native.engine.record cimport RecordHead
from native.engine.ring cimport ring_free, ring_init, ring_peek, ring_release
from native.engine.state cimport (
    PENDING_MOST, Consumer, Counters, Pending, Producer, Snapshot, Transport, WorkerCore,
)
from native.engine.stats cimport latency_note, snapshot_write
from native.engine.table cimport id_table_free, id_table_init, path_table_free, path_table_init
from native.engine.timer cimport Timer, timer_arm, wheel_expired, wheel_init, wheel_wait_ms
from native.engine.traffic cimport LATENCY_STEP_US, LATENCY_STEPS, Traffic, source_tick
from native.engine.train cimport train_flush_all
from native.engine.transport cimport TIMER_DTMF, TIMER_PRODUCER, TIMER_TRANSPORT
from native.engine.udp cimport RX_BATCH, Received, udp_close, udp_open, udp_receive
from native.stream.rtx cimport PACKET_MAX_BYTES, chunk_pool_free
from native.stream.srtp cimport SRTP_MAX_OVERHEAD, srtp_batch_free, srtp_batch_new

from native.engine.packing import CODEC_NAMES, EXTENSION_NAMES, KIND_AUDIO, KIND_VIDEO
from native.engine.packing_mixing import noise_library
from native.engine.stats import (
    CONSUMER_STATS, COUNTER_NAMES, DROP_NAMES, LATENCY_EDGES_US, MIXER_LAG_EDGES_US, MIXER_STATS, PRODUCER_STATS, TRANSPORT_STATS, VOICE_STATS,
)
from native.stream.srtp_cipher import srtp_provider_name

EVENT_NAMES = (
    "transport_connected", "transport_dtls", "transport_secure", "transport_lost", "producer_started", "producer_stalled",
    "consumer_started", "stats", "producer_dtmf", "voice_ended", "voice_active", "clip_released",
)
STATS_NAMES = ((), TRANSPORT_STATS, PRODUCER_STATS, CONSUMER_STATS, MIXER_STATS, VOICE_STATS)

cdef enum:
    COMMAND_RING_BYTES = 1 << 20
    EVENT_RING_BYTES = 1 << 20
    EVENTS_AT_ONCE = 1024
    PACKETS_AT_ONCE = 4096
    WAIT_MOST_MS = 100             # the snapshot's pace, and the longest that stop() waits
    SNAPSHOT_US = 100_000
    BATCHES_MOST = 8               # full batches in a row before timers and commands get their turn


class WorkerError(Exception):
    """The worker could not start; the message says why and what to do."""


cdef void timers_run(WorkerCore* core) noexcept nogil:
    cdef Timer* timer = wheel_expired(&core.wheel, core.now_us)
    cdef int64_t due_us
    while timer != NULL:
        if timer.kind == TIMER_TRANSPORT:
            due_us = transport_tick(<Transport*>timer.owner)
        elif timer.kind == TIMER_PRODUCER:
            due_us = producer_tick(<Producer*>timer.owner)
        elif timer.kind == TIMER_DTMF:
            due_us = dtmf_tick(<Consumer*>timer.owner)
        else:
            due_us = source_tick(<Producer*>timer.owner)
        if due_us != INT64_MAX:
            timer_arm(&core.wheel, timer, due_us)
        timer = wheel_expired(&core.wheel, core.now_us)


cdef void message_receive(WorkerCore* core, Received* message) noexcept nogil:
    """One message of the socket: a datagram, or a GRO train of them."""
    cdef size_t at = 0, piece
    while at < message.size:
        piece = message.segment_bytes if message.size - at > message.segment_bytes else message.size - at
        datagram_receive(core, &message.path, message.data + at, piece, message.arrived_us)
        at += piece


cdef int batch_run(WorkerCore* core) noexcept nogil:
    """Takes one batch through to the flush; the number of messages it had."""
    cdef uint32_t forwarded[64]
    cdef int64_t sent_us
    cdef int i, count = udp_receive(&core.udp, core.received, core.now_us, core.realtime_offset_us)
    if count:
        # After receiving and before reading: what was asked before a datagram was sent is then in force for it. A peer's first
        # check, which an answer just invited, or its first packet under new keys would else be dropped by a busy worker.
        commands_run(core)
    for i in range(count):
        core.forwarded = 0
        message_receive(core, &core.received[i])
        forwarded[i] = core.forwarded
    if count == 0:
        return 0
    core.counters.messages_received += <uint64_t>count
    train_flush_all(core)
    core.warmed = NULL
    sent_us = clock_us(CLOCK_MONOTONIC)
    for i in range(count):
        if forwarded[i]:
            latency_note(core, sent_us - core.received[i].arrived_us, forwarded[i])
    core.now_us = sent_us
    return count


cdef void core_turn_at(WorkerCore* core, int64_t now_us) noexcept nogil:
    core.now_us = now_us
    commands_run(core)
    if core.mixing != NULL and now_us >= core.room_sweep_us:
        room_sweep(core)
    timers_run(core)
    if core.mixing != NULL:
        room_take(core)
    train_flush_all(core)


cdef void core_turn(WorkerCore* core) noexcept nogil:
    """Everything that waits now: datagrams, commands, timers, and what they want sent."""
    cdef int batches = 0
    core.now_us = clock_us(CLOCK_MONOTONIC)
    core.counters.loop_turns += 1
    while batches < BATCHES_MOST and batch_run(core) == RX_BATCH:
        batches += 1
    core_turn_at(core, core.now_us)
    if core.now_us >= core.snapshot_due_us:
        core.snapshot_due_us = core.now_us + SNAPSHOT_US
        core.realtime_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC)
        snapshot_write(core)


cdef void core_loop(WorkerCore* core) noexcept nogil:
    cdef epoll_event events[2]
    cdef uint64_t wakes
    cdef int wait_ms, ready
    while not atomic_load_u32(&core.stopping, __ATOMIC_ACQUIRE):
        core_turn(core)
        wait_ms = wheel_wait_ms(&core.wheel, clock_us(CLOCK_MONOTONIC), WAIT_MOST_MS)
        # The order matters: say "sleeping" first, then look at the rings; who writes one does it first, then looks at "sleeping".
        atomic_store_u32(&core.sleeping, 1, __ATOMIC_SEQ_CST)
        atomic_fence(__ATOMIC_SEQ_CST)
        if atomic_load_u64(&core.commands.head, __ATOMIC_ACQUIRE) != core.commands.tail or room_waiting(core):
            wait_ms = 0
        ready = epoll_wait(core.epoll_fd, events, 2, wait_ms)
        atomic_store_u32(&core.sleeping, 0, __ATOMIC_SEQ_CST)
        if ready == 2 or (ready == 1 and events[0].data.u64 == <uint64_t>core.command_fd):
            eventfd_read(core.command_fd, &wakes)
    commands_run(core)  # what was asked before stop() is done: goodbyes still leave
    train_flush_all(core)
    core_close_all(core)
    train_flush_all(core)
    snapshot_write(core)


cdef class Worker(MixingCommands):
    def __cinit__(self, host="::", port=0, *, gso=True, gro=True, reuse_port=False):
        cdef WorkerCore* core
        cdef int failed
        cdef bytes ip = host.encode("ascii")
        self.core = core = <WorkerCore*>calloc(1, sizeof(WorkerCore))
        if core == NULL:
            raise MemoryError()
        core.udp.fd = core.epoll_fd = core.command_fd = core.event_fd = -1
        self.lent = []
        self.waiting = []
        self.clips = {}
        self.host = host
        failed = udp_open(&core.udp, ip, port, gso, gro, reuse_port)
        if failed != 0:
            raise WorkerError(explain(host, port, -failed))
        core.epoll_fd = epoll_create1(EPOLL_CLOEXEC)
        core.command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        core.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        watch(core, core.udp.fd)
        watch(core, core.command_fd)
        core.pending = <Pending*>malloc(PENDING_MOST * sizeof(Pending))
        core.scratch = <uint8_t*>malloc(PACKET_MAX_BYTES + SRTP_MAX_OVERHEAD)
        core.batch = srtp_batch_new()
        core.random = int.from_bytes(os.urandom(8), "little") | 1
        core.now_us = clock_us(CLOCK_MONOTONIC)
        core.realtime_offset_us = clock_us(CLOCK_REALTIME) - core.now_us
        wheel_init(&core.wheel, core.now_us)
        if (core.pending == NULL or core.scratch == NULL or core.batch == NULL
                or ring_init(&core.commands, COMMAND_RING_BYTES) != 0 or ring_init(&core.events, EVENT_RING_BYTES) != 0
                or id_table_init(&core.transports) != 0 or id_table_init(&core.producers) != 0 or id_table_init(&core.consumers) != 0
                or id_table_init(&core.users) != 0 or path_table_init(&core.paths) != 0 or id_table_init(&core.rooms) != 0
                or id_table_init(&core.voices) != 0 or id_table_init(&core.listeners) != 0 or id_table_init(&core.clips) != 0):
            raise MemoryError()

    def __dealloc__(self):
        cdef WorkerCore* core = self.core
        if core == NULL:
            return
        # The thread holds a reference while it runs, so it has ended (or never began) when this is reached.
        if core.paths.slots != NULL and core.users.slots != NULL:
            core_close_all(core)
        if self.mixing != NULL:
            mixing_free(self.mixing)
        for fd in (core.epoll_fd, core.command_fd, core.event_fd):
            if fd >= 0:
                close(fd)
        udp_close(&core.udp)
        chunk_pool_free(&core.chunks)
        srtp_batch_free(core.batch)
        ring_free(&core.commands)
        ring_free(&core.events)
        ring_free(&core.records)
        id_table_free(&core.transports)
        id_table_free(&core.producers)
        id_table_free(&core.consumers)
        id_table_free(&core.users)
        id_table_free(&core.rooms)
        id_table_free(&core.voices)
        id_table_free(&core.listeners)
        id_table_free(&core.clips)
        path_table_free(&core.paths)
        free(core.pending)
        free(core.scratch)
        free(core.traffic)
        free(core)

    @property
    def port(self):
        return self.core.udp.port

    @property
    def features(self):
        return {
            "gso": "on" if self.core.udp.gso else reason(self.core.udp.gso_errno),
            "gro": "on" if self.core.udp.gro else reason(self.core.udp.gro_errno),
            "ipv6": "on" if self.core.udp.family == AF_INET6 else f"off: bound to the IPv4 address {self.host}",
            "crypto": srtp_provider_name(),
        }

    def start(self):
        if self.thread is not None:
            raise RuntimeError("the worker has been started before")
        self.thread = threading.Thread(target=self._run, name=f"tresen-worker-{self.port}", daemon=True)
        self.thread.start()
        if self.mixing != NULL:
            self._mixing_thread()

    def _run(self):
        with nogil:
            core_loop(self.core)

    cdef int _mixing_start(self) except -1:
        MixingCommands._mixing_start(self)
        if self.thread is not None:
            self._mixing_thread()
        return 0

    def _mixing_thread(self):
        if self.mixing_thread is None:
            self.mixing_thread = threading.Thread(target=self._mix, name=f"tresen-mixing-{self.port}", daemon=True)
            self.mixing_thread.start()

    def _mix(self):
        with nogil:
            mixing_loop(self.mixing)

    def stop(self):
        if self.thread is None:
            return
        atomic_store_u32(&self.core.stopping, 1, __ATOMIC_SEQ_CST)
        eventfd_write(self.core.command_fd, 1)
        self.thread.join()
        if self.mixing_thread is not None:
            mixing_stop(self.mixing)
            self.mixing_thread.join()

    def fileno(self):
        return self.core.event_fd

    def turn(self, now_us=None):
        """For tests and tools: one turn of the loop in the caller's thread, of a worker that was not started."""
        if self.thread is not None:
            raise RuntimeError("the worker's own thread runs the loop")
        core_turn(self.core)
        if self.mixing != NULL:
            mixing_catch_up(self.mixing, self.core.now_us)
            core_turn(self.core)

    def events(self):
        cdef uint64_t wakes
        cdef size_t size
        cdef uint8_t* record
        cdef list out = []
        eventfd_read(self.core.event_fd, &wakes)
        if self.waiting:
            self._retry()
        while len(out) < EVENTS_AT_ONCE:
            record = ring_peek(&self.core.events, &size)
            if record == NULL:
                break
            event = event_unpack(record, size)
            ring_release(&self.core.events)
            if event[0] == "clip_released":
                self.clips.pop(event[1], None)
            else:
                out.append(event)
        if len(out) == EVENTS_AT_ONCE:
            eventfd_write(self.core.event_fd, 1)
        return out

    def packets(self):
        cdef size_t size
        cdef uint8_t* record
        cdef RecordHead head
        cdef list out = []
        while self.core.records.bytes != NULL and len(out) < PACKETS_AT_ONCE:
            record = ring_peek(&self.core.records, &size)
            if record == NULL:
                break
            memcpy(&head, record, sizeof(head))
            out.append((head.producer, head.seq64, head.arrived_us, head.sr_ntp, head.sr_timestamp, head.sr_age_us,
                        (<const char*>record)[sizeof(head):size]))
            ring_release(&self.core.records)
        return out

    def counters(self):
        cdef Snapshot copy
        cdef uint64_t before, after
        cdef const uint64_t* values
        while True:
            before = atomic_load_u64(&self.core.snapshot.version, __ATOMIC_ACQUIRE)
            memcpy(&copy, &self.core.snapshot, sizeof(copy))
            atomic_fence(__ATOMIC_ACQUIRE)
            after = atomic_load_u64(&self.core.snapshot.version, __ATOMIC_ACQUIRE)
            if before == after and not before & 1:
                break
        values = <const uint64_t*>&copy.counters
        out = {name: values[at] for at, name in enumerate(COUNTER_NAMES)}
        out.update((f"drop_{name}", copy.drops[at]) for at, name in enumerate(DROP_NAMES))
        total = 0
        for at, edge in enumerate(LATENCY_EDGES_US):
            total += copy.latency[at]
            out[f"latency_le_{edge}"] = total
        total = 0
        for at, edge in enumerate(MIXER_LAG_EDGES_US):
            total += copy.mixer_lag[at]
            out[f"mixer_lag_le_{edge}"] = total
        return out

    def traffic(self):
        """What sources and sinks have seen since start (bench/ only), read without stopping the thread; call it when traffic has ended."""
        cdef Traffic* traffic = <Traffic*>self.core.traffic
        cdef int i
        if traffic == NULL:
            return {}
        return {
            "sent": traffic.sent,
            "received": traffic.received,
            "corrupt": traffic.corrupt,
            "late_frames": traffic.late_frames,
            "latest_us": traffic.latest_us,
            "latency_max_us": traffic.latency_max_us,
            "latency_step_us": <int>LATENCY_STEP_US,
            "latency": [traffic.latency[i] for i in range(<int>LATENCY_STEPS)],
        }


cdef void watch(WorkerCore* core, int fd):
    cdef epoll_event event
    memset(&event, 0, sizeof(event))
    event.events = EPOLLIN
    event.data.u64 = <uint64_t>fd
    epoll_ctl(core.epoll_fd, EPOLL_CTL_ADD, fd, &event)


cdef object event_unpack(const uint8_t* record, size_t size):
    cdef EventHead head
    cdef const int64_t* row
    memcpy(&head, record, sizeof(head))
    name = EVENT_NAMES[head.kind]
    payload = (<const char*>record)[sizeof(head):size]
    if name == "transport_connected":
        return name, head.id, payload.decode("ascii"), head.detail
    if name == "transport_dtls":
        return name, head.id, payload
    if name == "producer_started":
        return name, head.id, CODEC_NAMES[payload[0]], head.detail
    if name == "voice_active":
        return name, head.id, bool(head.detail)
    if name == "producer_dtmf":
        return name, head.id, payload.decode("ascii"), head.detail
    if name == "stats":
        row = <const int64_t*>(record + sizeof(head))
        count = len(payload) // 8
        stats = {key: row[at] for at, key in enumerate(STATS_NAMES[head.detail]) if at < count}
        if "codec" in stats:
            stats["codec"] = CODEC_NAMES[stats["codec"]]
        return name, head.id, stats
    return name, head.id


def reason(int number):
    """Why a socket option is not on, in words."""
    if number == 0:
        return "off: switched off"
    if number == ENOPROTOOPT:
        return "off: this kernel does not know it (Linux 5.0 or newer does)"
    return f"off: {os.strerror(number)}"


def explain(host, port, number):
    """One sentence for a socket that could not be opened."""
    if number == errno.EADDRINUSE:
        return f"UDP port {port} on {host} is in use: stop the other program or choose another with TRESEN_UDP_PORT"
    if number == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine: set TRESEN_UDP_HOST to one of its own, or to ::"
    if number == errno.EACCES:
        return f"UDP port {port} needs privileges: choose one above 1023 with TRESEN_UDP_PORT"
    if number == errno.EINVAL:
        return f"{host!r} is not an IP address: TRESEN_UDP_HOST takes an IPv4 or IPv6 literal"
    if number == errno.EAFNOSUPPORT:
        return f"this machine has no IPv6: set TRESEN_UDP_HOST to 0.0.0.0"
    return f"the UDP socket on {host} port {port} could not be opened: {os.strerror(number)}"
