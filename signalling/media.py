"""The media server as a process sees it: workers and HTTP port opened together, drained and closed together.

For `signalling.cli`. Pages and other endpoints are added to `application` before `start`. While draining, HTTP goes on
answering, so that clients can hang up and health checks see the server leave.
"""

from mediaserver import http
from mediaserver.config import MediaSettings
from mediaserver.errors import LocalError
from mediaserver.server import MediaServer
from signalling.port import HttpPort


class MediaService:
    """A `MediaServer` with its HTTP edge on the configured port."""

    def __init__(self, settings: MediaSettings) -> None:
        """Opens nothing yet."""
        self.settings = settings
        self.server = MediaServer(settings)
        self.application = http.application(self.server)
        self._port = HttpPort(settings.http_host, settings.http_port, self.application)

    async def start(self) -> None:
        """Opens the media ports, then the HTTP port. LocalError says what to do when one cannot be had."""
        await self.server.start()
        try:
            await self._port.open()
        except LocalError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Drains with the configured deadline, then closes everything. Idempotent."""
        await self.server.stop(self.settings.drain_deadline_s)
        await self._port.close()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it."""
        return self._port.address
