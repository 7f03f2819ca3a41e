"""One whole stream through our playout without the GIL. See replay.pyx."""

def replay(records: bytes, pulls: int, keep: bool = False) -> tuple[int, dict[str, int], bytes]:
    """(CPU ns of the thread, PlayoutStats, float32 PCM or b"") of these arrival records in so many pulls of 10 ms."""
