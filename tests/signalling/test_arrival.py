"""How customers arrive: visitors, identified customers, one becoming the other, sessions renewed and ended."""

from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm

from signalling.app import SignallingCore
from signalling.conversation import conversation, messages, timeline
from signalling.conversation.messages import Said
from signalling.identity import revocation, sites
from signalling.ids import new_id
from signalling.privacy import consent
from signalling.store import Store
from signalling.store.tables.identity import customers
from tests.signalling.people import ADMIN, REP, TENANT, bearer
from tests.signalling.shoppers import ORIGIN, Shop, arrive, auth, shop

__all__ = ["shop"]
Client = TestClient[web.Request, web.Application]


async def refused(client: Client, shop: Shop, token: str, status: int = 401) -> str:
    response = await client.post("/v1/sessions", json={"site_id": shop.site_id, "token": token})
    assert response.status == status, await response.text()
    return str((await response.json())["code"])


async def test_a_visitor_gets_a_session_of_their_own(client: Client, shop: Shop) -> None:
    first, second = await arrive(client, shop), await arrive(client, shop)
    assert first["person_id"] != second["person_id"] and not first["verified"]
    me = await (await client.get("/v1/me", headers=auth(first))).json()
    assert (me["id"], me["tenant_id"], me["role"], me["site_id"]) == (first["person_id"], TENANT, "customer", shop.site_id)


async def test_a_page_that_is_none_of_the_sites_is_turned_away(client: Client, shop: Shop) -> None:
    response = await client.post("/v1/sessions", json={"site_id": shop.site_id}, headers={"Origin": "https://evil.example"})
    assert (response.status, (await response.json())["code"]) == (403, "origin")
    unknown = await client.post("/v1/sessions", json={"site_id": "site_01JD3Q8Z6W0V7M9K4C2T5B8N1X"})
    assert unknown.status == 404


async def test_whom_the_shop_vouches_for_is_the_same_customer_each_time(core: SignallingCore, client: Client, shop: Shop) -> None:
    first = await arrive(client, shop, token=shop.token(), unverified_attributes={"tier": "platinum"})
    second = await arrive(client, shop, token=shop.token(name="Ana M. Souza"))
    other = await arrive(client, shop, token=shop.token(sub="customer-18"))
    assert first["verified"] and first["cart_id"] == "cart-9"
    assert first["person_id"] == second["person_id"] != other["person_id"]
    seen = await (await client.get(f"/v1/customers/{first['person_id']}", headers=bearer(core, ADMIN))).json()
    assert (seen["name"], seen["email"], seen["verified"]) == ("Ana M. Souza", "ana@example.org", True)
    assert seen["attributes"] == {"tier": "gold"} and seen["unverified_attributes"] == {"tier": "platinum"}
    masked = await (await client.get(f"/v1/customers/{first['person_id']}", headers=bearer(core, REP))).json()
    assert masked["email"] == "a•••@example.org"
    me = await (await client.get("/v1/me", headers=auth(second))).json()
    assert sorted(me["order_ids"]) == ["1001", "1002"]


async def test_a_token_is_good_once_but_for_a_repetition(client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    token = shop.token(jti="once")
    first = await arrive(client, shop, token=token)
    again = await arrive(client, shop, token=token)
    assert again["person_id"] == first["person_id"]
    assert await refused(client, shop, shop.token(jti="once", sub="customer-18")) == "token_used"
    monkeypatch.setattr("signalling.identity.arrival.RETRY_S", 0)
    assert await refused(client, shop, token) == "token_used"


async def test_a_visitors_open_conversation_becomes_the_customers(core: SignallingCore, client: Client, shop: Shop) -> None:
    store = core.store
    visitor = await arrive(client, shop)
    who = await core.services.identity.authenticate(visitor["token"])
    made = await store.write(conversation.begin, TENANT, who.id, who.actor)
    await store.write(consent.grant, TENANT, made.id, who.id, "recording", "call", None, who.actor, text_version="7")
    said = await store.write(messages.send, who, made.id, new_id("msg"), Said("hello"))
    customer = await arrive(client, shop, token=shop.token(), previous_token=visitor["token"])
    assert customer["conversations"] == [made.id]
    detail = await (await client.get(f"/v1/conversations/{made.id}", headers=auth(customer))).json()
    assert detail["conversation"]["customer_name"] == "Ana Souza"
    assert [(each["id"], each["left_at"] is None) for each in detail["participants"]] == [(who.id, False), (customer["person_id"], True)]
    own = await client.patch(f"/v1/conversations/{made.id}/messages/{said.id}", json={"text": "hello!"}, headers=auth(customer))
    assert own.status == 200, await own.text()
    assert (await client.get(f"/v1/conversations/{made.id}/timeline", headers=auth(customer))).status == 200
    old = await client.get(f"/v1/conversations/{made.id}/timeline", headers=auth(visitor))
    assert (old.status, (await old.json())["code"]) == (401, "session_over")
    entries = await store.read(timeline.read, TENANT, made.id)
    kinds = [entry.kind for entry in entries if not entry.kind.startswith("message.")]
    assert kinds == ["conversation.created", "consent.granted", "customer.identified", "consent.granted"]
    held = await store.read(consent.current, TENANT, made.id, customer["person_id"], "recording")
    assert held is not None and (held.text_version, held.how) == ("7", "identified")


async def test_a_visitor_is_not_merged_without_a_fresh_token(core: SignallingCore, client: Client, shop: Shop) -> None:
    token = shop.token(jti="spent")
    await arrive(client, shop, token=token)
    visitor = await arrive(client, shop)
    who = await core.services.identity.authenticate(visitor["token"])
    made = await core.store.write(conversation.begin, TENANT, who.id, who.actor)
    again = await arrive(client, shop, token=token, previous_token=visitor["token"])
    assert again["conversations"] == []
    assert (await client.get(f"/v1/conversations/{made.id}/timeline", headers=auth(again))).status == 404
    assert (await client.get(f"/v1/conversations/{made.id}/timeline", headers=auth(visitor))).status == 200


async def test_identifying_as_somebody_else_ends_the_session_and_merges_nothing(core: SignallingCore, client: Client, shop: Shop) -> None:
    ana = await arrive(client, shop, token=shop.token())
    who = await core.services.identity.authenticate(ana["token"])
    made = await core.store.write(conversation.begin, TENANT, who.id, who.actor)
    heard: list[Any] = []
    core.bus.subscribe(revocation.session_topic(TENANT, ana["session_id"]), lambda _topic, message: heard.append(message.reason))
    bob = await arrive(client, shop, token=shop.token(sub="bob"), previous_token=ana["token"])
    assert bob["conversations"] == [] and heard == ["other_customer"]
    assert (await client.get("/v1/me", headers=auth(ana))).status == 401
    assert (await client.get(f"/v1/conversations/{made.id}/timeline", headers=auth(bob))).status == 404


async def test_a_session_is_renewed_by_a_token_whose_time_is_over_but_not_after_its_end(
    core: SignallingCore, client: Client, shop: Shop
) -> None:
    begun = await arrive(client, shop)
    who = await core.services.identity.authenticate(begun["token"])
    late = core.services.identity.session_token(who, -10)
    assert (await client.get("/v1/me", headers={"Authorization": f"Bearer {late}"})).status == 401
    renewed = await (await client.post("/v1/sessions/renew", json={"token": late})).json()
    assert (renewed["session_id"], renewed["person_id"]) == (begun["session_id"], begun["person_id"])
    assert (await client.get("/v1/me", headers=auth(renewed))).status == 200
    assert (await client.delete("/v1/session", headers=auth(renewed))).status == 204
    over = await client.post("/v1/sessions/renew", json={"token": late})
    assert (over.status, (await over.json())["code"]) == (401, "session_over")
    for token in (begun, renewed):
        assert (await client.get("/v1/me", headers=auth(token))).status == 401


async def test_what_was_revoked_is_revoked_after_a_restart(core: SignallingCore, client: Client, shop: Shop) -> None:
    begun = await arrive(client, shop)
    lasting = bearer(core, REP)
    for headers in (auth(begun), lasting):
        assert (await client.delete("/v1/session", headers=headers)).status == 204
    await core.services.identity.stop()
    core.services.identity._revoked.clear()
    await core.services.identity.start()
    for headers in (auth(begun), lasting):
        assert (await client.get("/v1/me", headers=headers)).status == 401


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
async def test_shops_may_sign_with_a_key_pair(store: Store, client: Client, shop: Shop, algorithm: Any) -> None:
    private = (
        ed25519.Ed25519PrivateKey.generate() if algorithm == "EdDSA" else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    await store.write(sites.add_key, TENANT, ADMIN.actor, shop.site_id, algorithm, kid="pair", public_key_pem=pem)
    token = jwt.encode(shop.claims(), private, algorithm=algorithm, headers={"kid": "pair"})
    assert (await arrive(client, shop, token=token))["verified"]
    swapped = jwt.encode(shop.claims(), shop.secret, algorithm="HS256", headers={"kid": "pair"})
    assert await refused(client, shop, swapped) == "token_algorithm"


async def test_a_published_key_set_is_fetched_kept_and_fetched_again_for_a_new_key(
    core: SignallingCore, client: Client, shop: Shop
) -> None:
    pairs = {"a": ed25519.Ed25519PrivateKey.generate(), "b": ed25519.Ed25519PrivateKey.generate()}
    published, requests = ["a"], 0

    async def keys(_: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        listed = [{**OKPAlgorithm.to_jwk(pairs[kid].public_key(), as_dict=True), "kid": kid} for kid in published]
        return web.json_response({"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}, "junk", *listed]})

    application = web.Application()
    application.router.add_get("/keys", keys)

    def signed(kid: str) -> str:
        return jwt.encode(shop.claims(), pairs[kid], algorithm="EdDSA", headers={"kid": kid})

    clock = [1000.0]
    core.services.identity._sets._clock = lambda: clock[0]
    async with TestServer(application) as server:
        url = str(server.make_url("/keys"))
        await core.store.write(sites.add_key, TENANT, ADMIN.actor, shop.site_id, "EdDSA", kid="set", jwks_url=url)
        for _ in range(3):
            await arrive(client, shop, token=signed("a"))
        assert requests == 1
        for _ in range(5):
            assert await refused(client, shop, signed("b")) == "token_key"
        assert requests == 1  # made-up key ids cause no storm
        published.append("b")
        clock[0] += 31
        await arrive(client, shop, token=signed("b"))
        assert requests == 2
    clock[0] += 3600  # nobody is there any more; what is known serves on
    await arrive(client, shop, token=signed("b"))
    clock[0] += 86_400
    assert await refused(client, shop, signed("b"), status=503) == "keys"


async def test_a_key_set_on_a_private_address_is_not_fetched(core: SignallingCore, client: Client, shop: Shop) -> None:
    core.services.identity._sets._private = False
    body = {"algorithm": "EdDSA", "jwks_url": "https://127.0.0.1:1/keys"}
    await core.store.write(sites.add_key, TENANT, ADMIN.actor, shop.site_id, "EdDSA", jwks_url=body["jwks_url"])
    pair = ed25519.Ed25519PrivateKey.generate()
    refused_code = await refused(client, shop, jwt.encode(shop.claims(), pair, algorithm="EdDSA", headers={"kid": "x"}), status=503)
    assert refused_code == "keys"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"algorithm": "HS256", "jwks_url": "https://shop.example/keys"}, "site_key"),
        ({"algorithm": "RS256"}, "site_key"),
        ({"algorithm": "RS256", "public_key_pem": "nonsense"}, "site_key"),
        ({"algorithm": "RS256", "jwks_url": "ftp://shop.example/keys"}, "url"),
        ({"algorithm": "none"}, "invalid"),
    ],
)
async def test_a_key_that_does_not_fit_is_refused(
    core: SignallingCore, client: Client, shop: Shop, body: dict[str, str], code: str
) -> None:
    response = await client.post(f"/v1/sites/{shop.site_id}/keys", json=body, headers=bearer(core, ADMIN))
    assert (response.status, (await response.json())["code"]) == (422, code)


async def test_a_weak_or_foreign_public_key_is_refused(core: SignallingCore, client: Client, shop: Shop) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    pem = weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for algorithm in ("RS256", "EdDSA"):
        body = {"algorithm": algorithm, "public_key_pem": pem}
        assert (await client.post(f"/v1/sites/{shop.site_id}/keys", json=body, headers=bearer(core, ADMIN))).status == 422


async def test_admins_manage_sites_and_see_secrets_once(core: SignallingCore, client: Client) -> None:
    admin = bearer(core, ADMIN)
    made = await (await client.post("/v1/sites", json={"name": "S", "origins": ["https://A.example", ORIGIN]}, headers=admin)).json()
    assert made["origins"] == ["https://a.example", ORIGIN]
    key = await (await client.post(f"/v1/sites/{made['id']}/keys", json={"algorithm": "HS256"}, headers=admin)).json()
    assert len(key["secret"]) >= 43
    listed = await (await client.get("/v1/sites", headers=admin)).json()
    assert [each["keys"][0]["secret"] for each in listed["data"]] == [None]
    mine = Shop(made["id"], key["id"], key["secret"])
    assert (await arrive(client, mine, token=mine.token()))["verified"]
    assert (await client.delete(f"/v1/sites/{made['id']}/keys/{key['id']}", headers=admin)).status == 204
    assert await refused(client, mine, mine.token()) == "token_key"
    assert (await client.patch(f"/v1/sites/{made['id']}", json={"status": "disabled"}, headers=admin)).status == 200
    assert await refused(client, mine, mine.token(), status=404) == "site"
    assert (await client.get("/v1/sites", headers=bearer(core, REP))).status == 403


async def test_two_sites_of_a_shop_do_not_share_customers(store: Store, client: Client, shop: Shop) -> None:
    other = await store.write(sites.add, TENANT, ADMIN.actor, "Other", [ORIGIN])
    key = await store.write(sites.add_key, TENANT, ADMIN.actor, other.id, "HS256")
    second = Shop(other.id, key.id, key.secret or "")
    assert await refused(client, second, shop.token()) == "token_key"
    here, there = await arrive(client, shop, token=shop.token()), await arrive(client, second, token=second.token())
    assert here["person_id"] != there["person_id"]


async def test_the_database_holds_no_customer_in_the_clear(store: Store, client: Client, shop: Shop) -> None:
    await arrive(client, shop, token=shop.token(), unverified_attributes={"phone": "555-1234"})
    rows = await store.read(lambda tx: [tuple(row) for row in tx.all(customers.select())])
    text = repr(rows)
    assert rows and not any(word in text for word in ("Ana", "ana@", "555", "customer-17"))


async def test_a_visitor_the_shop_knows_only_by_number_stays_a_visitor(core: SignallingCore, client: Client, shop: Shop) -> None:
    said = {"sub": "visitor-1", "name": None, "email": None, "email_verified": None, "attributes": None, "anonymous": True}
    visitor = await arrive(client, shop, token=shop.token(**said))
    again = await arrive(client, shop, token=shop.token(**said))
    assert not visitor["verified"] and visitor["cart_id"] == "cart-9" and visitor["person_id"] == again["person_id"]
    seen = await (await client.get(f"/v1/customers/{visitor['person_id']}", headers=bearer(core, ADMIN))).json()
    assert seen["verified"] is False
    who = await core.services.identity.authenticate(again["token"])
    made = await core.store.write(conversation.begin, TENANT, who.id, who.actor)
    customer = await arrive(client, shop, token=shop.token(), previous_token=again["token"])
    assert customer["verified"] and customer["conversations"] == [made.id]
