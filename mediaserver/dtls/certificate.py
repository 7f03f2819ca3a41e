"""Who is at the other end: our certificate, and the fingerprints a peer's certificate must match.

For `DtlsSession` and the SDP writer. Not for chains, names or expiry: in WebRTC a certificate is a container for a key and the
fingerprint in the (authenticated) SDP is all that vouches for it. RFC 8122 section 5, RFC 8827 section 6.5.
"""

import datetime
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, dump_certificate

from mediaserver.errors import Unprocessable

__all__ = ["Certificate", "Fingerprint", "RemoteIdentity"]

# Strongest first: RFC 8122 section 5 lets the best hash that both sides know decide, so that offering a weak one beside it gains
# nothing. MD5 and SHA-1 are left out: a second certificate with the same fingerprint could be made.
HASHES = {"sha-512": hashlib.sha512, "sha-384": hashlib.sha384, "sha-256": hashlib.sha256}

# Longer than any process lives; browsers do not look at it. The day before allows for a peer's clock that is behind.
VALIDITY = datetime.timedelta(days=2 * 365)
CLOCK_SKEW = datetime.timedelta(days=1)

# Forward secrecy and authenticated encryption only; AES-128 first, as the handshake protects nothing but itself.
CIPHERS = ":".join(
    f"ECDHE-{key}-{cipher}" for cipher in ("AES128-GCM-SHA256", "CHACHA20-POLY1305", "AES256-GCM-SHA384") for key in ("ECDSA", "RSA")
)
DTLS1_2 = 0xFEFD


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`a=fingerprint` of SDP: hash name as in the IANA registry ("sha-256") and upper-case hexadecimal pairs ("AA:BB:...")."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm} {self.value}"

    @classmethod
    def of(cls, der: bytes, algorithm: str = "sha-256") -> "Fingerprint":
        """Hashes a certificate in DER. KeyError for an algorithm we do not trust."""
        return cls(algorithm, HASHES[algorithm](der).digest().hex(":").upper())


class RemoteIdentity:
    """The certificates one peer may show. `refused` is set once it showed another."""

    __slots__ = ("_algorithm", "_values", "refused")

    def __init__(self, fingerprints: Iterable[Fingerprint]) -> None:
        """Unprocessable where none has a hash we trust and the right length."""
        usable: dict[str, list[bytes]] = {}
        for fingerprint in fingerprints:
            algorithm = fingerprint.algorithm.lower()
            if algorithm in HASHES:
                try:
                    digest = bytes.fromhex(fingerprint.value.replace(":", ""))
                except ValueError:
                    continue
                if len(digest) == HASHES[algorithm]().digest_size:
                    usable.setdefault(algorithm, []).append(digest)
        if not usable:
            raise Unprocessable(
                f"no usable certificate fingerprint: one of {', '.join(sorted(HASHES))} is needed", code="fingerprint_unusable"
            )
        self._algorithm = next(name for name in HASHES if name in usable)
        self._values = usable[self._algorithm]
        self.refused = False

    def matches(self, certificate: X509) -> bool:
        """Compares in constant time with every fingerprint of the strongest hash. The certificate is hashed, not read: it is any bytes."""
        digest = HASHES[self._algorithm](dump_certificate(FILETYPE_ASN1, certificate)).digest()
        found = False
        for value in self._values:
            found |= hmac.compare_digest(digest, value)
        return found


def _verify(connection: SSL.Connection, certificate: X509, _error: int, depth: int, _ok: int) -> bool:
    """OpenSSL's question for each certificate of the peer's chain: the first is judged by its fingerprint, the others by nothing."""
    if depth > 0:
        return True
    identity = connection.get_app_data()
    if not isinstance(identity, RemoteIdentity):  # no exception here: pyOpenSSL would hand it to some other session of this context
        return False
    if identity.matches(certificate):
        return True
    identity.refused = True
    return False


class Certificate:
    """Our ECDSA P-256 certificate with its key, and the one OpenSSL context all sessions of it share (a context is 100 KiB and more)."""

    __slots__ = ("context", "fingerprint")

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.fingerprint = Fingerprint.of(certificate.public_bytes(Encoding.DER))
        self.context = self._context(key, certificate, b"SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80")

    @classmethod
    def generate(cls) -> "Certificate":
        """A new key and a self-signed certificate for it. About 0.3 ms."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tresen")])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - CLOCK_SKEW, now + VALIDITY)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @staticmethod
    def _context(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, profiles: bytes) -> SSL.Context:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(DTLS1_2)
        # No release of OpenSSL speaks DTLS 1.3 yet (4.0 does not). Its records have another header, which `record` must learn first.
        context.set_max_proto_version(DTLS1_2)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_cipher_list(CIPHERS.encode())
        context.set_tlsext_use_srtp(profiles)  # in our order of preference, which counts where we are the server
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
        # Every call has its own handshake: tickets and a session cache would only be bytes and memory.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_QUERY_MTU | SSL.OP_CIPHER_SERVER_PREFERENCE)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # 18 KiB less per idle session
        return context
