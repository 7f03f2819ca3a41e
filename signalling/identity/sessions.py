"""Session tokens: what this server gives to whoever has shown who they are, and asks for ever after.

HS256 with the installation's own secret; minted at login or when a shop vouches for a customer. Its header says `tresen-session+jwt` and
the key's number, so that neither a media token nor a shop's token is ever taken for one (RFC 8725 section 3.11). Pure: `Identity` adds
what a token cannot know, such as that it was revoked. Invariant: any text gives a Caller or Unauthorized.
"""

import hashlib
import time
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mediaserver.errors import Unauthorized
from signalling.identity import compact
from signalling.identity.caller import Caller, Role

ALGORITHM = "HS256"
AUDIENCE = "tresen"
TYPE = "tresen-session+jwt"
# Between machines of one installation.
SKEW_S = 10

Text = Annotated[str, Field(max_length=512)]


class _Claims(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    aud: str
    iat: int = Field(ge=0, lt=2**53)
    exp: int = Field(ge=0, lt=2**43)
    ten: Text
    sub: Text
    role: str
    name: Text
    ver: bool
    site: Text
    sid: Text
    cart: Text | None = None
    ords: list[Text] = Field(default=[], max_length=64)


def mint(secret: str, caller: Caller, ttl_s: int, now_s: float | None = None) -> str:
    """A session token for `caller`."""
    issued_s = int(time.time() if now_s is None else now_s)
    claims: dict[str, Any] = {
        "aud": AUDIENCE,
        "iat": issued_s,
        "exp": issued_s + ttl_s,
        "ten": caller.tenant_id,
        "sub": caller.id,
        "role": caller.role.value,
        "name": caller.name,
        "ver": caller.verified,
        "site": caller.site_id,
        "sid": caller.session_id,
    }
    if caller.cart_id is not None:
        claims["cart"] = caller.cart_id
    if caller.order_ids:
        claims["ords"] = sorted(caller.order_ids)
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": key_id(secret)})


def verify(secret: str, token: str, now_s: float | None = None, *, expired: bool = False) -> Caller:
    """The holder of a session token. Unauthorized otherwise. `expired`: one whose time is over will do, as for a renewal."""
    said = compact.header(token)
    try:
        if said.algorithm != ALGORITHM or said.kid != key_id(secret):
            raise _invalid()
        decoded = jwt.decode_complete(token, secret, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
        claims = _Claims.model_validate(decoded["payload"])
        role = Role(claims.role)
    except (jwt.PyJWTError, ValidationError, ValueError, TypeError, RecursionError):
        raise _invalid() from None
    moment_s = time.time() if now_s is None else now_s
    if decoded["header"].get("typ") != TYPE or claims.aud != AUDIENCE or claims.iat > moment_s + SKEW_S:
        raise _invalid()
    if moment_s >= claims.exp and not expired:
        raise Unauthorized("The session has ended.", code="token_expired")
    return Caller(
        tenant_id=claims.ten,
        id=claims.sub,
        role=role,
        name=claims.name,
        verified=claims.ver,
        site_id=claims.site,
        session_id=claims.sid,
        expires_at_us=claims.exp * 1_000_000,
        order_ids=frozenset(claims.ords),
        cart_id=claims.cart,
    )


def key_id(secret: str) -> str:
    """Names a secret without telling it."""
    return hashlib.sha256(b"tresen session key/" + secret.encode()).hexdigest()[:16]


_SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


def _invalid() -> Unauthorized:
    return Unauthorized("The session token does not verify.", code="token_invalid")
