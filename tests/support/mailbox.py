"""A mail server that keeps what it is handed: for tests of mail that really leaves."""

import asyncio
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP


class Mailbox:
    """An SMTP server on loopback that takes mail, or answers with `refusal`. `port` 0: any free one."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[Message] = []
        self.refusal: str | None = None
        self.asked = 0
        self.port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """On any free port; started again, on the same."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="mail.example"), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.asked += 1
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"
