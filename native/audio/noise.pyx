"""Noise suppression by RNNoise (J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018).

Its library is opened at run time at a path the caller found: a machine without it loses this one option and nothing else. Called by audio.voice.

The functions' addresses are the process's own, set once before mixers run and only read from then on; the library is never closed.
"""
from libc.stddef cimport size_t

from native.c.dl cimport RTLD_LOCAL, RTLD_NOW, dlclose, dlopen, dlsym

ctypedef void* (*Create)(void* model) noexcept nogil
ctypedef void (*Destroy)(void* state) noexcept nogil
ctypedef float (*Process)(void* state, float* out, const float* samples) noexcept nogil
ctypedef int (*FrameSize)() noexcept nogil

cdef struct Library:
    Create create
    Destroy destroy
    Process process

cdef Library rnnoise

# RNNoise was trained on 16-bit integers and takes floats of that range.
cdef float SCALE = 32768


cdef int noise_library(const char* path) noexcept nogil:
    cdef void* library
    cdef Library found
    cdef FrameSize frame_size
    if noise_available():          # mixers may run by now
        return 0
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL)
    if library == NULL:
        return -1
    found.create = <Create>dlsym(library, "rnnoise_create")
    found.destroy = <Destroy>dlsym(library, "rnnoise_destroy")
    found.process = <Process>dlsym(library, "rnnoise_process_frame")
    frame_size = <FrameSize>dlsym(library, "rnnoise_get_frame_size")
    # Versions before this function existed have the same frame of 480.
    if found.create == NULL or found.destroy == NULL or found.process == NULL or (frame_size != NULL and frame_size() != NOISE_FRAME):
        dlclose(library)
        return -1
    rnnoise.destroy = found.destroy
    rnnoise.process = found.process
    rnnoise.create = found.create
    return 0


cdef bint noise_available() noexcept nogil:
    return rnnoise.create != NULL


cdef int noise_init(NoiseSuppressor* noise) noexcept nogil:
    noise.state = rnnoise.create(NULL) if rnnoise.create != NULL else NULL
    return 0 if noise.state != NULL else -1


cdef void noise_free(NoiseSuppressor* noise) noexcept nogil:
    if noise.state != NULL:
        rnnoise.destroy(noise.state)
        noise.state = NULL


cdef float noise_run(NoiseSuppressor* noise, float* samples, int frames) noexcept nogil:
    cdef float[NOISE_FRAME] scaled
    cdef float speech = 0, here
    cdef int at, i
    for at in range(frames // NOISE_FRAME):
        for i in range(NOISE_FRAME):
            scaled[i] = samples[at * NOISE_FRAME + i] * SCALE
        here = rnnoise.process(noise.state, scaled, scaled)
        speech = here if here > speech else speech
        for i in range(NOISE_FRAME):
            samples[at * NOISE_FRAME + i] = scaled[i] / SCALE
    return speech
