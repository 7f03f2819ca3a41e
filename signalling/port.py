"""An HTTP port of this process: an application, where it listens, and what its address is.

For `media`, `node` and the demonstration's shop. Not for what is served: that is the application's.
"""

from aiohttp import web

from mediaserver.errors import LocalError

# Requests that are being answered when everything else has stopped: an answer takes milliseconds.
FAREWELL_S = 2.0


class HttpPort:
    """See the module."""

    def __init__(self, host: str, port: int, application: web.Application, setting: str = "http_port") -> None:
        """Opens nothing yet. `setting`: what to change where the port cannot be had."""
        self._host, self._port, self._setting = host, port, setting
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=FAREWELL_S)

    async def open(self) -> None:
        """Listens. LocalError says what to do when the port cannot be had."""
        host, port = self._host, self._port
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            remedy = f"choose another port with TRESEN_{self._setting.upper()} or --{self._setting.replace('_', '-')}"
            raise LocalError(f"cannot listen on {host}:{port} ({error.strerror}); {remedy}") from error

    async def close(self) -> None:
        """Lets requests under way be answered, then closes. Idempotent."""
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds it; `localhost`, since browsers hand out cameras only there or by https."""
        host, port = self._host, self._port
        for address in self._runner.addresses:
            port = address[1]
        if host in ("0.0.0.0", "::", "127.0.0.1", "::1", ""):
            host = "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"
