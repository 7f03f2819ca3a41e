"""The mixing commands of a worker, and what they need of Python's: the clips' memory, the start of the thread."""
from native.engine.command cimport MixerCommand, VoiceCommand
from native.engine.mixing cimport Mixing
from native.engine.packing cimport Commands

cdef class MixingCommands(Commands):
    cdef Mixing* mixing            # NULL before the first mixer
    cdef dict clips                # id -> its samples, until the worker has released them

    # Makes what both threads share, once, and tells the worker; Worker adds the thread.
    cdef int _mixing_start(self) except -1
    cdef int _mixer(self, MixerCommand* command, channels, bitrate_bps, complexity, expected_loss_percent, dtx, speakers) except -1
    cdef int _voice(self, VoiceCommand* command, gain, suppress_noise, detect_voice, automatic_level) except -1
