"""A clock around Opus' decoder. See decodes.pyx."""

def reset() -> None: ...
def read() -> tuple[int, int]:
    """(calls, CPU ns within them) since reset()."""

def clock_cost_ns(times: int = 10_000) -> float:
    """CPU ns of reading the clock once."""
