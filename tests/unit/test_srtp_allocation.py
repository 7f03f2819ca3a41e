"""No packet allocates: a child process with a counting malloc seals and opens few and many packets and must count the same.

glibc only (the counter forwards to its __libc_* entries), and not under the sanitizers, which bring a malloc of their own.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.srtp_contexts import CASES

ROOT = Path(__file__).parent.parent.parent
glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or os.environ.get("NATIVE_DEBUG") == "1",
    reason="the counting malloc stands on glibc's __libc_malloc",
)

CHILD = """
import ctypes, json, sys
from native.testing import srtp
from tests.srtp_contexts import context, rtcp, rtp
profile, provider = int(sys.argv[1]), int(sys.argv[2])
calls = ctypes.CDLL(None).allocation_calls
calls.restype = ctypes.c_ulong
made, packet, control = context(profile, provider), rtp(1, bytes(1000)), rtcp(bytes(100))
sealed, batch = made.seal(packet, 1), srtp.Batch()
kernels = {
    "seal": lambda rounds: made.repeat_seal(packet, rounds),
    "open": lambda rounds: made.repeat_open(sealed, rounds),
    "rtcp": lambda rounds: made.repeat_rtcp(control, rounds),
    "batch": lambda rounds: batch.repeat(made, packet, 20, rounds),
    "init": lambda rounds: [context(profile, provider) for _ in range(rounds)],
}
counted = {}
for name, kernel in kernels.items():
    kernel(2)
    counted[name] = []
    for rounds in (10, 1000):
        before = calls()
        kernel(rounds)
        counted[name].append(calls() - before)
print(json.dumps(counted))
"""


@pytest.fixture(scope="module")
def counter(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("malloc") / "malloc_count.so"
    source = Path(__file__).with_name("malloc_count.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O1", "-fno-builtin", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    return library


@glibc
@pytest.mark.parametrize("profile, provider", CASES)
def test_no_packet_allocates(counter, profile, provider):
    environment = os.environ | {"LD_PRELOAD": str(counter), "PYTHONMALLOC": "pymalloc"}
    command = [sys.executable, "-c", CHILD, str(profile), str(provider)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=240)
    counted = json.loads(done.stdout)
    # Making contexts does allocate: without this the counter might be blind.
    few, many = counted.pop("init")
    assert many > few
    # The buffer of the kernel and what Python does around it, the same however many packets.
    assert {name: many - few for name, (few, many) in counted.items()} == dict.fromkeys(counted, 0)
