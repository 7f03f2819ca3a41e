"""Firefox on one side and Chromium on the other: the plain call page (the other engine's ICE, DTLS, RTP and codecs), then our faces.

Pages are on localhost as ever, for only there do browsers hand out devices without HTTPS; media goes by another address, since Firefox
leaves 127.0.0.1 out of ICE whatever its preferences say. So all runs in a network namespace of its own whose loopback interface also has
an address of the documentation range: nothing leaves the machine, nor touches its real interfaces. Where no namespace is to be had (in
most containers), the machine's own address does: what goes to it stays in the kernel.
"""

import ipaddress
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediaserver.ice import local_addresses
from tests.e2e.firefox import firefox_path
from tests.e2e.program import ROOT

# Starting browsers and calls on a busy machine.
DEADLINE_S = 900
# Documentation range, RFC 5737: nobody's.
ADDRESS = "192.0.2.1"
SET_UP = f"ip link set lo up && ip address add {ADDRESS}/32 dev lo && ip route add default dev lo"


def namespace(command: str) -> list[str]:
    """A command line that runs this shell command in a network of its own."""
    user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "sh", "-c", f"{SET_UP} && {command}"]


def isolated() -> bool:
    """Whether such a namespace can be had here."""
    return bool(shutil.which("unshare")) and subprocess.run(namespace("true"), capture_output=True, check=False).returncode == 0


def own_address() -> str | None:
    """An IPv4 address of this machine that Firefox takes; None where it has loopback only."""
    found = local_addresses("0.0.0.0")[0]
    return None if ipaddress.ip_address(found).is_loopback else found


@pytest.mark.parametrize("story", ["firefox_call", "firefox_story"])
def test_firefox_and_chromium_see_and_hear_each_other(tmp_path: Path, story: str) -> None:
    if firefox_path() is None:
        pytest.skip("no Firefox that is not a snap (on Debian: apt-get install firefox-esr)")
    apart = isolated()
    address = ADDRESS if apart else own_address()
    if address is None:
        pytest.skip("Firefox needs an address besides 127.0.0.1: neither a network namespace (unshare, ip) nor a network is to be had")
    program = f"exec {sys.executable} -m tests.e2e.{story} {tmp_path} {address}"
    command = namespace(program) if apart else ["sh", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
