"""The consent ledger: only a last row that grants and has not expired is consent."""

import pytest

from mediaserver.errors import NotFound, Unprocessable
from signalling.conversation import conversation, timeline
from signalling.privacy import consent
from signalling.store import Store, Transaction
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, TENANT

MINUTE_US = 60_000_000


async def begun(store: Store) -> str:
    return (await store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id


async def granted(store: Store, made: str | None, purpose: str = "recording", expires_at_us: int | None = None) -> consent.Consent:
    return await store.write(
        consent.grant, TENANT, made, CUSTOMER.id, purpose, "call", expires_at_us, CUSTOMER.actor, text_version="3", locale="pt-BR"
    )


async def test_what_was_granted_holds_until_it_is_revoked_and_both_stay_in_the_ledger(store: Store) -> None:
    made = await begun(store)
    assert await store.read(consent.current, TENANT, made, CUSTOMER.id, "recording") is None
    given = await granted(store, made)
    assert await store.read(consent.current, TENANT, made, CUSTOMER.id, "recording") == given
    assert (given.text_version, given.locale, given.how, given.actor_id) == ("3", "pt-BR", "widget", CUSTOMER.id)
    await store.write(consent.revoke, TENANT, made, CUSTOMER.id, "recording", CUSTOMER.actor)
    assert await store.read(consent.current, TENANT, made, CUSTOMER.id, "recording") is None
    assert [row.action for row in await store.read(consent.list_all, TENANT, CUSTOMER.id)] == ["revoked", "granted"]
    entries = await store.read(timeline.read, TENANT, made)
    assert [entry.kind for entry in entries] == ["conversation.created", "consent.granted", "consent.revoked"]
    assert entries[1].data["consent_id"] == given.id and entries[1].data["purpose"] == "recording"


async def test_revoking_what_does_not_hold_writes_nothing(store: Store) -> None:
    made = await begun(store)
    assert await store.write(consent.revoke, TENANT, made, CUSTOMER.id, "recording", CUSTOMER.actor) is None
    assert await store.read(consent.list_all, TENANT, CUSTOMER.id) == []


async def test_consent_is_for_one_subject_one_purpose_and_one_conversation(store: Store) -> None:
    made, other = await begun(store), await begun(store)
    await granted(store, made)
    for conversation_id, subject, purpose in (
        (other, CUSTOMER.id, "recording"),
        (made, OTHER_CUSTOMER.id, "recording"),
        (made, CUSTOMER.id, "cart_view"),
        (None, CUSTOMER.id, "recording"),
    ):
        assert await store.read(consent.current, TENANT, conversation_id, subject, purpose) is None


async def test_consent_expires_by_itself(store: Store) -> None:
    made = await begun(store)

    def later(tx: Transaction) -> list[consent.Consent | None]:
        consent.grant(tx, TENANT, made, CUSTOMER.id, "cart_edit", {"cart_id": "cart_1"}, tx.now_us + MINUTE_US, CUSTOMER.actor)
        held = []
        ends_at_us = tx.now_us + MINUTE_US
        for now_us in (ends_at_us - 1, ends_at_us):
            tx.now_us = now_us
            held.append(consent.current(tx, TENANT, made, CUSTOMER.id, "cart_edit"))
        return held

    before, after = await store.write(later)
    assert before is not None and before.scope == {"cart_id": "cart_1"} and after is None


async def test_consent_outside_conversations_is_on_no_timeline(store: Store) -> None:
    made = await granted(store, None, "marketing")
    assert await store.read(consent.current, TENANT, None, CUSTOMER.id, "marketing") == made


@pytest.mark.parametrize(("purpose", "expires_at_us", "scope"), [("fun", None, ""), ("recording", 1, ""), ("recording", None, "x" * 3000)])
async def test_what_is_no_consent_is_refused(store: Store, purpose: str, expires_at_us: int | None, scope: str) -> None:
    made = await begun(store)
    with pytest.raises(Unprocessable):
        await store.write(consent.grant, TENANT, made, CUSTOMER.id, purpose, scope, expires_at_us, CUSTOMER.actor)


async def test_consent_in_a_foreign_conversation_leaves_nothing(store: Store) -> None:
    with pytest.raises(NotFound):
        await granted(store, "conv_none")
    assert await store.read(consent.list_all, TENANT, CUSTOMER.id) == []
