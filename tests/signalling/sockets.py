"""Fixtures of the socket's tests: clients that are closed at the end, and what is said through them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.app import SignallingCore
from signalling.identity.caller import Caller
from signalling.ids import new_id
from tests.support.socket_client import SocketClient

Client = TestClient[web.Request, web.Application]


class Sockets:
    """Opens sockets and closes what is left open."""

    def __init__(self, core: SignallingCore, client: Client) -> None:
        self.core = core
        self.client = client
        self.made: list[SocketClient] = []

    async def __call__(self, caller: Caller, *, ttl_s: int = 3600, **hello: object) -> SocketClient:
        token = self.core.services.identity.session_token(caller, ttl_s)
        made = await SocketClient.connect(self.client, token, hello=hello)
        self.made.append(made)
        return made

    async def close(self) -> None:
        """All of them."""
        await asyncio.gather(*(each.close() for each in self.made))


@pytest.fixture
async def sockets(core: SignallingCore, client: Client) -> AsyncIterator[Sockets]:
    made = Sockets(core, client)
    yield made
    await made.close()


async def begun(socket: SocketClient) -> str:
    """A new conversation of the customer at this socket."""
    made: str = (await socket.ask("conversation.create", body={}))["id"]
    return made


async def said(socket: SocketClient, conversation_id: str, text: str) -> str:
    """Sends a message; its id."""
    message_id = new_id("msg")
    await socket.ask("message.send", conversation_id=conversation_id, id=message_id, text=text)
    return message_id
