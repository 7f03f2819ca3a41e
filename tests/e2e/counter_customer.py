"""A customer of the demo who writes over REST, for tests of the console in a browser: no page, no widget."""

import json
import secrets
from typing import Any, ClassVar

import aiohttp

SITE = "site_0000000000000000000000DEM0"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str) -> str:
    """An id of one's own, as clients make them."""
    return f"{prefix}_01{''.join(secrets.choice(ALPHABET) for _ in range(24))}"


class CounterCustomer:
    """One visitor with one conversation. `arrived`: all who came and have not left."""

    arrived: ClassVar[list["CounterCustomer"]] = []

    def __init__(self, http: aiohttp.ClientSession, address: str, session: dict[str, Any]) -> None:
        self.http, self.address = http, address
        self.headers = {"Authorization": f"Bearer {session['token']}"}
        self.conversation_id = ""
        self.ticket_id = ""

    @classmethod
    async def arrive(cls, http: aiohttp.ClientSession, address: str) -> "CounterCustomer":
        """Comes to the demo's site."""
        async with http.post(f"{address}/v1/sessions", json={"site_id": SITE}) as answer:
            assert answer.status == 201, await answer.text()
            made = cls(http, address, await answer.json())
        cls.arrived.append(made)
        return made

    @classmethod
    async def all_leave(cls) -> None:
        """Ends what is still open, so that nobody is waiting when the next test begins."""
        while cls.arrived:
            customer = cls.arrived.pop()
            if customer.conversation_id:
                await customer.ask("POST", f"/v1/conversations/{customer.conversation_id}/close", {})
            if customer.ticket_id:
                await customer.ask("POST", f"/v1/tickets/{customer.ticket_id}/leave")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer."""
        headers = {**self.headers, "Idempotency-Key": new_id("key")}
        async with self.http.request(method, self.address + path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status < 300, (method, path, answer.status, text)
            return json.loads(text) if text else None

    async def begin(self, *texts: str, locale: str = "en", reason: str | None = None) -> str:
        """Says these things in a new conversation and waits for a rep; the conversation's id."""
        self.conversation_id = (await self.ask("POST", "/v1/conversations", {"locale": locale}))["id"]
        for text in texts:
            await self.say(text)
        place = await self.ask("POST", f"/v1/conversations/{self.conversation_id}/queue", {"reason": reason} if reason else {})
        self.ticket_id = place["id"]
        return self.conversation_id

    async def say(self, text: str) -> None:
        """Says something."""
        await self.ask("POST", f"/v1/conversations/{self.conversation_id}/messages", {"id": new_id("msg"), "text": text})

    async def timeline(self) -> list[dict[str, Any]]:
        """All entries so far."""
        entries: list[dict[str, Any]] = []
        while True:
            after = entries[-1]["seq"] if entries else 0
            page = await self.ask("GET", f"/v1/conversations/{self.conversation_id}/timeline?after_seq={after}")
            entries += page["entries"]
            if not page["has_more"]:
                return entries

    async def said_by(self, kind: str) -> list[str]:
        """What was said by customers or reps, in its order."""
        entries = await self.timeline()
        return [entry["data"]["text"] for entry in entries if entry["type"] == "message.created" and entry["actor"]["kind"] == kind]
