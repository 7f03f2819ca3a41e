"""The end of a settled session: reads a peer's close_notify without OpenSSL.

A connected OpenSSL session holds 70 KiB for the one record that may still come. This holds a key and 4 to 12 bytes, and the
AEAD is the `cryptography` package's. For `DtlsSession.settle` alone. Not a record layer: it has no replay window (the only thing it
can say is "the peer has left", once) and writes nothing. RFC 5246 sections 5, 6.3 and 7.2.1, RFC 5288 (GCM), RFC 7905 (ChaCha20).
"""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from mediaserver.dtls.record import ALERT, HEADER_BYTES, records

__all__ = ["Farewell"]

TAG_BYTES = 16
EXPLICIT_NONCE_BYTES = 8
FATAL, CLOSE_NOTIFY = 2, 0
TRIES_PER_DATAGRAM = 2  # a peer's last datagram has one alert; more would let a datagram cost hundreds of decryptions


def prf(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    """P_hash of RFC 5246 section 5."""
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, hash_name)
        out += hmac.digest(secret, a + seed, hash_name)
    return out[:length]


class Farewell:
    """The peer's write key of an established DTLS 1.2 session with an AEAD cipher."""

    __slots__ = ("_chacha", "_iv", "_key")

    def __init__(self, cipher: str, master_secret: bytes, client_random: bytes, server_random: bytes, *, peer_is_client: bool) -> None:
        """`cipher`: OpenSSL's name of the suite, one of `certificate.CIPHERS`."""
        self._chacha = "CHACHA20" in cipher
        key_bytes = 16 if "AES128" in cipher else 32
        iv_bytes = 12 if self._chacha else 4
        hash_name = "sha384" if cipher.endswith("SHA384") else "sha256"
        assert self._chacha or "GCM" in cipher
        assert hash_name in hashlib.algorithms_available
        block = prf(hash_name, master_secret, b"key expansion" + server_random + client_random, 2 * (key_bytes + iv_bytes))
        side = 0 if peer_is_client else 1
        self._key = block[side * key_bytes :][:key_bytes]
        self._iv = block[2 * key_bytes + side * iv_bytes :][:iv_bytes]

    def reads(self, datagram: bytes) -> bool:
        """Whether this datagram holds the peer's authenticated goodbye: close_notify, or any fatal alert."""
        alerts = [record for record in records(datagram) if record.content_type == ALERT and record.epoch == 1]
        for record in alerts[:TRIES_PER_DATAGRAM]:
            alert = self._open(datagram[record.start : record.end])
            if len(alert) == 2 and (alert[0] == FATAL or alert[1] == CLOSE_NOTIFY):
                return True
        return False

    def _open(self, record: bytes) -> bytes:
        """The record's plain bytes; empty where it does not verify."""
        sequence, payload = record[3:11], record[HEADER_BYTES:]
        overhead = TAG_BYTES if self._chacha else TAG_BYTES + EXPLICIT_NONCE_BYTES
        if len(payload) <= overhead:
            return b""
        associated = sequence + record[:3] + (len(payload) - overhead).to_bytes(2)
        try:
            if self._chacha:
                nonce = bytes(a ^ b for a, b in zip(self._iv, bytes(4) + sequence, strict=True))
                return ChaCha20Poly1305(self._key).decrypt(nonce, payload, associated)
            nonce = self._iv + payload[:EXPLICIT_NONCE_BYTES]
            return AESGCM(self._key).decrypt(nonce, payload[EXPLICIT_NONCE_BYTES:], associated)
        except InvalidTag:
            return b""
