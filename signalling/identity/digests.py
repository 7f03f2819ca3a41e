"""Digests that find a row by a value which is itself sealed or kept nowhere: a shop's customer number, a login, a key.

SHA-256 over the length-prefixed parts, so that no two lists of parts give the same input. Not for passwords (`passwords` does those) and no
anonymisation: whoever can guess the value can check the guess. Values that must not be guessed (API keys, states) are random.
"""

import hashlib


def digest(kind: str, *parts: str) -> str:
    """64 hex digits. `kind` keeps the digests of one use apart from those of another."""
    made = hashlib.sha256()
    for part in (kind, *parts):
        encoded = part.encode()
        made.update(len(encoded).to_bytes(8, "big") + encoded)
    return made.hexdigest()
