"""Noise suppression through RNNoise's library, found at run time: the real one where it is installed, and a stand-in everywhere.

A library once opened stays for the process, so each test opens its own in a child process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mediaserver.mixing.noise import find_noise_library
from native.testing import mixer as door

ROOT = Path(__file__).parent.parent.parent

# A tone in hiss; the stage comes in after 1 s and goes after 3. Says how loud the second half of each second is, and the loudest click.
CHILD = """
import json, sys
import numpy as np
from native.testing import mixer as door
from tests.support.mixing import FRAME, Room, Talker, click_db, rtp, tone
opened = door.noise_library(sys.argv[1])
again = door.noise_library("no such file")
hiss_db = float(sys.argv[2])
rng = np.random.default_rng(1)
room = Room()
room.talker(1, 480, detect_voice=True)
room.talking.clear()
room.listener(9)
talker, sound = room.talkers[1], []
for index in range(200):
    if index in (50, 150):
        room.mixer.voice_set(1, suppress_noise=index == 50, detect_voice=True)
    noise = 10 ** (hiss_db / 20) * rng.standard_normal(FRAME)
    frame = (tone(480, FRAME, 0.1 if hiss_db < -90 else 0, index * FRAME) + noise).astype(np.float32)
    room.mixer.voice_packet(1, rtp(index, index * FRAME, talker.encoder.encode_float(frame.tobytes(), FRAME)), 23, room.now_us)
    room.tick()
sound = room.mixed(9, 200)
second = lambda at: sound[at * 48000 : (at + 1) * 48000]
print(json.dumps({
    "opened": opened, "again": again, "click_db": float(click_db(sound[20 * FRAME :]).max()),
    "power_db": [float(10 * np.log10((second(at)[24000:] ** 2).mean() + 1e-12)) for at in range(4)],
    "active": (1, "active") in [(voice, what) for _, voice, what in room.notices],
}))
"""


def suppress(library: str, hiss_db: float) -> dict:
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD" or "asan" in value}
    command = [sys.executable, "-c", CHILD, library, str(hiss_db)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def compiled(folder: Path, *arguments: str) -> str:
    library = folder / "librnnoise.so"
    source = Path(__file__).with_name("fake_rnnoise.c")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", *arguments, str(source), "-o", str(library)], check=True)
    return str(library)


def test_the_stage_comes_and_goes_without_a_click(tmp_path: Path) -> None:
    found = suppress(compiled(tmp_path), -120)
    assert found["opened"] and found["again"]
    before, between, between_too, after = found["power_db"]
    assert before == pytest.approx(-23, abs=0.5) and after == pytest.approx(-23, abs=0.5)
    assert between == pytest.approx(-29, abs=0.5) and between_too == pytest.approx(-29, abs=0.5)
    assert found["click_db"] < -65
    assert found["active"]  # by what the library says of it


@pytest.mark.parametrize("arguments", [["-DFRAME=441"], ["-Drnnoise_process_frame=other_name"]])
def test_a_library_that_is_not_rnnoise_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    assert not door.noise_library(compiled(tmp_path, *arguments))


def test_no_library_is_no_harm() -> None:
    found = suppress("no such file", -120)
    assert not found["opened"]
    assert found["power_db"] == [pytest.approx(-23, abs=0.5)] * 4


@pytest.mark.skipif(find_noise_library() is None, reason="RNNoise is optional: pip install tresen[noise]")
def test_rnnoise_takes_the_hiss_away() -> None:
    library = find_noise_library()
    assert library is not None
    found = suppress(library, -40)
    before, _, between, after = found["power_db"]
    assert found["opened"] and between < before - 15 and after > before - 1
    assert not found["active"]
