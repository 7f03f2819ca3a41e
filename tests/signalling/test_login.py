"""Reps log in: passwords, limits, roles, being disabled, OpenID Connect, API keys."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling import tenants
from signalling.app import SignallingCore
from signalling.identity import api_keys, reps
from signalling.identity.caller import Caller, Role
from signalling.privacy import audit
from signalling.store import Store
from signalling.store.tables.identity import api_keys as key_table
from signalling.store.tables.identity import rep_accounts
from signalling.times import SECOND_US
from tests.signalling.people import ADMIN, FOREIGN, REP, TENANT, bearer
from tests.signalling.shoppers import auth
from tests.support.openid_provider import OpenIdProvider

Client = TestClient[web.Request, web.Application]
PASSWORD = "correct horse battery"


async def account(core: SignallingCore, login: str = "rita", role: str = "rep", tenant_id: str = TENANT) -> reps.Account:
    hashed = await core.services.identity.logins.passwords.hash(PASSWORD)
    return await core.store.write(reps.add, tenant_id, ADMIN.actor, login=login, name=login.title(), role=role, password_hash=hashed)


async def log_in(client: Client, login: str = "rita", password: str = PASSWORD) -> tuple[int, dict[str, Any]]:
    response = await client.post("/v1/login", json={"login": login, "password": password})
    return response.status, await response.json()


async def test_a_rep_logs_in_and_out(core: SignallingCore, client: Client) -> None:
    made = await account(core)
    status, session = await log_in(client, "RITA")
    assert (status, session["person_id"], session["role"], session["name"]) == (201, made.id, "rep", "Rita")
    assert (await client.get("/v1/me", headers=auth(session))).status == 200
    assert (await client.delete("/v1/session", headers=auth(session))).status == 204
    assert (await client.get("/v1/me", headers=auth(session))).status == 401


async def test_what_fails_fails_alike_whoever_it_was(core: SignallingCore, client: Client) -> None:
    await account(core)
    made = await account(core, "rolf")
    await core.store.write(reps.change, TENANT, ADMIN.actor, made.id, disabled=True)
    answers = [await log_in(client, "rita", "wrong password"), await log_in(client, "nobody"), await log_in(client, "rolf")]
    assert {status for status, _ in answers} == {401}
    assert len({repr(answer) for _, answer in answers}) == 1


async def test_nobody_is_hashed_for_as_somebody_is(core: SignallingCore, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await account(core)
    passwords = core.services.identity.logins.passwords
    verified: list[str] = []
    genuine = passwords._verify

    def noted(stored: str, password: str) -> bool:
        verified.append(stored)
        return genuine(stored, password)

    monkeypatch.setattr(passwords, "_verify", noted)
    await log_in(client, "rita", "wrong password")
    await log_in(client, "nobody", "wrong password")
    assert len(verified) == 2 and all(stored.startswith("$argon2id$") for stored in verified)
    assert len({stored.split("$")[3] for stored in verified}) == 1  # the same costs


async def test_guessing_is_slowed_for_one_login_and_not_for_others(core: SignallingCore, client: Client) -> None:
    await account(core)
    await account(core, "rolf")
    statuses = [(await log_in(client, "rita", f"guess number {number}"))[0] for number in range(8)]
    assert statuses[:6] == [401] * 6 and statuses[6:] == [429, 429]
    assert (await log_in(client, "rita"))[0] == 429  # also with the right one
    assert (await log_in(client, "rolf"))[0] == 201


async def test_passwords_are_kept_as_argon2id_only(core: SignallingCore) -> None:
    await account(core)
    rows = await core.store.read(lambda tx: [tuple(row) for row in tx.all(rep_accounts.select())])
    assert "$argon2id$" in repr(rows) and PASSWORD not in repr(rows) and "rita" not in repr(rows).lower()


async def test_a_new_password_ends_the_other_sessions(core: SignallingCore, client: Client) -> None:
    await account(core)
    (_, here), (_, elsewhere) = await log_in(client), await log_in(client)
    wrong = await client.put("/v1/me/password", json={"old": "not the old one", "new": "a brand new password"}, headers=auth(here))
    assert wrong.status == 401
    short = await client.put("/v1/me/password", json={"old": PASSWORD, "new": "short"}, headers=auth(here))
    assert short.status == 422
    done = await client.put("/v1/me/password", json={"old": PASSWORD, "new": "a brand new password"}, headers=auth(here))
    assert done.status == 204
    assert (await client.get("/v1/me", headers=auth(here))).status == 200
    assert (await client.get("/v1/me", headers=auth(elsewhere))).status == 401
    assert (await log_in(client))[0] == 401
    assert (await log_in(client, "rita", "a brand new password"))[0] == 201


async def test_a_changed_role_and_being_disabled_end_sessions_at_once(core: SignallingCore, client: Client) -> None:
    made = await account(core)
    admin = bearer(core, ADMIN)
    for change in ({"role": "supervisor"}, {"disabled": True}):
        _, session = await log_in(client)
        assert (await client.patch(f"/v1/accounts/{made.id}", json=change, headers=admin)).status == 200
        assert (await client.get("/v1/me", headers=auth(session))).status == 401
    assert (await log_in(client))[0] == 401
    lines = await core.store.read(audit.read, TENANT, subject=made.id)
    assert [line.action for line in lines][:2] == ["account.changed", "session.begun"]
    assert (await audit.verify(core.store, TENANT)).good


async def test_the_last_admin_stays(core: SignallingCore, client: Client) -> None:
    first, second = await account(core, "ada", "admin"), await account(core, "alan", "admin")
    admin = bearer(core, ADMIN)
    assert (await client.patch(f"/v1/accounts/{first.id}", json={"role": "rep"}, headers=admin)).status == 200
    for change in ({"role": "rep"}, {"disabled": True}):
        response = await client.patch(f"/v1/accounts/{second.id}", json=change, headers=admin)
        assert (response.status, (await response.json())["code"]) == (409, "last_admin")


async def test_accounts_are_admins_business_and_a_tenants_own(core: SignallingCore, client: Client) -> None:
    await core.store.write(tenants.create, FOREIGN, "Other")
    made = await account(core)
    foreign = bearer(core, Caller(FOREIGN, ADMIN.id, Role.ADMIN, session_id="ses_f"))
    assert (await client.get(f"/v1/accounts/{made.id}", headers=foreign)).status == 404
    assert (await (await client.get("/v1/accounts", headers=foreign)).json())["data"] == []
    assert (await client.get("/v1/accounts", headers=bearer(core, REP))).status == 403
    body = {"login": "Rita", "name": "Another", "password": PASSWORD}
    assert (await client.post("/v1/accounts", json=body, headers=bearer(core, ADMIN))).status == 409
    page = await (await client.get("/v1/accounts?limit=1", headers=bearer(core, ADMIN))).json()
    assert [each["login"] for each in page["data"]] == ["rita"] and not page["has_more"]


async def test_an_api_key_is_its_holder_until_it_is_revoked(core: SignallingCore, client: Client) -> None:
    admin = bearer(core, ADMIN)
    made = await (await client.post("/v1/api-keys", json={"name": "ERP", "role": "supervisor"}, headers=admin)).json()
    key = {"Authorization": f"Bearer {made['secret']}"}
    me = await (await client.get("/v1/me", headers=key)).json()
    assert (me["id"], me["role"], me["name"], me["tenant_id"]) == (made["id"], "supervisor", "ERP", TENANT)
    rows = await core.store.read(lambda tx: [tuple(row) for row in tx.all(key_table.select())])
    assert made["secret"] not in repr(rows)
    assert (await client.delete("/v1/session", headers=key)).status == 422
    assert (await client.delete(f"/v1/api-keys/{made['id']}", headers=admin)).status == 204
    assert (await client.get("/v1/me", headers=key)).status == 401
    for wrong in ("sk_" + "A" * 43, "sk_", "sk_" + "A" * 5000):
        assert (await client.get("/v1/me", headers={"Authorization": f"Bearer {wrong}"})).status == 401


async def test_an_expired_api_key_is_nobodys(core: SignallingCore, client: Client) -> None:
    moment_us = core.store.clock()
    made = await core.store.write(api_keys.add, TENANT, ADMIN.actor, "Old", "admin", moment_us - SECOND_US)
    assert (await client.get("/v1/me", headers={"Authorization": f"Bearer {made.secret}"})).status == 401


PERSON = {"sub": "p-1", "name": "Rita Provider", "email": "rita@shop.example", "email_verified": True, "groups": ["staff", "leads"]}


@pytest.fixture
async def provider(store: Store) -> AsyncIterator[OpenIdProvider]:
    async with OpenIdProvider() as made:
        chosen = tenants.OpenId(
            issuer=made.issuer,
            client_id=made.client_id,
            roles={"staff": "rep", "leads": "supervisor"},
            allowed_domains=["shop.example"],
        )
        await store.write(tenants.set_settings, TENANT, tenants.TenantSettings(openid=chosen))
        await store.write(tenants.set_secret, TENANT, "openid", {"client_secret": made.client_secret})
        yield made


async def through(
    core: SignallingCore, client: Client, provider: OpenIdProvider, person: dict[str, Any], **changes: str
) -> tuple[int, Any]:
    back = f"{core.address}/console/"
    begun = await (await client.post("/v1/login/openid", json={"redirect_uri": back})).json()
    came_back = provider.authorize(begun["authorization_url"], person)
    body = {**came_back, "login_secret": begun["login_secret"], **changes}
    response = await client.post("/v1/login/openid/finish", json=body)
    again = await client.post("/v1/login/openid/finish", json=body)
    assert again.status == 401  # whatever became of the first
    return response.status, await response.json()


async def test_a_rep_logs_in_through_the_tenants_provider(core: SignallingCore, client: Client, provider: OpenIdProvider) -> None:
    status, session = await through(core, client, provider, PERSON)
    assert (status, session["role"], session["name"]) == (201, "supervisor", "Rita Provider")
    status, again = await through(core, client, provider, {**PERSON, "groups": "staff"})
    assert (status, again["role"], again["person_id"]) == (201, "rep", session["person_id"])
    assert (await client.get("/v1/me", headers=auth(session))).status == 401  # as their role was taken away
    listed = await core.store.read(reps.list_all, TENANT)
    assert [(each.name, each.email, each.local) for each in listed] == [("Rita Provider", "rita@shop.example", False)]
    await core.store.write(reps.change, TENANT, ADMIN.actor, session["person_id"], disabled=True)
    assert (await through(core, client, provider, PERSON))[0] == 401


async def test_a_provider_that_tells_of_people_by_userinfo_alone_is_asked_there(
    core: SignallingCore, client: Client, provider: OpenIdProvider
) -> None:
    provider.aside = True
    status, session = await through(core, client, provider, PERSON)
    assert (status, session["role"], session["name"]) == (201, "supervisor", "Rita Provider")
    provider.userinfo_subject = "p-2"
    status, answer = await through(core, client, provider, PERSON)
    assert (status, answer["code"]) == (401, "token_claims")


@pytest.mark.parametrize(
    ("person", "claims", "code"),
    [
        ({"groups": ["guests"]}, {}, "openid_role"),
        ({"email": "rita@elsewhere.example"}, {}, "openid_domain"),
        ({"email_verified": False}, {}, "openid_domain"),
        ({}, {"iss": "https://evil.example"}, "token_audience"),
        ({}, {"aud": "another-client"}, "token_audience"),
        ({}, {"aud": ["tresen-console", "another-client"]}, "token_audience"),
        ({}, {"nonce": "another"}, "token_nonce"),
        ({}, {"exp": 1}, "token_expired"),
        ({}, {"sub": ""}, "token_claims"),
    ],
)
async def test_whom_the_provider_does_not_vouch_for_is_not_let_in(
    core: SignallingCore, client: Client, provider: OpenIdProvider, person: dict[str, Any], claims: dict[str, Any], code: str
) -> None:
    provider.claims = claims
    status, answer = await through(core, client, provider, {**PERSON, **person})
    assert (status, answer["code"]) == (401, code)
    assert await core.store.read(reps.list_all, TENANT) == []


async def test_a_login_that_was_not_begun_here_is_not_finished(core: SignallingCore, client: Client, provider: OpenIdProvider) -> None:
    for changes in ({"login_secret": "another"}, {"state": "another"}):
        status, answer = await through(core, client, provider, PERSON, **changes)
        assert (status, answer["code"]) == (401, "openid_state")
    status, answer = await through(core, client, provider, PERSON, code="made-up")
    assert (status, answer["code"]) == (401, "openid_refused")
    away = await client.post("/v1/login/openid", json={"redirect_uri": "https://evil.example/console/"})
    assert (away.status, (await away.json())["code"]) == (422, "redirect_uri")
