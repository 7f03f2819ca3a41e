"""The mixer alone; see kernel.pyx."""

from typing import Any

def run_room(
    loops: list[bytes], *, ticks: int, warm_up: int, bitrate_bps: int, complexity: int, expected_loss_percent: int
) -> dict[str, Any]: ...
