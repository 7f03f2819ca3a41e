"""Commands down: the records Python writes and the worker carries out. Plain C structs, so that nothing has to be parsed."""
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from native.audio.mixer cimport Clip, MixerOptions, VoiceOptions
from native.engine.mixing cimport Mixing
from native.engine.state cimport CodecTable, WorkerCore
from native.engine.udp cimport Path
from native.wire.rtp cimport RtpExtensionMap

cdef enum CommandKind:
    COMMAND_TRANSPORT_OPEN
    COMMAND_TRANSPORT_RESTART
    COMMAND_TRANSPORT_CONNECT
    COMMAND_TRANSPORT_SELECT
    COMMAND_TRANSPORT_EXTENSIONS
    COMMAND_TRANSPORT_DTLS
    COMMAND_TRANSPORT_KEYS
    COMMAND_TRANSPORT_CLOSE
    COMMAND_PRODUCER_OPEN
    COMMAND_PRODUCER_CLOSE
    COMMAND_PRODUCER_KEYFRAME
    COMMAND_CONSUMER_OPEN
    COMMAND_CONSUMER_ATTACH
    COMMAND_CONSUMER_DETACH
    COMMAND_CONSUMER_PAUSE
    COMMAND_CONSUMER_CLOSE
    COMMAND_STATS
    COMMAND_SOURCE_OPEN
    COMMAND_SINK_OPEN
    COMMAND_DTMF_SEND
    COMMAND_PRODUCER_RECORD
    COMMAND_LOOP_OPEN
    COMMAND_CAPTURE_OPEN
    # Mixing. From here on the worker looks at each command, and sends it on to the mixing thread as it is.
    COMMAND_MIXING_START
    COMMAND_MIXER_OPEN
    COMMAND_MIXER_SET
    COMMAND_MIXER_CLOSE
    COMMAND_CLIP_LOAD
    COMMAND_CLIP_FREE
    COMMAND_VOICE_OPEN
    COMMAND_VOICE_SET
    COMMAND_VOICE_CLOSE
    COMMAND_LISTENER_OPEN
    COMMAND_LISTENER_SET
    COMMAND_LISTENER_CLOSE
    COMMAND_HEAR
    # The worker's own, to the mixing thread only
    COMMAND_VOICE_PACKET
    COMMAND_VOICE_REPAIR

cdef struct CommandHead:
    uint32_t kind
    uint32_t detail                # paused, controlling, object kind of stats
    uint64_t id
    uint64_t other                 # transport of a producer or consumer, producer of an attach, request id of stats, mixer of a voice or listener

cdef struct CredentialsCommand:
    CommandHead head
    char local_ufrag[257]          # RFC 8445 section 5.3: at most 256 characters
    char local_password[257]
    char remote_ufrag[257]
    char remote_password[257]

cdef struct PathCommand:
    CommandHead head
    Path path

cdef struct ExtensionsCommand:
    CommandHead head
    RtpExtensionMap extensions

cdef struct BytesCommand:
    CommandHead head
    uint16_t size
    uint8_t bytes[1500]

cdef struct KeysCommand:
    CommandHead head
    uint16_t profile
    uint8_t send_bytes
    uint8_t receive_bytes
    uint8_t send_key[44]
    uint8_t receive_key[44]

cdef struct SsrcPair:
    uint32_t primary
    uint32_t retransmission

cdef struct ProducerCommand:
    CommandHead head
    uint8_t kind
    uint8_t nack
    uint8_t pli
    uint8_t fir
    uint8_t mid_bytes
    uint8_t ssrc_count
    char mid[32]
    SsrcPair ssrcs[4]
    CodecTable codecs

cdef struct ConsumerCommand:
    CommandHead head
    uint8_t kind
    uint8_t nack
    uint8_t mid_bytes
    uint8_t cname_bytes
    char mid[32]
    char cname[32]
    uint32_t ssrc
    uint32_t rtx_ssrc
    CodecTable codecs

cdef struct SourceCommand:
    CommandHead head
    uint8_t kind
    uint32_t bitrate_bps
    uint32_t frames_per_s
    uint32_t seed

cdef struct DtmfCommand:
    CommandHead head
    uint16_t duration_ms
    uint16_t gap_ms
    uint8_t count
    uint8_t events[64]             # DTMF_QUEUE_MOST

cdef struct MemoryCommand:         # of Python's side, which keeps it for the worker's whole life
    CommandHead head
    uint8_t* bytes
    size_t size

cdef struct MixingCommand:
    CommandHead head
    Mixing* mixing                 # made by Python's thread, which frees it when both other threads have ended

cdef struct MixerCommand:
    CommandHead head
    MixerOptions options
    uint32_t timestamp             # the worker's choice: RTP time of the mixer's first tick

cdef struct ClipCommand:
    CommandHead head
    const float* samples           # Python's; stays until Python hears that nobody plays it any more
    uint64_t count

cdef struct VoiceCommand:
    CommandHead head
    VoiceOptions options
    uint64_t producer
    uint64_t clip
    bint loop
    Clip sound                     # the worker's, from `clip`

cdef struct VoicePacket:           # its RTP bytes follow
    CommandHead head               # detail: how many
    int64_t arrived_us
    int32_t level                  # RFC 6464, or LEVEL_UNKNOWN

cdef struct ListenerCommand:
    CommandHead head
    uint64_t consumer
    uint64_t own_voice
    float gain

cdef struct HearCommand:
    CommandHead head
    uint64_t voice
    float gain                     # below 0: the entry goes

# Carries out all waiting commands.
cdef void commands_run(WorkerCore* core) noexcept nogil
# Closes everything, for the end of the worker.
cdef void core_close_all(WorkerCore* core) noexcept nogil
