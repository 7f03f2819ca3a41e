"""Mail: handed to a real SMTP server, once, later when it is away, never when it is refused for good."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import select, update

from signalling.app import SignallingCore
from signalling.channels import email
from signalling.config import Settings
from signalling.conversation import conversation, timeline
from signalling.store import Transaction
from signalling.store.tables.outward import outbox
from tests.signalling.people import CUSTOMER, REP, TENANT, bearer
from tests.support.mailbox import Mailbox

Client = TestClient[web.Request, web.Application]
TO = "ana@customer.example"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{mailbox.port}", "mail_from": "Shop <help@shop.example>"})


async def until(core: SignallingCore, status: str, attempts: int) -> None:
    """Waits until the one mail is in this state after that many attempts."""
    async with asyncio.timeout(30):
        while True:
            rows = await core.store.read(lambda tx: tx.all(select(outbox.c.status, outbox.c.attempts)))
            if [(row.status, row.attempts) for row in rows] == [(status, attempts)]:
                return
            await asyncio.sleep(0.01)


async def hurry(core: SignallingCore) -> None:
    def work(tx: Transaction) -> None:
        tx.execute(update(outbox).values(due_at_us=tx.now_us))
        tx.tell("outbox", None)

    await core.store.write(work)


async def test_a_transcript_arrives_as_text_page_and_attachment(core: SignallingCore, client: Client, mailbox: Mailbox) -> None:
    made = (await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id
    await core.store.write(timeline.append, TENANT, made, "message.created", CUSTOMER.actor, {"text": "Where is my <b>kettle</b>? ☕"})
    await core.store.write(timeline.append, TENANT, made, "message.created", REP.actor, {"text": "internal"}, visibility="staff")
    answer = await client.post(f"/v1/conversations/{made}/transcript/mail", json={"to": TO}, headers=bearer(core, REP))
    assert answer.status == 202, await answer.text()
    await until(core, "done", 1)
    mail = mailbox.mails[0]
    assert mail["To"] == TO and mail["From"] == "Shop <help@shop.example>" and mail["Auto-Submitted"] == "auto-generated"
    parts = [part for part in mail.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/html"]
    assert "Where is my <b>kettle</b>? ☕" in parts[0].get_content()
    assert "&lt;b&gt;kettle" in parts[1].get_content()
    assert not any("internal" in part.get_content() for part in parts)


async def test_a_mail_server_that_is_away_gets_it_when_it_is_back(core: SignallingCore, mailbox: Mailbox) -> None:
    await mailbox.stop()
    await core.store.write(email.enqueue, TENANT, TO, "Later", "text")
    await until(core, "pending", 1)
    await mailbox.start()
    await hurry(core)
    await until(core, "done", 2)
    assert [mail["Subject"] for mail in mailbox.mails] == ["Later"]


async def test_a_greylisting_server_is_asked_again_and_a_firm_refusal_is_final(core: SignallingCore, mailbox: Mailbox) -> None:
    mailbox.refusal = "451 come back later"
    await core.store.write(email.enqueue, TENANT, TO, "Hello", "text")
    await until(core, "pending", 1)
    mailbox.refusal = "550 no such user"
    await hurry(core)
    await until(core, "dead", 2)
    row = await core.store.read(lambda tx: tx.first(select(outbox)))
    assert row is not None and row.last_status == 550 and TO not in row.last_error


@pytest.mark.parametrize("to", ["a@b.example\nBcc: all@shop.example", "not an address", ""])
async def test_an_address_that_is_none_cannot_smuggle_headers(core: SignallingCore, mailbox: Mailbox, to: str) -> None:
    await core.store.write(email.enqueue, TENANT, to, "Hello\r\nBcc: x@y.example", "text")
    await until(core, "dead", 1)
    assert mailbox.asked == 0


async def test_an_unverified_customer_cannot_send_mail(core: SignallingCore, client: Client) -> None:
    made = (await core.store.write(conversation.begin, TENANT, CUSTOMER.id, CUSTOMER.actor)).id
    answer = await client.post(f"/v1/conversations/{made}/transcript/mail", json={"to": TO}, headers=bearer(core, CUSTOMER))
    assert answer.status == 403
