"""Tenants' settings and secrets: typed, never stale, sealed."""

import pytest
from sqlalchemy import select

from mediaserver.errors import NotFound
from signalling import tenants
from signalling.store import Store
from signalling.store.tables.tenants import tenant_secrets
from tests.signalling.people import FOREIGN, TENANT


async def test_settings_have_defaults_and_are_seen_as_soon_as_they_are_changed(store: Store) -> None:
    assert await store.read(tenants.settings, TENANT) == tenants.TenantSettings()
    chosen = tenants.TenantSettings(locales=["pt-BR", "en"], retention=tenants.Retention(messages_days=30))
    await store.write(tenants.set_settings, TENANT, chosen)
    assert await store.read(tenants.settings, TENANT) == chosen
    with pytest.raises(NotFound):
        await store.read(tenants.settings, FOREIGN)


async def test_a_setting_of_another_version_is_left_out(store: Store) -> None:
    await store.write(tenants.create, FOREIGN, "Other", {"currency": "BRL", "unheard_of": 1})
    assert (await store.read(tenants.settings, FOREIGN)).currency == "BRL"


async def test_secrets_are_sealed_and_a_tenants_own(store: Store) -> None:
    await store.write(tenants.create, FOREIGN, "Other")
    await store.write(tenants.set_secret, TENANT, "payments", {"key": "very secret"})
    assert await store.read(tenants.secret, TENANT, "payments") == {"key": "very secret"}
    assert await store.read(tenants.secret, FOREIGN, "payments") is None
    raw = await store.read(lambda tx: tx.execute(select(tenant_secrets.c.value)).scalar_one())
    assert b"secret" not in raw
    await store.write(tenants.set_secret, TENANT, "payments", None)
    assert await store.read(tenants.secret_names, TENANT) == []


@pytest.mark.parametrize(("locale", "text"), [("pt-BR", "Oi"), ("de-AT", "Hallo"), ("fr", "Hi"), ("en-GB", "Hi")])
def test_the_acknowledgement_is_in_the_nearest_language(locale: str, text: str) -> None:
    chosen = tenants.TenantSettings(acknowledgements={"en": "Hi", "de": "Hallo", "pt-BR": "Oi"})
    assert chosen.acknowledgement(locale) == text
