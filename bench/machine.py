"""What a figure was measured on: CPU, kernel, commit, versions. For every JSON that a benchmark writes."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from native.stream.srtp_cipher import srtp_provider_name

ROOT = Path(__file__).resolve().parents[1]


def machine() -> dict[str, Any]:
    """CPU model, cores, kernel, commit (with "+" where files differ from it), versions."""
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "commit": commit(),
        "python": platform.python_version(),
        "tresen": installed("tresen"),
        "cython": installed("cython"),
        "crypto": srtp_provider_name(),
    }


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    try:
        asked = subprocess.run(["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return asked.stdout.strip() or "unknown"


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def two_cores() -> tuple[int | None, int | None]:
    """A core for the subject and one for the generator; none of them fixed where there are not two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)
