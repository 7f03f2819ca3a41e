"""Resume tokens: what a connection had, so that the next one has it too. Signed, bounded, bound to one person; no credential.

A client shows it beside its session token; whatever it names is checked again, so a forged one would open nothing. HMAC-SHA256 over
compact JSON, both base64url. For `api.connection`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from signalling.api.messages import RESUME_MOST, WATCHES_MOST
from signalling.identity.caller import Caller
from signalling.times import SECOND_US

# A customer comes back the next day and finds the conversation where it was.
TTL_US = 48 * 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Held:
    """What a connection had: conversations with the last acknowledged `seq` of each, and whether it watched the lobby."""

    watches: Mapping[str, int]
    lobby: bool = False


class ResumeTokens:
    """Makes and reads them, with a key of their own derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"tresen resume token", hashlib.sha256)

    def make(self, caller: Caller, held: Held, now_us: int) -> str:
        """A token for this person."""
        body = to_json({"t": caller.tenant_id, "p": caller.id, "x": now_us + TTL_US, "w": dict(held.watches), "l": held.lobby})
        return f"{_text(body)}.{_text(self._tag(body))}"

    def read(self, caller: Caller, token: str, now_us: int) -> Held | None:
        """What it holds; None for one that is forged, expired, or somebody else's."""
        if len(token) > RESUME_MOST:
            return None
        body_text, _, tag_text = token.partition(".")
        try:
            body, tag = _bytes(body_text), _bytes(tag_text)
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(tag, self._tag(body)):
            return None
        held = from_json(body)
        if (held["t"], held["p"]) != (caller.tenant_id, caller.id) or held["x"] < now_us:
            return None
        return Held(dict(list(held["w"].items())[:WATCHES_MOST]), bool(held["l"]))

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
