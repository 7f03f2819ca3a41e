"""A shop's back office that takes webhooks and remembers what came."""

from collections import defaultdict

from aiohttp import web


class Receiver:
    """Listens on loopback until `close`."""

    def __init__(self) -> None:
        self.seqs: dict[str, list[int]] = defaultdict(list)  # conversation id -> as they came
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def open(self) -> None:
        """Begins."""
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def close(self) -> None:
        """Ends."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        entry = body if "seq" in body else body["data"]
        self.seqs[entry["conversation_id"]].append(entry["seq"])
        return web.Response(status=204)
