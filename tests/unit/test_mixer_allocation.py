"""A tick in which nothing comes or goes allocates nothing: a child with a counting malloc runs few and many ticks and counts the same.

glibc only (the counter forwards to its __libc_* entries), and not under the sanitizers, which bring a malloc of their own.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

CHILD = """
import ctypes, json
from native.testing.mixer import Mixer
from tests.support.mixing import Talker, tone
calls = ctypes.CDLL(None).allocation_calls
calls.restype = ctypes.c_ulong
mixer = Mixer(complexity=1)
for voice in (1, 2, 3):
    mixer.clip_open(voice, tone(400 * voice, 4800).tobytes(), True, 1.0)
    mixer.listener_open(voice, voice)
talker = Talker(500)
mixer.voice_open(4)
mixer.listener_open(4, 4)
now_us = 0
for _ in range(40):
    mixer.voice_packet(4, talker.packet(), 20, now_us)
    now_us = mixer.ticks(now_us, 1)
now_us = mixer.ticks(now_us, 200)  # the stream has gone, its voice is silent, mixes have met
counted = {"same": [], "changes": []}
for rounds in (10, 300):
    before = calls()
    now_us = mixer.ticks(now_us, rounds)
    counted["same"].append(calls() - before)
for rounds in (2, 20):
    before = calls()
    for listener in range(100, 100 + rounds):
        mixer.listener_open(listener)
        now_us = mixer.ticks(now_us, 2)
    for listener in range(100, 100 + rounds):
        mixer.listener_close(listener)
    counted["changes"].append(calls() - before)
print(json.dumps(counted))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or os.environ.get("NATIVE_DEBUG") == "1",
    reason="the counting malloc stands on glibc's __libc_malloc",
)
def test_a_tick_without_a_change_allocates_nothing(tmp_path: Path) -> None:
    library, source = tmp_path / "malloc_count.so", Path(__file__).with_name("malloc_count.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O1", "-fno-builtin", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    environment = os.environ | {"LD_PRELOAD": str(library), "PYTHONMALLOC": "pymalloc"}
    done = subprocess.run([sys.executable, "-c", CHILD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=240)
    counted = json.loads(done.stdout)
    few, many = counted["same"]
    assert many == few
    # Listeners who come do allocate: without this the counter might be blind.
    few, many = counted["changes"]
    assert many > few
