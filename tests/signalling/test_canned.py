"""Canned replies: kept by supervisors, one for each shortcut and language, rendered without surprises."""

import pytest

from signalling.app import SignallingCore
from signalling.conversation import conversation
from tests.signalling.people import REP, SUPERVISOR, TENANT
from tests.signalling.sockets import Sockets, sockets
from tests.support.socket_client import Refused

__all__ = ["sockets"]


async def test_supervisors_keep_them_and_reps_use_them(sockets: Sockets) -> None:
    supervisor, rep = await sockets(SUPERVISOR), await sockets(REP)
    made = {}
    for locale, text in (("en", "Hello {customer_name}"), ("de", "Guten Tag {customer_name}"), ("pt-BR", "Olá")):
        body = {"shortcut": "hi", "locale": locale, "title": "Greeting", "text": text}
        made[locale] = await supervisor.ask("canned.create", body=body)
    assert [each["locale"] for each in (await rep.ask("canned.list"))["data"]] == ["de", "en", "pt-BR"]
    for locale, wanted in (("de-AT", "de"), ("pt", "pt-BR"), ("fr", "en")):
        assert [each["locale"] for each in (await rep.ask("canned.list", locale=locale))["data"]] == [wanted]
    with pytest.raises(Refused, match="shortcut_used"):
        await supervisor.ask("canned.create", body={"shortcut": "hi", "locale": "en", "title": "x", "text": "x"})
    with pytest.raises(Refused, match="role"):
        await rep.ask("canned.delete", reply_id=made["en"]["id"])
    changed = await supervisor.ask("canned.update", reply_id=made["en"]["id"], text="Good day")
    assert (changed["text"], changed["title"]) == ("Good day", "Greeting")
    with pytest.raises(Refused, match="shortcut_used"):
        await supervisor.ask("canned.update", reply_id=made["en"]["id"], locale="de")
    await supervisor.ask("canned.delete", reply_id=made["en"]["id"])
    with pytest.raises(Refused, match="not_found"):
        await supervisor.ask("canned.delete", reply_id=made["en"]["id"])


async def test_placeholders_are_filled_in_once_and_unknown_ones_refused(core: SignallingCore, sockets: Sockets) -> None:
    supervisor, rep = await sockets(SUPERVISOR), await sockets(REP)
    text = "Dear {customer_name}, I am {rep_name}. {customer_name}!"
    reply = await supervisor.ask("canned.create", body={"shortcut": "hi", "title": "x", "text": text})
    tricky = await core.store.write(
        conversation.begin, TENANT, "cust_01JD3Q8Z6W0V7M9K4C2T5B8N1X", REP.actor, customer_name="{rep_name} {0.__class__}"
    )
    rendered = await rep.ask("canned.render", reply_id=reply["id"], conversation_id=tricky.id)
    assert rendered["text"] == "Dear {rep_name} {0.__class__}, I am Rita. {rep_name} {0.__class__}!"
    for text in ("{secret}", "{customer_name} {0}"):
        with pytest.raises(Refused, match="placeholder"):
            await supervisor.ask("canned.create", body={"shortcut": "x", "title": "x", "text": text})
