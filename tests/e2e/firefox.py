"""Firefox ESR, headless, a process with a profile of its own, steered over WebDriver BiDi; and what its devices look and sound like.

Its fake microphone is a pure tone and its fake camera a moving pattern, so what arrives from it is recognised as that. What is done in
it: `firefox_tab`.
"""

import asyncio
import base64
import io
import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.e2e.bidi import Bidi, session
from tests.e2e.firefox_tab import Tab
from tests.e2e.participant import DEADLINE_S, Participant, attempts
from tests.support.seeing import hear

TONE_HZ = 1000
# Of full scale.
LOUD = 0.02
DARK = {"ui.systemUsesDarkTheme": 1}
PREFERENCES: dict[str, bool | int | str] = {
    "intl.accept_languages": "en-GB, en",
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
async (seconds) => {
  const tracks = (%s)();
  if (!tracks.length) return null;
  const recorder = new MediaRecorder(new MediaStream(tracks.slice(0, 1)), { mimeType: "audio/ogg;codecs=opus" });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  setTimeout(() => recorder.stop(), seconds * 1000);
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}
"""


def firefox_path() -> str | None:
    """Debian's Firefox ESR, or another one that is no snap."""
    return shutil.which("firefox-esr") or shutil.which("firefox-bin")


@asynccontextmanager
async def firefox(folder: Path, *, dark: bool = False) -> AsyncIterator[Bidi]:
    """A Firefox with a profile of its own in `folder`; `dark`: on a system that likes its pages so."""
    path = firefox_path()
    assert path, "no firefox-esr"
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in (PREFERENCES | (DARK if dark else {})).items()]
    (profile / "user.js").write_text("\n".join(lines))
    with (folder / "firefox.log").open("wb") as log:
        options = ["--headless", "--remote-debugging-port=0", "--no-remote", "--profile", str(profile)]
        process = await asyncio.create_subprocess_exec(path, *options, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        async with session(await port(profile / "WebDriverBiDiServer.json", process)) as bidi:
            yield bidi
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), DEADLINE_S)


async def port(told: Path, process: asyncio.subprocess.Process) -> int:
    """Waits for Firefox to say where it listens."""
    end_s = time.monotonic() + DEADLINE_S
    while not (told.exists() and told.read_text().strip().endswith("}")):
        assert process.returncode is None and time.monotonic() < end_s, "Firefox did not start"
        await asyncio.sleep(0.1)
    return int(json.loads(told.read_text())["ws_port"])


async def hears_firefox(other: Participant) -> None:
    """Waits until the other one hears Firefox's microphone."""
    heard = []
    for _ in attempts():
        heard.append(hear((await other.record(1.0) * 32767).clip(-32768, 32767).astype("int16")))
        if heard[-1].rms > LOUD and abs(heard[-1].frequency_hz - TONE_HZ) < 6 and heard[-1].purity > 0.9:
            return
    raise AssertionError(f"not Firefox's tone: {heard}")


async def sees_firefox(other: Participant) -> None:
    """Waits until the other one sees Firefox's camera: a picture that is not of one grey, and that changes."""
    first = await other.thumb()
    for _ in attempts():
        await other.seeing(5)
        now = await other.thumb()
        if now.std() > 1 and abs(now - first).mean() > 1:
            return
    raise AssertionError("not Firefox's moving picture")


async def recorded(tab: Tab, tracks: str, seconds: float) -> NDArray[np.float32]:
    """What the first of the tracks that a JavaScript function gives sounds like from now on, at 48 kHz, one channel."""
    file = io.BytesIO(base64.b64decode(await tab.wait("a track to record", RECORD % tracks, seconds)))
    to_mono = av.AudioResampler(format="flt", layout="mono", rate=48000)
    with av.open(file) as container:
        blocks = [block for frame in container.decode(audio=0) for block in to_mono.resample(frame)]
    return np.concatenate([block.to_ndarray()[0] for block in blocks])
