"""Python's side of the command ring: each method packs one record that `command.pyx` carries out. worker.pyi is the contract.

A base class of `Worker` and nothing by itself: it has no thread and no socket. Everything here runs in the caller's thread (the asyncio
loop's) and checks what the worker's thread then need not ask: lengths, ranges, names.
"""
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy, memset

from native.c.atomics cimport __ATOMIC_SEQ_CST, atomic_load_u32
from native.c.socket cimport eventfd_write
from native.engine.command cimport *
from native.engine.record cimport RECORD_RING_BYTES
from native.engine.ring cimport ring_commit, ring_init, ring_reserve
from native.engine.state cimport CODECS_MOST, KIND_AUDIO as C_KIND_AUDIO, KIND_VIDEO as C_KIND_VIDEO, CodecTable, WorkerCore
from native.engine.stats cimport STATS_CONSUMER, STATS_PRODUCER, STATS_TRANSPORT
from native.engine.udp cimport path_set_local, path_set_remote
from native.wire.rtp cimport extension_map_clear, extension_map_set

KIND_AUDIO = <int>C_KIND_AUDIO
KIND_VIDEO = <int>C_KIND_VIDEO

CODEC_NAMES = ("", "opus", "VP8", "VP9", "H264", "AV1", "telephone-event")
CODEC_NUMBERS = {name.lower(): number for number, name in enumerate(CODEC_NAMES)}
EXTENSION_NAMES = (
    "mid", "rid", "repaired-rid", "abs-send-time", "transport-cc", "audio-level", "video-orientation", "playout-delay",
    "abs-capture-time", "dependency-descriptor",
)

DTMF_KEYS = "0123456789*#ABCD"     # by RFC 4733 event code


cdef int text_copy(char* out, size_t room, str text, str what) except -1:
    """Copies as a C string; ValueError when it is too long or not ASCII."""
    cdef bytes raw = text.encode("ascii")
    if <size_t>len(raw) >= room or b"\0" in raw:
        raise ValueError(f"{what} must be at most {room - 1} ASCII characters")
    memcpy(out, <const char*>raw, len(raw))
    out[len(raw)] = 0
    return len(raw)


cdef int codecs_pack(CodecTable* out, object codecs) except -1:
    cdef int at = 0
    if len(codecs) > CODECS_MOST:
        raise ValueError(f"at most {CODECS_MOST} codecs an m-line")
    for payload_type, name, clock_rate, rtx_payload_type in codecs:
        out.entries[at].payload_type = payload_type
        out.entries[at].codec = CODEC_NUMBERS[name.lower()]
        out.entries[at].clock_rate = clock_rate
        out.entries[at].rtx_payload_type = rtx_payload_type
        at += 1
    out.count = at
    return 0


cdef bint ring_put(WorkerCore* core, const void* record, size_t size):
    cdef uint8_t* room = ring_reserve(&core.commands, size)
    if room == NULL:
        return False
    memcpy(room, record, size)
    ring_commit(&core.commands, size)
    return True


cdef class Commands:
    cdef int _send(self, const void* record, size_t size) except -1:
        if self.waiting or not ring_put(self.core, record, size):
            # The ring holds hundreds of commands; a burst beyond that waits here and keeps its order.
            self.waiting.append((<const char*>record)[:size])
            eventfd_write(self.core.event_fd, 1)  # events() will try again
        if atomic_load_u32(&self.core.sleeping, __ATOMIC_SEQ_CST):
            eventfd_write(self.core.command_fd, 1)
        return 0

    cdef int _retry(self) except -1:
        cdef bytes record
        while self.waiting:
            record = self.waiting[0]
            if not ring_put(self.core, <const char*>record, len(record)):
                eventfd_write(self.core.event_fd, 1)
                break
            del self.waiting[0]
        eventfd_write(self.core.command_fd, 1)
        return 0

    cdef int _send_head(self, CommandKind kind, uint64_t id, uint64_t other, uint32_t detail) except -1:
        cdef CommandHead head
        head.kind = kind
        head.detail = detail
        head.id = id
        head.other = other
        return self._send(&head, sizeof(head))

    cdef int _send_credentials(self, CommandKind kind, uint64_t id, uint32_t detail, local_ufrag, local_password, remote_ufrag,
                               remote_password) except -1:
        cdef CredentialsCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = kind
        command.head.id = id
        command.head.detail = detail
        text_copy(command.local_ufrag, sizeof(command.local_ufrag), local_ufrag, "ice-ufrag")
        text_copy(command.local_password, sizeof(command.local_password), local_password, "ice-pwd")
        text_copy(command.remote_ufrag, sizeof(command.remote_ufrag), remote_ufrag, "ice-ufrag")
        text_copy(command.remote_password, sizeof(command.remote_password), remote_password, "ice-pwd")
        return self._send(&command, sizeof(command))

    cdef int _send_memory(self, CommandKind kind, uint64_t id, uint32_t detail, uint8_t* bytes, size_t size) except -1:
        cdef MemoryCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = kind
        command.head.id = id
        command.head.detail = detail
        command.bytes = bytes
        command.size = size
        return self._send(&command, sizeof(command))

    cdef int _send_path(self, CommandKind kind, uint64_t id, ip, port, local_ip) except -1:
        cdef PathCommand command
        cdef bytes remote = ip.encode("ascii"), local = local_ip.encode("ascii")
        memset(&command, 0, sizeof(command))
        command.head.kind = kind
        command.head.id = id
        if path_set_remote(&command.path, remote, port) != 0 or (local and path_set_local(&command.path, local) != 0):
            raise ValueError(f"not an IP address: {ip!r} or {local_ip!r}")
        return self._send(&command, sizeof(command))

    def transport_open(self, transport_id, *, local_ufrag, local_password, remote_ufrag, remote_password="", controlling=False):
        if controlling and len(local_ufrag) + len(remote_ufrag) > 120:
            raise ValueError("the client role takes user fragments of at most 120 characters together")
        self._send_credentials(COMMAND_TRANSPORT_OPEN, transport_id, controlling, local_ufrag, local_password, remote_ufrag, remote_password)

    def transport_restart(self, transport_id, *, local_ufrag, local_password, remote_ufrag, remote_password=""):
        self._send_credentials(COMMAND_TRANSPORT_RESTART, transport_id, 0, local_ufrag, local_password, remote_ufrag, remote_password)

    def transport_connect(self, transport_id, ip, port, *, local_ip=""):
        self._send_path(COMMAND_TRANSPORT_CONNECT, transport_id, ip, port, local_ip)

    def transport_select(self, transport_id, ip, port, *, local_ip=""):
        self._send_path(COMMAND_TRANSPORT_SELECT, transport_id, ip, port, local_ip)

    def transport_extensions(self, transport_id, extensions):
        cdef ExtensionsCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_TRANSPORT_EXTENSIONS
        command.head.id = transport_id
        extension_map_clear(&command.extensions)
        for name, number in extensions.items():
            if extension_map_set(&command.extensions, EXTENSION_NAMES.index(name), number) != 0:
                raise ValueError(f"header extension id {number} of {name!r} is out of range")
        self._send(&command, sizeof(command))

    def transport_dtls(self, transport_id, bytes datagram):
        cdef BytesCommand command
        if len(datagram) > <Py_ssize_t>sizeof(command.bytes):
            raise ValueError("a DTLS datagram has at most 1500 bytes")
        command.head.kind = COMMAND_TRANSPORT_DTLS
        command.head.id = transport_id
        command.size = <uint16_t>len(datagram)
        memcpy(command.bytes, <const char*>datagram, len(datagram))
        self._send(&command, sizeof(command) - sizeof(command.bytes) + len(datagram))

    def transport_keys(self, transport_id, profile, bytes send_key, bytes receive_key):
        cdef KeysCommand command
        if len(send_key) > 44 or len(receive_key) > 44:
            raise ValueError("SRTP keys have 30, 28 or 44 bytes")
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_TRANSPORT_KEYS
        command.head.id = transport_id
        command.profile = profile
        command.send_bytes = <uint8_t>len(send_key)
        command.receive_bytes = <uint8_t>len(receive_key)
        memcpy(command.send_key, <const char*>send_key, len(send_key))
        memcpy(command.receive_key, <const char*>receive_key, len(receive_key))
        self._send(&command, sizeof(command))

    def transport_close(self, transport_id):
        self._send_head(COMMAND_TRANSPORT_CLOSE, transport_id, 0, 0)

    def transport_stats(self, transport_id, request_id):
        self._send_head(COMMAND_STATS, transport_id, request_id, STATS_TRANSPORT)

    def producer_open(self, producer_id, transport_id, kind, mid, codecs, *, ssrcs=(), nack=True, pli=True, fir=False):
        cdef ProducerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_PRODUCER_OPEN
        command.head.id = producer_id
        command.head.other = transport_id
        command.kind = kind
        command.nack = nack
        command.pli = pli
        command.fir = fir
        command.mid_bytes = <uint8_t>text_copy(command.mid, sizeof(command.mid), mid, "mid")
        for primary, retransmission in list(ssrcs)[:4]:
            command.ssrcs[command.ssrc_count].primary = primary
            command.ssrcs[command.ssrc_count].retransmission = retransmission
            command.ssrc_count += 1
        codecs_pack(&command.codecs, codecs)
        self._send(&command, sizeof(command))

    def producer_close(self, producer_id):
        self._send_head(COMMAND_PRODUCER_CLOSE, producer_id, 0, 0)

    def producer_keyframe(self, producer_id):
        self._send_head(COMMAND_PRODUCER_KEYFRAME, producer_id, 0, 0)

    def producer_stats(self, producer_id, request_id):
        self._send_head(COMMAND_STATS, producer_id, request_id, STATS_PRODUCER)

    def producer_record(self, producer_id, on):
        # Before the command: the worker's thread looks at the ring only after it has taken the command.
        if on and self.core.records.bytes == NULL and ring_init(&self.core.records, RECORD_RING_BYTES) != 0:
            raise MemoryError()
        self._send_head(COMMAND_PRODUCER_RECORD, producer_id, 0, bool(on))

    def consumer_open(self, consumer_id, transport_id, kind, mid, ssrc, rtx_ssrc, codecs, *, cname="tresen", nack=True):
        cdef ConsumerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_CONSUMER_OPEN
        command.head.id = consumer_id
        command.head.other = transport_id
        command.kind = kind
        command.nack = nack
        command.ssrc = ssrc
        command.rtx_ssrc = rtx_ssrc
        command.mid_bytes = <uint8_t>text_copy(command.mid, sizeof(command.mid), mid, "mid")
        command.cname_bytes = <uint8_t>text_copy(command.cname, sizeof(command.cname), cname, "cname")
        codecs_pack(&command.codecs, codecs)
        self._send(&command, sizeof(command))

    def consumer_attach(self, consumer_id, producer_id, *, payload_type=0):
        self._send_head(COMMAND_CONSUMER_ATTACH, consumer_id, producer_id, payload_type)

    def consumer_detach(self, consumer_id):
        self._send_head(COMMAND_CONSUMER_DETACH, consumer_id, 0, 0)

    def consumer_pause(self, consumer_id, paused):
        self._send_head(COMMAND_CONSUMER_PAUSE, consumer_id, 0, bool(paused))

    def consumer_close(self, consumer_id):
        self._send_head(COMMAND_CONSUMER_CLOSE, consumer_id, 0, 0)

    def consumer_stats(self, consumer_id, request_id):
        self._send_head(COMMAND_STATS, consumer_id, request_id, STATS_CONSUMER)

    def source_open(self, producer_id, kind, *, bitrate_bps, frames_per_s, seed=1):
        cdef SourceCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_SOURCE_OPEN
        command.head.id = producer_id
        command.kind = kind
        command.bitrate_bps = bitrate_bps
        command.frames_per_s = frames_per_s
        command.seed = seed
        self._send(&command, sizeof(command))

    def sink_open(self, producer_id):
        self._send_head(COMMAND_SINK_OPEN, producer_id, 0, 0)

    def loop_open(self, producer_id, bytes packets, *, seed=1):
        self._send_memory(COMMAND_LOOP_OPEN, producer_id, seed, <uint8_t*><const char*>packets, len(packets))
        self.lent.append(packets)

    def capture_open(self, producer_id, bytearray room):
        self._send_memory(COMMAND_CAPTURE_OPEN, producer_id, 0, <uint8_t*><char*>room, len(room))
        self.lent.append(memoryview(room))  # while that exists, Python refuses to move the bytes

    def dtmf_send(self, consumer_id, str digits, *, duration_ms=100, gap_ms=70):
        cdef DtmfCommand command
        # W3C webrtc section 7: what a page may ask for; the shortest that a receiver is sure to take as a key of its own.
        if not 40 <= duration_ms <= 6000 or not 30 <= gap_ms <= 6000:
            raise ValueError("a key takes 40 to 6000 ms, the gap behind it 30 to 6000 ms")
        if len(digits) > <Py_ssize_t>sizeof(command.events):
            raise ValueError("at most 64 digits at once")
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_DTMF_SEND
        command.head.id = consumer_id
        command.duration_ms = duration_ms
        command.gap_ms = gap_ms
        for digit in digits:
            if digit.upper() not in DTMF_KEYS:
                raise ValueError(f"{digit!r} is no key of a telephone: 0-9 * # A-D")
            command.events[command.count] = <uint8_t>DTMF_KEYS.index(digit.upper())
            command.count += 1
        self._send(&command, sizeof(command))
