"""What single steps of the packet path cost: nanoseconds of CPU time per packet, no socket, no engine.

`python -m bench.kernels` prints a table; `--json` prints the rows with the machine they were measured on. Every figure is the median
of REPEATS runs after a warm-up, by the thread's CPU clock. The same buffer is used throughout, so caches are warm: a floor, not a forecast.
"""

import argparse
import json
import platform
import random
import statistics
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from native.testing import srtp

REPEATS = 7
RUN_NS = 20_000_000  # long enough that reading the clock does not show, short enough that one run is rarely preempted
SEED = 1
SIZES_BYTES = (1200, 100)
TRAINS = (1, 5, 10, 16, 20)
PROVIDERS = (0, 1)
PROFILES = {"AEAD_AES_128_GCM": (0x0007, 28), "AEAD_AES_256_GCM": (0x0008, 44), "AES128_CM_SHA1_80": (0x0001, 30)}


@dataclass(frozen=True, slots=True)
class Row:
    """One kernel's cost; `best_ns` is the fastest run, which tells how much the machine was disturbed."""

    kernel: str
    provider: str
    packet_bytes: int
    median_ns: float
    best_ns: float


def measure(kernel: Callable[[int], object]) -> tuple[float, float]:
    """Median and least CPU time of one packet over REPEATS runs of about RUN_NS each."""
    rounds = 1000
    kernel(rounds)
    before = time.thread_time_ns()
    kernel(rounds)
    rounds = max(rounds, rounds * RUN_NS // max(1, time.thread_time_ns() - before))
    costs = []
    for _ in range(REPEATS):
        before = time.thread_time_ns()
        kernel(rounds)
        costs.append((time.thread_time_ns() - before) / rounds)
    return statistics.median(costs), min(costs)


def srtp_rows() -> Iterator[Row]:
    """Sealing and opening by profile, provider and size; AES-CM also in trains through a batch, as the engine sends them."""
    chance = random.Random(SEED)
    default = srtp.provider_select(PROVIDERS[-1])
    for provider in PROVIDERS:
        if srtp.provider_select(provider) != provider:
            continue
        name = srtp.provider_name()
        for profile, (number, key_bytes) in PROFILES.items():
            context = srtp.Srtp()
            if context.init(number, chance.randbytes(key_bytes)) != 0:
                raise RuntimeError(f"{name} makes no {profile} context")
            for size in SIZES_BYTES:
                packet = struct.pack("!BBHII", 0x80, 96, 1, 0, 1) + chance.randbytes(size - 12)
                sealed = context.seal(packet, 1)
                yield Row(f"{profile} seal", name, size, *measure(lambda rounds: context.repeat_seal(packet, rounds)))  # noqa: B023 - called at once
                yield Row(f"{profile} open", name, size, *measure(lambda rounds: context.repeat_open(sealed, rounds)))  # noqa: B023 - called at once
                if profile != "AES128_CM_SHA1_80" or provider == 0:
                    continue
                batch = srtp.Batch()
                for train in TRAINS:
                    cost = measure(lambda rounds: batch.repeat(context, packet, train, rounds // train))  # noqa: B023 - called at once
                    yield Row(f"{profile} seal, train of {train}", name, size, *cost)
    srtp.provider_select(default)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.kernels", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="rows and machine as JSON")
    rows = list(srtp_rows()) if parser.parse_args().json else None
    if rows is not None:
        machine = {"machine": platform.machine(), "kernel": platform.release(), "python": platform.python_version()}
        print(json.dumps({"machine": machine, "repeats": REPEATS, "seed": SEED, "rows": [asdict(row) for row in rows]}, indent=1))
        return
    print(f"{'kernel':42} {'provider':26} {'bytes':>6} {'median ns':>10} {'best ns':>8}")
    for row in srtp_rows():
        print(f"{row.kernel:42} {row.provider:26} {row.packet_bytes:6} {row.median_ns:10.0f} {row.best_ns:8.0f}", flush=True)


if __name__ == "__main__":
    main()
