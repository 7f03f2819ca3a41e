"""Compact JWS as text, before any key is looked at: three canonical base64url parts, a JSON header of a known kind, bounded in size.

For `sessions`, `site_token` and `openid`: everything that is wrong with the outside of a token is wrong here, once. RFC 7515 sections 3, 4
and 7.1, RFC 8725 (best practices). Pure. Invariant: any text gives a `Header` or raises Unauthorized, nothing else.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from mediaserver.errors import Unauthorized

TOKEN_BYTES_MAX = 8192
# base64url without padding (RFC 7515 section 2); PyJWT would forgive line breaks and padding.
_PART = re.compile(r"[A-Za-z0-9_-]+")
# A key is chosen by it, and it appears in logs.
KID_CHARS_MAX = 128


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says about itself. Believed about nothing but which key to try."""

    algorithm: str
    kid: str | None


def header(token: str) -> Header:
    """The header of a token with three proper parts. Unauthorized otherwise."""
    if not token:
        raise Unauthorized("A token is needed.", code="token_missing")
    if len(token) > TOKEN_BYTES_MAX:
        raise Unauthorized(f"The token is longer than {TOKEN_BYTES_MAX} bytes.", code="token_too_long")
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        raise malformed()
    said = json_object(parts[0])
    if "crit" in said:
        raise Unauthorized("The token has critical headers that are not understood.", code="token_crit")
    algorithm, kid = said.get("alg"), said.get("kid")
    if not isinstance(algorithm, str) or not (kid is None or (isinstance(kid, str) and 0 < len(kid) <= KID_CHARS_MAX)):
        raise malformed()
    if algorithm.lower() == "none":
        raise Unauthorized("The token is not signed.", code="token_algorithm")
    return Header(algorithm, kid)


def json_object(part: str) -> dict[str, Any]:
    """A base64url part that holds a JSON object without a repeated name. Unauthorized otherwise."""
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError, binascii.Error):
        raise malformed() from None
    if not isinstance(value, dict):
        raise malformed()
    return value


def malformed() -> Unauthorized:
    """The answer to what is no token."""
    return Unauthorized("The token does not verify.", code="token_malformed")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):  # two readers could each see another one of them
        raise ValueError("a name is repeated")
    return made


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
