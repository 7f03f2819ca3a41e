"""The packet path allocates nothing: a child process with a counting malloc forwards or mixes few and many packets; both must
count the same.

glibc only, and not under the sanitizers, as tests/unit/test_srtp_allocation.py. Packets are opened, kept, rewritten and sealed for three
subscribers; every 97th is lost, so that loss, requests, reports and transport-cc feedback are on the way too.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

CHILD = """
import ctypes, json, sys
from tests.engine_peers import *
profile = int(sys.argv[1])
calls = ctypes.CDLL(None).allocation_calls
calls.restype = ctypes.c_ulong
core = Core()
extensions = {"mid": 1, "transport-cc": 2, "audio-level": 3}
peers = [Peer(core, number, profile) for number in range(1, 5)]
for peer in peers:
    peer.open_transport(extensions)
    peer.set_keys()
    core.transport_select(peer.id, peer.ip, peer.port)
core.advance(START_US)
publish(peers[0], 10, 1000, rtx=1001)
for peer, rtx in zip(peers[1:], (0, 3000, 3000)):
    subscribe(peer, 20 + peer.id, 10, 2000, rtx=rtx)
core.keep(False)
core.peer_add(peers[0].ip, peers[0].port, profile, peers[0].keys[0], b"")
key, plain = (rtp(1, 1, 1000, vp8(1, 1000, keyframe=key, picture_id=5), extensions={1: b"0", 2: b"ab", 3: b"a"}) for key in (True, False))
at = plain.index(b"ab")
now_us = core.forward(0, plain, at, 20000, core.forward(0, key, at, 1, START_US))
counted = []
for count in (100, 100_000):
    before = calls()
    now_us = core.forward(0, plain, at, count, now_us)
    counted.append(calls() - before)
before = calls()
core.transport_open(9, local_ufrag="a", local_password="b" * 22, remote_ufrag="c")
core.turn_at(now_us)
counters = core.counters()
print(json.dumps({"counted": counted, "open": calls() - before, **counters}))
"""

# A clip to three listeners, one of whom hears it at another gain: two mixes encoded, kept, sealed and sent to three peers.
MIXING = """
import ctypes, json
from tests.engine_peers import *
calls = ctypes.CDLL(None).allocation_calls
calls.restype = ctypes.c_ulong
core = Core()
core.mixer_open(1, complexity=1)
core.clip_load(1, bytes(range(256)) * 100)
core.voice_open(1, 1, clip_id=1, loop=True)
for number in (1, 2, 3):
    peer = Peer(core, number)
    peer.open_transport({"mid": 1, "transport-cc": 2, "audio-level": 3})
    peer.set_keys()
    core.transport_select(number, peer.ip, peer.port)
    core.consumer_open(number, number, KIND_AUDIO, "0", 100 + number, 200 + number, [(111, "opus", 48000, 112)])
    core.listener_open(number, 1, number, gain=0.5 if number == 3 else 1.0)
core.keep(False)
core.mix(START_US + 5_000_000)
counted = []
for seconds in (1, 40):
    before = calls()
    core.mix(core.now_us + seconds * 1_000_000)
    counted.append(calls() - before)
print(json.dumps({"counted": counted, **core.counters()}))
"""


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("malloc") / "malloc_count.so"
    source = Path(__file__).with_name("malloc_count.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O1", "-fno-builtin", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    return library


def child(counter: Path, source: str, *arguments: str) -> dict[str, Any]:
    """What it printed."""
    environment = os.environ | {"LD_PRELOAD": str(counter), "PYTHONMALLOC": "pymalloc"}
    command = [sys.executable, "-c", source, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


counting = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or os.environ.get("NATIVE_DEBUG") == "1", reason="the counting malloc stands on glibc's __libc_malloc"
)


@counting
@pytest.mark.parametrize("profile", [1, 7, 8])
def test_forwarding_allocates_nothing(counter: Path, profile: int) -> None:
    found = child(counter, CHILD, str(profile))
    few, many = found["counted"]
    assert many == few
    assert found["open"] > 3, "the counter sees the engine"
    assert found["packets_sent_video"] > 350_000 and found["nack_sent"] > 1000 and found["packets_sent_rtcp"] > 100
    assert found["transport_cc_sent"] > 1000


@counting
def test_mixing_allocates_nothing(counter: Path) -> None:
    found = child(counter, MIXING)
    few, many = found["counted"]
    assert many == few
    assert found["packets_sent_audio"] > 3 * 45 * 50 * 0.99 and found["mixes"] == 2 and found["mixer_encodes"] > 4000
