"""A shop's page of another origin with the widget in it, and a rep who answers by the API: for tests of the widget alone.

The page is as bare as can be and as strict: its Content-Security-Policy allows scripts and data of its own and of Tresen's origin, no
inline script, no style but its own. `SHOP_KEY` is the site's, so that the page can vouch for customers as a shop's server does.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
import jwt
from aiohttp import web

from signalling.identity.seed import PASSWORD, SITE
from signalling.ids import new_id
from tests.e2e.participant import DEADLINE_S
from tests.e2e.program import Demo

SNIPPET = """
(function(w,d,n,u){w[n]=w[n]||function(){(w[n].q=w[n].q||[]).push(arguments)};
var s=d.createElement('script');s.async=1;s.src=u;d.head.appendChild(s)})(window,document,'tresen',%(loader)s);
var asked = new URLSearchParams(location.search);
tresen('boot', Object.assign({siteId: %(site)s, locale: asked.get('locale') || 'en', name: 'Copper & Clay'},
  asked.get('dir') ? {dir: asked.get('dir')} : {}, asked.get('scheme') ? {scheme: asked.get('scheme')} : {}));
if (asked.get('customer')) tresen('identify', function (cb) {
  fetch('/token?customer=' + asked.get('customer')).then(function (r) { return r.json() }).then(function (j) { cb(j.token) });
});
window.heard = [];
['open', 'close', 'unread', 'conversation'].forEach(function (name) {
  tresen('on', name, function (detail) { heard.push([name, detail]) });
});
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Copper &amp; Clay</title><script src="/snippet.js"></script></head>
<body><main><h1>Copper &amp; Clay</h1><p>Kettles and mugs.</p><p><a href="/other">Mugs</a></p></main></body></html>"""


@dataclass(slots=True)
class ShopPage:
    """`address`: of the page, without a slash."""

    address: str
    tresen: str
    admin_token: str
    key: dict[str, Any] = field(default_factory=dict)


def vouch(key: dict[str, Any], customer: str) -> str:
    """What a shop's server signs."""
    now_s = int(time.time())
    claims = {
        "aud": SITE,
        "sub": customer,
        "exp": now_s + 300,
        "jti": f"{customer}-{time.time_ns()}",
        "name": customer.title(),
        "email": f"{customer}@example.com",
    }
    return jwt.encode(claims, key["secret"], algorithm="HS256", headers={"kid": key["id"]})


async def ask(tresen: str, method: str, path: str, token: str | None = None, **given: Any) -> Any:
    """One request by REST, answered with its JSON."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as client, client.request(method, tresen + path, headers=headers, **given) as response:
        assert response.status < 300, f"{method} {path}: {response.status} {await response.text()}"
        return await response.json() if response.status != 204 else None


async def log_in(tresen: str, login: str) -> str:
    """A session's token."""
    session = await ask(tresen, "POST", "/v1/login", json={"login": login, "password": PASSWORD})
    return str(session["token"])


@asynccontextmanager
async def shop_page(running: Demo) -> AsyncIterator[ShopPage]:
    """Serves the page on a free port and makes its origin the site's."""
    tresen = running.address
    admin = await log_in(tresen, "ada")
    found = ShopPage("", tresen, admin)
    socket = tresen.replace("http", "ws")
    policy = (
        f"default-src 'none'; script-src 'self' {tresen}; style-src 'self'; connect-src 'self' {tresen} {socket}; "
        f"img-src 'self' blob: {tresen}; media-src blob:"
    )

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html", headers={"Content-Security-Policy": policy})

    async def snippet(_: web.Request) -> web.Response:
        text = SNIPPET % {"loader": json.dumps(f"{tresen}/widget/v1.js"), "site": json.dumps(SITE)}
        return web.Response(text=text, content_type="text/javascript")

    async def token(request: web.Request) -> web.Response:
        return web.json_response({"token": vouch(found.key, request.query["customer"])})

    application = web.Application()
    application.router.add_get("/snippet.js", snippet)
    application.router.add_get("/token", token)
    application.router.add_get("/{any:.*}", page)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        had = await ask(tresen, "GET", f"/v1/sites/{SITE}", admin)
        await ask(tresen, "PATCH", f"/v1/sites/{SITE}", admin, json={"origins": [*had["origins"], found.address]})
        found.key = await ask(tresen, "POST", f"/v1/sites/{SITE}/keys", admin, json={"algorithm": "HS256"})
        yield found
    finally:
        if found.key:
            await ask(tresen, "DELETE", f"/v1/sites/{SITE}/keys/{found.key['id']}", admin)
        await runner.cleanup()


class Rep:
    """Rita or Rolf at a socket: takes every offer, keeps what was said, says what the test wants."""

    def __init__(self, tresen: str, token: str, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._tresen, self._token, self._socket = tresen, token, socket
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.entries: dict[str, list[dict[str, Any]]] = {}
        self.notes: list[dict[str, Any]] = []
        self.accepts = True
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            frame = json.loads(message.data)
            if frame["type"] in ("result", "error"):
                waiting = self._answers.pop(frame["id"] or "", None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
            elif frame["type"] == "entry":
                self.entries.setdefault(frame["entry"]["conversation_id"], []).append(frame["entry"])
            else:
                self.notes.append(frame)
                if frame["type"] == "offer.made" and self.accepts:
                    await self.tell("queue.accept", ticket_id=frame["ticket_id"])
                    await self.tell("conversation.watch", conversation_id=frame["conversation_id"], after_seq=0)

    async def tell(self, name: str, **fields: Any) -> str:
        """Sends a request without waiting for its answer."""
        name_of_request = fields.get("id") or f"t{next(self._numbers)}"
        await self._socket.send_json({"type": name, **fields, "id": name_of_request})
        return str(name_of_request)

    async def ask(self, name: str, **fields: Any) -> Any:
        """A request's result."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        name_of_request = fields.get("id") or f"r{next(self._numbers)}"
        self._answers[name_of_request] = future
        await self._socket.send_json({"type": name, **fields, "id": name_of_request})
        frame = await asyncio.wait_for(future, DEADLINE_S)
        assert frame["type"] == "result", frame
        return frame["result"]

    async def say(self, conversation_id: str, text: str = "", **more: Any) -> dict[str, Any]:
        """A message."""
        said = await ask(
            self._tresen,
            "POST",
            f"/v1/conversations/{conversation_id}/messages",
            self._token,
            json={"id": new_id("msg", time.time_ns() // 1000), "text": text, **more},
        )
        return dict(said)

    async def typing(self, conversation_id: str, active: bool) -> None:
        """Begins or ceases to write."""
        await self._socket.send_json({"type": "typing", "conversation_id": conversation_id, "active": active})

    def said(self, conversation_id: str) -> list[str]:
        """The customer's words in the order of the log."""
        entries = self.entries.get(conversation_id, [])
        return [each["data"]["text"] for each in entries if each["type"] == "message.created" and each["actor"]["kind"] == "customer"]

    async def until(self, what: str, condition: Any) -> Any:
        """Waits until `condition()` is something."""
        end_s = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            assert time.monotonic() < end_s, f"gave up waiting: {what}"
            await asyncio.sleep(0.05)
        return found

    async def served(self) -> str:
        """The newest conversation that is this rep's and watched."""
        return str(await self.until("a conversation", lambda: list(self.entries)[-1] if self.entries else None))


@asynccontextmanager
async def rep_on_duty(tresen: str, login: str = "rita") -> AsyncIterator[Rep]:
    """Logs in, connects, is available."""
    token = await log_in(tresen, login)
    async with aiohttp.ClientSession() as client, client.ws_connect(f"{tresen}/v1/socket", heartbeat=20) as socket:
        await socket.send_json({"type": "hello", "token": token})
        welcome = await socket.receive_json()
        assert welcome["type"] == "welcome", welcome
        rep = Rep(tresen, token, socket)
        await rep.ask("rep.set_status", status="available")
        try:
            yield rep
        finally:
            # Otherwise they would wait again, before whoever comes in the next test.
            for conversation in rep.entries:
                await rep.ask("conversation.close", conversation_id=conversation)
            await rep.ask("rep.set_status", status="offline")
            rep._reading.cancel()
