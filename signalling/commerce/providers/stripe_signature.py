"""The signature on Stripe's webhooks: `Stripe-Signature: t=<seconds>,v1=<hex>,...`, HMAC-SHA256 over `<t>.<raw body>`.

For `stripe`; `sign` is for tests and stand-ins. Stripe, "Receive events in your webhook endpoint: verify manually". Total on any bytes.
Invariants: bytes are compared as they came, in constant time; a header with several `v1` (a secret being rolled) or several secrets of
ours passes if any pair fits; `v0` and unknown schemes never do.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from signalling.commerce.providers.provider import NotGenuine

# Stripe's libraries' own default. Longer lets a recorded request be played again for longer (its id is known by then anyway); shorter
# refuses whoever's clock is off.
TOLERANCE_S: Final = 300
HEADER_MOST: Final = 2048
# More than a rolled secret needs, few enough to cost nothing.
SIGNATURES_MOST: Final = 8


def check(header: str, raw: bytes, secrets: Sequence[str], now_s: int) -> None:
    """Returns if one of `secrets` signed these bytes lately. NotGenuine otherwise, whatever was wrong."""
    if not header or len(header) > HEADER_MOST:
        raise NotGenuine("no signature")
    timestamp = ""
    signatures: list[bytes] = []
    for item in header.split(","):
        name, _, value = item.strip().partition("=")
        if name == "t" and not timestamp:
            timestamp = value
        elif name == "v1" and len(signatures) < SIGNATURES_MOST:
            signatures.append(value.encode("utf-8", "surrogateescape"))
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16) or not signatures:
        raise NotGenuine("no signature")
    genuine = False
    for secret in secrets:
        expected = _digest(secret, timestamp, raw).encode()
        for signature in signatures:
            genuine |= hmac.compare_digest(expected, signature)
    if not genuine:
        raise NotGenuine("the signature does not fit")
    if abs(now_s - int(timestamp)) > TOLERANCE_S:
        raise NotGenuine("the signature is too old")


def sign(secret: str, raw: bytes, at_s: int) -> str:
    """The header as Stripe makes it."""
    return f"t={at_s},v1={_digest(secret, str(at_s), raw)}"


def _digest(secret: str, timestamp: str, raw: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
