"""Trains: each peer's packets of this turn as few GSO messages.

A GSO message is cut into equal pieces, only the last may be shorter. Encoders split a frame into *nearly* equal packets, so
a run of packets within PAD_MOST bytes of each other is brought to one size by RTP padding (RFC 3550 section 5.1) before sealing; the
packet that does not fit the run, but is shorter, ends the train; RTCP does so when nothing else did. A broken train costs
about 1.5 us of CPU, a padded byte 8 bits on the wire: with 32 the mean padding of a video call stays below 1 %.

A consumer that repeats packets bit for bit (NACK without RTX) is never padded: the same number with other bytes would
use a GCM nonce twice.
"""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from native.c.cache cimport cache_prefetch, cache_prefetch_bytes
from native.engine.consumer cimport consumer_patch, consumer_patch_needed, consumer_write_header
from native.engine.egress cimport egress_flush, egress_queue, egress_reserve
from native.engine.state cimport HEADER_TEMPLATE_BYTES, KIND_AUDIO, RTCP_PENDING_BYTES, TRANSPORT_SECURE, Consumer, Pending, Transport
from native.engine.transport cimport transport_rtcp_seal
from native.engine.udp cimport TRAIN_MAX_BYTES, TRAIN_MAX_SEGMENTS
from native.stream.rtx cimport StoredPacket, stored_bytes
from native.stream.srtp cimport SRTP_MAX_OVERHEAD, SrtpContext, srtp_seal_from, srtp_seal_submit
from native.stream.twcc cimport twcc_sender_prefetch
from native.wire.bytes cimport be16_write

cdef enum:
    PAD_MOST = 32
    KEYS_HOT_BYTES = 1024          # of the expanded keys behind an SRTP context: round keys and hash keys, what sealing reads


cdef inline uint16_t least_size(const Pending* pending) noexcept nogil:
    """Plain bytes it needs: a packet without payload carries one byte of padding."""
    return pending.size + 1 if pending.packet.padding_only else pending.size


cdef size_t packet_write(WorkerCore* core, const Pending* pending, uint8_t* out, uint16_t size) noexcept nogil:
    """Writes and seals one packet of `size` plain bytes (padding included); its bytes on the wire."""
    cdef Consumer* consumer = pending.consumer
    cdef Transport* transport = consumer.transport
    cdef StoredPacket* packet = pending.packet
    cdef uint16_t padding = size - pending.size
    cdef uint8_t* payload = out + pending.header_bytes
    cdef const uint8_t* source = stored_bytes(packet) + packet.header_bytes
    cdef size_t sealed
    consumer_write_header(consumer, pending, out, padding != 0)
    if consumer.kind == KIND_AUDIO:
        core.counters.packets_sent_audio += 1
        core.counters.bytes_sent_audio += packet.payload_bytes
    else:
        core.counters.packets_sent_video += 1
        core.counters.bytes_sent_video += packet.payload_bytes
    if padding == 0 and pending.retransmission != 1 and transport.tag_bytes == 16 and not consumer_patch_needed(consumer, packet):
        sealed = srtp_seal_from(transport.send_keys, out, pending.header_bytes, source, packet.payload_bytes, pending.number)
    else:
        if pending.retransmission == 1:
            be16_write(payload, pending.original_seq16)  # RFC 4588 section 4: OSN
            payload += 2
        memcpy(payload, source, packet.payload_bytes)
        if consumer_patch_needed(consumer, packet):
            consumer_patch(consumer, packet, payload)
        if padding:
            memset(out + pending.size, 0, padding - 1)
            out[size - 1] = <uint8_t>padding
            core.counters.padding_bytes_sent += padding
        sealed = srtp_seal_submit(core.batch, transport.send_keys, out, size, pending.header_bytes, pending.number)
    transport.packets_sent += 1
    transport.bytes_sent += sealed
    return sealed


cdef inline Pending* pending_at(WorkerCore* core, uint32_t at) noexcept nogil:
    return &core.pending[at - 1] if at else NULL


cdef void transport_flush(WorkerCore* core, Transport* transport) noexcept nogil:
    cdef Pending* run[64]
    cdef Pending* cursor
    cdef int count, i
    cdef uint16_t low, high, size, segment
    cdef bint fixed, tail
    cdef size_t used, sealed, overhead = transport.tag_bytes
    cdef uint8_t* out
    cdef uint32_t at
    if transport.pending_first == 0:
        transport.pending_first = transport.pending_small_first
    elif transport.pending_small_first:
        core.pending[transport.pending_last - 1].next = transport.pending_small_first
    at = transport.pending_first
    transport.pending_first = transport.pending_last = 0
    transport.pending_small_first = transport.pending_small_last = 0
    if transport.state != TRANSPORT_SECURE:
        transport.rtcp_pending_bytes = 0
        return
    while at:
        count = 0
        used = 0
        tail = False
        fixed = False
        low = high = least_size(pending_at(core, at))
        while at and count < TRAIN_MAX_SEGMENTS:
            cursor = pending_at(core, at)
            size = least_size(cursor)
            if used + size + overhead + PAD_MOST > TRAIN_MAX_BYTES - RTCP_PENDING_BYTES:
                break
            if cursor.consumer.repeatable or fixed:
                if size != high or low != high:
                    break
                fixed = fixed or cursor.consumer.repeatable
            elif size > low + PAD_MOST or high > size + PAD_MOST:
                break
            low = size if size < low else low
            high = size if size > high else high
            run[count] = cursor
            count += 1
            used += size + PAD_MOST + overhead
            at = cursor.next
        if at and count < TRAIN_MAX_SEGMENTS:
            cursor = pending_at(core, at)
            if least_size(cursor) < high:
                run[count] = cursor
                count += 1
                tail = True
                at = cursor.next
        segment = high
        out = egress_reserve(core, <size_t>count * (segment + SRTP_MAX_OVERHEAD) + RTCP_PENDING_BYTES + SRTP_MAX_OVERHEAD + HEADER_TEMPLATE_BYTES)
        used = 0
        for i in range(count):
            size = least_size(run[i]) if tail and i == count - 1 else segment
            used += packet_write(core, run[i], out + used, size)
        if at == 0 and transport.rtcp_pending_bytes and not tail and count < TRAIN_MAX_SEGMENTS and \
                <size_t>transport.rtcp_pending_bytes + 32 <= segment + overhead:
            used += transport_rtcp_seal(transport, out + used)
        egress_queue(core, &transport.path, out, used, segment + overhead)
    if transport.rtcp_pending_bytes:
        out = egress_reserve(core, RTCP_PENDING_BYTES + SRTP_MAX_OVERHEAD)
        sealed = transport_rtcp_seal(transport, out)
        if sealed:
            egress_queue(core, &transport.path, out, sealed, sealed)


cdef void train_prefetch_keys(const Transport* transport) noexcept nogil:
    cache_prefetch(transport.send_keys)
    cache_prefetch_bytes(<const char*>transport.send_keys + sizeof(SrtpContext), KEYS_HOT_BYTES)


cdef inline void peer_prefetch(WorkerCore* core, const Transport* transport) noexcept nogil:
    cdef const Pending* first = pending_at(core, transport.pending_first if transport.pending_first else transport.pending_small_first)
    train_prefetch_keys(transport)
    if transport.twcc_sender != NULL:
        twcc_sender_prefetch(transport.twcc_sender)
    if first != NULL:
        cache_prefetch_bytes(first.consumer, 256)
    if transport.next_dirty != NULL:
        cache_prefetch_bytes(transport.next_dirty, 192)


cdef void train_flush_all(WorkerCore* core) noexcept nogil:
    cdef Transport* transport
    while core.dirty != NULL:
        transport = core.dirty
        core.dirty = transport.next_dirty
        if core.dirty != NULL:
            # While this peer is sealed, fetch what the next one needs: each peer's state is cold when its turn comes.
            peer_prefetch(core, core.dirty)
        transport.next_dirty = NULL
        transport.dirty = False
        transport_flush(core, transport)
    core.pending_count = 0
    egress_flush(core)
