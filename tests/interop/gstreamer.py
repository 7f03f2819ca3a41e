"""Runs `gstreamer_peer.py` under the system's Python, and watches what it says it has decoded."""

import asyncio
import base64
import functools
import json
import subprocess
from pathlib import Path

import numpy as np

from tests.support.live import DEADLINE_S, Live, until
from tests.support.seeing import Colour, see
from tests.support.watch import Watch

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("gstreamer_peer.py")
# A decoded frame is a line of about 20 kB, a description one of 4.
LINE_BYTES_MOST = 1 << 18
NEEDED = ("webrtcbin", "nicesrc", "dtlsdec", "srtpdec", "vp8enc", "vp8dec", "openh264enc", "openh264dec", "opusenc", "opusdec", "appsink")
CHECK = f"""
import gi
for name in ("Gst", "GstSdp", "GstWebRTC"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC
Gst.init(None)
print(*(name for name in {NEEDED} if Gst.ElementFactory.find(name) is None))
"""


@functools.cache
def missing() -> str:
    """What keeps GStreamer peers from running here; empty where nothing does."""
    try:
        found = subprocess.run([PYTHON, "-c", CHECK], capture_output=True, text=True, timeout=240, check=False)
    except OSError as error:
        return str(error)
    return found.stderr.strip().rpartition("\n")[2] if found.returncode else found.stdout.strip()


class GstreamerPeer(Watch):
    """One webrtcbin with its WHIP or WHEP session."""

    def __init__(self, live: Live, identity: str, room: str = "shop") -> None:
        super().__init__()
        self._live, self._identity, self._room = live, identity, room
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.offer = self.answer = self.error = ""
        self.states: dict[str, str] = {}

    async def publish(self, colour: Colour, frequency_hz: float, codec: str = "VP8") -> None:
        await self._start("publish", "whip", codec, ",".join(map(str, colour)), str(frequency_hz))

    async def subscribe(self) -> None:
        await self._start("subscribe", "whep")

    async def _start(self, role: str, protocol: str, *options: str) -> None:
        url, token = self._live.endpoint(protocol, self._identity, self._room)
        self._process = await asyncio.create_subprocess_exec(
            PYTHON, str(SCRIPT), role, url, token, *options,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES_MOST,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self._process))
        await until(lambda: self.error or self.states.get("connection-state") == "connected", f"{self._identity} to be connected")
        assert not self.error, self.error

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            if "rgb" in said:
                packed = np.frombuffer(base64.b64decode(said["rgb"]), np.uint8)
                self.frames.append(see(packed.reshape(said["height"], said["width"], 3)))
            elif "pcm" in said:
                self.sound.append(np.frombuffer(base64.b64decode(said["pcm"]), np.int16))
            elif "state" in said:
                self.states[said["state"]] = said["value"]
            else:
                self.error = said.get("error", self.error)
                self.offer, self.answer = said.get("offer", self.offer), said.get("answer", self.answer)
        self.error = self.error or "the process has ended"

    async def leave(self) -> int:
        """Hangs up with DELETE; gives the exit status."""
        process, self._process = self._process, None
        if process is None or self._reader is None:
            return 0
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(self._reader, DEADLINE_S)
            return await asyncio.wait_for(process.wait(), DEADLINE_S)
        finally:
            if process.returncode is None:
                process.kill()
