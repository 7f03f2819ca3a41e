"""Noise suppression by RNNoise, where its library was found. Optional: without it sound passes as it is."""

cdef enum:
    NOISE_FRAME = 480              # samples RNNoise takes at once: 10 ms; its output is one such frame late

cdef struct NoiseSuppressor:
    void* state                    # DenoiseState; NULL = none

# Opens librnnoise at this path, before any mixer runs; once it is open, nothing more happens: 0, or -1 when it is not what is called RNNoise.
cdef int noise_library(const char* path) noexcept nogil
cdef bint noise_available() noexcept nogil
# 0, or -1: no library or no memory.
cdef int noise_init(NoiseSuppressor* noise) noexcept nogil
cdef void noise_free(NoiseSuppressor* noise) noexcept nogil
# `frames` (a multiple of NOISE_FRAME) mono samples in place; the probability that they are speech.
cdef float noise_run(NoiseSuppressor* noise, float* samples, int frames) noexcept nogil
