"""Every operation, asked for by whom it does not concern: another shop's people of every role, and another customer of the same shop.

Walks `all_operations`, so an operation cannot be forgotten: one that names a thing which `world` cannot make fails here. Nobody is shown
anything, nobody changes anything, and nobody learns whether something exists.
"""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import WSMsgType
from sqlalchemy import select

from signalling import tenants
from signalling.api.messages import CONTROLS
from signalling.api.operation import Operation
from signalling.api.routes import all_operations
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.identity.caller import Caller, Role
from signalling.store import Transaction
from signalling.store.tables import metadata
from tests.signalling import world
from tests.signalling.doors import Client
from tests.signalling.people import ADMIN, CUSTOMER, FOREIGN, OTHER_CUSTOMER, TENANT, bearer
from tests.signalling.samples import Samples

OPERATIONS = all_operations()
STRANGERS = {
    f"foreign {role.value}": Caller(
        FOREIGN, f"{'cust' if role is Role.CUSTOMER else 'rep'}_01JD3Q8Z6W0V7M9K4C2T5B8N9X", role, session_id="s"
    )
    for role in Role
}
# The world's things that every customer of the shop may see.
SHARED = frozenset({"product_id", "variant_id", "rep_id"})
# The demo's catalogue is the same in every shop.
CATALOGUE = frozenset({"product_id", "variant_id"})
# Anybody may ask for these, without a token; each is judged by what it is sent (a site's token, a signature, a secret in a link).
PUBLIC = frozenset(
    {
        "session.begin",
        "session.renew",
        "site.reception",
        "login.password",
        "login.openid",
        "login.openid_finish",
        "inbound.shop",
        "inbound.stripe",
        "pay.open",
        "pay.return",
        "pay.sandbox",
        "pay.sandbox_outcome",
    }
)
# Rows that the core itself changes while nobody asks for anything.
RESTLESS = frozenset({"outbox", "retention_runs"})

Rows = dict[str, set[str]]


@pytest.fixture(params=["sqlite"])
def database_url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'tresen.db'}"


@pytest.fixture
def settings(database_url: str, tmp_path: Any) -> Settings:
    """With everything that an operation may need to get as far as the question whose it is."""
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        webhook_private_addresses=True,
        smtp_url="smtp://127.0.0.1:9",
        mail_from="Shop <help@example.com>",
        **{f"rate_limit_{kind}_per_min": 0 for kind in ("reads", "writes", "logins", "inbound")},
    )


@pytest.fixture
async def ids(core: SignallingCore, client: Client) -> world.Ids:
    """Of everything that the tenant has."""
    return await world.made(core)


def rows(tx: Transaction, tenant_id: str) -> Rows:
    """A work: every row of a tenant."""
    return {
        table.name: {repr(tuple(row)) for row in tx.all(select(table).where(next(iter(table.primary_key.columns)) == tenant_id))}
        for table in metadata.sorted_tables
        if table.name not in RESTLESS
    }


def changed(before: Rows, after: Rows) -> Rows:
    """What is in one and not in the other."""
    return {table: before[table] ^ after[table] for table in before if before[table] != after[table]}


async def settled(core: SignallingCore) -> Rows:
    """Every row of the tenant, once what its things set going has come to rest."""
    before, now = None, await core.store.read(rows, TENANT)
    async with asyncio.timeout(60):
        while before != now or now["call_chores"]:
            await asyncio.sleep(0.3)
            before, now = now, await core.store.read(rows, TENANT)
    return now


async def ask(core: SignallingCore, client: Client, samples: Samples, operation: Operation, caller: Caller) -> tuple[int, str]:
    """Status and text of the answer to a well-formed request."""
    headers = bearer(core, caller)
    if operation.if_match:
        headers["If-Match"] = '"1"'
    body = samples.body(operation, caller)
    sent: dict[str, Any] = {}
    if isinstance(body, bytes):
        headers["Content-Type"] = operation.body_types[0].replace("*/*", "image/png")
        sent["data"] = body
    elif body is not None:
        sent["json"] = body
    answer = await client.request(operation.method, samples.path(operation), params=samples.query(operation), headers=headers, **sent)
    return answer.status, (await answer.read()).decode("utf-8", "replace")


def judged(operation: Operation, status: int, text: str, hidden: set[str], named: bool) -> str | None:
    """What is wrong with an answer to a stranger; None: nothing. `named`: the request named something of somebody else's."""
    what = f"{operation.name}: {status} {text[:300]}"
    if status >= 500 or status == 422:
        return f"{what} (422: give a body in samples.BODIES)"
    shown = [each for each in hidden if each in text]
    if shown and status < 400:
        return f"{what} shows {shown}"
    if named and status not in (401, 403, 404) and not (operation.method == "GET" and status == 200 and '"data":[]' in text):
        return f"{what} is not a refusal"
    if not named and status not in (200, 201, 202, 204, 401, 403, 404, 409):
        return f"{what} is neither a refusal nor an empty answer"
    return None


def names_something(samples: Samples, operation: Operation, hidden: set[str], caller: Caller) -> bool:
    """Whether the sample request names one of these; not by a filter, which may find nothing."""
    body = samples.body(operation, caller)
    sent = [samples.path(operation), None if isinstance(body, bytes) else body]
    return any(each in json.dumps(sent) for each in hidden)


def test_every_public_operation_is_known() -> None:
    assert {operation.name for operation in OPERATIONS if not operation.roles} == PUBLIC


def test_the_world_has_everything_that_a_path_names() -> None:
    named = {name for operation in OPERATIONS if operation.roles for name in operation.params}
    known = {*world.MADE, *world.WORDS}
    assert named <= known, f"make them in tests/signalling/world.py: {sorted(named - known)}"


@pytest.mark.parametrize("who", STRANGERS)
async def test_another_shop_sees_nothing_and_changes_nothing(core: SignallingCore, client: Client, ids: world.Ids, who: str) -> None:
    await core.store.write(tenants.create, FOREIGN, "Other shop")
    samples, hidden = Samples(OPERATIONS, ids), {each for name, each in ids.items() if name not in CATALOGUE}
    before = await settled(core)
    wrong = []
    for operation in OPERATIONS:
        if operation.roles:
            status, text = await ask(core, client, samples, operation, STRANGERS[who])
            wrong.append(judged(operation, status, text, hidden, names_something(samples, operation, hidden, STRANGERS[who])))
    told = [each for each in wrong if each]
    assert not told, "\n".join(told)
    assert changed(before, await core.store.read(rows, TENANT)) == {}


async def test_another_customer_sees_nothing_and_changes_nothing(core: SignallingCore, client: Client, ids: world.Ids) -> None:
    samples = Samples(OPERATIONS, ids)
    hidden = {each for name, each in ids.items() if name not in SHARED} | {CUSTOMER.id}
    before = await settled(core)
    wrong = []
    for operation in OPERATIONS:
        if operation.roles:
            status, text = await ask(core, client, samples, operation, OTHER_CUSTOMER)
            wrong.append(judged(operation, status, text, hidden, names_something(samples, operation, hidden, OTHER_CUSTOMER)))
    told = [each for each in wrong if each]
    assert not told, "\n".join(told)
    after = await core.store.read(rows, TENANT)
    gone = {table: found - after[table] for table, found in before.items() if not found <= after[table]}
    gone.pop("audit_heads", None)  # the log grows by what they do of their own
    assert gone == {}


async def test_the_samples_are_good(core: SignallingCore, client: Client, ids: world.Ids) -> None:
    """Whom it does concern is not refused as unknown: otherwise the tests above would prove nothing."""
    samples, unknown = Samples(OPERATIONS, ids), []
    for operation in OPERATIONS:
        if operation.roles and operation.method == "GET":
            answers = [await ask(core, client, samples, operation, each) for each in (CUSTOMER, ADMIN) if each.role in operation.roles]
            if not any(status in (200, 204) for status, _ in answers):
                unknown.append(f"{operation.name}: {answers}")
    assert not unknown, "\n".join(unknown)


# What a client may send besides operations: each with something of somebody else's in it, and the problem's code that must be the answer.
CONTROL_FRAMES: dict[str, tuple[dict[str, Any], str | None]] = {
    "conversation.watch": ({"conversation_id": "conversation_id"}, "not_found"),
    "conversation.unwatch": ({"conversation_id": "conversation_id"}, None),
    "ack": ({"conversation_id": "conversation_id", "seq": 1}, None),
    "typing": ({"conversation_id": "conversation_id", "active": True}, "not_watched"),
    "caption": ({"conversation_id": "conversation_id", "line": "1", "text": "hello"}, "not_watched"),
    "captions.wanted": ({"conversation_id": "conversation_id"}, "not_watched"),
    "lobby.watch": ({}, None),
    "lobby.unwatch": ({}, None),
    "ping": ({}, None),
    "token.renew": ({"token": "x.y.z"}, "token_malformed"),
}


def test_every_frame_of_a_client_is_walked() -> None:
    assert set(CONTROL_FRAMES) == set(CONTROLS)


async def answered(socket: Any, frame: dict[str, Any]) -> tuple[int, str]:
    """Status and text of the answer to one request frame, passing by what is pushed meanwhile."""
    await socket.send_json(frame)
    async with asyncio.timeout(30):
        while True:
            message = await socket.receive()
            assert message.type is WSMsgType.TEXT, f"{frame['type']}: closed with {socket.close_code} {message.extra}"
            told = json.loads(message.data)
            if told.get("id") == frame["id"]:
                return (told["problem"]["status"] if told["type"] == "error" else 200), message.data


@pytest.mark.parametrize("who", [*STRANGERS, "another customer"])
async def test_no_frame_shows_or_changes_what_is_somebody_elses(core: SignallingCore, client: Client, ids: world.Ids, who: str) -> None:
    await core.store.write(tenants.create, FOREIGN, "Other shop")
    caller = STRANGERS.get(who, OTHER_CUSTOMER)
    samples = Samples(OPERATIONS, ids)
    mine = SHARED if caller is OTHER_CUSTOMER else CATALOGUE
    hidden = {each for name, each in ids.items() if name not in mine} | {CUSTOMER.id}
    before = await settled(core)
    wrong: list[str | None] = []
    async with client.ws_connect("/v1/socket") as socket:
        token = bearer(core, caller)["Authorization"].removeprefix("Bearer ")
        status, text = await answered(socket, {"type": "hello", "id": "h", "token": token, "after": {ids["conversation_id"]: 0}})
        assert status == 200 and not [each for each in hidden if each in text]
        for number, (name, (fields, code)) in enumerate(CONTROL_FRAMES.items()):
            if name == "ack":  # is not answered; what it did shows in the rows
                await socket.send_json({"type": name, **{key: ids.get(str(value), value) for key, value in fields.items()}})
                continue
            sent = {key: ids.get(str(value), value) for key, value in fields.items()}
            status, text = await answered(socket, {"type": name, "id": f"c{number}", **sent})
            told = json.loads(text)
            assert code is None or told["problem"]["code"] == code, text
            assert not [each for each in hidden if each in text], text
        for number, operation in enumerate(each for each in OPERATIONS if each.roles and each.socket):
            frame: dict[str, Any] = samples.pieces(operation) | samples.query(operation)
            body = samples.body(operation, caller)
            if body is not None:
                frame["body"] = body
            if operation.if_match:
                frame["if_match"] = 1
            status, text = await answered(socket, {"type": operation.name, "id": f"o{number}", **frame})
            wrong.append(judged(operation, status, text, hidden, names_something(samples, operation, hidden, caller)))
    told_wrong = [each for each in wrong if each]
    assert not told_wrong, "\n".join(told_wrong)
    after = await core.store.read(rows, TENANT)
    gone = {table: found - after[table] for table, found in before.items() if not found <= after[table]}
    gone.pop("audit_heads", None)  # the log grows by what they do of their own
    assert gone == {}
    assert caller is OTHER_CUSTOMER or changed(before, after) == {}
