"""Sealing and sending what waits: per peer one train of equal datagrams (GSO), per turn one batch."""
from native.engine.state cimport Transport, WorkerCore

# Fetches the key material that sealing for this peer will read.
cdef void train_prefetch_keys(const Transport* transport) noexcept nogil
# Everything queued since the last flush goes out.
cdef void train_flush_all(WorkerCore* core) noexcept nogil
