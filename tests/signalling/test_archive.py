"""All that a conversation holds can be given away and taken away; its numbers stay."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from mediaserver.errors import NotFound
from signalling.app import SignallingCore
from signalling.conversation import archive, timeline
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, FOREIGN, REP, TENANT, bearer
from tests.signalling.sockets import Sockets, begun, said, sockets

__all__ = ["sockets"]

Client = TestClient[web.Request, web.Application]


async def filled(core: SignallingCore, client: Client, sockets: Sockets) -> str:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    await rep.ask("conversation.claim", conversation_id=conversation)
    await rep.ask("conversation.note", conversation_id=conversation, id=new_id("note"), text="a staff secret")
    uploaded = await client.post(f"/v1/conversations/{conversation}/attachments", data=b"a file", headers=bearer(core, CUSTOMER))
    file = (await uploaded.json())["id"]
    await customer.ask("message.send", conversation_id=conversation, id=new_id("msg"), text="a secret", attachment_ids=[file])
    for number in range(5):
        await said(rep, conversation, f"{number}")
    await customer.ask("conversation.rate", conversation_id=conversation, score=4, comment="a comment")
    return conversation


async def test_an_export_has_everything_the_customer_may_see(core: SignallingCore, client: Client, sockets: Sockets) -> None:
    conversation = await filled(core, client, sockets)
    found: dict[str, Any] = await core.store.read(archive.export, TENANT, conversation)
    assert found["conversation"]["customer_name"] == "Ana"
    assert {each["name"] for each in found["participants"]} == {"Ana", "Rita"}
    assert [entry["seq"] for entry in found["timeline"]] == list(range(1, len(found["timeline"]) + 1))
    assert "a secret" in str(found) and "a comment" in str(found) and "a staff secret" not in str(found)
    assert [each["size_bytes"] for each in found["attachments"]] == [6]


async def test_after_an_erasure_only_the_skeleton_is_left(core: SignallingCore, client: Client, sockets: Sockets) -> None:
    conversation = await filled(core, client, sockets)
    before = await core.store.read(timeline.read, TENANT, conversation)
    done = await core.store.write(archive.erase, TENANT, conversation)
    assert done == {"entries": len(before), "attachments": 1, "participants": 2}
    after = await core.store.read(timeline.read, TENANT, conversation)
    assert [(entry.seq, entry.kind, entry.at_us) for entry in after] == [(entry.seq, entry.kind, entry.at_us) for entry in before]
    found = str(await core.store.read(archive.export, TENANT, conversation))
    assert not any(word in found for word in ("secret", "comment", "Ana", "Rita", "file.txt"))
    again = await core.store.write(archive.erase, TENANT, conversation)
    assert (again["attachments"], again["participants"]) == (0, 0)
    # A message whose words are gone is still read as one.
    seen = await client.get(f"/v1/conversations/{conversation}/timeline", headers=bearer(core, CUSTOMER))
    assert seen.status == 200


async def test_another_tenant_neither_gets_nor_erases_it(core: SignallingCore, client: Client, sockets: Sockets) -> None:
    conversation = await filled(core, client, sockets)
    for work in (archive.export, archive.erase):
        with pytest.raises(NotFound):
            await core.store.write(work, FOREIGN, conversation)
