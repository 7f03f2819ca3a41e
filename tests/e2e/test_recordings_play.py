"""A browser plays recordings: those that were completed, and what a killed recorder left."""

import base64
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from mediaserver.recorder.container import CODECS, Container, Stream, holds
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.storage import create
from tests.e2e.browsers import QUIET
from tests.e2e.sources import chromium_path
from tests.support.coded import HEIGHT, WIDTH, opus_tone, pictures

START_US = 5_000_000
TYPES = {"webm": "video/webm", "mkv": "video/x-matroska", "ogg": "audio/ogg", "mp4": "video/mp4"}
PLAY = """
async ([file, type]) => {
  const video = document.createElement("video");
  video.muted = true;
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  const loaded = new Promise((done, failed) => {
    video.onloadeddata = done;
    video.onerror = () => failed(new Error(video.error.message));
  });
  video.src = URL.createObjectURL(new Blob([bytes], { type }));
  await loaded;
  const seeked = new Promise((done) => { video.onseeked = done; });
  video.currentTime = 5.5;
  await seeked;
  const ended = new Promise((done) => { video.onended = done; });
  await video.play();
  await ended;
  return { duration: video.duration, width: video.videoWidth, at: video.currentTime };
}
"""
CASES = [(form, codec) for form in CODECS for codec in ("", "VP8", "VP9") if holds(form, codec or "opus")]


def recorded(folder: Path, form: Any, codec: str, *, killed: bool) -> bytes:
    """Two seconds of a tone and a picture that begin five seconds after the recording."""
    storage, name = create(folder, f"{codec}{killed}.{form}", None)
    container = Container(storage, form, [Stream("opus"), *([Stream(codec, WIDTH, HEIGHT)] if codec else [])])
    film = pictures(codec, ((200, 40, 40),) * 60, every=15) if codec else ()
    for index, data in enumerate(opus_tone(440, 2.0)):
        at = START_US + index * 20_000
        container.put(0, Frame(data, True, samples=960), at, at)
        if index % 2 == 0 and film:
            picture, key = film[index // 2]
            container.put(1, Frame(picture, key, width=WIDTH, height=HEIGHT), at, at)
        container.flush(at)
    left = (folder / name).read_bytes()
    container.close()
    return left if killed else (folder / name).read_bytes()


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
async def test_a_browser_plays_it_to_its_end_and_finds_its_way_in_it(tmp_path: Path, killed: bool) -> None:
    async with async_playwright() as playwright:
        switches = [*QUIET, "--autoplay-policy=no-user-gesture-required"]
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=switches)
        page = await browser.new_page()
        for form, codec in CASES:
            file = base64.b64encode(recorded(tmp_path, form, codec, killed=killed)).decode()
            seen = await page.evaluate(PLAY, [file, TYPES[form]])
            assert seen["at"] == pytest.approx(seen["duration"], abs=0.1), (form, codec)
            assert (6.2 if killed else 6.9) < seen["duration"] <= 7.05, (form, codec)
            assert seen["width"] == (WIDTH if codec else 0), (form, codec)
        await browser.close()
