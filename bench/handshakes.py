"""What DTLS handshakes cost: CPU of the server's side, the longest the event loop is held up meanwhile, memory per peer.

`python -m bench.handshakes [--count 500] [--sessions 2000] [--json]`. Both peers are ours and run in this process; the CPU figure
counts the server's calls only. Not a network test: datagrams are handed over in memory.
"""

import argparse
import asyncio
import ctypes
import gc
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mediaserver.dtls import Certificate, DtlsSession, DtlsTransport
from mediaserver.dtls.keys import Role

WARM_UP = 50
REPEATS = 5


def connect(server: DtlsSession, client: DtlsSession) -> float:
    """One handshake; returns the CPU seconds of the server's side."""
    spent = 0.0
    client.start(0.0)
    while datagrams := client.outgoing():
        for datagram in datagrams:
            start = time.thread_time()
            server.receive(datagram, 0.0)
            answers = server.outgoing()
            spent += time.thread_time() - start
            for answer in answers:
                client.receive(answer, 0.0)
    assert server.keys is not None and client.keys is not None
    return spent


def sessions(server: Certificate, client: Certificate) -> tuple[DtlsSession, DtlsSession]:
    return DtlsSession(server, "server", [client.fingerprint]), DtlsSession(client, "client", [server.fingerprint])


def cpu(count: int, server: Certificate, client: Certificate) -> dict[str, float]:
    """Server CPU per handshake, median over repeats of the mean."""
    for _ in range(WARM_UP):
        connect(*sessions(server, client))
    means = [statistics.fmean(connect(*sessions(server, client)) for _ in range(count)) for _ in range(REPEATS)]
    middle = statistics.median(means)
    return {"server_cpu_us": middle * 1e6, "handshakes_per_core_s": 1 / middle}


class Ends:
    """Server and client transports of one peer, joined in memory."""

    def __init__(self, certificates: tuple[Certificate, Certificate], executor: ThreadPoolExecutor) -> None:
        self.waiting = 2
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.server = self._end("server", certificates, executor, lambda datagram: self.client.receive(datagram))
        self.client = self._end("client", certificates, executor, lambda datagram: self.server.receive(datagram))
        self.client.start()

    def _end(self, role: Role, certificates: tuple[Certificate, Certificate], executor: ThreadPoolExecutor, send: Any) -> DtlsTransport:
        own, other = certificates if role == "server" else certificates[::-1]
        fail = self.done.set_exception
        return DtlsTransport(
            own, role, [other.fingerprint], executor=executor, send=send, on_keys=self._keys, on_failed=fail, on_closed=lambda: None
        )

    def _keys(self, _keys: object) -> None:
        self.waiting -= 1
        if self.waiting == 0:
            self.done.set_result(None)


async def loop_block(count: int, at_once: int, threads: int, certificates: tuple[Certificate, Certificate]) -> dict[str, float]:
    """Handshakes through the thread pool, `at_once` under way; how late a 1 ms heartbeat of the loop came."""
    late: list[float] = []
    stop = asyncio.Event()

    async def heartbeat() -> None:
        while not stop.is_set():
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            late.append(time.perf_counter() - due)

    gate = asyncio.Semaphore(at_once)

    async def one(executor: ThreadPoolExecutor) -> float:
        async with gate:
            start = time.perf_counter()
            ends = Ends(certificates, executor)
            await ends.done
            took = time.perf_counter() - start
            ends.server.close()
            ends.client.close()
            return took

    pulse = asyncio.create_task(heartbeat())
    with ThreadPoolExecutor(threads) as executor:
        await asyncio.gather(*(one(executor) for _ in range(WARM_UP)))
        late.clear()
        start = time.perf_counter()
        took = sorted(await asyncio.gather(*(one(executor) for _ in range(count))))
        elapsed = time.perf_counter() - start
    stop.set()
    await pulse
    late.sort()
    return {
        "pairs_per_s": count / elapsed,
        "handshake_p50_ms": took[len(took) // 2] * 1e3,
        "handshake_p95_ms": took[len(took) * 95 // 100] * 1e3,
        "loop_late_p50_ms": late[len(late) // 2] * 1e3,
        "loop_late_p99_ms": late[len(late) * 99 // 100] * 1e3,
        "loop_late_max_ms": late[-1] * 1e3,
    }


def resident_bytes() -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # glibc: counts what is held, not what the allocator kept
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(count: int, server: Certificate, client: Certificate) -> dict[str, float]:
    """RSS per connected server session, before and after `settle`."""
    before = resident_bytes()
    held = []
    for _ in range(count):
        mine, theirs = sessions(server, client)
        connect(mine, theirs)
        held.append(mine)
    connected = resident_bytes() - before
    for session in held:
        session.settle()
    settled = resident_bytes() - before
    return {"connected_bytes": connected / count, "settled_bytes": settled / count}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=500, help="handshakes per measurement")
    parser.add_argument("--sessions", type=int, default=2000, help="sessions held for the memory figures")
    parser.add_argument("--at-once", type=int, default=50, help="handshakes under way at the same time")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    certificates = Certificate.generate(), Certificate.generate()
    figures = {
        **memory(options.sessions, *certificates),
        **cpu(options.count, *certificates),
        **asyncio.run(loop_block(options.count, options.at_once, options.threads, certificates)),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:24} {value:12.1f}")


if __name__ == "__main__":
    main()
