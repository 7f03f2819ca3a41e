"""One peer connection (RFC 8445 lite and, for bench/, controlling; RFC 7675; RFC 5764's packet side).

Invariants: the path is in `core.paths` exactly while `state != TRANSPORT_NONE`; a path is only ever selected by a STUN message
whose MESSAGE-INTEGRITY was right (or by the bench command); nothing is sent to any other address.
"""
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset, strlen

from native.c.cache cimport cache_calloc
from native.engine.egress cimport core_random, egress_queue, egress_reserve
from native.engine.event cimport EVENT_TRANSPORT_CONNECTED, EVENT_TRANSPORT_LOST, EVENT_TRANSPORT_SECURE, event_write
from native.engine.state cimport (
    DROP_SEND_NO_PATH, DROP_STUN_MALFORMED, DROP_STUN_UNAUTHENTIC, DROP_STUN_UNEXPECTED, DROP_STUN_UNKNOWN_USER,
    CHECKS_SEEN, RTCP_PENDING_BYTES, SSRCS_MOST, TRANSPORT_CONNECTED, TRANSPORT_LOST, TRANSPORT_NONE, TRANSPORT_SECURE, CheckSeen, RetiredStream,
)
from native.engine.table cimport id_table_get, id_table_put, id_table_remove, path_table_get, path_table_put, path_table_remove
from native.engine.timer cimport timer_arm, timer_cancel, timer_init
from native.engine.udp cimport path_equal, path_hash, path_remote_text
from native.stream.srtp cimport (
    SRTP_AES128_CM_SHA1_80, SRTP_MAX_OVERHEAD, SrtpContext, SrtpProfile, srtcp_seal, srtp_context_bytes, srtp_context_clear,
    srtp_context_init,
)
from native.wire.bytes cimport be32_write
from native.wire.rtcp cimport rtcp_write_rr
from native.wire.rtp cimport extension_map_clear
from native.wire.stun cimport (
    STUN_BINDING, STUN_REQUEST, STUN_SUCCESS, StunMessage, stun_parse, stun_verify, stun_write_error, stun_write_request,
    stun_write_success, stun_write_unknown_attribute,
)

cdef enum:
    # RFC 7675 lets a sender go on for 30 s after the last sign of consent; the tick may be 1 s late.
    CONSENT_US = 27_000_000
    # A pair that a full agent keeps is checked at least every few seconds. When the selected one has been silent this long and
    # another passes a check, the peer has moved (NAT rebinding) though it did not say USE-CANDIDATE.
    PATH_SILENT_US = 3_000_000
    CHECK_FAST_US = 20_000         # client role, before the first answer (loopback and LAN: nothing to congest)
    CHECK_CONSENT_US = 4_000_000   # RFC 7675 section 5.1: 4 to 6 s
    TICK_US = 1_000_000
    STUN_ROOM_BYTES = 256
    ICE_PRIORITY = 1845501695      # peer-reflexive type preference 110, as RFC 8445 section 5.1.2.1 computes it


cdef void drop_note(WorkerCore* core, Drop reason) noexcept nogil:
    core.drops[<int>reason] += 1


cdef Transport* transport_new(WorkerCore* core, uint64_t id) noexcept nogil:
    cdef Transport* transport = <Transport*>cache_calloc(sizeof(Transport))
    if transport == NULL:
        return NULL
    if id_table_put(&core.transports, id, transport) != 0:
        free(transport)
        return NULL
    transport.id = id
    transport.core = core
    transport.tie_breaker = core_random(core)
    transport.rtcp_ssrc = <uint32_t>core_random(core) | 1
    transport.consent = True
    transport.heard_us = core.now_us
    extension_map_clear(&transport.extensions)
    timer_init(&transport.timer, TIMER_TRANSPORT, transport)
    timer_arm(&core.wheel, &transport.timer, core.now_us + TICK_US)
    transport.next = core.transport_list
    core.transport_list = transport
    core.counters.transports += 1
    return transport


cdef void count_state(Transport* transport, uint8_t state) noexcept nogil:
    """Moves to `state` and keeps the gauges."""
    cdef WorkerCore* core = transport.core
    if transport.state == TRANSPORT_CONNECTED:
        core.counters.transports_connected -= 1
    elif transport.state == TRANSPORT_SECURE:
        core.counters.transports_secure -= 1
    transport.state = state
    if state == TRANSPORT_CONNECTED:
        core.counters.transports_connected += 1
    elif state == TRANSPORT_SECURE:
        core.counters.transports_secure += 1


cdef void keys_free(SrtpContext* context) noexcept nogil:
    if context != NULL:
        srtp_context_clear(context)
        free(context)


cdef void user_remove(Transport* transport) noexcept nogil:
    cdef uint64_t key
    if transport.username != NULL:
        key = user_hash(<const uint8_t*>transport.username, transport.username_bytes)
        if id_table_get(&transport.core.users, key) == transport:
            id_table_remove(&transport.core.users, key)


cdef void dirty_remove(Transport* transport) noexcept nogil:
    """What a command had it send is not sent any more: the flush must not find it."""
    cdef Transport** link = &transport.core.dirty
    while transport.dirty and link[0] != NULL:
        if link[0] == transport:
            link[0] = transport.next_dirty
            transport.dirty = False
        else:
            link = &link[0].next_dirty


cdef void transport_free(Transport* transport) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef Transport** link = &core.transport_list
    while link[0] != NULL and link[0] != transport:
        link = &link[0].next
    if link[0] == transport:
        link[0] = transport.next
    timer_cancel(&transport.timer)
    dirty_remove(transport)
    user_remove(transport)
    if transport.state != TRANSPORT_NONE and path_table_get(&core.paths, &transport.path) == transport:
        path_table_remove(&core.paths, &transport.path)
    count_state(transport, TRANSPORT_NONE)
    id_table_remove(&core.transports, transport.id)
    keys_free(transport.receive_keys)
    keys_free(transport.send_keys)
    free(transport.username)
    free(transport.peer_username)
    free(transport.local_password)
    free(transport.remote_password)
    free(transport.twcc_recorder)
    free(transport.twcc_sender)
    free(transport.retired)
    free(transport.rtcp_peers)
    free(transport.rtcp_pending)
    core.counters.transports -= 1
    free(transport)


cdef uint64_t user_hash(const uint8_t* text, size_t size) noexcept nogil:
    """FNV-1a: spreads well enough for random user names, and a collision only makes one `put` fail."""
    cdef uint64_t h = <uint64_t>0xCBF29CE484222325
    cdef size_t i
    for i in range(size):
        h = (h ^ text[i]) * <uint64_t>0x100000001B3
    return h | 1


cdef char* text_join(const char* first, const char* second, uint16_t* size) noexcept nogil:
    """`first:second`, or just `first` when second is NULL, on the heap."""
    cdef size_t a = strlen(first)
    cdef size_t b = strlen(second) if second != NULL else 0
    cdef char* text = <char*>malloc(a + b + 2)
    if text == NULL:
        return NULL
    memcpy(text, first, a)
    if second != NULL:
        text[a] = 58  # ':'
        memcpy(text + a + 1, second, b)
        a += 1 + b
    size[0] = <uint16_t>a
    return text


cdef int transport_credentials(Transport* transport, const char* local_ufrag, const char* local_password,
                               const char* remote_ufrag, const char* remote_password) noexcept nogil:
    user_remove(transport)
    free(transport.username)
    free(transport.peer_username)
    free(transport.local_password)
    free(transport.remote_password)
    transport.username = text_join(local_ufrag, remote_ufrag, &transport.username_bytes)
    transport.peer_username = text_join(remote_ufrag, local_ufrag, &transport.peer_username_bytes)
    transport.local_password = text_join(local_password, NULL, &transport.local_password_bytes)
    transport.remote_password = text_join(remote_password, NULL, &transport.remote_password_bytes)
    if transport.username == NULL or transport.peer_username == NULL or transport.local_password == NULL or transport.remote_password == NULL:
        return -1
    return id_table_put(&transport.core.users, user_hash(<const uint8_t*>transport.username, transport.username_bytes), transport)


cdef void transport_select(Transport* transport, const Path* path) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef Transport* former = <Transport*>path_table_get(&core.paths, path)
    cdef char text[64]
    if former == transport and transport.state != TRANSPORT_LOST:
        return
    if former != NULL and former != transport:
        # The address now speaks for another peer connection (a browser reuses a port): the old one has lost it.
        count_state(former, TRANSPORT_NONE)
    if transport.state != TRANSPORT_NONE and not path_equal(&transport.path, path):
        path_table_remove(&core.paths, &transport.path)
    if path_table_put(&core.paths, path, transport) != 0:
        count_state(transport, TRANSPORT_NONE)
        return
    transport.path = path[0]
    transport.path_heard_us = core.now_us
    count_state(transport, TRANSPORT_SECURE if transport.send_keys != NULL else TRANSPORT_CONNECTED)
    if path_remote_text(path, text, sizeof(text)) == 0:
        event_write(core, EVENT_TRANSPORT_CONNECTED, transport.id, path.port, text, strlen(text))


cdef int transport_keys(Transport* transport, int profile, const uint8_t* send_key, size_t send_bytes,
                        const uint8_t* receive_key, size_t receive_bytes) noexcept nogil:
    cdef SrtpContext* send = <SrtpContext*>cache_calloc(srtp_context_bytes())
    cdef SrtpContext* receive = <SrtpContext*>cache_calloc(srtp_context_bytes())
    if (send == NULL or receive == NULL or srtp_context_init(send, <SrtpProfile>profile, send_key, send_bytes) != 0
            or srtp_context_init(receive, <SrtpProfile>profile, receive_key, receive_bytes) != 0):
        keys_free(send)
        keys_free(receive)
        return -1
    if transport.send_keys != NULL:
        # Keys are set once: a second handshake on the same transport would restart SRTP indices under them.
        keys_free(send)
        keys_free(receive)
        return -1
    transport.send_keys = send
    transport.receive_keys = receive
    transport.tag_bytes = 10 if profile == SRTP_AES128_CM_SHA1_80 else 16
    if transport.state == TRANSPORT_CONNECTED:
        count_state(transport, TRANSPORT_SECURE)
    return 0


cdef void transport_send(Transport* transport, const Path* path, const uint8_t* data, size_t size) noexcept nogil:
    cdef uint8_t* out
    if size == 0:
        return
    out = egress_reserve(transport.core, size)
    memcpy(out, data, size)
    egress_queue(transport.core, path, out, size, size)


cdef bint check_is_replay(Transport* transport, const Path* path, const uint8_t* transaction) noexcept nogil:
    """Whether this check has come before from another address; notes it when it is new.

    A check carries no address and a lite agent asks nothing back, so a recorded one would move the media to whoever repeats it.
    A retransmission (RFC 8489 section 6.2.1) comes from the same address.
    """
    cdef uint32_t hash = <uint32_t>path_hash(path)
    cdef uint32_t transaction_hash = <uint32_t>(user_hash(transaction, 12) >> 8)
    cdef uint32_t i, known = transport.checks_seen_count
    cdef CheckSeen* seen
    if known > CHECKS_SEEN:
        known = CHECKS_SEEN
    for i in range(known):
        seen = &transport.checks_seen[i]
        if seen.transaction_hash == transaction_hash:
            return seen.path_hash != hash
    seen = &transport.checks_seen[transport.checks_seen_count % CHECKS_SEEN]
    transport.checks_seen_count += 1
    if transport.checks_seen_count == 2 * CHECKS_SEEN:
        transport.checks_seen_count = CHECKS_SEEN
    seen.transaction_hash = transaction_hash
    seen.path_hash = hash
    return False


cdef void stun_request(WorkerCore* core, const Path* path, const uint8_t* data, size_t size, const StunMessage* message) noexcept nogil:
    cdef Transport* transport = NULL
    cdef uint8_t answer[256]
    cdef size_t answer_bytes
    if message.username != NULL:
        transport = <Transport*>id_table_get(&core.users, user_hash(message.username, message.username_bytes))
    if transport == NULL or transport.username_bytes != message.username_bytes or \
            memcmp(transport.username, message.username, message.username_bytes) != 0:
        drop_note(core, DROP_STUN_UNKNOWN_USER)
        return
    if not stun_verify(data, size, message, <const uint8_t*>transport.local_password, transport.local_password_bytes):
        drop_note(core, DROP_STUN_UNAUTHENTIC)
        return
    if check_is_replay(transport, path, message.transaction_id):
        drop_note(core, DROP_STUN_UNAUTHENTIC)
        return
    core.counters.packets_sent_stun += 1
    if message.unknown_required or (message.controlled and not transport.controlling) or (message.controlling and transport.controlling):
        # RFC 8489 section 6.3.1 (420) and RFC 8445 section 7.3.1.1 (487).
        if message.unknown_required:
            answer_bytes = stun_write_unknown_attribute(answer, message.transaction_id, message.unknown_type,
                                                        <const uint8_t*>transport.local_password, transport.local_password_bytes)
        else:
            answer_bytes = stun_write_error(answer, message.transaction_id, 487,
                                            <const uint8_t*>transport.local_password, transport.local_password_bytes)
        transport_send(transport, path, answer, answer_bytes)
        return
    answer_bytes = stun_write_success(answer, message.transaction_id, <const uint8_t*>path.remote, path.port,
                                      <const uint8_t*>transport.local_password, transport.local_password_bytes)
    transport_send(transport, path, answer, answer_bytes)
    transport.heard_us = core.now_us
    if transport.state == TRANSPORT_NONE or transport.state == TRANSPORT_LOST or message.use_candidate:
        transport_select(transport, path)
    elif path_equal(&transport.path, path):
        transport.path_heard_us = core.now_us
    elif core.now_us - transport.path_heard_us > PATH_SILENT_US:
        transport_select(transport, path)


cdef void stun_success(WorkerCore* core, const Path* path, const uint8_t* data, size_t size, const StunMessage* message) noexcept nogil:
    cdef uint64_t id
    cdef Transport* transport
    cdef Path expected
    memcpy(&id, message.transaction_id, 8)
    transport = <Transport*>id_table_get(&core.transports, id)
    if transport != NULL:
        expected = transport.path
        if (expected.local[0] | expected.local[1]) == 0:
            # A check that left from any address is answered to the one the kernel chose.
            memcpy(expected.local, path.local, sizeof(path.local))
    if transport == NULL or not transport.check_pending or memcmp(transport.transaction, message.transaction_id, 12) != 0 \
            or not path_equal(&expected, path):
        drop_note(core, DROP_STUN_UNEXPECTED)
        return
    if not stun_verify(data, size, message, <const uint8_t*>transport.remote_password, transport.remote_password_bytes):
        drop_note(core, DROP_STUN_UNAUTHENTIC)
        return
    transport.check_pending = False
    transport.heard_us = core.now_us
    if transport.state == TRANSPORT_NONE or transport.state == TRANSPORT_LOST:
        transport_select(transport, path)


cdef void transport_stun(WorkerCore* core, const Path* path, const uint8_t* data, size_t size) noexcept nogil:
    cdef StunMessage message
    core.counters.packets_received_stun += 1
    # FINGERPRINT is a MUST in connectivity checks (RFC 8445 section 7.1): without it this is no peer of ours.
    if stun_parse(data, size, &message) != 0 or message.method != STUN_BINDING or not message.has_fingerprint:
        drop_note(core, DROP_STUN_MALFORMED)
    elif message.message_class == STUN_REQUEST:
        stun_request(core, path, data, size, &message)
    elif message.message_class == STUN_SUCCESS:
        stun_success(core, path, data, size, &message)
    else:
        # Indications need no answer; errors to our checks are repeated by the timer.
        drop_note(core, DROP_STUN_UNEXPECTED)


cdef void check_send(Transport* transport) noexcept nogil:
    cdef WorkerCore* core = transport.core
    cdef uint8_t request[512]
    cdef size_t size
    if not transport.check_pending:
        memcpy(transport.transaction, &transport.id, 8)
        be32_write(transport.transaction + 8, <uint32_t>core_random(core))
        transport.check_pending = True
    size = stun_write_request(request, transport.transaction, <const uint8_t*>transport.peer_username, transport.peer_username_bytes,
                              ICE_PRIORITY, transport.controlling, transport.tie_breaker, True,
                              <const uint8_t*>transport.remote_password, transport.remote_password_bytes)
    core.counters.packets_sent_stun += 1
    transport.check_sent_us = core.now_us
    transport_send(transport, &transport.path, request, size)


cdef void transport_connect(Transport* transport, const Path* path) noexcept nogil:
    if transport.state != TRANSPORT_NONE:
        # Nothing goes to the new address before it has answered.
        path_table_remove(&transport.core.paths, &transport.path)
        count_state(transport, TRANSPORT_NONE)
    transport.path = path[0]
    check_send(transport)
    timer_arm(&transport.core.wheel, &transport.timer, transport.core.now_us + CHECK_FAST_US)


cdef int64_t transport_ice_tick(Transport* transport) noexcept nogil:
    cdef WorkerCore* core = transport.core
    if not transport.consent:
        return core.now_us + TICK_US
    if transport.state != TRANSPORT_LOST and transport.state != TRANSPORT_NONE and core.now_us - transport.heard_us > CONSENT_US:
        count_state(transport, TRANSPORT_LOST)
        event_write(core, EVENT_TRANSPORT_LOST, transport.id, 0, NULL, 0)
    if transport.controlling and transport.path.port != 0:
        if transport.state == TRANSPORT_NONE:
            check_send(transport)
            return core.now_us + CHECK_FAST_US
        if core.now_us - transport.check_sent_us >= CHECK_CONSENT_US:
            check_send(transport)
    return core.now_us + TICK_US


cdef void transport_heard(Transport* transport) noexcept nogil:
    transport.heard_us = transport.core.now_us
    transport.path_heard_us = transport.core.now_us
    if not transport.peer_verified:
        transport.peer_verified = True
        event_write(transport.core, EVENT_TRANSPORT_SECURE, transport.id, 0, NULL, 0)


cdef void transport_send_dtls(Transport* transport, const uint8_t* data, size_t size) noexcept nogil:
    if transport.state == TRANSPORT_NONE or transport.state == TRANSPORT_LOST:
        drop_note(transport.core, DROP_SEND_NO_PATH)
        return
    transport.core.counters.packets_sent_dtls += 1
    transport_send(transport, &transport.path, data, size)


cdef void transport_mark_dirty(Transport* transport) noexcept nogil:
    if not transport.dirty:
        transport.dirty = True
        transport.next_dirty = transport.core.dirty
        transport.core.dirty = transport


cdef uint8_t* transport_rtcp_reserve(Transport* transport, size_t size, bint leads) noexcept nogil:
    cdef uint8_t* out
    cdef size_t sealed
    if transport.state != TRANSPORT_SECURE:
        return NULL
    if transport.rtcp_pending_bytes + size + 8 > RTCP_PENDING_BYTES:
        out = egress_reserve(transport.core, RTCP_PENDING_BYTES + SRTP_MAX_OVERHEAD)
        sealed = transport_rtcp_seal(transport, out)
        if sealed:
            egress_queue(transport.core, &transport.path, out, sealed, sealed)
        if size + 8 > RTCP_PENDING_BYTES:
            return NULL
    if transport.rtcp_pending == NULL:
        transport.rtcp_pending = <uint8_t*>malloc(RTCP_PENDING_BYTES)
        if transport.rtcp_pending == NULL:
            return NULL
    if transport.rtcp_pending_bytes == 0 and not leads:
        # RFC 3550 section 6.1: a compound packet starts with a report.
        transport.rtcp_pending_bytes = <uint16_t>rtcp_write_rr(transport.rtcp_pending, RTCP_PENDING_BYTES, transport.rtcp_ssrc, NULL, 0)
    return transport.rtcp_pending + transport.rtcp_pending_bytes


cdef void transport_rtcp_commit(Transport* transport, size_t size) noexcept nogil:
    transport.rtcp_pending_bytes += <uint16_t>size
    transport_mark_dirty(transport)


cdef size_t transport_rtcp_seal(Transport* transport, uint8_t* out) noexcept nogil:
    cdef size_t size = transport.rtcp_pending_bytes
    transport.rtcp_pending_bytes = 0
    if size == 0 or transport.state != TRANSPORT_SECURE:
        return 0
    memcpy(out, transport.rtcp_pending, size)
    transport.srtcp_index = (transport.srtcp_index + 1) & 0x7FFFFFFF
    transport.core.counters.packets_sent_rtcp += 1
    return srtcp_seal(transport.send_keys, out, size, transport.srtcp_index)


cdef StreamRef* transport_stream(Transport* transport, uint32_t ssrc) noexcept nogil:
    cdef int i
    for i in range(transport.stream_count):
        if transport.streams[i].ssrc == ssrc:
            return &transport.streams[i]
    return NULL


cdef int transport_stream_add(Transport* transport, uint32_t ssrc, Producer* producer, bint retransmission) noexcept nogil:
    cdef StreamRef* ref
    if transport.stream_count >= SSRCS_MOST:
        return -1
    ref = &transport.streams[transport.stream_count]
    ref.ssrc = ssrc
    ref.producer = producer
    ref.retransmission = retransmission
    transport.stream_count += 1
    return 0


cdef void stream_retire(Transport* transport, const StreamRef* stream) noexcept nogil:
    cdef const SrtpReplay* replay = &stream.producer.rtx_replay if stream.retransmission else &stream.producer.replay
    cdef RetiredStream* retired = NULL
    cdef uint32_t i
    if not replay.started:
        return
    for i in range(transport.retired_count if transport.retired_count < SSRCS_MOST else <uint32_t>SSRCS_MOST):
        if transport.retired[i].ssrc == stream.ssrc:
            retired = &transport.retired[i]
    if transport.retired == NULL:
        transport.retired = <RetiredStream*>calloc(SSRCS_MOST, sizeof(RetiredStream))
        if transport.retired == NULL:
            return
    if retired == NULL:
        retired = &transport.retired[transport.retired_count % SSRCS_MOST]
        transport.retired_count += 1
        if transport.retired_count == 2 * SSRCS_MOST:
            transport.retired_count = SSRCS_MOST
    retired.ssrc = stream.ssrc
    retired.highest = replay.highest


cdef void transport_stream_replay(const Transport* transport, uint32_t ssrc, SrtpReplay* out) noexcept nogil:
    cdef uint32_t i
    memset(out, 0, sizeof(SrtpReplay))
    for i in range(transport.retired_count if transport.retired_count < SSRCS_MOST else <uint32_t>SSRCS_MOST):
        if transport.retired[i].ssrc == ssrc:
            out.started = 1
            out.highest = transport.retired[i].highest
            memset(out.window, 0xFF, sizeof(out.window))


cdef void transport_stream_remove(Transport* transport, Producer* producer, int retransmission) noexcept nogil:
    """Removes the producer's streams: -1 both, 0 the primary, 1 the retransmission stream."""
    cdef int i = 0
    while i < transport.stream_count:
        if transport.streams[i].producer == producer and (retransmission < 0 or transport.streams[i].retransmission == retransmission):
            stream_retire(transport, &transport.streams[i])
            transport.stream_count -= 1
            transport.streams[i] = transport.streams[transport.stream_count]
        else:
            i += 1


cdef Producer* transport_producer(Transport* transport, const uint8_t* mid, size_t mid_bytes) noexcept nogil:
    cdef Producer* producer = transport.producers
    while producer != NULL:
        if producer.mid_bytes == mid_bytes and memcmp(producer.mid, mid, mid_bytes) == 0:
            return producer
        producer = producer.next
    return NULL


cdef Consumer* transport_consumer(Transport* transport, uint32_t ssrc) noexcept nogil:
    cdef Consumer* consumer = transport.consumers
    while consumer != NULL:
        if consumer.ssrc == ssrc or consumer.rtx_ssrc == ssrc:
            return consumer
        consumer = consumer.next
    return NULL
