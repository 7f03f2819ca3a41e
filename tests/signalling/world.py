"""One of everything that the API can name, so that a test can ask for things that exist.

`IDS` tells, by the name of a path's piece, how such a thing is made; a piece that is not here fails the test that walks all operations,
which is how a new resource is not forgotten.
"""

from collections.abc import Callable
from typing import Any

from signalling import tenants, webhooks
from signalling.conversation import conversation
from signalling.ids import new_id
from signalling.store import Transaction
from tests.signalling.people import CUSTOMER, TENANT

Ids = dict[str, str]


def _conversation(tx: Transaction, ids: Ids) -> str:
    return conversation.begin(tx, TENANT, CUSTOMER.id, CUSTOMER.actor).id


def _endpoint(tx: Transaction, ids: Ids) -> str:
    return webhooks.create(tx, TENANT, new_id("we"), "http://127.0.0.1:9/hooks", [], "").id


# In the order in which they are made.
IDS: dict[str, Callable[[Transaction, Ids], str]] = {
    "endpoint_id": _endpoint,
    "conversation_id": _conversation,
}


def made(tx: Transaction) -> Ids:
    """A work: makes the tenant and one of everything; ids by the name of the path's piece."""
    if not tenants.exists(tx, TENANT):
        tenants.create(tx, TENANT, "Shop")
    ids: Ids = {}
    for name, make in IDS.items():
        ids[name] = make(tx, ids)
    return ids


def existing_of(prefix: str, ids: Ids) -> str | None:
    """The id of the thing of this kind, if there is one."""
    return next((each for each in ids.values() if each.partition("_")[0] == prefix), None)


def with_existing(value: Any, ids: Ids) -> Any:
    """The value with every id in it replaced by that of an existing thing of its kind."""
    if isinstance(value, dict):
        return {key: with_existing(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [with_existing(each, ids) for each in value]
    if isinstance(value, str):
        prefix, _, rest = value.partition("_")
        if len(rest) == 26:
            return existing_of(prefix, ids) or value
    return value
