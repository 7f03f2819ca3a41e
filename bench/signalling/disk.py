"""The bare limit of a durable message: how soon a disk says that a few pages are safe, asked as often as the chat asks.

Open loop, as customers are: who comes while a flush hangs waits for it too. For `measure.chat`, which runs it in the same run on the same
disk.
"""

import os
import tempfile
import time
from pathlib import Path

# What one message writes ahead, roughly: a frame for each page it touches.
WRITE_BYTES = 5 * 4096
FILE_BYTES = 4 * 1024 * 1024


def flushes(per_s: float, seconds: float) -> list[float]:
    """Seconds from when each flush was due to when it was done."""
    waits: list[float] = []
    with tempfile.TemporaryDirectory(prefix="tresen-bench-") as folder:
        file = os.open(Path(folder) / "log", os.O_RDWR | os.O_CREAT)
        began_s = time.perf_counter()
        for number in range(int(per_s * seconds)):
            due_s = began_s + number / per_s
            if (early_s := due_s - time.perf_counter()) > 0:
                time.sleep(early_s)
            os.pwrite(file, b"x" * WRITE_BYTES, number * WRITE_BYTES % FILE_BYTES)
            os.fdatasync(file)
            waits.append(time.perf_counter() - due_s)
        os.close(file)
    return waits
