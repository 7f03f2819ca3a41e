"""DTLS-SRTP: one peer's handshake, and the SRTP keys that come out of it.

For the control plane: `DtlsTransport` is the part to use (asyncio in front, OpenSSL in a thread pool). `DtlsSession` below it is
without socket, thread and clock. Not for media (native does SRTP) and not for data channels yet (application data is dropped).
RFC 5763 and 5764 (DTLS-SRTP), RFC 6347 (DTLS 1.2), RFC 8122 (fingerprints), RFC 8842 (roles), RFC 7714 (GCM profiles).

Invariants: no key leaves a session whose peer certificate does not match the SDP fingerprints; no bytes raise; a session's
memory is bounded before it is connected and a few hundred bytes once it is settled.
"""

from mediaserver.dtls.certificate import Certificate, Fingerprint
from mediaserver.dtls.keys import Role, SrtpKeys
from mediaserver.dtls.session import DtlsFailed, DtlsSession, DtlsState
from mediaserver.dtls.transport import DtlsTransport

__all__ = ["Certificate", "DtlsFailed", "DtlsSession", "DtlsState", "DtlsTransport", "Fingerprint", "Role", "SrtpKeys"]
