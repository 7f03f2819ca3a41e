"""What a process uses: CPU by thread and by mode, memory, open files; read from /proc by another process, at no cost to the one measured.

`schedstat` counts a thread's time on a CPU in nanoseconds. How it divides into user and kernel mode the kernel only samples, at its
timer tick (unless built with CONFIG_VIRT_CPU_ACCOUNTING_GEN): a share taken from n ticks is good to about 1/sqrt(n). proc(5).
"""

import os
import time
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SCHEDULED = 2  # CPUCLOCK_SCHED of Linux: time on a CPU, in user and in kernel mode
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def thread_ns(pid: int) -> dict[int, int]:
    """CPU time of each of the process's threads."""
    out = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            out[int(task.name)] = int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:  # ended while we looked
            continue
    return out


def thread_waits(pid: int) -> dict[int, tuple[int, int]]:
    """Nanoseconds each thread has run, and was ready to run without a CPU."""
    out = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            ran, waited, _ = (task / "schedstat").read_text().split()
        except FileNotFoundError:  # ended while we looked
            continue
        out[int(task.name)] = int(ran), int(waited)
    return out


def process_ns(pid: int) -> int:
    """CPU time of the whole process, user and kernel mode, threads that have ended included: utime + stime of proc(5), in nanoseconds.

    The kernel's name for another process's clock, which clock_getcpuclockid(3) gives too: its id, complemented, over the kind of clock.
    """
    return time.clock_gettime_ns((~pid << 3) | SCHEDULED)


def mode_ticks(pid: int, thread: int) -> tuple[int, int]:
    """(user, kernel) ticks of one thread."""
    fields = Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
