"""What a worker owns: the structs of the engine in one place, because they point at each other. Functions live in the
module named like the struct. Everything here belongs to the worker's thread alone; only the rings and the snapshot are shared.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.engine.mixing cimport Mixing
from native.engine.ring cimport Ring
from native.engine.table cimport IdTable, PathTable
from native.engine.timer cimport Timer, Wheel
from native.engine.udp cimport Path, Received, UdpSocket
from native.stream.dtmf cimport DtmfReceiver, DtmfSender
from native.stream.nack cimport NackList
from native.stream.recv cimport RecvStream
from native.stream.rtx cimport ChunkPool, RtxAnswers, RtxHistory, StoredPacket
from native.stream.srtp cimport SrtcpReplay, SrtpBatch, SrtpContext, SrtpReplay
from native.stream.twcc cimport TwccRecorder, TwccSender
from native.wire.rtp cimport RtpExtensionMap

cdef enum:
    HEADER_TEMPLATE_BYTES = 48     # an RTP header with the extensions we write ourselves; a longer one is written the slow way
    CODECS_MOST = 24               # payload types of one m-line that we may have to know
    SSRCS_MOST = 64                # authenticated SSRCs of one peer; more are dropped
    CHECKS_SEEN = 128              # of one peer: minutes of checks every few seconds
    RTCP_PEERS_MOST = 64           # RTCP senders of one peer with a replay window of their own
    RTCP_PENDING_BYTES = 1200
    PENDING_MOST = 8192            # packets waiting for the flush at the end of a loop turn
    LATENCY_BUCKETS = 12

cdef enum Kind:
    KIND_AUDIO = 1
    KIND_VIDEO = 2

cdef enum TransportState:
    TRANSPORT_NONE = 0             # no transport has this address
    TRANSPORT_CONNECTED = 1        # ICE has selected a pair; DTLS may pass
    TRANSPORT_SECURE = 2           # keys are set; media may pass
    TRANSPORT_LOST = 3             # consent expired; only a valid check brings it back
    TRANSPORT_STATE_COUNT = 4

cdef enum Drop:                    # why a packet went no further; names in stats.pyx, same order
    DROP_UNKNOWN_CLASS
    DROP_STUN_MALFORMED
    DROP_STUN_UNKNOWN_USER
    DROP_STUN_UNAUTHENTIC
    DROP_STUN_UNEXPECTED
    DROP_DTLS_UNVALIDATED
    DROP_DTLS_CROWDED
    DROP_RTP_UNVALIDATED
    DROP_RTP_NO_KEYS
    DROP_RTP_MALFORMED
    DROP_RTP_UNAUTHENTIC
    DROP_RTP_REPLAYED
    DROP_RTP_UNKNOWN_SSRC
    DROP_RTP_UNKNOWN_PAYLOAD
    DROP_RTP_TOO_LARGE
    DROP_RTP_DUPLICATE
    DROP_RTP_OUT_OF_PLACE
    DROP_RTP_SSRC_LIMIT
    DROP_RTCP_UNVALIDATED
    DROP_RTCP_NO_KEYS
    DROP_RTCP_MALFORMED
    DROP_RTCP_UNAUTHENTIC
    DROP_RTCP_REPLAYED
    DROP_RTCP_SSRC_LIMIT
    DROP_LOST_CONSENT
    DROP_HISTORY_FULL
    DROP_CONSUMER_PAUSED
    DROP_CONSUMER_CODEC
    DROP_CONSUMER_KEYFRAME
    DROP_CONSUMER_STALE
    DROP_CONSUMER_NOT_SECURE
    DROP_SEND_NO_PATH
    DROP_COUNT

cdef struct Counters:              # totals since start; names in stats.pyx, same order
    uint64_t packets_received_audio
    uint64_t packets_received_video
    uint64_t packets_received_rtcp
    uint64_t packets_received_rtx
    uint64_t packets_received_stun
    uint64_t packets_received_dtls
    uint64_t bytes_received_audio
    uint64_t bytes_received_video
    uint64_t packets_sent_audio
    uint64_t packets_sent_video
    uint64_t packets_sent_rtcp
    uint64_t packets_sent_rtx
    uint64_t packets_sent_stun
    uint64_t packets_sent_dtls
    uint64_t bytes_sent_audio
    uint64_t bytes_sent_video
    uint64_t padding_bytes_sent
    uint64_t nack_sent
    uint64_t nack_received
    uint64_t nack_unanswered
    uint64_t pli_sent
    uint64_t pli_received
    uint64_t fir_received
    uint64_t remb_received
    uint64_t transport_cc_sent
    uint64_t transport_cc_received
    uint64_t packets_lost
    uint64_t packets_recovered
    uint64_t trains_sent
    uint64_t train_packets_sent
    uint64_t datagrams_received
    uint64_t messages_received
    uint64_t loop_turns
    uint64_t commands
    uint64_t commands_stale
    uint64_t events_dropped
    uint64_t records_dropped
    uint64_t cpu_us                # of the worker's thread
    uint64_t transports
    uint64_t transports_connected
    uint64_t transports_secure
    uint64_t producers
    uint64_t consumers
    uint64_t history_bytes
    uint64_t kernel_drops
    uint64_t send_errors
    uint64_t send_retries
    uint64_t latency_sum_us
    uint64_t latency_count
    uint64_t mixers
    uint64_t voices
    uint64_t listeners
    uint64_t mixes
    uint64_t mixer_ticks
    uint64_t mixer_ticks_late      # ready after the next was due
    uint64_t mixer_ticks_skipped   # never made: the thread had been away for too long
    uint64_t mixer_lag_us          # summed: from a tick's time to its packets being ready
    uint64_t mixer_cpu_us
    uint64_t mixer_complexity      # what the load allows now
    uint64_t mixer_decodes
    uint64_t mixer_skips
    uint64_t mixer_encodes
    uint64_t mixer_limited
    uint64_t mixer_packets_dropped # the other thread was behind
    uint64_t playout_packets       # played; the delays are summed over these
    uint64_t playout_packets_late
    uint64_t playout_samples
    uint64_t playout_samples_concealed
    uint64_t playout_delay_us

cdef struct Snapshot:
    uint64_t version               # odd while the worker writes (a seqlock)
    Counters counters
    uint64_t drops[32]
    uint64_t latency[12]
    uint64_t mixer_lag[8]

cdef struct CodecEntry:
    uint8_t payload_type
    uint8_t rtx_payload_type       # 0 = none
    uint8_t codec                  # Codec
    uint32_t clock_rate

cdef struct CodecTable:
    CodecEntry entries[24]
    int count

cdef struct Pending:               # one packet on its way out this turn
    Consumer* consumer
    StoredPacket* packet
    uint64_t number                # 64-bit sequence number on the wire's stream (the RTX stream's for a retransmission)
    uint32_t timestamp
    uint32_t next                  # index + 1 of the transport's next, 0 = last
    uint16_t header_bytes          # of the packet to write
    uint16_t size                  # header + payload, before padding and tag
    uint16_t original_seq16        # RTX: the number it repairs
    uint8_t retransmission         # 0 none, 1 RTX, 2 the same packet again
    uint8_t payload_type

cdef struct StreamRef:
    uint32_t ssrc
    uint8_t retransmission
    Producer* producer

cdef struct RetiredStream:         # an SSRC no producer listens to any more: what came before must not come again
    uint32_t ssrc
    uint64_t highest               # SRTP index

cdef struct CheckSeen:             # a check that was authentic, and where it came from
    uint32_t transaction_hash
    uint32_t path_hash

cdef struct RtcpPeer:
    uint32_t ssrc
    SrtcpReplay replay

# Fields that every packet touches come first, so that they share cache lines: with thousands of peers each is cold when its turn comes.
cdef struct Transport:
    # Sending
    WorkerCore* core
    Transport* next_dirty
    SrtpContext* send_keys
    TwccSender* twcc_sender
    uint32_t pending_first         # index + 1 into core.pending
    uint32_t pending_last
    uint32_t pending_small_first   # audio goes behind video, so that it can end a train
    uint32_t pending_small_last
    uint8_t state                  # TransportState
    bint dirty
    uint16_t tag_bytes             # what SRTP adds to a packet
    uint16_t rtcp_pending_bytes
    Path path                      # the selected pair
    uint64_t packets_sent
    uint64_t bytes_sent
    # Receiving
    SrtpContext* receive_keys
    TwccRecorder* twcc_recorder    # NULL until the extension is negotiated
    int64_t twcc_due_us
    int64_t heard_us               # last authenticated packet: consent (RFC 7675)
    int64_t path_heard_us          # the same, from the selected address
    uint64_t packets_received
    uint64_t bytes_received
    uint32_t twcc_ssrc             # media SSRC named in feedback
    bint peer_verified             # an SRTP or SRTCP packet of the peer has been authenticated
    int stream_count
    StreamRef streams[64]
    RtpExtensionMap extensions
    Producer* producers
    Consumer* consumers
    # ICE
    uint64_t id
    bint controlling
    uint64_t tie_breaker
    char* username                 # the USERNAME of requests to us: local:remote
    uint16_t username_bytes
    char* peer_username            # the USERNAME of our requests: remote:local
    uint16_t peer_username_bytes
    char* local_password
    uint16_t local_password_bytes
    char* remote_password
    uint16_t remote_password_bytes
    uint8_t transaction[12]        # client role: of the request under way
    bint check_pending
    int64_t check_sent_us
    bint consent                   # checked at all (off for bench paths)
    CheckSeen checks_seen[128]     # a ring
    uint32_t checks_seen_count
    RetiredStream* retired         # a ring of SSRCS_MOST, NULL until the first
    uint32_t retired_count
    # RTCP
    uint32_t rtcp_ssrc             # our SSRC as a receiver
    uint32_t srtcp_index
    int64_t report_due_us
    int64_t rtt_us                 # from report blocks, 0 = unknown
    uint64_t remb_bps
    uint64_t acknowledged          # by transport-cc feedback
    uint64_t reported_lost
    Timer timer
    Transport* next                # list of all
    int rtcp_peer_count
    int rtcp_peer_room
    RtcpPeer* rtcp_peers           # grows by need, up to RTCP_PEERS_MOST
    uint8_t* rtcp_pending          # RTCP_PENDING_BYTES, NULL until the first report
    uint64_t packets_reported      # sent and received when the last report went out; how many reports ago that changed
    uint8_t reports_idle
    uint64_t twcc_next             # where a new twcc_sender goes on; 0 = none was there yet
    uint8_t twcc_feedback_count    # the same of a new twcc_recorder

cdef struct Producer:
    uint64_t id
    Transport* transport           # NULL for a traffic source of bench/
    WorkerCore* core
    Producer* next                 # of the same transport
    uint8_t kind
    bint want_nack
    bint want_pli
    bint want_fir
    char mid[32]
    uint8_t mid_bytes
    CodecTable codecs
    uint8_t codec                  # of the newest packet, 0 = nothing received
    uint32_t generation            # another SSRC took over: consumers start again
    RecvStream stream
    RecvStream rtx_stream
    SrtpReplay replay
    SrtpReplay rtx_replay
    SrtpReplay joined              # seq64 that became part of the track, as media or repaired: each does so once
    NackList* nack
    RtxHistory history
    # Key frames
    int64_t keyframe_asked_us
    bint keyframe_wanted
    uint8_t fir_seq
    # Fan-out
    Consumer** consumers
    int consumer_count
    int consumer_room
    int64_t stall_due_us
    bint stalled
    MixVoice* voices               # mixers that hear it
    Timer timer
    int64_t lost                   # on the way here, repaired ones included; as last reported
    uint64_t packets_recovered
    uint64_t duplicates
    uint64_t keyframes
    uint64_t nacks_sent
    uint64_t plis_sent
    uint64_t clock_group           # producers of one group share their RTP clock (the mixes of a mixer); 0 = a clock of its own
    DtmfReceiver dtmf              # keys within an audio track
    uint32_t dtmf_clock_rate
    void* source                   # bench/: paces packets of its own (traffic.pyx)
    void* sink                     # bench/: checks what arrives (traffic.pyx)
    bint recorded                  # its packets go up to Python (record.pyx)

cdef struct MixRoom:               # a mixer, as the worker sees it: its mixes are producers without a transport
    uint64_t id
    WorkerCore* core
    Producer** mixes               # by index; NULL where nobody listens
    uint32_t mix_room
    MixVoice* voices
    MixListener* listeners
    MixRoom* next

cdef struct MixVoice:
    uint64_t id
    MixRoom* room
    Producer* producer             # NULL: a clip
    uint64_t clip
    int64_t repair_us              # as last told to the mixing thread
    MixVoice* next                 # of the room
    MixVoice* next_of_producer

cdef struct MixListener:
    uint64_t id
    MixRoom* room
    Consumer* consumer
    MixListener* next              # of the room

cdef struct MixClip:
    const float* samples
    uint64_t count

cdef struct DtmfOut:               # keys on their way out of one consumer
    Timer timer
    DtmfSender sender
    StoredPacket packet            # the one that leaves this turn; its bytes lie behind this struct

cdef struct Consumer:
    # Every packet
    Transport* transport
    Producer* producer             # NULL while detached
    uint8_t kind
    uint8_t codec
    uint8_t payload_type           # for the producer's codec
    uint8_t rtx_payload_type
    bint paused
    bint started                   # forwarding since the last attach
    uint32_t generation            # of the producer when it started
    # Numbering: out = in + offset, since `first_source`
    uint64_t first_source
    uint64_t seq_offset
    uint64_t highest               # number sent; 0 = none yet
    uint32_t timestamp_offset
    uint32_t last_timestamp
    int64_t last_sent_us
    uint16_t picture_id_offset     # 15-bit arithmetic
    uint16_t last_picture_id
    uint8_t tl0_offset
    uint8_t last_tl0
    uint16_t forward_mask          # bit per RtpExtension that this subscriber negotiated
    # The header of a packet that brings no extension of its own: only numbers change from packet to packet
    uint16_t header_bytes          # 0: no template, too long
    uint8_t transport_cc_at        # offsets into `header`, 0 = not negotiated
    uint8_t send_time_at
    uint8_t header[48]
    uint64_t packets
    uint64_t bytes
    uint32_t ssrc
    uint32_t rtx_ssrc
    bint repeatable                # NACK without RTX: a packet must come out bit for bit the same again
    # The rest
    uint64_t id
    Consumer* next                 # of the same transport
    bint answer_nack
    bint announced                 # consumer_started was sent since the last attach
    uint8_t wanted_payload_type    # chosen at attach where the codec has several (H264 profiles); 0 = the first of the codec
    uint32_t clock_rate
    uint64_t rtx_number            # next of the RTX stream
    char mid[32]
    uint8_t mid_bytes
    char cname[32]
    uint8_t cname_bytes
    CodecTable codecs
    # Reports
    uint32_t last_sr_ntp           # middle 32 bits, for the round trip
    int64_t last_sr_us
    uint8_t fraction_lost
    uint32_t jitter
    int64_t lost
    uint64_t retransmissions
    uint64_t nacks
    uint64_t plis
    MixListener* listener          # a mixer decides what it sends, NULL = consumer_attach does
    uint64_t clock_group           # of the producer it started with last
    DtmfOut* dtmf                  # keys to send, NULL before the first
    RtxAnswers* answers            # NULL until the first NACK

cdef struct WorkerCore:
    UdpSocket udp
    int epoll_fd
    int command_fd
    int event_fd
    Ring commands
    Ring events
    Ring records                   # packets for a recorder; without memory until one is wanted
    uint32_t sleeping              # the worker waits: a command must wake it
    uint32_t stopping
    int64_t now_us                 # of this loop turn
    int64_t realtime_offset_us
    int64_t snapshot_due_us
    Wheel wheel
    IdTable transports
    IdTable producers
    IdTable consumers
    IdTable users                  # hash of the ICE user name -> transport
    PathTable paths
    Transport* transport_list
    Transport* dirty
    ChunkPool chunks
    SrtpBatch* batch
    Pending* pending
    uint32_t pending_count
    Received received[64]
    Producer* warmed               # whose fan-out is being fetched into the cache, and how far (router.pyx)
    int warm_stage
    uint32_t forwarded             # packets queued for consumers while handling the current message
    uint8_t* scratch               # PACKET_MAX_BYTES + overhead: packets opened before their producer is known
    void* traffic                  # bench/: what all sources and sinks share (traffic.pyx)
    uint64_t random                # xorshift state, for transaction ids and first sequence numbers
    Mixing* mixing                 # NULL before the first mixer
    IdTable rooms
    IdTable voices
    IdTable listeners
    IdTable clips
    MixRoom* room_list
    int64_t room_sweep_us
    Producer* fanout               # a mix whose newest packet has not gone to all of its consumers yet (mixing_room.pyx)
    StoredPacket* fanout_packet
    int fanout_at
    Counters counters
    uint64_t drops[32]
    uint64_t latency[12]
    uint64_t mixer_lag[8]
    Snapshot snapshot
