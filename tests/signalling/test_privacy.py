"""What people may ask about their data: everything as a file, everything gone, with a receipt; and data that goes in time."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import LargeBinary, Update, insert, select, update

from mediaserver.errors import NotFound
from signalling import tenants
from signalling.app import SignallingCore
from signalling.channels import email
from signalling.conversation import conversation, handling, messages, timeline
from signalling.conversation.messages import Said
from signalling.identity.caller import Caller, Role
from signalling.ids import new_id
from signalling.privacy import audit, consent, erasure, recordings, register, retention, subject
from signalling.privacy.redaction import REDACTIONS, blanked
from signalling.privacy.register import REGISTER, table
from signalling.store import Store, Transaction
from signalling.store.tables import metadata
from signalling.store.tables.outward import webhook_endpoints
from signalling.times import SECOND_US
from tests.signalling.people import ADMIN, FOREIGN, OTHER_CUSTOMER, REP, TENANT, bearer
from tests.signalling.shoppers import Shop, arrive, auth, shop

__all__ = ["shop"]
Client = TestClient[web.Request, web.Application]
# Words that must be found before an erasure, and nowhere after it.
WORDS = ("Ana Souza", "ana@example.org", "my secret wish", "Rua Augusta", "poem.txt")


async def stop_privacy(core: SignallingCore) -> None:
    """Erasures run when the test says so."""
    await core.services.privacy.stop()


async def known(core: SignallingCore, client: Client, shop: Shop) -> tuple[Caller, str]:
    """A customer who has done everything that leaves a trace; and their conversation."""
    store = core.store
    visitor = await arrive(client, shop)
    before = await core.services.identity.authenticate(visitor["token"])
    made = await store.write(conversation.begin, TENANT, before.id, before.actor)
    session = await arrive(
        client, shop, token=shop.token(), previous_token=visitor["token"], unverified_attributes={"email": "ana@example.org"}
    )
    who = await core.services.identity.authenticate(session["token"])
    await store.write(messages.send, who, made.id, new_id("msg"), Said("my secret wish"))
    await store.write(messages.send, REP, made.id, new_id("msg"), Said("Dear Ana Souza"))
    await store.write(consent.grant, TENANT, made.id, who.id, "recording", "call", None, who.actor, text_version="1")
    await store.write(email.enqueue, TENANT, "Ana@Example.org", "Your transcript", "Dear Ana Souza")
    form = {"name": "poem.txt"}
    response = await client.post(
        f"/v1/conversations/{made.id}/attachments?name={form['name']}",
        data=b"roses are red",
        headers={**auth(session), "Content-Type": "text/plain"},
    )
    assert response.status == 201, await response.text()
    await store.write(_ordered, who)
    return who, made.id


def _ordered(tx: Transaction, who: Caller) -> None:
    """A cart and an order as commerce keeps them."""
    address = {"name": "Ana Souza", "street": "Rua Augusta 1", "city": "SP", "country": "BR"}
    body = {"id": "ord_1", "customer_id": who.id, "address": address, "note": "ring twice", "lines": [{"title": "Mug", "quantity": 2}]}
    common = {"tenant_id": TENANT, "customer_id": who.id, "version": 1, "updated_at_us": tx.now_us}
    for name, values in {
        "carts": {"id": "cart_1", "status": "ordered", "step": "done", "created_at_us": tx.now_us},
        "orders": {
            "id": "ord_1",
            "number": "1001",
            "ref": "1001",
            "cart_id": "cart_1",
            "financial_status": "paid",
            "fulfillment_status": "fulfilled",
            "digest": "d",
            "total": 5900,
            "currency": "EUR",
            "placed_at_us": tx.now_us,
        },
    }.items():
        sealed = tx.seal(TENANT, json.dumps(body).encode(), f"{name}/{values['id']}")
        tx.execute(insert(table(name)).values(**common, **values, body=sealed))


def _called(tx: Transaction, who: Caller, conversation_id: str) -> None:
    values: dict[str, Any] = {"tenant_id": TENANT, "id": "call_1", "conversation_id": conversation_id, "customer_id": who.id}
    values |= {"media": "voice", "state": "ended", "requested_by": who.id, "divert": False, "payment_step": False}
    tx.execute(insert(table("calls")).values(**values, created_at_us=tx.now_us, ended_at_us=tx.now_us))


async def everything(store: Store) -> str:
    """All rows of all tables, opened, as one text. A table a transaction: a slow machine takes a while."""

    def opened(tx: Transaction, name: str) -> list[str]:
        rows = tx.all(select(table(name)))
        values = [subject.opened(tx, name, row) if "tenant_id" in row._mapping else dict(row._mapping) for row in rows]
        return [json.dumps(each, default=str, ensure_ascii=False) for each in values]

    return "\n".join([line for name in metadata.tables for line in await store.read(opened, name)])


async def read_zip(client: Client, path: str, headers: dict[str, str]) -> zipfile.ZipFile:
    response = await client.get(path, headers=headers)
    assert (response.status, response.content_type) == (200, "application/zip"), await response.text()
    return zipfile.ZipFile(io.BytesIO(await response.read()))


async def test_a_customer_gets_everything_about_them(core: SignallingCore, client: Client, shop: Shop) -> None:
    who, conversation_id = await known(core, client, shop)
    other = await core.store.write(conversation.begin, TENANT, OTHER_CUSTOMER.id, OTHER_CUSTOMER.actor)
    await core.store.write(messages.send, OTHER_CUSTOMER, other.id, new_id("msg"), Said("somebody else's words"))
    note = await core.store.write(handling.note, REP, conversation_id, new_id("note"), "a difficult customer")
    archive = await read_zip(client, "/v1/me/export", bearer(core, who))
    assert archive.testzip() is None
    text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert all(word in text for word in WORDS) and "roses are red" in text
    assert "somebody else" not in text and note["data"]["text"] not in text
    for name in ("customers", "conversations", "timeline", "attachments", "orders", "carts", "consents"):
        assert json.loads(archive.read(f"data/{name}.json")), name
        assert f"data/{name}.json" in archive.read("index.html").decode()
    lines = await core.store.read(audit.read, TENANT, subject=who.id)
    assert [line.action for line in lines] == ["privacy.exported"]


async def test_an_export_is_for_the_customer_and_admins_of_their_shop(core: SignallingCore, client: Client, shop: Shop) -> None:
    who, _ = await known(core, client, shop)
    await core.store.write(tenants.create, FOREIGN, "Other")
    path = f"/v1/customers/{who.id}/export"
    assert (await client.get(path, headers=bearer(core, ADMIN))).status == 200
    assert (await client.get(path, headers=bearer(core, REP))).status == 403
    foreign = bearer(core, Caller(FOREIGN, ADMIN.id, Role.ADMIN, session_id="ses_f"))
    assert (await client.get(path, headers=foreign)).status == 404


async def test_an_erasure_leaves_nothing_of_them_but_proof(core: SignallingCore, client: Client, shop: Shop, tmp_path: Path) -> None:
    await stop_privacy(core)
    who, conversation_id = await known(core, client, shop)
    await core.store.write(_called, who, conversation_id)
    voices = [recording(core.services.privacy._root, "call_1"), recording(core.services.privacy._root, "call_2")]
    before = await everything(core.store)
    assert all(word in before for word in WORDS)
    response = await client.post(f"/v1/customers/{who.id}/erasure", headers=bearer(core, ADMIN))
    begun = await response.json()
    assert (response.status, begun["status"]) == (202, "pending")
    assert (await client.get("/v1/me", headers=bearer(core, who))).status == 401
    await core.services.privacy.erase()
    after = await everything(core.store)
    assert [word for word in WORDS if word.lower() in after.lower()] == []
    assert "roses are red" not in after
    done = await (await client.get(f"/v1/erasures/{begun['id']}", headers=bearer(core, ADMIN))).json()
    assert done["status"] == "done" and len(done["receipt"]) == 64
    assert done["rows"]["timeline"] >= 4 and done["rows"]["customers"] == 2 and done["rows"]["mail"] == 1
    assert done["rows"]["calls"] == 1 and not voices[0].exists() and voices[1].exists()  # the other call is somebody else's
    entries = await core.store.read(timeline.read, TENANT, conversation_id)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))  # places stay
    assert entries[-1].kind == "privacy.erased"
    for entry in entries:
        if entry.kind == "message.created" and "id" in entry.data:
            shown = await client.get(f"/v1/conversations/{conversation_id}/messages/{entry.data['id']}", headers=bearer(core, REP))
            assert shown.status == 404 or (await shown.json())["deleted"] is True
    order = await core.store.read(lambda tx: tx.first(select(table("orders"))))
    assert order is not None and order.customer_id is None and order.total == 5900
    assert [each.purpose for each in await core.store.read(consent.list_all, TENANT, who.id)] == ["recording"]
    assert (await audit.verify(core.store, TENANT)).good


async def test_erasing_again_is_the_same_erasure(core: SignallingCore, client: Client, shop: Shop) -> None:
    await stop_privacy(core)
    who, _ = await known(core, client, shop)
    first = await core.store.write(erasure.begin, TENANT, ADMIN.actor, who.id)
    assert await core.store.write(erasure.begin, TENANT, ADMIN.actor, who.id) == first
    root = core.services.privacy._root
    done = await erasure.run(core.store, TENANT, first.id, root)
    assert await erasure.run(core.store, TENANT, first.id, root) == done
    assert await core.store.write(erasure.begin, TENANT, ADMIN.actor, who.id) == done
    assert await core.store.read(erasure.pending) == []
    with pytest.raises(NotFound):
        await core.store.write(erasure.begin, TENANT, ADMIN.actor, "cust_01JD3Q8Z6W0V7M9K4C2T5B8NZZ")


@pytest.mark.parametrize("after", [1, 9, 20])
async def test_an_erasure_goes_on_where_it_was_interrupted(
    core: SignallingCore, client: Client, shop: Shop, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stop_privacy(core)
    monkeypatch.setattr(erasure, "BATCH", 2)
    who, _ = await known(core, client, shop)
    begun = await core.store.write(erasure.begin, TENANT, ADMIN.actor, who.id)
    genuine, writes = core.store.write, 0

    async def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes > after:
            raise ConnectionResetError("killed")
        return await genuine(*arguments, **named)

    monkeypatch.setattr(core.store, "write", dies)
    with pytest.raises(ConnectionResetError):
        await erasure.run(core.store, TENANT, begun.id, core.services.privacy._root)
    monkeypatch.setattr(core.store, "write", genuine)
    assert await core.store.read(erasure.pending) == [(TENANT, begun.id)]
    await core.services.privacy.erase()
    text = await everything(core.store)
    assert [word for word in WORDS if word.lower() in text.lower()] == []


async def test_an_erasure_is_told_to_the_shop_and_takes_messages_on_their_way_along(
    core: SignallingCore, client: Client, shop: Shop
) -> None:
    await stop_privacy(core)
    await core.services.delivery.stop()
    await core.store.write(_listen)
    who, conversation_id = await known(core, client, shop)
    nameless = await arrive(client, shop)
    begun = [await core.store.write(erasure.begin, TENANT, ADMIN.actor, person) for person in (who.id, nameless["person_id"])]
    await core.services.privacy.erase()
    rows = await core.store.read(lambda tx: [subject.opened(tx, "outbox", row) for row in tx.all(select(table("outbox")))])
    told = [row["body"] for row in rows if row["kind"] == "privacy.erased"]
    assert {body["data"]["customer_id"] for body in told} == {who.id, nameless["person_id"]}
    assert [row["kind"] for row in rows if row["lane"] == conversation_id] == ["privacy.erased"]
    assert len(begun) == 2


def _listen(tx: Transaction) -> None:
    values: dict[str, Any] = {"tenant_id": TENANT, "id": "we_1", "url": "https://shop.example", "kinds": "[]", "status": "enabled"}
    values |= {"description": "", "created_at_us": tx.now_us, "secrets": tx.seal(TENANT, b"{}", "webhook_endpoints/we_1")}
    tx.execute(insert(webhook_endpoints).values({name: value for name, value in values.items() if name in webhook_endpoints.c}))


async def test_the_service_erases_by_itself(core: SignallingCore, client: Client, shop: Shop) -> None:
    session = await arrive(client, shop, token=shop.token())
    begun = await (await client.post("/v1/me/erasure", headers=auth(session))).json()
    deadline = core.store.clock() + 30 * SECOND_US
    status = begun["status"]
    while status != "done" and core.store.clock() < deadline:
        status = (await core.store.read(erasure.get, TENANT, begun["id"])).status
    assert status == "done"
    assert (await client.get("/v1/me", headers=auth(session))).status == 401


def recording(root: Path, call_id: str, tenant_id: str = TENANT) -> Path:
    folder = root / f"{tenant_id}.{call_id}" / "01REC"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"room": f"{tenant_id}.{call_id}", "started_at": "2026"}))
    (folder / "call.webm").write_bytes(b"voices")
    return folder


def test_recordings_are_found_by_tenant_and_call_and_removed(tmp_path: Path) -> None:
    mine, other = recording(tmp_path, "call_1"), recording(tmp_path, "call_2")
    foreign = recording(tmp_path, "call_1", FOREIGN)
    assert [each.folder for each in recordings.of(tmp_path, TENANT, {"call_1"})] == [mine]
    for each in recordings.of(tmp_path, TENANT):
        recordings.remove(each)
    assert not mine.parent.exists() and not other.parent.exists() and foreign.exists()


async def aged(store: Store, days: int) -> None:
    """Everything becomes so many days older."""
    for name in metadata.tables:
        here = table(name)
        columns = {column.name: column - days * retention.DAY_US for column in here.columns if column.name.endswith("_us")}
        if columns and not name.startswith(("tenant", "audit")):
            await store.write(_execute, update(here).values(**columns))


def _execute(tx: Transaction, statement: Update) -> None:
    tx.execute(statement)


async def counted(store: Store) -> dict[str, int]:
    return {name: await store.read(_length, name) for name in metadata.tables}


def _length(tx: Transaction, name: str) -> int:
    return len(tx.all(select(table(name))))


async def test_data_goes_when_its_time_is_over_and_a_dry_run_only_says_so(
    core: SignallingCore, client: Client, shop: Shop, tmp_path: Path
) -> None:
    await stop_privacy(core)
    await core.services.delivery.stop()
    root = tmp_path / "recordings"
    await known(core, client, shop)
    recording(root, "call_1")
    assert (await retention.run(core.store, TENANT, root, dry_run=True)).removed == {}
    chosen = tenants.Retention(attachments_days=10, carts_days=20, messages_days=30, orders_days=40, customers_days=50, consents_days=60)
    await core.store.write(tenants.set_settings, TENANT, tenants.TenantSettings(retention=chosen))
    before = await counted(core.store)
    for days, gone in ((11, "attachments"), (10, "carts"), (10, "conversations"), (10, "orders"), (10, "customers"), (10, "consents")):
        await aged(core.store, days)
        then = await counted(core.store)
        dry = await retention.run(core.store, TENANT, root, dry_run=True)
        assert dry.removed[gone] == then[gone] > 0 and await counted(core.store) == then
        real = await retention.run(core.store, TENANT, root, dry_run=False)
        assert real.removed[gone] == dry.removed[gone]
        assert (await counted(core.store))[gone] == 0
    left = await counted(core.store)
    assert left["timeline"] == left["messages"] == left["attachment_chunks"] == left["participants"] == 0 < before["timeline"]
    assert left["sites"] == 1 and left["tenant_keys"] == 1
    assert (await audit.verify(core.store, TENANT)).good


async def test_retention_is_a_tenants_own(core: SignallingCore, client: Client, shop: Shop) -> None:
    await stop_privacy(core)
    await known(core, client, shop)
    await core.store.write(tenants.create, FOREIGN, "Other", {"retention": {"messages_days": 1}})
    await aged(core.store, 10)
    before = await counted(core.store)
    assert (await retention.run(core.store, FOREIGN, Path("/nowhere"), dry_run=False)).removed == {}
    after = await counted(core.store)
    assert {name for name in after if after[name] != before[name]} <= {"retention_runs"}


def test_every_table_that_is_redacted_has_a_redaction_and_sealed_columns_are_personal_or_the_shops() -> None:
    assert {name for name, holding in REGISTER.items() if holding.erase == "redact"} == set(REDACTIONS)
    order = register.personal()
    for child in order:
        parent = REGISTER[child].parent
        assert parent is None or order.index(child) < order.index(parent.table), child
    assert order[-1] == "customers"
    assert any(isinstance(column.type, LargeBinary) for column in table("customers").columns)


def test_an_order_keeps_goods_and_loses_the_person() -> None:
    stored = {
        "customer_id": "c",
        "address": {"name": "Ana"},
        "destination": {"country": "BR", "postcode": "01000"},
        "note": "ring",
        "placed_by": {"kind": "customer", "id": "c", "name": "Ana"},
        "lines": [{"title": "Mug", "quantity": 2, "attributes": {"engraving": "Ana"}}],
        "shipping": {"id": "std", "name": "Standard"},
    }
    assert blanked(stored) == {
        "customer_id": None,
        "address": None,
        "destination": {"country": "BR", "postcode": ""},
        "note": "",
        "placed_by": {"kind": "customer", "id": "c", "name": ""},
        "lines": [{"title": "Mug", "quantity": 2, "attributes": {}}],
        "shipping": {"id": "std", "name": "Standard"},
    }


async def test_customers_give_and_withdraw_consent(core: SignallingCore, client: Client, shop: Shop) -> None:
    session = await arrive(client, shop, token=shop.token())
    headers = auth(session)
    body = {"purpose": "marketing", "text_version": "2026-03", "locale": "pt-BR"}
    given = await client.post("/v1/me/consents", json=body, headers=headers)
    assert given.status == 201 and (await given.json())["action"] == "granted"
    foreign = await core.store.write(conversation.begin, TENANT, OTHER_CUSTOMER.id, OTHER_CUSTOMER.actor)
    refused = await client.post("/v1/me/consents", json={**body, "purpose": "recording", "conversation_id": foreign.id}, headers=headers)
    assert refused.status == 404
    nowhere = await client.post("/v1/me/consents", json={**body, "purpose": "recording"}, headers=headers)
    assert nowhere.status == 422
    withdrawn = await (await client.post("/v1/me/consents/withdraw", json={"purpose": "marketing"}, headers=headers)).json()
    assert [each["action"] for each in withdrawn["data"]] == ["revoked", "granted"]
    seen = await (await client.get(f"/v1/customers/{session['person_id']}/consents", headers=bearer(core, REP))).json()
    assert len(seen["data"]) == 2


async def test_admins_read_and_verify_the_audit_log(core: SignallingCore, client: Client) -> None:
    admin = bearer(core, ADMIN)
    for number in range(3):
        await core.store.write(audit.record, TENANT, ADMIN.actor, "call.supervised", f"call_{number}")
    page = await (await client.get("/v1/audit?limit=2", headers=admin)).json()
    assert [line["subject"] for line in page["data"]] == ["call_2", "call_1"] and page["has_more"]
    rest = await (await client.get(f"/v1/audit?limit=2&cursor={page['next_cursor']}", headers=admin)).json()
    assert [line["subject"] for line in rest["data"]] == ["call_0"] and not rest["has_more"]
    verdict = await (await client.get("/v1/audit/verification", headers=admin)).json()
    assert verdict["good"] and verdict["checked"] == 3
    assert (await client.get("/v1/audit", headers=bearer(core, REP))).status == 403


async def test_card_numbers_are_not_stored_and_addresses_are_hidden_from_roles(core: SignallingCore, client: Client) -> None:
    made = await core.store.write(conversation.begin, TENANT, OTHER_CUSTOMER.id, OTHER_CUSTOMER.actor)
    message_id = new_id("msg")
    said = Said("4111 1111 1111 1111, or write to otto@example.org")
    for _ in range(2):  # a repetition is one
        await core.store.write(messages.send, OTHER_CUSTOMER, made.id, message_id, said)
    assert "4111" not in await everything(core.store)

    async def seen(caller: Caller) -> str:
        answer = await client.get(f"/v1/conversations/{made.id}/timeline", headers=bearer(core, caller))
        texts = [entry["data"].get("text", "") for entry in (await answer.json())["entries"]]
        return next(str(text) for text in texts if "write to" in text)

    assert await seen(REP) == "•••• •••• •••• 1111, or write to o•••@example.org"
    assert await seen(OTHER_CUSTOMER) == await seen(ADMIN) == "•••• •••• •••• 1111, or write to otto@example.org"
    await core.store.write(tenants.set_settings, TENANT, tenants.TenantSettings(mask_emails_for=[]))
    assert "otto@" in await seen(REP) and not core.services.identity.masks(REP)
