"""Recordings encrypted at rest: AES-256-GCM in chunks, written and read as a stream, readable up to the last whole chunk after a kill.

    file   = header, chunk, chunk, ...
    header = "TRSNREC1", 1 byte length of the key id, the key id (UTF-8), 16 random bytes (salt)
    chunk  = 4 bytes n (big endian; top bit set: the last one), n bytes of ciphertext, 16 bytes tag

Each file has a key of its own: HKDF-SHA256(key, salt, "tresen recording"), so that the chunks' numbers are nonces that never repeat:
12 bytes, big endian, from 0. Associated data of a chunk: SHA-256 of the header, then the 4 bytes before it. So a chunk can neither be
moved within a file nor into another, and a file without its last chunk is known to be cut off.

Called by `storage` (writing), the program and embedders (`decrypt`). NIST SP 800-38D, RFC 5869.
"""

import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mediaserver.errors import LocalError

__all__ = ["CHUNK_BYTES", "SUFFIX", "Key", "Sealer", "decrypt", "is_sealed", "unseal"]

MAGIC = b"TRSNREC1"
SUFFIX = ".sealed"
SALT_BYTES = 16
KEY_BYTES = 32
TAG_BYTES = 16
LAST = 1 << 31
# A chunk is given to the disk when it is full or the caller flushes; a larger one would only delay the reader of a cut-off file.
CHUNK_BYTES = 64 * 1024
PURPOSE = b"tresen recording"


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A master key under the name files refer to it by."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.id.encode()) < 256 or len(self.secret) != KEY_BYTES:
            raise LocalError(f"A recording key has an id of 1 to 255 bytes and {KEY_BYTES} bytes of secret.")


def _cipher(key: Key, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, PURPOSE).derive(key.secret))


def _digest(header: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(header)
    return digest.finalize()


class Sealer:
    """Encrypts what is written to it and hands it on to `write`, chunk by chunk."""

    def __init__(self, write: Callable[[bytes], None], key: Key) -> None:
        salt = os.urandom(SALT_BYTES)
        name = key.id.encode()
        header = MAGIC + bytes([len(name)]) + name + salt
        self._cipher, self._digest = _cipher(key, salt), _digest(header)
        self._write = write
        self._buffer = bytearray()
        self._number = 0
        write(header)

    def write(self, data: bytes) -> None:
        """Takes bytes in; whole chunks leave at once."""
        self._buffer += data
        while len(self._buffer) >= CHUNK_BYTES:
            self._seal(bytes(self._buffer[:CHUNK_BYTES]), 0)
            del self._buffer[:CHUNK_BYTES]

    def flush(self) -> None:
        """Lets everything leave that was taken in."""
        if self._buffer:
            self._seal(bytes(self._buffer), 0)
            self._buffer.clear()

    def close(self) -> None:
        """Writes the last chunk, by which a reader knows that nothing is missing."""
        self._seal(bytes(self._buffer), LAST)
        self._buffer.clear()

    def _seal(self, data: bytes, mark: int) -> None:
        head = (len(data) | mark).to_bytes(4, "big")
        sealed = self._cipher.encrypt(self._number.to_bytes(12, "big"), data, self._digest + head)
        self._number += 1
        self._write(head + sealed)


def is_sealed(head: bytes) -> bool:
    """Whether a file that begins like this is one of ours."""
    return head.startswith(MAGIC)


def unseal(source: BinaryIO, keys: Mapping[str, bytes]) -> Generator[bytes, None, bool]:
    """The plain chunks of a sealed file. Returns with True when it was whole, False when it is cut off (`decrypt` tells).

    LocalError: not such a file, a key that is not there, or bytes that were changed.
    """
    head = source.read(len(MAGIC) + 1)
    if not is_sealed(head) or len(head) <= len(MAGIC):
        raise LocalError("This is not a sealed recording.")
    rest = source.read(head[-1] + SALT_BYTES)
    if len(rest) < head[-1] + SALT_BYTES:
        return False
    name = rest[: head[-1]].decode(errors="replace")
    if name not in keys:
        raise LocalError(f"The recording is sealed with the key {name!r}, which is not configured (TRESEN_RECORDING_KEYS).")
    cipher, digest, number = _cipher(Key(name, keys[name]), rest[head[-1] :]), _digest(head + rest), 0
    while True:
        mark = source.read(4)
        size = int.from_bytes(mark, "big") & (LAST - 1)
        if len(mark) < 4 or size > CHUNK_BYTES:
            if len(mark) == 4:
                raise LocalError("The recording was changed: a chunk of impossible size.")
            return False
        sealed = source.read(size + TAG_BYTES)
        if len(sealed) < size + TAG_BYTES:
            return False
        try:
            yield cipher.decrypt(number.to_bytes(12, "big"), sealed, digest + mark)
        except InvalidTag:
            raise LocalError("The recording was changed, or the key is not the one it was sealed with.") from None
        number += 1
        if int.from_bytes(mark, "big") & LAST:
            return True


def decrypt(source: BinaryIO, target: BinaryIO, keys: Mapping[str, bytes]) -> bool:
    """Writes the plain file to `target`. Whether it is whole: False where the recorder was killed, or somebody cut the end off;
    what is there is genuine all the same.
    """
    chunks = unseal(source, keys)
    while True:
        try:
            target.write(next(chunks))
        except StopIteration as end:
            return bool(end.value)
