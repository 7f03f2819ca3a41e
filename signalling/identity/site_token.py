"""The token with which a shop vouches for its customer: verified here, and nowhere else.

    claims = site_token.verify(token, keys, site_id=..., now_s=...)

For `arrival`, after it has found the site's keys. Pure: time and keys are arguments. RFC 7519 (claims), RFC 8725 (best practices), RFC 8037
(EdDSA). Invariants: a key has one algorithm, and the token's own word about it must be the same; the signature covers everything that is
believed; any text gives `Claims` or Unauthorized.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mediaserver.errors import Unauthorized
from signalling.identity import compact

Algorithm = Literal["HS256", "EdDSA", "RS256"]
# A longer one could be stolen and kept; the page fetches a fresh one when it needs it.
LIFE_S_MAX = 15 * 60
# Clocks of a shop's server and ours.
SKEW_S = 30
ORDERS_MOST = 50
ATTRIBUTES_MOST = 50

Short = Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
# Numbers that every JSON reader keeps exactly.
Number = Annotated[int, Field(gt=-(2**53), lt=2**53)] | Annotated[float, Field(allow_inf_nan=False)]
Attribute = Annotated[str, Field(max_length=1024, pattern=r"^[^\x00]*$")] | Number | bool | None


class Claims(BaseModel):
    """What the shop says about its customer. Other claims of the token are not looked at."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    aud: str
    sub: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
    exp: int = Field(ge=0, lt=2**53)
    jti: Annotated[str, Field(min_length=1, max_length=256)]
    iat: int | None = Field(default=None, ge=0, lt=2**53)
    nbf: int | None = Field(default=None, ge=0, lt=2**53)
    name: Short = ""
    email: Annotated[str, Field(max_length=320, pattern=r"^([^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+)?$")] = ""
    email_verified: bool = False
    locale: Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4})?$")] = ""
    attributes: dict[Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")], Attribute] = Field(
        default={}, max_length=ATTRIBUTES_MOST
    )
    cart_id: Annotated[str, Field(max_length=128, pattern=r"^[\x21-\x7e]*$")] | None = None
    # The shop knows the browser, not who sits before it: whose cart it is counts, whoever it is does not.
    anonymous: bool = False
    order_ids: list[Annotated[str, Field(max_length=128, pattern=r"^[\x21-\x7e]+$")]] = Field(default=[], max_length=ORDERS_MOST)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a site. `material`: the shared secret (HS256), or a public key object or PEM."""

    kid: str
    algorithm: Algorithm
    material: Any


def verify(token: str, keys: Sequence[Key], *, site_id: str, now_s: float) -> Claims:
    """What a token says that one of `keys` has signed for this site. Unauthorized, with the reason, otherwise."""
    key = choose(compact.header(token), keys)
    try:
        # The claims are checked below: PyJWT forgives types and reads the clock.
        jwt.decode(token, key.material, algorithms=[key.algorithm], options=_SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Unauthorized("The token's signature does not verify.", code="token_signature") from None
    return _checked(compact.json_object(token.split(".")[1]), site_id, now_s)


def choose(said: compact.Header, keys: Sequence[Key]) -> Key:
    """The key that a header means: the one it names, or the only one. Unauthorized where there is none, or of another algorithm."""
    found = [key for key in keys if said.kid in (None, key.kid)]
    if len(found) != 1:
        raise Unauthorized("The token names no key of this site.", code="token_key")
    if said.algorithm != found[0].algorithm:
        raise Unauthorized("The token's algorithm is not its key's.", code="token_algorithm")
    return found[0]


_SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


def _checked(said: dict[str, Any], site_id: str, now_s: float) -> Claims:
    try:
        claims = Claims.model_validate(said)
    except (ValidationError, RecursionError):
        raise Unauthorized("The token's claims are not as documented.", code="token_claims") from None
    if claims.aud != site_id:
        raise Unauthorized("The token is for another site.", code="token_audience")
    if now_s >= claims.exp + SKEW_S:
        raise Unauthorized("The token has expired.", code="token_expired")
    if claims.exp > now_s + LIFE_S_MAX + SKEW_S:
        raise Unauthorized(f"The token would be good for more than {LIFE_S_MAX} s.", code="token_too_long_lived")
    if any(begin is not None and begin > now_s + SKEW_S for begin in (claims.nbf, claims.iat)):
        raise Unauthorized("The token is not good yet.", code="token_early")
    return claims
