"""Sites, customers, reps, sessions' revocation, API keys.

Names, addresses and what else tells of a person are sealed; `..._digest` columns (see `identity.digests`) find rows by such values.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, UniqueConstraint

from signalling.store.tables.base import metadata, sealed

# A shop's page that the widget runs on.
sites = Table(
    "sites",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("origins", Text, nullable=False),  # JSON list; ["*"]: any
    Column("status", Text, nullable=False),  # enabled | disabled
    Column("created_at_us", BigInteger, nullable=False),
    UniqueConstraint("id"),  # a visitor names the site alone
)

# What a shop signs its customers' tokens with. One algorithm per key.
site_keys = Table(
    "site_keys",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("site_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # the token's `kid`
    Column("algorithm", Text, nullable=False),  # HS256 | EdDSA | RS256
    # The shared secret, or the public key as PEM; None: at the URL.
    Column("key", LargeBinary, info=sealed("site_keys/{site_id}/{id}")),
    Column("jwks_url", Text),
    Column("created_at_us", BigInteger, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("site_id", Text, nullable=False),
    Column("subject_digest", Text),  # of the shop's `sub`; None: an anonymous visitor
    Column("merged_into", Text),  # the customer that a visitor turned out to be
    Column("profile", LargeBinary, nullable=False, info=sealed("customers/{id}/profile")),  # JSON: what the shop has signed
    Column("unverified", LargeBinary, nullable=False, info=sealed("customers/{id}/unverified")),  # JSON: what a page's script has said
    Column("created_at_us", BigInteger, nullable=False),
    Column("seen_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "site_id", "subject_digest"),
    Index(None, "tenant_id", "seen_at_us"),
)

# Identity tokens that were used: each is good once.
used_tokens = Table(
    "used_tokens",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("site_id", Text, primary_key=True),
    Column("jti_digest", Text, primary_key=True),
    Column("token_digest", Text, nullable=False),
    Column("used_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger, nullable=False),
    Index(None, "expires_at_us"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),  # cust_... | rep_...
    Column("site_id", Text, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("ends_at_us", BigInteger, nullable=False),  # no renewal goes beyond
    Column("revoked_at_us", BigInteger),
    Index(None, "tenant_id", "person_id"),
    Index(None, "revoked_at_us"),
    Index(None, "ends_at_us"),
)

rep_accounts = Table(
    "rep_accounts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("login_digest", Text, nullable=False),
    Column("subject_digest", Text),  # of the OpenID provider's issuer and `sub`; None: local
    Column("profile", LargeBinary, nullable=False, info=sealed("rep_accounts/{id}")),  # JSON {"login", "name", "email"}
    Column("role", Text, nullable=False),  # rep | supervisor | admin
    Column("password_hash", Text),  # argon2id; None: logs in through OpenID only
    Column("disabled", Boolean, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("updated_at_us", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "login_digest"),
    UniqueConstraint("tenant_id", "subject_digest"),
)

# Logins through an OpenID provider that have begun and not come back.
openid_logins = Table(
    "openid_logins",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("state_digest", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False, info=sealed("openid_logins/{state_digest}")),  # JSON {"nonce", "verifier", ...}
    Column("expires_at_us", BigInteger, nullable=False),
    Index(None, "expires_at_us"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("secret_digest", Text, nullable=False),
    Column("created_at_us", BigInteger, nullable=False),
    Column("expires_at_us", BigInteger),
    Column("revoked_at_us", BigInteger),
    UniqueConstraint("secret_digest"),
)
