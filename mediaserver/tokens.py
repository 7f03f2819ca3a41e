"""Access tokens: who may do what in which room. LiveKit's format, so that its SDKs and servers' token makers work unchanged.

For the HTTP and socket handlers (`verify`) and `tresen token` (`mint`). Not for customer identity (signalling) and not a session: a token
is looked at once, when something is asked for. RFC 7519 (JWT), RFC 7515 section 4.1.11 (crit), RFC 8725 (best practices);
claim names as in LiveKit's access tokens.

Invariants: HS256 only, whatever the token says about itself; nothing a peer sends raises anything but Unauthorized; no detail
names a secret. Unknown claims and unknown grants are ignored, since LiveKit adds some with every release.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from mediaserver.errors import LocalError, Unauthorized

__all__ = ["Grants", "mint", "verify"]

ALGORITHM = "HS256"

# Real tokens have 300 to 1500 bytes; attributes and metadata fit well below this. A header line may not be longer anyway.
TOKEN_BYTES_MAX = 8192

# Clocks of a shop's server and ours; a token lives 10 s longer than it says in exchange.
CLOCK_SKEW_S = 10.0

# Identities and room names end up in URLs, SDP and logs.
NAME_CHARS_MAX = 256


@dataclass(frozen=True, slots=True)
class Grants:
    """A verified token. As at LiveKit, publishing and subscribing are granted unless the token denies them."""

    identity: str
    name: str = ""
    room: str | None = None
    room_join: bool = False
    can_publish: bool = True
    can_subscribe: bool = True
    can_publish_data: bool = True
    room_admin: bool = False
    room_create: bool = False
    room_list: bool = False
    hidden: bool = False
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    key: str = ""  # the API key that signed it
    expires_at_s: float = 0.0  # Unix time

    def may_join(self, room: str) -> bool:
        """Whether this token lets its holder into this room. As at LiveKit, one that names no room lets into any."""
        return self.room_join and self.room in (None, room)


def verify(token: str, keys: Mapping[str, str], *, now: float | None = None) -> Grants:
    """Reads a token signed with one of `keys` (API key -> secret). `now`: Unix seconds. Unauthorized, with the reason, otherwise."""
    now_s = time.time() if now is None else now
    if not token:
        raise Unauthorized("no access token was given", code="token_missing")
    if len(token) > TOKEN_BYTES_MAX:
        raise Unauthorized(f"the access token is longer than {TOKEN_BYTES_MAX} bytes", code="token_too_long")
    key, secret = _issuer(token, keys)
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=_signature_only(check=True))
    except jwt.InvalidSignatureError:
        raise Unauthorized("the access token's signature does not verify", code="token_signature") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _malformed() from None
    expires_at_s = _check_times(claims, now_s)
    return _grants(claims, key, expires_at_s)


def mint(
    key: str,
    secret: str,
    *,
    identity: str,
    room: str | None,
    can_publish: bool = True,
    can_subscribe: bool = True,
    ttl_s: float = 3600,
    name: str = "",
    now: float | None = None,
) -> str:
    """A token that lets `identity` into `room` (None: any) for `ttl_s` seconds. LocalError for what no token could be verified with."""
    if not key or not secret or not 0 < len(identity) <= NAME_CHARS_MAX:
        raise LocalError(f"a token needs a key, a secret and an identity of at most {NAME_CHARS_MAX} characters")
    if room is not None and not 0 < len(room) <= NAME_CHARS_MAX:  # "" would be read as any
        raise LocalError(f"a room's name has 1 to {NAME_CHARS_MAX} characters")
    if not math.isfinite(ttl_s):
        raise LocalError("a token's time to live must be a number of seconds")
    issued_s = int(time.time() if now is None else now)
    video: dict[str, Any] = {"roomJoin": True, "canPublish": can_publish, "canSubscribe": can_subscribe}
    if room is not None:
        video["room"] = room
    claims: dict[str, Any] = {"iss": key, "sub": identity, "nbf": issued_s, "exp": issued_s + math.ceil(ttl_s), "video": video}
    if name:
        claims["name"] = name
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def _malformed() -> Unauthorized:
    return Unauthorized("the access token is not a JSON Web Token", code="token_malformed")


def _signature_only(*, check: bool) -> Any:
    """PyJWT's options: times and types are checked here, so that `now` is an argument and a detail names the claim."""
    never = ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti")
    return {"verify_signature": check, **dict.fromkeys(never, False)}


def _issuer(token: str, keys: Mapping[str, str]) -> tuple[str, str]:
    """The key the token names and its secret, after the header was found sane. Nothing here is verified yet."""
    try:
        header = json.loads(jwt.utils.base64url_decode(token.partition(".")[0]))
        if not isinstance(header, dict):
            raise _malformed()
        if header.get("alg") != ALGORITHM:
            raise Unauthorized(f"the access token must be signed with {ALGORITHM}", code="token_algorithm")
        if "crit" in header:
            raise Unauthorized("the access token demands an extension (crit) that is not supported", code="token_critical")
        claims = jwt.decode(token, options=_signature_only(check=False))
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _malformed() from None
    if token.endswith("."):
        raise Unauthorized("the access token is not signed", code="token_signature")
    key = claims.get("iss")
    if not isinstance(key, str) or key not in keys:
        raise Unauthorized("the access token's issuer (iss) is not an API key of this server", code="token_issuer")
    return key, keys[key]


def _check_times(claims: Mapping[str, Any], now_s: float) -> float:
    expires_s = _claim(claims, "exp", (int, float), None)
    if expires_s is None:
        raise Unauthorized("the access token has no expiry (exp)", code="token_claims")
    if not now_s < expires_s + CLOCK_SKEW_S:
        raise Unauthorized("the access token has expired", code="token_expired")
    if not now_s > _claim(claims, "nbf", (int, float), now_s) - CLOCK_SKEW_S:
        raise Unauthorized("the access token is not valid yet (nbf)", code="token_not_yet_valid")
    return float(expires_s)


def _grants(claims: Mapping[str, Any], key: str, expires_at_s: float) -> Grants:
    video = _claim(claims, "video", (dict,), {})
    identity = _claim(claims, "sub", (str,), "")
    room = _claim(video, "room", (str,), "", within="video.") or None
    attributes = _claim(claims, "attributes", (dict,), {})
    if not all(isinstance(value, str) for value in attributes.values()):
        raise _wrong_type("attributes")

    def granted(name: str, default: bool) -> bool:
        return bool(_claim(video, name, (bool,), default, within="video."))

    room_join = granted("roomJoin", False)
    if room_join and not identity:
        raise Unauthorized("the access token has no identity (sub)", code="token_claims")
    if max(len(identity), len(room or "")) > NAME_CHARS_MAX:
        raise Unauthorized(f"the access token's identity or room is longer than {NAME_CHARS_MAX} characters", code="token_claims")
    return Grants(
        identity=identity,
        name=_claim(claims, "name", (str,), ""),
        room=room,
        room_join=room_join,
        can_publish=granted("canPublish", True),
        can_subscribe=granted("canSubscribe", True),
        can_publish_data=granted("canPublishData", True),
        room_admin=granted("roomAdmin", False),
        room_create=granted("roomCreate", False),
        room_list=granted("roomList", False),
        hidden=granted("hidden", False),
        metadata=_claim(claims, "metadata", (str,), ""),
        attributes=attributes,
        key=key,
        expires_at_s=expires_at_s,
    )


def _claim(claims: Mapping[str, Any], name: str, types: tuple[type, ...], default: Any, *, within: str = "") -> Any:
    """One claim of one of these types; `default` where it is absent or null (LiveKit's Go types write null for unset)."""
    value = claims.get(name)
    if value is None:
        return default
    # bool is an int to Python, but `"exp": true` is nonsense; NaN and infinities are JSON to Python, but no times.
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise _wrong_type(within + name)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not abs(value) < 1e15:
        raise _wrong_type(within + name)
    return value


def _wrong_type(name: str) -> Unauthorized:
    return Unauthorized(f"the access token's claim {name} has the wrong type", code="token_claims")
