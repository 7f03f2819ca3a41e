"""Session tokens: what this server gives to whoever has shown who they are, and asks for ever after.

HS256 with the installation's own secret; minted at login or when a shop vouches for a customer.
"""

import time

import jwt

from mediaserver.errors import Unauthorized
from signalling.identity.caller import Caller, Role

ALGORITHM = "HS256"
AUDIENCE = "tresen"
TOKEN_BYTES_MAX = 8192


def mint(secret: str, caller: Caller, ttl_s: int, now_s: float | None = None) -> str:
    """A session token for `caller`."""
    issued_s = int(time.time() if now_s is None else now_s)
    claims = {
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
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def verify(secret: str, token: str) -> Caller:
    """The holder of a session token. Unauthorized otherwise."""
    if not token or len(token) > TOKEN_BYTES_MAX:
        raise Unauthorized("A session token is needed.", code="token_missing" if not token else "token_too_long")
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "sub", "aud"]})
        return Caller(
            tenant_id=str(claims["ten"]),
            id=str(claims["sub"]),
            role=Role(claims["role"]),
            name=str(claims["name"]),
            verified=bool(claims["ver"]),
            site_id=str(claims["site"]),
            session_id=str(claims["sid"]),
            expires_at_us=int(claims["exp"]) * 1_000_000,
        )
    except (jwt.PyJWTError, ValueError, KeyError, RecursionError):
        raise Unauthorized("The session token does not verify.", code="token_invalid") from None
