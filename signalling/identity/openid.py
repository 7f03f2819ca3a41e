"""OpenID Connect for reps: authorization code with PKCE, state and nonce; the provider found by discovery, its keys by their set.

For `logins`. The console begins (`Begun`: where to send the browser), the provider sends the browser back with a code, the console
finishes. OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3.7, Discovery 1.0 section 4, RFC 7636 (PKCE, S256), RFC 9700 (best practices).
Invariants: a state is good once, for ten minutes, and only with the secret that the console got when it began (so that nobody is logged
in to somebody else's account); only tokens of the tenant's own issuer, for its client, with the nonce of this login, are believed.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import jwt
from sqlalchemy import delete, insert, select

from mediaserver.errors import Unauthorized, Unavailable, Unprocessable
from signalling import addresses
from signalling.identity import compact
from signalling.identity.digests import digest
from signalling.identity.jwks import BYTES_MAX, TOTAL_S, KeySets
from signalling.identity.site_token import Algorithm, choose
from signalling.store import Transaction
from signalling.store.tables.identity import openid_logins
from signalling.tenants import OpenId
from signalling.times import SECOND_US

LOGIN_S = 600
SKEW_S = 30
# RFC 7636 section 4.1 asks for 43 characters at least.
SECRET_BYTES = 32
SCOPES = "openid email profile"
RANKS = ("rep", "supervisor", "admin")


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun: where to send the browser, and what to come back with."""

    authorization_url: str
    state: str
    login_secret: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What a login that has begun is finished with."""

    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What discovery says."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the provider gives for a code. `access_token`: empty where it gives none."""

    id_token: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Person:
    """For whom the provider answers, and the role that follows from it."""

    subject: str
    name: str
    email: str
    role: str


async def discover(sets: KeySets, issuer: str) -> Provider:
    """The provider's endpoints. Unavailable where it does not say them."""
    try:
        said = json.loads(await sets.document(issuer.rstrip("/") + "/.well-known/openid-configuration"))
        needed = {name: said[name] for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")}
        provider = Provider(**needed, userinfo_endpoint=str(said.get("userinfo_endpoint", "")))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, RecursionError, Unprocessable):
        raise Unavailable("The login provider does not answer.", code="openid", retry_after_s=10) from None
    if provider.issuer != issuer or not all(isinstance(each, str) for each in (provider.token_endpoint, provider.jwks_uri)):
        raise Unavailable("The login provider says that it is another one.", code="openid", retry_after_s=10)
    return provider


def begin(tx: Transaction, tenant_id: str, chosen: OpenId, provider: Provider, redirect_uri: str) -> Begun:
    """A work: writes down what the answer must fit, and says where to send the browser."""
    state, login_secret, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(4))
    key = digest("openid_state", state, login_secret)
    body = json.dumps({"nonce": nonce, "verifier": verifier, "redirect_uri": redirect_uri}).encode()
    tx.execute(delete(openid_logins).where(openid_logins.c.tenant_id == tenant_id, openid_logins.c.expires_at_us <= tx.now_us))
    tx.execute(
        insert(openid_logins).values(
            tenant_id=tenant_id,
            state_digest=key,
            body=tx.seal(tenant_id, body, f"openid_logins/{key}"),
            expires_at_us=tx.now_us + LOGIN_S * SECOND_US,
        )
    )
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": chosen.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in provider.authorization_endpoint else "?"
    return Begun(f"{provider.authorization_endpoint}{joint}{urlencode(query)}", state, login_secret)


def take(tx: Transaction, tenant_id: str, state: str, login_secret: str) -> Pending:
    """A work: what the login was begun with, which cannot be taken again. Unauthorized where there is no such login."""
    key = digest("openid_state", state, login_secret)
    here = (openid_logins.c.tenant_id == tenant_id) & (openid_logins.c.state_digest == key)
    row = tx.first(select(openid_logins).where(here))
    if row is None or not tx.execute(delete(openid_logins).where(here)).rowcount or row.expires_at_us <= tx.now_us:
        raise Unauthorized("This login was not begun here, or too long ago.", code="openid_state")
    return Pending(**json.loads(tx.unseal(tenant_id, row.body, f"openid_logins/{key}")))


async def exchange(provider: Provider, chosen: OpenId, client_secret: str, pending: Pending, code: str, *, private: bool) -> Answered:
    """The tokens for a code. Unauthorized where the provider refuses it, Unavailable where it does not answer."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": pending.redirect_uri,
        "client_id": chosen.client_id,
        "code_verifier": pending.verifier,
    }
    headers = {"Accept": "application/json"}
    if client_secret:  # client_secret_basic, what every provider must take (RFC 6749 section 2.3.1)
        both = f"{quote(chosen.client_id, safe='')}:{quote(client_secret, safe='')}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(both).decode()
    try:
        where = addresses.checked_url(provider.token_endpoint, private=private)
        async with (
            addresses.client(private=private, total_s=TOTAL_S) as client,
            client.post(where, data=form, headers=headers, allow_redirects=False) as response,
        ):
            body = await response.content.read(BYTES_MAX)
            while len(body) < BYTES_MAX and (more := await response.content.read(BYTES_MAX - len(body))):
                body += more
            status = response.status
    except (aiohttp.ClientError, OSError, TimeoutError, Unprocessable):
        raise Unavailable("The login provider does not answer.", code="openid", retry_after_s=10) from None
    try:
        said = json.loads(body) if status == 200 else {}
        token, access = said["id_token"], said.get("access_token", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        token, access = None, ""
    if not isinstance(token, str):
        raise Unauthorized("The login provider refused this login.", code="openid_refused")
    return Answered(token, access if isinstance(access, str) and access.isascii() and access.isprintable() else "")


async def verified(sets: KeySets, provider: Provider, chosen: OpenId, answered: Answered, nonce: str, now_s: float) -> Person:
    """For whom an id token answers. Unauthorized where it does not verify or they are not let in."""
    token = answered.id_token
    said = compact.header(token)
    algorithm: Algorithm
    if said.algorithm == "RS256":
        algorithm = "RS256"
    elif said.algorithm == "EdDSA":
        algorithm = "EdDSA"
    else:
        raise Unauthorized("The login provider's token has an algorithm that is not taken.", code="token_algorithm")
    key = choose(said, await sets.keys(provider.jwks_uri, algorithm, said.kid))
    try:
        jwt.decode(token, key.material, algorithms=[algorithm], options=_SIGNATURE_ONLY)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Unauthorized("The login provider's token does not verify.", code="token_signature") from None
    claims = compact.json_object(token.split(".")[1])
    judge(claims, chosen, nonce, now_s)
    about = {"name", "email", "email_verified", chosen.role_claim}
    if provider.userinfo_endpoint and answered.access_token and not about <= claims.keys():
        told = await userinfo(sets, provider, answered.access_token, claims["sub"])
        claims = {name: told[name] for name in about if name in told} | claims
    return person(claims, chosen)


async def userinfo(sets: KeySets, provider: Provider, access_token: str, subject: str) -> Mapping[str, Any]:
    """What the provider tells of a person outside of the id token, where a strict one leaves all of it (Core 1.0 sections 5.3 and 5.4).

    Unavailable where it does not say it, Unauthorized where it speaks of somebody else.
    """
    try:
        said = json.loads(await sets.document(provider.userinfo_endpoint, bearer=access_token))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError, Unprocessable):
        raise Unavailable("The login provider does not say who this is.", code="openid", retry_after_s=10) from None
    if not isinstance(said, dict) or said.get("sub") != subject:  # section 5.3.2: must be compared
        raise Unauthorized("The login provider speaks of somebody else.", code="token_claims")
    return said


def judge(claims: Mapping[str, Any], chosen: OpenId, nonce: str, now_s: float) -> None:
    """Pure: judges the claims of a token whose signature is good. Core 1.0 section 3.1.3.7, steps 2 to 5 and 9 to 11."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != chosen.issuer or chosen.client_id not in audiences:
        raise Unauthorized("The token is for another party.", code="token_audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != chosen.client_id:
        raise Unauthorized("The token is for another party.", code="token_audience")
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or not isinstance(issued, int | float) or now_s >= expires + SKEW_S or issued > now_s + SKEW_S:
        raise Unauthorized("The token has expired.", code="token_expired")
    if not isinstance(claims.get("nonce"), str) or not secrets.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise Unauthorized("The token is of another login.", code="token_nonce")
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise Unauthorized("The token names nobody.", code="token_claims")


def person(claims: Mapping[str, Any], chosen: OpenId) -> Person:
    """Pure: for whom claims that were judged speak. Unauthorized where they are not let in."""
    email, name = claims.get("email"), claims.get("name")
    address = email if isinstance(email, str) and len(email) <= 320 and claims.get("email_verified") is True else ""
    if chosen.allowed_domains and address.rpartition("@")[2].lower() not in {each.lower() for each in chosen.allowed_domains}:
        raise Unauthorized("This address is not let in.", code="openid_domain")
    shown = name if isinstance(name, str) and name.isprintable() and name else address.partition("@")[0]
    return Person(claims["sub"], (shown or "Rep")[:200], address, role(claims.get(chosen.role_claim), chosen))


def role(said: Any, chosen: OpenId) -> str:
    """The highest role that the values of the role claim give. Unauthorized where they give none and there is no default."""
    values = said if isinstance(said, list) else [said]
    given = [chosen.roles[value] for value in values if isinstance(value, str) and value in chosen.roles]
    if chosen.default_role is not None:
        given.append(chosen.default_role)
    if not given:
        raise Unauthorized("This account has no role here.", code="openid_role")
    return max(given, key=RANKS.index)


_SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}
