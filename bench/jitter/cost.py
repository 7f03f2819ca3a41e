"""What a packet costs: CPU time of our playout in native code, with Opus and without. `python -m bench.jitter.cost PULLS ARRIVALS` prints
JSON.

In a process of its own, since the clock around Opus must be loaded before the playout is, and for nobody else. `measure` starts one.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.jitter.arrivals import MAGIC, Arrivals, write
from bench.jitter.receiver import pulls

REPEATS = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of the repeats: µs of CPU per packet that arrived, with its share of the pulls. `own_us`: besides Opus' decoder."""

    packets: int
    decodes: int
    whole_us: float
    own_us: float
    own_best_us: float


def split(whole_ns: float, decode_ns: float, decodes: int, clock_ns: float) -> tuple[float, float]:
    """(everything, our own part) in ns. Each timed call cost two readings of the clock, about one of them within its own measurement."""
    return whole_ns - 2 * decodes * clock_ns, whole_ns - decode_ns - decodes * clock_ns


def measure(arrivals: Arrivals, duration_ms: float, repeats: int = REPEATS) -> Cost:
    """Of this stream. RuntimeError: the measuring process failed, and why."""
    with tempfile.NamedTemporaryFile(suffix=".arr") as file:
        write(Path(file.name), arrivals)
        command = [sys.executable, "-m", "bench.jitter.cost", str(pulls(duration_ms)), file.name, str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the cost could not be measured: {done.stderr.strip().rpartition(chr(10))[2]}")
    return Cost(**json.loads(done.stdout))


def measured_here(records: bytes, packets: int, count: int, repeats: int) -> dict[str, Any]:
    """The figures, in the process that loads the clock; not to be called in any other."""
    if "native.audio.playout" in sys.modules:
        raise RuntimeError("the playout is loaded already, and bound to Opus without a clock")
    flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_GLOBAL | os.RTLD_NOW)
    from bench.jitter import decodes

    sys.setdlopenflags(flags)
    from bench.jitter.replay import replay

    wholes, owns, calls = [], [], 0
    for repeat in range(repeats + 1):
        decodes.reset()
        whole_ns, _, _ = replay(records, count)
        calls, decode_ns = decodes.read()
        if not calls:
            raise RuntimeError("the clock around Opus was never called: the playout was bound to Opus without it")
        whole, own = split(whole_ns, decode_ns, calls, decodes.clock_cost_ns())
        if repeat:  # the first warms the caches
            wholes.append(whole / packets / 1000)
            owns.append(own / packets / 1000)
    return asdict(Cost(packets, calls, statistics.median(wholes), statistics.median(owns), min(owns)))


def main(count: str, path: str, repeats: str = str(REPEATS)) -> None:
    from bench.jitter.arrivals import read

    print(json.dumps(measured_here(Path(path).read_bytes()[len(MAGIC) :], len(read(Path(path))), int(count), int(repeats))))


if __name__ == "__main__":
    main(*sys.argv[1:])
