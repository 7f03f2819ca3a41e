"""A conversation survives reload, second device, loss of the network, restart of the server, and a bus that loses and repeats."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.http import edge
from signalling import tenants
from signalling.app import SignallingCore
from signalling.bus import Listener, LocalBus
from signalling.commerce.shops.seed import seed
from signalling.config import Settings
from signalling.conversation.timeline import Entry
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, clock_now
from tests.signalling.sockets import Sockets, begun, said, sockets
from tests.support.socket_client import SocketClient

__all__ = ["sockets"]


def texts(socket: SocketClient) -> list[str]:
    """What people have said, as it was pushed."""
    entries = [entry["data"] for entry in socket.entries() if entry["type"] == "message.created"]
    return [data["text"] for data in entries if not data.get("system")]


async def test_a_reload_goes_on_where_it_was_without_gap_or_repetition(sockets: Sockets) -> None:
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    await customer.ask("conversation.watch", conversation_id=conversation)
    await said(rep, conversation, "one")
    await customer.until(lambda: texts(customer) == ["one"])
    last = customer.seqs()[-1]
    await customer.close()
    await said(rep, conversation, "two")
    again = await sockets(CUSTOMER, resume=customer.resume, after={conversation: last})
    assert again.welcome["resumed"] is True
    assert [each["conversation"]["id"] for each in again.welcome["conversations"] if each["watching"]] == [conversation]
    await said(rep, conversation, "three")
    await again.until(lambda: texts(again) == ["two", "three"])
    assert again.seqs() == list(range(last + 1, last + 1 + len(again.seqs())))


async def test_the_token_alone_resumes_from_the_last_acknowledgement(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    await customer.ask("conversation.watch", conversation_id=conversation)
    for text in ("one", "two", "three"):
        await said(customer, conversation, text)
    await customer.until(lambda: len(customer.seqs()) == 5)
    await customer.tell("ack", conversation_id=conversation, seq=4)
    await customer.ask("conversation.unwatch", conversation_id=(await begun(customer)))
    await customer.until(lambda: bool(customer.resume))
    await customer.ask("ping")
    await customer.close()
    again = await sockets(CUSTOMER, resume=customer.resume)
    await again.until(lambda: again.seqs() == [5])


async def test_a_second_device_sees_the_same(sockets: Sockets) -> None:
    telephone, desktop = await sockets(CUSTOMER), await sockets(CUSTOMER)
    conversation = await begun(telephone)
    for each in (telephone, desktop):
        await each.ask("conversation.watch", conversation_id=conversation)
    await said(telephone, conversation, "from the telephone")
    await said(desktop, conversation, "from the desktop")
    for each in (telephone, desktop):
        await each.until(lambda each=each: texts(each) == ["from the telephone", "from the desktop"])  # type: ignore[misc]


async def test_a_resume_token_serves_nobody_else_and_forged_ones_nobody(sockets: Sockets) -> None:
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    await customer.ask("conversation.watch", conversation_id=conversation)
    await customer.until(lambda: customer.resume != customer.welcome["resume"])
    body, _, tag = customer.resume.partition(".")
    stolen = await sockets(OTHER_CUSTOMER, resume=customer.resume, after={conversation: 0})
    assert (stolen.welcome["resumed"], stolen.welcome["conversations"]) == (False, [])
    for forged in (f"{body}.{tag[:-2]}AA", f"{body[:-4]}.{tag}", "x", ".", "é.é", body):
        other = await sockets(CUSTOMER, resume=forged)
        assert other.welcome["resumed"] is False
        assert [each["watching"] for each in other.welcome["conversations"]] == [False]


async def test_the_welcome_shows_open_conversations_with_what_hangs_on_them(core: SignallingCore, sockets: Sockets) -> None:
    await core.store.write(seed, TENANT)
    core.services.restorers.append(lambda tx, caller, of: {"bot": {"id": "bot_1"}})
    customer = await sockets(CUSTOMER)
    conversation = await begun(customer)
    closed = await begun(customer)
    await customer.ask("conversation.close", conversation_id=closed, body={})
    cart = await customer.ask("cart.create", body={"conversation_id": conversation, "destination": {"country": "DE"}})
    place = await core.services.desk.enter(TENANT, conversation, "chat")
    again = await sockets(CUSTOMER)
    [shown] = again.welcome["conversations"]
    assert (shown["conversation"]["id"], shown["bot"]["id"], shown["watching"]) == (conversation, "bot_1", False)
    assert shown["cart"] == {"id": cart["id"], "version": cart["version"]}
    assert (shown["ticket"]["id"], shown["ticket"]["position"]) == (place.id, 1)
    assert "call" not in shown


class Adjustable:
    """The clock, which tests may put forward."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def __call__(self) -> int:
        return clock_now() + self.ahead_us


class Served:
    """A core behind HTTP that can be stopped and started again on its database."""

    def __init__(self, settings: Settings, make: Callable[[Settings], SignallingCore]) -> None:
        self.settings = settings
        self.make = make
        self.port = 0

    async def start(self) -> Sockets:
        """Serves; on the same port as before."""
        self.core = self.make(self.settings)
        await self.core.start()
        application = web.Application(middlewares=[edge(["*"])])
        self.core.mount(application)
        self.server = TestServer(application, port=self.port or None)
        self.client: TestClient[Any, Any] = TestClient(self.server)
        await self.client.start_server()
        self.port = self.server.port or 0
        return Sockets(self.core, self.client)

    async def stop(self) -> None:
        """Stops it."""
        await self.core.stop()
        await self.client.close()


async def test_sixty_seconds_without_network_lose_nothing(settings: Settings) -> None:
    clock = Adjustable()
    served = Served(settings, lambda settings: SignallingCore(settings, clock=clock))
    sockets = await served.start()
    await served.core.store.write(tenants.create, TENANT, "Shop")
    try:
        customer, rep = await sockets(CUSTOMER), await sockets(REP)
        conversation = await begun(customer)
        for each in (customer, rep):
            await each.ask("conversation.watch", conversation_id=conversation)
        sent = await said(customer, conversation, "before")
        await customer.until(lambda: texts(customer) == ["before"])
        customer.cut()
        clock.ahead_us += 60_000_000
        for number in range(30):
            await said(rep, conversation, f"meanwhile {number}")
        # What was on its way when the network went is sent again with its id: it is there once.
        back = await sockets(CUSTOMER, resume=customer.resume, after={conversation: customer.seqs()[-1]})
        await back.ask("message.send", conversation_id=conversation, id=sent, text="before")
        await said(back, conversation, "after")
        await back.until(lambda: texts(back) == [f"meanwhile {number}" for number in range(30)] + ["after"])
        await rep.until(lambda: "after" in texts(rep))
        assert texts(rep).count("before") == 1
        assert rep.seqs() == list(range(1, len(rep.seqs()) + 1))
    finally:
        await sockets.close()
        await served.stop()


async def test_a_restart_of_the_server_is_only_an_interruption(settings: Settings) -> None:
    served = Served(settings, lambda settings: SignallingCore(settings, clock=clock_now))
    sockets = await served.start()
    await served.core.store.write(tenants.create, TENANT, "Shop")
    customer, rep = await sockets(CUSTOMER), await sockets(REP)
    conversation = await begun(customer)
    await customer.ask("conversation.watch", conversation_id=conversation)
    await rep.ask("lobby.watch")
    await said(customer, conversation, "before")
    await customer.until(lambda: texts(customer) == ["before"])
    last = customer.seqs()[-1]
    await rep.until(lambda: bool(rep.resume))
    stopping = asyncio.create_task(served.stop())
    assert await customer.closed() == 1001
    await sockets.close()
    await stopping
    sockets = await served.start()
    try:
        back = await sockets(CUSTOMER, resume=customer.resume, after={conversation: last})
        rep_back = await sockets(REP, resume=rep.resume)
        assert (back.welcome["resumed"], rep_back.welcome["lobby"]) == (True, True)
        await said(rep_back, conversation, "after")
        await back.until(lambda: texts(back) == ["after"])
        assert back.seqs()[0] == last + 1
        seen = (await back.ask("timeline.read", conversation_id=conversation))["entries"]
        assert [entry["seq"] for entry in seen] == list(range(1, len(seen) + 1))
    finally:
        await sockets.close()
        await served.stop()


class UnreliableBus:
    """Loses, doubles, delays and swaps hints, as a network may. Notes pass, or nothing could be told apart from a fault."""

    def __init__(self, seed: int) -> None:
        self._bus = LocalBus()
        self._random = random.Random(seed)
        self._late: list[tuple[str, Any]] = []

    def publish(self, topic: str, message: Any) -> None:
        if not isinstance(message, Entry):
            self._bus.publish(topic, message)
            return
        luck = self._random.random()
        if luck < 0.25:
            return
        if luck < 0.5:
            self._late.append((topic, message))
        else:
            self._bus.publish(topic, message)
            if luck < 0.65:
                self._bus.publish(topic, message)
        if self._late and self._random.random() < 0.4:
            self._random.shuffle(self._late)
            self._bus.publish(*self._late.pop())

    def subscribe(self, topic: str, listener: Listener) -> Callable[[], None]:
        return self._bus.subscribe(topic, listener)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_the_bus_does_every_entry_comes_once_and_in_order(tmp_path: Path, seed: int) -> None:
    settings = Settings(data_dir=tmp_path, socket_heartbeat_s=0.5, rate_limit_writes_per_min=0)
    served = Served(settings, lambda settings: SignallingCore(settings, bus=UnreliableBus(seed), clock=clock_now))
    sockets = await served.start()
    await served.core.store.write(tenants.create, TENANT, "Shop")
    try:
        customer, rep = await sockets(CUSTOMER), await sockets(REP)
        conversations = [await begun(customer) for _ in range(3)]
        for conversation in conversations:
            for each in (customer, rep):
                await each.ask("conversation.watch", conversation_id=conversation)
        for number in range(20):
            for conversation in conversations:
                await said(customer if number % 3 else rep, conversation, f"{number}")
        for conversation in conversations:
            last = (await customer.ask("conversation.read", conversation_id=conversation))["conversation"]["seq"]
            for each in (customer, rep):
                wanted = list(range(1, last + 1))
                await each.until(lambda each=each, of=conversation, wanted=wanted: each.seqs(of) == wanted)  # type: ignore[misc]
    finally:
        await sockets.close()
        await served.stop()
