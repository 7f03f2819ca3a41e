"""Ids: a prefix that says what it names, and a ULID, which sorts by time and can be made by anybody without asking.

`conv_01JD3Q...`: 48 bits of milliseconds, 80 random bits, Crockford's base 32 (the ULID specification). Made by whoever makes the thing,
a browser included, so that sending it twice is harmless. Invariant: within a process ids of one millisecond still ascend.
"""

import re
import secrets
import threading
import time
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID: Final = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
RANDOM_BITS: Final = 80

_lock = threading.Lock()
_last = 0


def new_id(prefix: str, now_us: int | None = None) -> str:
    """A new id such as `conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X`. `now_us`: Unix time in microseconds, for tests."""
    global _last
    now_ms = (time.time_ns() // 1_000_000) if now_us is None else now_us // 1000
    value = (now_ms << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)
    with _lock:
        if value >> RANDOM_BITS == _last >> RANDOM_BITS and value <= _last:
            value = _last + 1
        _last = value
    return f"{prefix}_{encoded(value)}"


def encoded(value: int) -> str:
    """128 bits as 26 characters."""
    characters = []
    for _ in range(26):
        value, digit = divmod(value, 32)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def pattern(prefix: str) -> str:
    """The regular expression an id of this kind matches as a whole."""
    return f"^{prefix}_{ULID}$"


def is_id(prefix: str, text: str) -> bool:
    """Whether this may be an id of this kind."""
    return re.fullmatch(f"{prefix}_{ULID}", text) is not None
