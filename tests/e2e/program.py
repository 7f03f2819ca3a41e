"""A `tresen demo` process of its own, on free loopback ports."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from signalling.cli import main; main()"
# From exec to listening on a busy machine.
START_S = 120
# Only ever waited out by a test that fails.
DEADLINE_S = 120.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its links by seat, its address, its media port; where its shop and its console are, and what it keeps."""

    links: dict[str, str]
    udp_port: int
    process: subprocess.Popen[str]
    shop: str = ""
    console: str = ""
    folder: Path = Path()

    @property
    def address(self) -> str:
        return self.links["rep"].partition("/call/")[0]

    def in_room(self, name: str) -> "Demo":
        """The same process, with the links of another room."""
        return replace(self, links={seat: f"{self.address}/call/{name}/{seat}" for seat in self.links})

    async def metrics(self) -> dict[str, float]:
        """What /metrics says: `name{label}` by the label's value alone, and `name` as the sum over its labels."""
        async with aiohttp.ClientSession() as client, client.get(f"{self.address}/metrics") as response:
            text = await response.text()
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
                labels = ",".join(sample.labels.values())
                found[f"{sample.name}{{{labels}}}"] = sample.value
        return found

    async def until(self, what: str, condition: Callable[[dict[str, float]], object]) -> dict[str, float]:
        """Waits until the metrics fulfil the condition."""
        end_s = time.monotonic() + DEADLINE_S
        while True:
            found = await self.metrics()
            if condition(found):
                return found
            assert time.monotonic() < end_s, f"gave up waiting: {what}; {found}"
            await asyncio.sleep(0.1)


def free_tcp_port() -> int:
    """A port nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_udp_port() -> int:
    """A port nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """This process's, without settings of ours that would change the test, and with those that it wants."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRESEN_")}
    return {**clean, "TRESEN_DATA_DIR": str(folder), "TRESEN_LOG_FORMAT": "json", "PYTHONPATH": str(ROOT), **settings}


@contextmanager
def demo(
    folder: Path, *, announced: str = "127.0.0.1", udp_port: int | None = None, udp_host: str = "127.0.0.1", **settings: str
) -> Iterator[Demo]:
    """Runs it until the block ends. `folder`: for its keys and its log; `settings`: more of its environment."""
    port = udp_port or free_udp_port()
    options = ["--http-port", "0", "--udp-host", udp_host, "--udp-port", str(port), "--announced-addresses", announced]
    log = folder / "demo.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "demo", *options, "--log-level", "info"],
            cwd=ROOT,
            env=environment(folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    overdue = threading.Timer(START_S, process.kill)
    overdue.start()
    try:
        assert process.stdout is not None
        links = read_links(process.stdout, log)
        await_shop(links["shop"])
        overdue.cancel()
        yield Demo({seat: links[seat] for seat in ("customer", "rep")}, port, process, links["shop"].rstrip("/"), links["console"], folder)
    finally:
        overdue.cancel()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def await_shop(link: str) -> None:
    """Waits until the shop serves: a database that is slow to answer is waited for after the links are printed."""
    end_s = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(link):
                return
        except urllib.error.HTTPError as error:
            assert error.code == 503 and time.monotonic() < end_s, f"the shop answers {error.code}"
        time.sleep(0.1)


def read_links(output: IO[str], log: Path) -> dict[str, str]:
    """Reads what it prints until all links have come."""
    links: dict[str, str] = {}
    while len(links) < 4:
        line = output.readline()
        assert line, f"tresen demo did not start: {log.read_text()}"
        found = re.search(r"(shop|console|customer|rep)\s+(http://\S+)", line)
        if found:
            links[found[1]] = found[2]
    return links
