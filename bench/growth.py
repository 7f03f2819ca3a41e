"""`bench growth`: whether a packet costs the same among ten peer connections and among two thousand.

The total of packets is the same in every size (`scenarios.growth`), so the loop turns as often and batches are alike; what grows is the
number of peers: tables, keys, timers, reports, feedback. Figures are of the engine with static keys.
"""

import statistics
from collections.abc import Sequence
from typing import Any

from bench.forward import Timing, measure_soundly
from bench.report import Figures
from bench.scenarios import growth


def compare(sizes: Sequence[int], timing: Timing, repeats: int, subject: str = "worker") -> dict[int, list[Figures]]:
    """Runs by number of transports; the order turns round each time."""
    runs: dict[int, list[Figures]] = {size: [] for size in sizes}
    for repeat in range(repeats):
        for size in sizes if repeat % 2 == 0 else list(sizes)[::-1]:
            runs[size].append(measure_soundly(subject, growth(size), timing))
    return runs


def rows(runs: dict[int, list[Figures]]) -> list[dict[str, Any]]:
    """Medians by size, and how far each cost is from the middle of the least and the largest."""
    costs = {size: statistics.median(run.cpu_ns for run in each) for size, each in runs.items()}
    middle = (min(costs.values()) + max(costs.values())) / 2
    return [
        {
            "transports": size,
            "cpu_ns": costs[size],
            "user_ns": statistics.median(run.user_ns for run in runs[size]),
            "train": statistics.median(run.train for run in runs[size]),
            "lost": max(run.lost for run in runs[size]),
            "corrupt": max(run.corrupt for run in runs[size]),
            "deviation": costs[size] / middle - 1,
        }
        for size in runs
    ]
