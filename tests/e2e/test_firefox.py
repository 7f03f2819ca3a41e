"""The same call with Firefox on one side: the other engine's ICE, DTLS, RTP and codecs.

Firefox leaves 127.0.0.1 out of ICE whatever its preferences say. So the call runs in a network namespace of its own whose loopback
interface also has an address of the documentation range: nothing leaves the machine, nor touches its real interfaces.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.firefox import firefox_path
from tests.e2e.firefox_call import ADDRESS
from tests.e2e.program import ROOT

# Starting two browsers and a call on a busy machine.
DEADLINE_S = 240
SET_UP = f"ip link set lo up && ip address add {ADDRESS}/32 dev lo && ip route add default dev lo"


def namespace(command: str) -> list[str]:
    """A command line that runs this shell command in a network of its own."""
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "sh", "-c", f"{SET_UP} && {command}"]


def obstacle() -> str | None:
    """Why it cannot run here, or None."""
    if firefox_path() is None:
        return "no Firefox that is not a snap (on Debian: apt-get install firefox-esr)"
    try:
        done = subprocess.run(namespace("true"), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "no unshare (apt-get install util-linux)"
    return None if done.returncode == 0 else f"no network namespace to be had: {done.stderr.strip()}"


def test_firefox_and_chromium_see_and_hear_each_other(tmp_path: Path) -> None:
    reason = obstacle()
    if reason:
        pytest.skip(reason)
    script = f"exec {sys.executable} -m tests.e2e.firefox_call {tmp_path}"
    done = subprocess.run(namespace(script), cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
