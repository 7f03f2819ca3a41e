"""Python's side of the mixing commands: checked, packed, sent like the others (packing.pyx).

A clip's memory is Python's: made here, lent to the mixing thread by a pointer in the command, freed here when the worker says that no voice
plays it any more. So neither thread ever gives back a hundred megabytes in the middle of a tick, and nothing leaks with a worker.
"""
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t
from libc.string cimport memset

from native.audio.mixer cimport mixer_noise_library
from native.engine.command cimport *
from native.engine.mixing cimport mixing_new
from native.engine.stats cimport STATS_MIXER, STATS_VOICE

cdef enum:
    CLIP_BYTES_MOST = 10 * 60 * 48000 * 2
    GAIN_MOST = 8                  # 18 dB: more than that is a mistake, not a volume
    BITRATE_LEAST = 6000           # RFC 6716 section 2.1.1
    BITRATE_MOST = 510000


cdef void samples_widen(const uint8_t* source, float* out, size_t count) noexcept nogil:
    """s16le to float, full scale 1."""
    cdef size_t i
    for i in range(count):
        out[i] = <float><int16_t>(source[2 * i] | (source[2 * i + 1] << 8)) * <float>(1.0 / 32768.0)


def noise_library(str path):
    cdef bytes raw = path.encode()
    return mixer_noise_library(raw) == 0


cdef float gain_checked(gain) except? -1:
    if not 0 <= gain <= GAIN_MOST:
        raise ValueError(f"a gain lies between 0 and {<int>GAIN_MOST}, not {gain!r}")
    return gain


cdef class MixingCommands(Commands):
    cdef int _mixing_start(self) except -1:
        cdef MixingCommand command
        if self.mixing != NULL:
            return 0
        self.mixing = mixing_new(&self.core.sleeping, self.core.command_fd)
        if self.mixing == NULL:
            raise MemoryError()
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_MIXING_START
        command.mixing = self.mixing
        return self._send(&command, sizeof(command))

    cdef int _mixer(self, MixerCommand* command, channels, bitrate_bps, complexity, expected_loss_percent, dtx, speakers) except -1:
        if channels not in (1, 2):
            raise ValueError(f"one channel or two, not {channels!r}")
        if not BITRATE_LEAST <= bitrate_bps <= BITRATE_MOST:
            raise ValueError(f"Opus takes {<int>BITRATE_LEAST} to {<int>BITRATE_MOST} bit/s, not {bitrate_bps!r}")
        if not 1 <= complexity <= 10 or not 0 <= expected_loss_percent <= 100 or not 1 <= speakers <= 1000:
            raise ValueError("complexity is 1 to 10, expected loss 0 to 100 percent, speakers 1 to 1000")
        command.options.channels = channels
        command.options.bitrate_bps = bitrate_bps
        command.options.complexity = complexity
        command.options.expected_loss_percent = expected_loss_percent
        command.options.dtx = dtx
        command.options.speakers_most = speakers
        return self._send(command, sizeof(MixerCommand))

    def mixer_open(self, mixer_id, *, channels=1, bitrate_bps=32000, complexity=9, expected_loss_percent=10, dtx=False, speakers=8):
        cdef MixerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_MIXER_OPEN
        command.head.id = mixer_id
        self._mixing_start()
        self._mixer(&command, channels, bitrate_bps, complexity, expected_loss_percent, dtx, speakers)

    def mixer_set(self, mixer_id, *, bitrate_bps=32000, complexity=9, expected_loss_percent=10, dtx=False, speakers=8):
        cdef MixerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_MIXER_SET
        command.head.id = mixer_id
        self._mixer(&command, 1, bitrate_bps, complexity, expected_loss_percent, dtx, speakers)

    def mixer_close(self, mixer_id):
        self._send_head(COMMAND_MIXER_CLOSE, mixer_id, 0, 0)

    def mixer_stats(self, mixer_id, request_id):
        self._send_head(COMMAND_STATS, mixer_id, request_id, STATS_MIXER)

    def clip_load(self, clip_id, bytes samples):
        cdef ClipCommand command
        cdef bytearray wide
        cdef const uint8_t* source = samples
        cdef float* out
        cdef size_t count = len(samples) // 2
        if clip_id in self.clips:
            raise ValueError(f"clip {clip_id} is there already")
        if count == 0 or len(samples) % 2 or len(samples) > CLIP_BYTES_MOST:
            raise ValueError("a clip is s16le mono at 48 kHz, at least one sample and at most ten minutes")
        wide = bytearray(count * sizeof(float))
        out = <float*><char*>wide
        with nogil:
            samples_widen(source, out, count)
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_CLIP_LOAD
        command.head.id = clip_id
        command.samples = out
        command.count = count
        self._send(&command, sizeof(command))
        self.clips[clip_id] = wide

    def clip_free(self, clip_id):
        self._send_head(COMMAND_CLIP_FREE, clip_id, 0, 0)

    cdef int _voice(self, VoiceCommand* command, gain, suppress_noise, detect_voice, automatic_level) except -1:
        command.options.gain = gain_checked(gain)
        command.options.suppress_noise = suppress_noise
        command.options.detect_voice = detect_voice
        command.options.automatic_level = automatic_level
        return self._send(command, sizeof(VoiceCommand))

    def voice_open(self, voice_id, mixer_id, *, producer_id=0, clip_id=0, loop=False, gain=1.0, suppress_noise=False, detect_voice=False,
                   automatic_level=False):
        cdef VoiceCommand command
        if bool(producer_id) == bool(clip_id):
            raise ValueError("a voice is either a producer or a clip")
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_VOICE_OPEN
        command.head.id = voice_id
        command.head.other = mixer_id
        command.producer = producer_id
        command.clip = clip_id
        command.loop = loop
        self._voice(&command, gain, suppress_noise, detect_voice, automatic_level)

    def voice_set(self, voice_id, *, gain=1.0, suppress_noise=False, detect_voice=False, automatic_level=False):
        cdef VoiceCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_VOICE_SET
        command.head.id = voice_id
        self._voice(&command, gain, suppress_noise, detect_voice, automatic_level)

    def voice_close(self, voice_id):
        self._send_head(COMMAND_VOICE_CLOSE, voice_id, 0, 0)

    def voice_stats(self, voice_id, request_id):
        self._send_head(COMMAND_STATS, voice_id, request_id, STATS_VOICE)

    def listener_open(self, listener_id, mixer_id, consumer_id, *, own_voice_id=0, gain=1.0):
        cdef ListenerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_LISTENER_OPEN
        command.head.id = listener_id
        command.head.other = mixer_id
        command.consumer = consumer_id
        command.own_voice = own_voice_id
        command.gain = gain_checked(gain)
        self._send(&command, sizeof(command))

    def listener_set(self, listener_id, *, own_voice_id=0, gain=1.0):
        cdef ListenerCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_LISTENER_SET
        command.head.id = listener_id
        command.own_voice = own_voice_id
        command.gain = gain_checked(gain)
        self._send(&command, sizeof(command))

    def listener_close(self, listener_id):
        self._send_head(COMMAND_LISTENER_CLOSE, listener_id, 0, 0)

    def hear(self, listener_id, voice_id, gain):
        cdef HearCommand command
        memset(&command, 0, sizeof(command))
        command.head.kind = COMMAND_HEAR
        command.head.id = listener_id
        command.voice = voice_id
        command.gain = -1.0 if gain is None else gain_checked(gain)
        self._send(&command, sizeof(command))
