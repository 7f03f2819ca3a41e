"""Janus with its AudioBridge, the mixer to compare with: started with a configuration of its own in a temporary folder.

Only the HTTP transport and the AudioBridge plugin are loaded; no recording, no events, 48 kHz. `Janus` is the process, for the coordinator;
`Session` speaks its REST API, for the clients. Debian and Ubuntu: apt-get install janus. Not for anything but the bench.
"""

import asyncio
import itertools
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from bench.mixer.load import MixLoad

HOST = "127.0.0.1"
HOW_TO_GET = "Janus is not installed (Debian, Ubuntu: apt-get install --no-install-recommends janus): Tresen is measured alone"
# Where distributions put the plugins; the multiarch name is the machine's.
LIBRARIES = ("/usr/lib/*/janus", "/usr/lib/janus", "/usr/local/lib/janus", "/opt/janus/lib/janus")
PLUGIN, TRANSPORT = "libjanus_audiobridge.so", "libjanus_http.so"
START_S = 10.0
ANSWER_S = 30.0
POLL_S = 60.0
EVENTS_AT_ONCE = 20


class JanusError(Exception):
    """Janus did not start, or refused; the message says what it said."""


def libraries() -> Path | None:
    """Janus' folder of plugins and transports, None where program or plugins are missing."""
    if shutil.which("janus") is None:
        return None
    for pattern in LIBRARIES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            if (folder / "plugins" / PLUGIN).exists() and (folder / "transports" / TRANSPORT).exists():
                return folder
    return None


def version() -> str:
    """What it calls itself."""
    said = subprocess.run(["janus", "-V"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version: \d+ \(([^)]+)\)", said)
    return f"janus {found[1]}" if found else "janus"


def free_port() -> int:
    """A TCP port nobody has now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def own_address() -> str:
    """This machine's address on its default route: Janus takes none of loopback. Packets to it stay inside all the same."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks for the route
        except OSError as error:
            raise JanusError(f"Janus needs a network interface besides loopback: {error}") from None
        return str(probe.getsockname()[0])


def configure(folder: Path, found: Path, port: int) -> None:
    """Writes what Janus reads, and lets it find one plugin and one transport."""
    for name, library in (("plugins", PLUGIN), ("transports", TRANSPORT)):
        (folder / name).mkdir()
        (folder / name / library).symlink_to(found / name / library)
    for name in ("events", "loggers", "conf"):
        (folder / name).mkdir()
    folders = "".join(f'  {name}_folder = "{folder / name}"\n' for name in ("plugins", "transports", "events", "loggers"))
    files = {
        "janus.jcfg": f'general: {{\n{folders}  configs_folder = "{folder / "conf"}"\n  interface = "{HOST}"\n  debug_level = 2\n'
        '  debug_colors = false\n  session_timeout = 0\n}\nevents: {\n  broadcast = false\n}\n',
        "janus.transport.http.jcfg": f'general: {{\n  json = "compact"\n  base_path = "/janus"\n  http = true\n  port = {port}\n'
        f'  ip = "{HOST}"\n  https = false\n}}\nadmin: {{\n  admin_http = false\n}}\n',
        "janus.plugin.audiobridge.jcfg": "general: {\n  events = false\n}\n",
    }
    for name, text in files.items():
        (folder / "conf" / name).write_text(text)


class Janus:
    """The process. Use as a context manager, which ends it and takes its folder away."""

    def __init__(self, core: int | None = None) -> None:
        found = libraries()
        if found is None:
            raise JanusError(HOW_TO_GET)
        self._folder = tempfile.TemporaryDirectory(prefix="tresen-janus-")
        folder = Path(self._folder.name)
        self.port = free_port()
        configure(folder, found, self.port)
        self._log = folder / "log"
        command = ["janus", "-F", str(folder / "conf")]
        if core is not None and shutil.which("taskset"):
            command = ["taskset", "-c", str(core), *command]
        with self._log.open("wb") as log:
            # taskset becomes Janus, so this is its id.
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.pid = self._process.pid

    def __enter__(self) -> "Janus":
        until = time.monotonic() + START_S
        while True:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{self.port}/janus/info", timeout=1) as response:
                    response.read()
                return self
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None or time.monotonic() > until:
                    said = self._log.read_text(errors="replace")[-2000:]
                    self.__exit__(None, None, None)
                    raise JanusError(f"Janus did not start; it said: {said}") from None
                time.sleep(0.05)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


class Session:
    """A Janus session with many handles, one a participant. Events come by a long poll, answers to offers among them."""

    def __init__(self, http: ClientSession, port: int) -> None:
        self._http, self._root = http, f"http://{HOST}:{port}/janus"
        self._transactions = itertools.count(1)
        self._answers: dict[int, asyncio.Future[str]] = {}
        self._polling: asyncio.Task[None] | None = None
        self.url = ""

    async def open(self) -> None:
        """Makes the session and begins to listen."""
        self.url = f"{self._root}/{(await self._post(self._root, janus='create'))['data']['id']}"
        self._polling = asyncio.create_task(self._poll())

    async def close(self) -> None:
        """Stops listening; the process ends anyway."""
        if self._polling is not None:
            self._polling.cancel()

    async def create(self, room: int, load: MixLoad) -> None:
        """A room with the load's encoder settings."""
        handle = await self._attach()
        body = {
            "request": "create", "room": room, "sampling_rate": 48000, "audiolevel_ext": True, "audiolevel_event": False, "record": False,
            "default_bitrate": load.bitrate_bps, "default_expectedloss": load.expected_loss_percent,
        }  # fmt: skip
        said = await self._post(f"{self.url}/{handle}", janus="message", body=body)
        if said.get("plugindata", {}).get("data", {}).get("audiobridge") != "created":
            raise JanusError(f"Janus made no room: {said}")

    async def join(self, room: int, person: str, load: MixLoad, offer: str) -> str:
        """Joins the room with this offer; Janus' answer."""
        handle = await self._attach()
        answer = self._answers[handle] = asyncio.get_running_loop().create_future()
        body = {
            "request": "join", "room": room, "display": person, "muted": False, "quality": load.complexity,
            "bitrate": load.bitrate_bps, "expected_loss": load.expected_loss_percent,
        }  # fmt: skip
        await self._post(f"{self.url}/{handle}", janus="message", body=body, jsep={"type": "offer", "sdp": offer})
        return await asyncio.wait_for(answer, ANSWER_S)

    async def _attach(self) -> int:
        return int((await self._post(self.url, janus="attach", plugin="janus.plugin.audiobridge"))["data"]["id"])

    async def _post(self, url: str, **message: Any) -> dict[str, Any]:
        message["transaction"] = str(next(self._transactions))
        async with self._http.post(url, json=message) as response:
            said: dict[str, Any] = await response.json(content_type=None)
        if said.get("janus") == "error":
            raise JanusError(f"Janus refused {message['janus']}: {said['error']}")
        return said

    async def _poll(self) -> None:
        # Janus answers a poll after half a minute at the latest; a starved one may take longer.
        timeout = ClientTimeout(total=POLL_S)
        while True:
            try:
                async with self._http.get(self.url, params={"maxev": str(EVENTS_AT_ONCE)}, timeout=timeout) as response:
                    events = await response.json(content_type=None)
            except TimeoutError:
                continue
            for event in events if isinstance(events, list) else [events]:
                self._hear(event)

    def _hear(self, event: dict[str, Any]) -> None:
        answer = self._answers.get(event.get("sender", 0))
        if answer is None or answer.done():
            return
        data = event.get("plugindata", {}).get("data", {})
        if "error" in data:
            answer.set_exception(JanusError(f"Janus refused to let somebody in: {data['error']}"))
        elif "jsep" in event:
            answer.set_result(event["jsep"]["sdp"])
