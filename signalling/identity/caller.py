"""The caller of a request or the holder of a socket, as everything behind the edge knows them.

Made by `identity.sessions` alone, from a token that verified. Invariant: `tenant_id` comes from the token, never from the request.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from mediaserver.errors import Forbidden
from signalling.conversation.timeline import Actor


class Role(StrEnum):
    """What somebody may do. Each of the staff's roles includes the ones before it."""

    CUSTOMER = "customer"
    REP = "rep"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


PUBLIC: frozenset[Role] = frozenset()
CUSTOMERS = frozenset({Role.CUSTOMER})
STAFF = frozenset({Role.REP, Role.SUPERVISOR, Role.ADMIN})
SUPERVISORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
ANYBODY = CUSTOMERS | STAFF


@dataclass(frozen=True, slots=True)
class Caller:
    """See the module. `id`: `cust_...`, `rep_...`, or `key_...` for a back office's API key."""

    tenant_id: str
    id: str
    role: Role
    name: str = ""
    verified: bool = False  # a customer whom the shop has vouched for
    site_id: str = ""
    session_id: str = ""  # of the token: what a revocation names
    expires_at_us: int = 0
    order_ids: frozenset[str] = field(default_factory=frozenset)
    cart_id: str | None = None

    @property
    def staff(self) -> bool:
        """Belongs to the shop."""
        return self.role in STAFF

    @property
    def actor(self) -> Actor:
        """As the timeline names them."""
        if self.id.startswith("key_"):
            return Actor("shop", self.id, self.name)
        return Actor("rep" if self.staff else "customer", self.id, self.name)

    def require(self, roles: frozenset[Role]) -> None:
        """Forbidden, unless the caller has one of these roles."""
        if self.role not in roles:
            raise Forbidden(f"This needs one of the roles {', '.join(sorted(roles))}.", code="role")
