"""WebRTC's NetEq beside ours: the small receiver in neteq.cc, built against Debian's libtgowt-dev on first use and run as a program."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from bench.jitter.arrivals import Arrivals, write
from bench.jitter.receiver import Reception

SOURCE = Path(__file__).with_name("neteq.cc")
HEADERS = Path("/usr/include/tg_owt")
LIBRARIES = Path("/usr/lib") / f"{platform.machine()}-linux-gnu"
TITLE = "NetEq"
# What Debian's package was compiled with and its headers depend on; the library's other users find it in its CMake file.
MACROS = (
    "WEBRTC_POSIX", "WEBRTC_LINUX", "WEBRTC_LIBRARY_IMPL", "WEBRTC_APM_DEBUG_DUMP=0", "WEBRTC_ENABLE_PROTOBUF=0",
    "WEBRTC_NON_STATIC_TRACE_EVENT_HANDLERS=1", "WEBRTC_OPUS_SUPPORT_120MS_PTIME=1", "WEBRTC_OPUS_VARIABLE_COMPLEXITY=0",
    "RTC_DISABLE_TRACE_EVENTS", "NDEBUG",
)  # fmt: skip


class NotInstalledError(RuntimeError):
    """There is nothing to build NetEq with; the message says what to install."""


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tresen"


def build() -> Path:
    """The program, built once for each version of its source (about half a minute)."""
    library = LIBRARIES / "libtg_owt.a"
    if not (HEADERS.exists() and library.exists() and shutil.which("g++")):
        raise NotInstalledError(
            "NetEq cannot be built here: it needs libtgowt-dev and g++. On Debian: apt-get install libtgowt-dev g++. "
            "Or leave it out: --peers fixed,aiortc"
        )
    source = SOURCE.read_bytes()
    program = cache() / f"neteq-{hashlib.sha256(source + library.stat().st_mtime_ns.to_bytes(8)).hexdigest()[:16]}"
    if program.exists():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    absl = sorted(str(path) for path in LIBRARIES.glob("libabsl_*.so"))
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        made = Path(folder, "neteq")
        command = ["g++", "-std=c++20", "-O2", *(f"-D{macro}" for macro in MACROS), f"-I{HEADERS}", str(SOURCE), "-o", str(made)]
        command += ["-Wl,--gc-sections", "-Wl,--wrap=opus_decode", str(library), "-Wl,--as-needed", *absl, "-lopus", "-lpthread", "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotInstalledError(f"NetEq could not be built against this libtgowt-dev: {done.stderr[-600:]}")
        made.replace(program)
    return program


def receive(program: Path, arrivals: Arrivals, duration_ms: float) -> Reception:
    """What it makes of them. RuntimeError: the program failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "in.arr", arrivals)
        files = [str(folder / file) for file in ("in.arr", "out.pcm", "stats.json", "frames.csv")]
        done = subprocess.run([str(program), *files, f"--dur-ms={duration_ms:.0f}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"NetEq's receiver failed: {done.stderr[-300:]}")
        pcm = np.fromfile(folder / "out.pcm", "<i2")
        return Reception(pcm, json.loads((folder / "stats.json").read_text()))
