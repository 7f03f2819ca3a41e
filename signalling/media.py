"""The media server as a process sees it: workers and HTTP port opened together, drained and closed together.

For `signalling.cli`. Pages and other endpoints are added to `application` before `start`. While draining, HTTP goes on
answering, so that clients can hang up and health checks see the server leave.
"""

from aiohttp import web

from mediaserver import http
from mediaserver.config import MediaSettings
from mediaserver.errors import LocalError
from mediaserver.metrics import Metrics
from mediaserver.server import MediaServer

# Requests that are being answered when everything else has stopped: an answer takes milliseconds.
HTTP_FAREWELL_S = 2.0


class MediaService:
    """A `MediaServer` with its HTTP edge on the configured port."""

    def __init__(self, settings: MediaSettings) -> None:
        """Opens nothing yet."""
        self.settings = settings
        self.metrics = Metrics()
        self.server = MediaServer(settings, observer=self.metrics)
        self.application = http.application(self.server, self.metrics)
        self._runner = web.AppRunner(self.application, access_log=None, shutdown_timeout=HTTP_FAREWELL_S)

    async def start(self) -> None:
        """Opens the media ports, then the HTTP port. LocalError says what to do when one cannot be had."""
        await self.server.start()
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self.settings.http_host, self.settings.http_port).start()
        except OSError as error:
            await self.stop()
            where = f"{self.settings.http_host}:{self.settings.http_port}"
            raise LocalError(f"Cannot listen on {where} ({error.strerror}); choose another port with TRESEN_HTTP_PORT or --http-port.") from error

    async def stop(self) -> None:
        """Drains with the configured deadline, then closes everything. Idempotent."""
        await self.server.stop(self.settings.drain_deadline_s)
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it; `localhost`, since browsers hand out cameras only there or by https."""
        host, port = self.settings.http_host, self.settings.http_port
        for address in self._runner.addresses:
            port = address[1]
        if host in ("0.0.0.0", "::", "127.0.0.1", "::1", ""):
            host = "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"
