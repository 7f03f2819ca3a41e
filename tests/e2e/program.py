"""A `tresen demo` process of its own, on free loopback ports."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from signalling.cli import main; main()"
# From exec to listening on a busy machine.
START_S = 60


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its links by seat, its address, its media port."""

    links: dict[str, str]
    udp_port: int
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        return self.links["rep"].partition("/call/")[0]


def free_udp_port() -> int:
    """A port nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path) -> dict[str, str]:
    """This process's, without settings of ours that would change the test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRESEN_")}
    return {**clean, "TRESEN_DATA_DIR": str(folder), "TRESEN_LOG_FORMAT": "json", "PYTHONPATH": str(ROOT)}


@contextmanager
def demo(folder: Path, *, announced: str = "127.0.0.1", udp_port: int | None = None, udp_host: str = "127.0.0.1") -> Iterator[Demo]:
    """Runs it until the block ends. `folder`: for its keys and its log."""
    port = udp_port or free_udp_port()
    options = ["--http-port", "0", "--udp-host", udp_host, "--udp-port", str(port), "--announced-addresses", announced]
    log = folder / "demo.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "demo", *options, "--log-level", "info"],
            cwd=ROOT,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        yield Demo(read_links(process.stdout, log), port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def read_links(output: IO[str], log: Path) -> dict[str, str]:
    """Reads what it prints until both links have come."""
    links: dict[str, str] = {}
    while len(links) < 2:
        line = output.readline()
        assert line, f"tresen demo ended at once: {log.read_text()}"
        found = re.search(r"(customer|rep)\s+(http://\S+)", line)
        if found:
            links[found[1]] = found[2]
    return links
