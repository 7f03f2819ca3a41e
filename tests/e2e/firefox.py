"""Firefox ESR, headless, driven over Marionette: the TCP protocol that geckodriver speaks (length-prefixed JSON arrays).

Playwright's own Firefox is a patched build; this drives the one people have. Only the few commands a call needs. Firefox's fake
microphone is a pure tone and its fake camera a moving pattern, so what arrives from it is recognised as that.
"""

import asyncio
import base64
import io
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.e2e.browsers import THUMB
from tests.e2e.participant import DEADLINE_S, Participant
from tests.e2e.sources import THUMB_HEIGHT, THUMB_WIDTH

TONE_HZ = 1000
PREFERENCES: dict[str, bool | int | str] = {
    "marionette.port": 0,
    "media.navigator.streams.fake": True,
    "media.navigator.audio.fake_frequency": TONE_HZ,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.volume_scale": "0.0",
    # Nothing but the call goes over the network.
    "app.update.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}

# Firefox has no MediaStreamTrackProcessor, and no running AudioContext where there is no sound card: its recorder needs neither.
RECORD = """
const [seconds, done] = arguments;
const recorder = new MediaRecorder(new MediaStream(tresenCall.remoteStream.getAudioTracks()), { mimeType: "audio/ogg;codecs=opus" });
const parts = [];
recorder.ondataavailable = ({ data }) => parts.push(data);
recorder.onstop = async () => {
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  done(btoa(text));
};
recorder.start();
setTimeout(() => recorder.stop(), seconds * 1000);
"""


def firefox_path() -> str | None:
    """Debian's Firefox ESR, or another one that is no snap."""
    return shutil.which("firefox-esr") or shutil.which("firefox-bin")


class Firefox(Participant):
    """A session in a running Firefox."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._number = 0

    async def command(self, name: str, **parameters: Any) -> Any:
        """Sends one command and gives its value; a Marionette error fails the test."""
        self._number += 1
        body = json.dumps([0, self._number, name, parameters]).encode()
        self._writer.write(b"%d:%s" % (len(body), body))
        await self._writer.drain()
        _, number, error, value = await asyncio.wait_for(self.message(), DEADLINE_S)
        assert number == self._number and error is None, f"{name}: {error}"
        return value.get("value") if isinstance(value, dict) and "value" in value else value

    async def message(self) -> Any:
        """One message of the wire: length in decimal, a colon, JSON."""
        size = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(size[:-1])))

    async def run(self, script: str, *arguments: Any) -> Any:
        """Runs a synchronous script body; `return` gives its value."""
        return await self.command("WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox=None)

    async def run_until_done(self, script: str, *arguments: Any) -> Any:
        """Runs a script that calls its last argument with its value."""
        return await self.command("WebDriver:ExecuteAsyncScript", script=script, args=list(arguments), sandbox=None)

    async def join(self, link: str) -> None:
        """Opens the call page and enters the call."""
        await self.command("WebDriver:Navigate", url=f"{link}?processing=off")
        await self.wait("the join button", "return !document.getElementById('join').disabled", bool)
        await self.run("document.getElementById('join').click()")

    async def figures(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self.run_until_done("const done = arguments[0]; tresenCall.stats().then(done)")
        return figures

    async def wait(self, what: str, script: str, condition: Callable[[Any], object]) -> Any:
        """Polls a script until its value fulfils the condition."""
        end_s = time.monotonic() + DEADLINE_S
        while not condition(value := await self.run(script)):
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {value}"
            await asyncio.sleep(0.1)
        return value

    async def capture_sound(self, seconds: float) -> NDArray[np.float32]:
        file = io.BytesIO(base64.b64decode(await self.run_until_done(RECORD, seconds)))
        to_mono = av.AudioResampler(format="flt", layout="mono", rate=48000)
        with av.open(file) as container:
            blocks = [block for frame in container.decode(audio=0) for block in to_mono.resample(frame)]
        return np.concatenate([block.to_ndarray()[0] for block in blocks])

    async def thumb(self) -> NDArray[np.float32]:
        return np.array(await self.run(f"return ({THUMB})()"), dtype=np.float32).reshape(THUMB_HEIGHT, THUMB_WIDTH)

    async def state(self) -> Any:
        return await self.run("return [tresenCall.view, tresenCall.state]")

    async def screenshot(self, target: Path) -> None:
        """Keeps a picture of the page."""
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(base64.b64decode(await self.command("WebDriver:TakeScreenshot", full=False)))


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """A Firefox with a profile of its own in `folder`."""
    path = firefox_path()
    assert path, "no firefox-esr"
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    with (folder / "firefox.log").open("wb") as log:
        options = ["--headless", "--marionette", "--no-remote", "--profile", str(profile)]
        process = await asyncio.create_subprocess_exec(path, *options, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        reader, writer = await connect(profile / "MarionetteActivePort", process)
        browser = Firefox(reader, writer)
        await asyncio.wait_for(browser.message(), DEADLINE_S)  # its greeting
        await browser.command("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
        await browser.command("WebDriver:SetTimeouts", script=int(DEADLINE_S * 1000))
        yield browser
        writer.close()
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), DEADLINE_S)


async def connect(port_file: Path, process: asyncio.subprocess.Process) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Waits for Marionette to say its port, and connects."""
    end_s = time.monotonic() + DEADLINE_S
    while True:
        assert process.returncode is None and time.monotonic() < end_s, "Firefox did not start"
        text = port_file.read_text() if port_file.exists() else ""
        if text.strip().isdigit():
            try:
                return await asyncio.open_connection("127.0.0.1", int(text))
            except ConnectionRefusedError:
                pass  # the port is named a moment before it listens
        await asyncio.sleep(0.1)
