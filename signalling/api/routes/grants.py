"""Grants: what a customer lets reps do with their cart in a conversation."""

from pydantic import BaseModel, Field

from mediaserver.errors import NotFound
from signalling.api.models import Body, ConversationId, RepId
from signalling.api.operation import Context, Operations
from signalling.commerce import grants
from signalling.commerce.grants import Grant, Scope
from signalling.conversation import conversation
from signalling.identity.caller import ANYBODY, CUSTOMERS, Caller
from signalling.store import Transaction
from signalling.times import SECOND_US

operations = Operations("Grants")

# A conversation that lasts longer can ask again; a grant that outlives it is a door left open.
TTL_MOST_S = 24 * 3600


class GrantDraft(Body):
    """What is allowed, to whom, for how long."""

    scopes: list[Scope] = Field(min_length=1, max_length=5, description="Each comes with `view`.")
    rep_id: RepId | None = Field(default=None, description="Nobody named: any rep of the shop.")
    ttl_s: int = Field(default=3600, ge=10, le=TTL_MOST_S)


class RevokeBody(Body):
    """What is taken back. `view` takes everything with it."""

    scopes: list[Scope] = Field(default=["view"], min_length=1, max_length=5)
    rep_id: RepId | None = Field(default=None, description="From this rep. Nobody named: from everybody.")


class Grants(BaseModel):
    """What holds now."""

    data: list[Grant]


@operations.add("grant.create", "POST", "/v1/conversations/{conversation_id}/grants", roles=CUSTOMERS)
async def create(context: Context, conversation_id: ConversationId, body: GrantDraft) -> Grants:
    """Lets a rep see, or change, the customer's cart for a while. Written into the consent ledger. Repeating it prolongs it."""
    return Grants(
        data=await context.write(_grant, context.caller, conversation_id, tuple(body.scopes), body.rep_id, body.ttl_s * SECOND_US)
    )


@operations.add("grant.list", "GET", "/v1/conversations/{conversation_id}/grants", roles=ANYBODY)
async def list_grants(context: Context, conversation_id: ConversationId) -> Grants:
    """What the customer of this conversation lets whom do at this moment."""
    return Grants(data=await context.read(_granted, context.caller, conversation_id))


@operations.add("grant.revoke", "POST", "/v1/conversations/{conversation_id}/grants/revoke", roles=CUSTOMERS)
async def revoke(context: Context, conversation_id: ConversationId, body: RevokeBody) -> Grants:
    """Takes it back, at once."""
    return Grants(data=await context.write(_revoke, context.caller, conversation_id, tuple(body.scopes), body.rep_id))


def _grant(
    tx: Transaction, caller: Caller, conversation_id: str, scopes: tuple[Scope, ...], rep_id: str | None, ttl_us: int
) -> list[Grant]:
    _own(tx, caller, conversation_id)
    return grants.grant(tx, caller.tenant_id, conversation_id, caller.id, scopes, rep_id, ttl_us, caller.actor)


def _granted(tx: Transaction, caller: Caller, conversation_id: str) -> list[Grant]:
    row = conversation.require(tx, caller, conversation_id)
    return grants.granted(tx, caller.tenant_id, conversation_id, row.customer_id)


def _revoke(tx: Transaction, caller: Caller, conversation_id: str, scopes: tuple[Scope, ...], rep_id: str | None) -> list[Grant]:
    _own(tx, caller, conversation_id)
    return grants.revoke(tx, caller.tenant_id, conversation_id, caller.id, scopes, rep_id, caller.actor, everybody=rep_id is None)


def _own(tx: Transaction, caller: Caller, conversation_id: str) -> None:
    if conversation.require(tx, caller, conversation_id).customer_id != caller.id:
        raise NotFound("There is no such conversation.")
