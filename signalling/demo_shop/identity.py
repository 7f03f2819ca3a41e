"""Who visits the shop, and the token by which the shop vouches for them at Tresen (see docs/identity.md).

A visit is a browser with the shop's cookie. Everybody has a number of the shop's; until they sign in the shop does not say who they are
(`anonymous`), only which cart is theirs. Visits live in memory: a demonstration that is started again has forgotten them.
"""

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import jwt

# A token is fetched when it is needed and good once; a minute or two would do.
TOKEN_TTL_S = 300
VISITS_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in to the demonstration's shop, with one press of a button."""

    sub: str
    name: str
    email: str
    city: str
    street: str
    postcode: str
    country: str


MARIA = Account("customer-1042", "Maria Lindner", "maria@example.com", "Hamburg", "Am Sandtorkai 12", "20457", "DE")


@dataclass(slots=True)
class Visit:
    """One browser. `session`: the token of its session at Tresen, by which the shop's backend acts for it."""

    id: str
    sub: str
    account: Account | None = None
    locale: str = "en"
    cart_id: str | None = None
    session: str | None = None
    order_ids: list[str] = field(default_factory=list)

    def sign_in(self, account: Account) -> None:
        """From now on it is this customer; the session at Tresen is the old one until `CoreClient.begin` has made another."""
        self.account, self.sub = account, account.sub

    def sign_out(self) -> None:
        """Somebody new: whoever uses the browser next has nothing of it."""
        self.account, self.sub, self.cart_id, self.session, self.order_ids = None, visitor_number(), None, None, []


class Visits:
    """The visits of this process, by cookie; the longest unseen are forgotten beyond `VISITS_MOST`."""

    def __init__(self) -> None:
        """Nobody was here yet."""
        self._known: OrderedDict[str, Visit] = OrderedDict()

    def find(self, cookie: str | None) -> Visit | None:
        """The visit of a cookie; None for an unknown one."""
        visit = self._known.get(cookie or "")
        if visit is not None:
            self._known.move_to_end(visit.id)
        return visit

    def begin(self) -> Visit:
        """A new visitor."""
        visit = Visit(secrets.token_urlsafe(24), visitor_number())
        self._known[visit.id] = visit
        if len(self._known) > VISITS_MOST:
            self._known.popitem(last=False)
        return visit


@dataclass(frozen=True, slots=True)
class Signer:
    """The shop's key at its site."""

    site_id: str
    kid: str
    secret: str

    def token(self, visit: Visit) -> str:
        """Vouches for a visit, once."""
        now_s = int(time.time())
        claims: dict[str, Any] = {
            "aud": self.site_id,
            "sub": visit.sub,
            "iat": now_s,
            "exp": now_s + TOKEN_TTL_S,
            "jti": secrets.token_urlsafe(16),
            "locale": visit.locale,
            "order_ids": visit.order_ids[-50:],
        }
        if visit.cart_id is not None:
            claims["cart_id"] = visit.cart_id
        if visit.account is None:
            claims["anonymous"] = True
        else:
            account = visit.account
            claims |= {"name": account.name, "email": account.email, "email_verified": True, "attributes": {"city": account.city}}
        return jwt.encode(claims, self.secret, algorithm="HS256", headers={"kid": self.kid})


def visitor_number() -> str:
    """The shop's number for somebody it does not know."""
    return f"visitor-{secrets.token_hex(8)}"
