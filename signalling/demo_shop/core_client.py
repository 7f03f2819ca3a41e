"""The shop's backend as a client of Tresen's REST interface: it acts for a visit, in the session it began with the shop's own token.

So whatever the shop does to a cart bears the customer's name, as if the widget had done it, and the same cart is the rep's. A refusal comes
back as it was said (`Refused`), for the page to put into words.
"""

import asyncio
from typing import Any

import aiohttp

from signalling.demo_shop.identity import Signer, Visit

TIMEOUT_S = 20


class Refused(Exception):
    """Tresen's answer was no: its status and problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code', '')}")
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The machine's word for why."""
        return str(self.problem.get("code", ""))


class CoreClient:
    """See the module."""

    def __init__(self) -> None:
        """Connects to nothing yet."""
        self.address = ""
        self._signer: Signer | None = None
        self._http: aiohttp.ClientSession | None = None
        self._beginning: dict[str, asyncio.Lock] = {}

    async def start(self, address: str, signer: Signer) -> None:
        """`address`: of the core's HTTP port. `signer`: of the tokens it begins sessions with."""
        self.address, self._signer = address, signer
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))

    async def stop(self) -> None:
        """Idempotent."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    @property
    def signer(self) -> Signer:
        """Of the shop's tokens. Refused 503 before the shop has one."""
        if self._signer is None:
            raise Refused(503, {"code": "unavailable"})
        return self._signer

    async def begin(self, visit: Visit) -> None:
        """A session for the visit as it is now; where it had one as a visitor, what hangs on that becomes the customer's."""
        body: dict[str, Any] = {"site_id": self.signer.site_id, "token": self.signer.token(visit)}
        if visit.session is not None:
            body["previous_token"] = visit.session
        visit.session = (await self._send("POST", "/v1/sessions", None, json=body))["token"]

    async def call(self, visit: Visit, method: str, path: str, **more: Any) -> Any:
        """Asks for an operation in the visit's name. A session that has ended is begun anew, once."""
        for attempt in (1, 2):
            lock = self._beginning.setdefault(visit.id, asyncio.Lock())
            async with lock:
                if visit.session is None:
                    await self.begin(visit)
            used = visit.session
            try:
                return await self._send(method, path, used, **more)
            except Refused as refusal:
                if refusal.status != 401 or attempt == 2:
                    raise
                if visit.session == used:
                    visit.session = None
            finally:
                if not lock.locked():
                    self._beginning.pop(visit.id, None)
        raise AssertionError("the second attempt returns or raises")

    async def press(self, payment_url: str, outcome: str) -> None:
        """Does on the sandbox's page what a person would do there: opens the link, presses a button."""
        opened = await self._page("GET", payment_url)
        await self._page("POST", f"{self.address}{opened}", data={"outcome": outcome})

    async def _page(self, method: str, url: str, **more: Any) -> str:
        assert self._http is not None, "not started"
        async with self._http.request(method, url, allow_redirects=False, **more) as response:
            if response.status != 303:
                raise Refused(response.status, {"code": "payment_page"})
            return response.headers["Location"].removeprefix(self.address)

    async def _send(self, method: str, path: str, token: str | None, **more: Any) -> Any:
        assert self._http is not None, "not started"
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        try:
            async with self._http.request(method, f"{self.address}{path}", headers=headers, **more) as response:
                answer = await response.json(content_type=None) if response.status != 204 else {}
                if response.status >= 400:
                    raise Refused(response.status, answer if isinstance(answer, dict) else {})
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refused(503, {"code": "unavailable"}) from error
