"""Sites: a shop's pages that the widget runs on, which origins they have, and what they sign with.

Works for the doors, the commands and `arrival`. Invariants: a key has one algorithm and is never changed, only replaced; secrets are shown
once, when they are made.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import Row, delete, func, insert, select, update

from mediaserver.errors import Conflict, Forbidden, NotFound, Unprocessable
from signalling.conversation.timeline import Actor
from signalling.identity.compact import KID_CHARS_MAX
from signalling.identity.site_token import Algorithm
from signalling.ids import new_id
from signalling.privacy import audit
from signalling.store import Transaction
from signalling.store.tables.identity import site_keys, sites
from signalling.times import rfc3339

# RFC 7518 section 3.2: a key as long as the hash at least. RFC 7518 section 3.3: RSA keys of 2048 bits at least; longer ones cost time.
SECRET_BYTES_MIN = 32
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192
KEYS_MOST = 10
ORIGINS_MOST = 50
SITES_MOST = 500
# A site's origins as they are now: `(site_id, origins)`.
CHANGED = "sites"


@dataclass(frozen=True, slots=True)
class SiteKey:
    """A key as callers see it: `secret` only in the answer that made it."""

    id: str
    algorithm: str
    jwks_url: str | None
    created_at: str
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A site."""

    id: str
    name: str
    origins: list[str]
    status: str
    keys: list[SiteKey]
    created_at: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as `arrival` needs it. `material`: the secret or a PEM; None: at `jwks_url`."""

    kid: str
    algorithm: Algorithm
    material: bytes | None
    jwks_url: str | None


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A site with everything that tokens for it are judged by."""

    tenant_id: str
    id: str
    origins: tuple[str, ...]
    keys: tuple[StoredKey, ...]


def add(tx: Transaction, tenant_id: str, actor: Actor, name: str, origins: Sequence[str], *, site_id: str | None = None) -> Site:
    """A new site, without keys. Unprocessable where an origin is none."""
    if tx.execute(select(func.count()).select_from(sites).where(sites.c.tenant_id == tenant_id)).scalar_one() >= SITES_MOST:
        raise Conflict(f"A tenant has at most {SITES_MOST} sites.", code="sites_most")
    made = site_id or new_id("site")
    tx.execute(
        insert(sites).values(
            tenant_id=tenant_id, id=made, name=name, origins=json.dumps(checked_origins(origins)), status="enabled", created_at_us=tx.now_us
        )
    )
    audit.record(tx, tenant_id, actor, "site.made", made)
    return _told(tx, get(tx, tenant_id, made))


def change(
    tx: Transaction,
    tenant_id: str,
    actor: Actor,
    site_id: str,
    *,
    name: str | None = None,
    origins: Sequence[str] | None = None,
    status: str | None = None,
) -> Site:
    """Changes what is given. NotFound where there is no such site."""
    get(tx, tenant_id, site_id)
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = name
    if origins is not None:
        values["origins"] = json.dumps(checked_origins(origins))
    if status is not None:
        values["status"] = status
    here = (sites.c.tenant_id == tenant_id) & (sites.c.id == site_id)
    if values:
        tx.execute(update(sites).where(here).values(**values))
        audit.record(tx, tenant_id, actor, "site.changed", site_id, {"names": sorted(values)})
    return _told(tx, get(tx, tenant_id, site_id))


def get(tx: Transaction, tenant_id: str, site_id: str) -> Site:
    """A site. NotFound where there is none."""
    row = tx.first(select(sites).where(sites.c.tenant_id == tenant_id, sites.c.id == site_id))
    if row is None:
        raise NotFound("There is no such site.")
    return _view(tx, row)


def list_all(tx: Transaction, tenant_id: str) -> list[Site]:
    """A tenant's sites, the oldest first."""
    return [
        _view(tx, row) for row in tx.all(select(sites).where(sites.c.tenant_id == tenant_id).order_by(sites.c.created_at_us, sites.c.id))
    ]


def add_key(
    tx: Transaction,
    tenant_id: str,
    actor: Actor,
    site_id: str,
    algorithm: Algorithm,
    *,
    kid: str | None = None,
    public_key_pem: str | None = None,
    jwks_url: str | None = None,
) -> SiteKey:
    """A new key: HS256 makes its secret here and shows it once; EdDSA and RS256 take a public key or where a key set lies (a URL that the
    caller has checked).

    Unprocessable for a key that does not fit its algorithm, Conflict where the id is taken or there are too many.
    """
    get(tx, tenant_id, site_id)
    made = kid or new_id("skey")
    if len(made) > KID_CHARS_MAX:
        raise Unprocessable(f"A key's id has at most {KID_CHARS_MAX} characters.", code="key_id")
    held = [row.id for row in _keys(tx, tenant_id, site_id)]
    if made in held or len(held) >= KEYS_MOST:
        raise Conflict(f"There is such a key already, or there are {KEYS_MOST}.", code="site_key")
    secret = secrets.token_urlsafe(SECRET_BYTES_MIN) if algorithm == "HS256" else None
    material = checked_material(algorithm, secret, public_key_pem, jwks_url)
    tx.execute(
        insert(site_keys).values(
            tenant_id=tenant_id,
            site_id=site_id,
            id=made,
            algorithm=algorithm,
            key=tx.seal(tenant_id, material, _about(site_id, made)) if material is not None else None,
            jwks_url=jwks_url,
            created_at_us=tx.now_us,
        )
    )
    audit.record(tx, tenant_id, actor, "site_key.made", site_id, {"kid": made, "algorithm": algorithm})
    return SiteKey(made, algorithm, jwks_url, rfc3339(tx.now_us), secret)


def remove_key(tx: Transaction, tenant_id: str, actor: Actor, site_id: str, kid: str) -> None:
    """Tokens signed with it are refused from now on. NotFound where there is none."""
    gone = tx.execute(
        delete(site_keys).where(site_keys.c.tenant_id == tenant_id, site_keys.c.site_id == site_id, site_keys.c.id == kid)
    ).rowcount
    if not gone:
        raise NotFound("There is no such key.")
    audit.record(tx, tenant_id, actor, "site_key.removed", site_id, {"kid": kid})


def known(tx: Transaction, site_id: str) -> KnownSite:
    """The site that a visitor names, with its keys. NotFound where there is none or it is disabled."""
    row = tx.first(select(sites).where(sites.c.id == site_id))
    if row is None or row.status != "enabled":
        raise NotFound("There is no such site.", code="site")
    keys = tuple(
        StoredKey(
            key.id,
            key.algorithm,
            tx.unseal(row.tenant_id, key.key, _about(site_id, key.id)) if key.key is not None else None,
            key.jwks_url,
        )
        for key in _keys(tx, row.tenant_id, site_id)
    )
    return KnownSite(row.tenant_id, site_id, tuple(json.loads(row.origins)), keys)


def all_origins(tx: Transaction) -> dict[str, tuple[str, ...]]:
    """Site -> origins of its pages, for all enabled sites of the installation."""
    rows = tx.all(select(sites.c.id, sites.c.origins).where(sites.c.status == "enabled"))
    return {row.id: tuple(json.loads(row.origins)) for row in rows}


def check_origin(site: KnownSite, origin: str | None) -> None:
    """Forbidden where a browser says that its page is none of the site's. Programs send no Origin and are let through: it protects visitors
    from foreign pages, not the server from programs."""
    if origin is not None and "*" not in site.origins and origin not in site.origins:
        raise Forbidden("This page is not one of the site's.", code="origin")


def checked_origins(origins: Sequence[str]) -> list[str]:
    """The origins, lower case, each once. Unprocessable where one is not `scheme://host[:port]` (RFC 6454)."""
    if len(origins) > ORIGINS_MOST:
        raise Unprocessable(f"A site has at most {ORIGINS_MOST} origins.", code="origins_most")
    made = []
    for index, origin in enumerate(origins):
        text = origin.lower()
        if text != "*" and not re.fullmatch(r"https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?", text):
            raise Unprocessable("An origin reads https://shop.example.", code="origin", pointer=f"/origins/{index}")
        made.append(text)
    return list(dict.fromkeys(made))


def checked_material(algorithm: Algorithm, secret: str | None, public_key_pem: str | None, jwks_url: str | None) -> bytes | None:
    """What to keep of a key. Unprocessable where it does not fit."""
    if algorithm == "HS256":
        if secret is None or public_key_pem or jwks_url:
            raise Unprocessable("A shared secret is made here: give neither a public key nor a URL.", code="site_key")
        return secret.encode()
    if (public_key_pem is None) == (jwks_url is None):
        raise Unprocessable("Give either a public key or the URL of a key set.", code="site_key")
    if public_key_pem is None:
        return None
    try:
        key = load_pem_public_key(public_key_pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unprocessable("This is no public key in PEM.", code="site_key", pointer="/public_key_pem") from None
    if not fits(algorithm, key):
        raise Unprocessable("This public key is not one of this algorithm, or it is too short.", code="site_key", pointer="/public_key_pem")
    return public_key_pem.encode()


def fits(algorithm: str, key: Any) -> bool:
    """Whether a public key may be used with this algorithm."""
    if algorithm == "EdDSA":
        return isinstance(key, Ed25519PublicKey)
    return algorithm == "RS256" and isinstance(key, RSAPublicKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX


def _keys(tx: Transaction, tenant_id: str, site_id: str) -> Sequence[Row[Any]]:
    return tx.all(
        select(site_keys)
        .where(site_keys.c.tenant_id == tenant_id, site_keys.c.site_id == site_id)
        .order_by(site_keys.c.created_at_us, site_keys.c.id)
    )


def _told(tx: Transaction, site: Site) -> Site:
    tx.tell(CHANGED, (site.id, tuple(site.origins) if site.status == "enabled" else ()))
    return site


def _about(site_id: str, kid: str) -> str:
    return f"site_keys/{site_id}/{kid}"


def _view(tx: Transaction, row: Row[Any]) -> Site:
    keys = [SiteKey(key.id, key.algorithm, key.jwks_url, rfc3339(key.created_at_us)) for key in _keys(tx, row.tenant_id, row.id)]
    return Site(row.id, row.name, json.loads(row.origins), row.status, keys, rfc3339(row.created_at_us))
