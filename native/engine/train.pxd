"""Sealing and sending what waits: per peer one train of equal datagrams (GSO), per turn one batch."""
from native.engine.state cimport WorkerCore

# Everything queued since the last flush goes out.
cdef void train_flush_all(WorkerCore* core) noexcept nogil
