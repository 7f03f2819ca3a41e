"""`tresen doctor`: looks at this machine and says, for everything that is not as it should be, what to do.

Changes nothing. Each check is one function that returns findings; a finding is good, a warning (works, but slower or less
well) or a failure (does not work). For `signalling.cli`, which prints them.
"""

import importlib
import importlib.metadata
import os
import pkgutil
import platform
import re
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Protocol

# 4 MiB hold 20 ms of 1.6 Gbit/s: enough for a worker that was not scheduled for one tick. More costs memory only under overload.
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
# UDP_GRO came last of what the worker uses, with Linux 5.0; without it everything works, one packet at a time.
KERNEL_WANTED = (5, 0)
PYTHONS = ((3, 11), (3, 13))
# One descriptor per HTTP connection, a few per worker.
DESCRIPTORS_WANTED = 4096


class Verdict(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what it is, what was found, and how to mend it (empty when it is good)."""

    what: str
    verdict: Verdict
    found: str
    remedy: str = ""

    def json(self) -> dict[str, str]:
        """For programs."""
        return {"what": self.what, "verdict": str(self.verdict), "found": self.found, "remedy": self.remedy}


class Ports(Protocol):
    """The part of the configuration that the doctor looks at."""

    http_host: str
    http_port: int
    udp_port: int
    workers: int
    data_dir: Path


def good(what: str, found: str) -> Finding:
    """All is well."""
    return Finding(what, Verdict.GOOD, found)


def warning(what: str, found: str, remedy: str) -> Finding:
    """Works, but not as well as it could."""
    return Finding(what, Verdict.WARNING, found, remedy)


def failure(what: str, found: str, remedy: str) -> Finding:
    """Does not work."""
    return Finding(what, Verdict.FAILURE, found, remedy)


def python() -> Iterator[Finding]:
    """The interpreter's version."""
    found = platform.python_version()
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        yield good("Python", found)
    else:
        yield failure("Python", found, "Use Python 3.11, 3.12 or 3.13: PYTHON=/path/to/python3.12 make demo")


def kernel() -> Iterator[Finding]:
    """The operating system's version."""
    found = f"{platform.system()} {platform.release()}"
    numbers = re.match(r"(\d+)\.(\d+)", platform.release())
    if platform.system() != "Linux":
        yield failure("Kernel", found, "The media plane needs Linux (epoll, eventfd, recvmmsg): use a Linux machine or container.")
    elif numbers and (int(numbers[1]), int(numbers[2])) < KERNEL_WANTED:
        yield warning("Kernel", found, "Linux 5.0 or newer sends and receives packets in trains, at a fraction of the cost.")
    else:
        yield good("Kernel", found)


def libraries() -> Iterator[Finding]:
    """The Python packages that the program declares, and OpenSSL behind them."""
    missing, present = [], []
    for line in importlib.metadata.requires("tresen") or []:
        if "extra ==" in line:
            continue
        name = re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0]
        try:
            present.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield failure("Python packages", f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    else:
        yield good("Python packages", ", ".join(present))
        backend = importlib.import_module("cryptography.hazmat.backends.openssl").backend
        yield good("OpenSSL for DTLS", str(backend.openssl_version_text()))


def native_modules(package: str = "native") -> Iterator[Finding]:
    """Whether every module of the native part is built and loads."""
    remedy = "Build it: `make demo` in the repository, or `python setup.py build_ext --inplace`."
    try:
        root: ModuleType = importlib.import_module(package)
    except ImportError as error:
        yield failure("Native part", str(error), remedy)
        return
    names = [found.name for found in pkgutil.walk_packages(root.__path__, f"{package}.") if ".testing." not in found.name]
    broken = []
    for name in [*names, f"{package}.engine.worker"]:
        try:
            importlib.import_module(name)
        except ImportError as error:
            broken.append(f"{name}: {error}")
    if broken:
        yield failure("Native part", "; ".join(dict.fromkeys(broken)), remedy)
    else:
        yield good("Native part", f"{len(names)} modules load")


def engine(make: Callable[[], object]) -> Iterator[Finding]:
    """What a worker found at run time: cipher library, packet trains, IPv6. `make` opens a worker on any free port."""
    try:
        worker = make()
    except (ImportError, OSError, RuntimeError) as error:
        yield failure("Media engine", str(error), "See the native part above; then run `tresen doctor` again.")
        return
    features: dict[str, str] = getattr(worker, "features")  # noqa: B009  (a plain attribute of a class mypy cannot see here)
    getattr(worker, "stop")()  # noqa: B009
    crypto = features.get("crypto", "unknown")
    if crypto.startswith("openssl") and platform.machine() == "x86_64":
        remedy = "apt-get install libipsec-mb-dev, then build again: a packet is sealed in a quarter of the time."
        yield warning("Cipher library", crypto, remedy)
    else:
        yield good("Cipher library", crypto)
    for feature, what in (("gso", "Sending in trains (UDP_SEGMENT)"), ("gro", "Receiving in trains (UDP_GRO)")):
        if features.get(feature) == "on":
            yield good(what, "on")
        else:
            yield warning(what, features.get(feature, "unknown"), "Works without, at several times the cost per packet; Linux 5.0 or newer has it.")
    if "ipv6" in features:
        yield good("IPv6", features["ipv6"])


def ports(settings: Ports) -> Iterator[Finding]:
    """Whether the configured ports are free."""
    for number in range(settings.udp_port, settings.udp_port + max(1, settings.workers)):
        yield port(f"UDP port {number} (media)", socket.SOCK_DGRAM, "", number, "TRESEN_UDP_PORT")
    yield port(f"TCP port {settings.http_port} (HTTP)", socket.SOCK_STREAM, settings.http_host, settings.http_port, "TRESEN_HTTP_PORT")


def port(what: str, kind: socket.SocketKind, host: str, number: int, setting: str) -> Finding:
    """Binds one port and lets it go again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, number))
    except OSError as error:
        remedy = f"Stop what uses it (`ss -lpn sport = :{number}` names it), or choose another port with {setting}."
        return failure(what, error.strerror or str(error), remedy)
    return good(what, "free")


def socket_buffers(folder: Path = Path("/proc/sys/net/core")) -> Iterator[Finding]:
    """How much the kernel will keep for a worker that is busy elsewhere."""
    for name in ("rmem_max", "wmem_max"):
        file = folder / name
        if not file.exists():
            continue
        size = int(file.read_text())
        if size < SOCKET_BUFFER_BYTES:
            remedy = f"sysctl -w net.core.{name}={SOCKET_BUFFER_BYTES} (and the same line in /etc/sysctl.d/tresen.conf): bursts are lost otherwise."
            yield warning(f"Socket buffer ({name})", f"{size // 1024} KiB", remedy)
        else:
            yield good(f"Socket buffer ({name})", f"{size // 1024} KiB")


def descriptors() -> Iterator[Finding]:
    """How many connections this process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < DESCRIPTORS_WANTED:
        yield warning("Open files", f"{soft} (at most {hard})", f"ulimit -n {DESCRIPTORS_WANTED}, or LimitNOFILE={DESCRIPTORS_WANTED} in the unit file.")
    else:
        yield good("Open files", str(soft))


def data_folder(settings: Ports) -> Iterator[Finding]:
    """Whether keys, database and recordings can be written."""
    folder = settings.data_dir
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if os.access(nearest, os.W_OK | os.X_OK):
        yield good("Data folder", f"{folder}" if folder.exists() else f"{folder} (will be made)")
    else:
        yield failure("Data folder", f"{folder} cannot be written", "Give this user the right to write there, or choose another with TRESEN_DATA_DIR.")


def examine(settings: Ports, make_worker: Callable[[], object]) -> Iterator[Finding]:
    """Every check, in the order in which one depends on another."""
    yield from python()
    yield from kernel()
    yield from libraries()
    yield from native_modules()
    yield from engine(make_worker)
    yield from ports(settings)
    yield from socket_buffers()
    yield from descriptors()
    yield from data_folder(settings)
