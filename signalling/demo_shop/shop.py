"""The shop as one thing to start and stop, on a port of its own: pages, assets, pictures, backend.

    shop = DemoShop(host, port, built)
    await shop.open()
    await shop.start(core_address, admit)

For `tresen demo`. Its Content-Security-Policy is what an embedding shop needs and no more (docs/embed.md): Tresen's origin for the
widget's script, its connections and its pictures.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from mediaserver import http
from mediaserver.errors import Unavailable
from signalling import site
from signalling.demo_shop import pictures
from signalling.demo_shop.api import Api
from signalling.demo_shop.core_client import CoreClient
from signalling.demo_shop.identity import Signer, Visits
from signalling.port import HttpPort

# Paths of the page; which of them it is, the page's script reads from the address.
PAGES = ("/", "/category/{name}", "/product/{id}", "/search", "/cart", "/checkout", "/checkout/{step}", "/orders", "/orders/{id}")
Admit = Callable[[str], Awaitable[Signer]]


def embedding_policy(tresen: str) -> str:
    """The policy of a page that embeds the widget from this origin."""
    host = tresen.partition("://")[2]
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {tresen}",
            "style-src 'self'",
            f"img-src 'self' blob: {tresen}",
            "font-src 'self'",
            f"media-src 'self' blob: {tresen}",
            f"connect-src 'self' {tresen} {' '.join(site.sockets_of(host))}",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


class DemoShop:
    """See the module."""

    def __init__(self, host: str, port: int, built: site.Built) -> None:
        """Opens nothing yet."""
        self._application = web.Application(middlewares=[http.edge([])])
        self._port = HttpPort(host, port, self._application, "demo_shop_port")
        self._built = built
        self._core = CoreClient()
        Api(Visits(), self._core).add_to(self._application)
        for path in PAGES:
            self._application.router.add_get(path, self._page)
        site.mount_assets(self._application, built)
        pictures.mount(self._application)

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        return self._port.address

    async def open(self) -> None:
        """Takes the port: `address` is known from here on. LocalError where it cannot be had."""
        await self._port.open()

    async def start(self, tresen: str, admit: Admit) -> None:
        """Serves. `tresen`: the core's address. `admit`: makes the shop's address an origin of the site and gives its key."""
        await self._core.start(tresen, await admit(self.address))

    async def stop(self) -> None:
        """Idempotent."""
        await self._port.close()
        await self._core.stop()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        file = self._built.find("shop/index.html", request.headers.get("Accept-Encoding", ""))
        if file is None or not self._core.address:
            raise Unavailable("The shop is opening; try again in a moment.")
        return site.answer(request, file, site.page_headers(embedding_policy(self._core.address)))
