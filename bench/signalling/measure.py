"""The scenarios of `tresen bench signalling`: each makes its processes, runs, and gives plain figures."""

import statistics
from collections.abc import Callable
from typing import Any

from bench.machine import two_cores
from bench.pipe import Child, ChildError
from bench.report import percentile
from bench.signalling import disk
from bench.usage import process_ns, resident_bytes

SERVER, CLIENTS = "bench.signalling.server", "bench.signalling.clients"
ECHO_PER_S = 1000
# Sockets that are there before memory is looked at: they warm the server up.
WARM_UP = 200
CHAT_PER_S = 500
CONVERSATIONS = 50
WINDOW = 8


def echo(clients: int, seconds: float) -> dict[str, Any]:
    """A small frame there and back, at ECHO_PER_S over all sockets, through the core and through a bare aiohttp echo."""
    return {kind: _echo(kind, clients, seconds) for kind in ("core", "bare")}


def _echo(kind: str, clients: int, seconds: float) -> dict[str, Any]:
    cores = two_cores()
    with Child(SERVER, kind) as server, Child(CLIENTS) as crowd:
        port = server.ask("open", core=cores[0])["port"]
        conversations = server.ask("conversations", count=min(clients, 500)) if kind == "core" else []
        crowd.ask("open", core=cores[1])
        path = "/v1/socket" if kind == "core" else "/echo"
        crowd.ask("connect", port=port, path=path, count=clients, conversations=conversations)
        crowd.ask("echo", per_s=ECHO_PER_S, seconds=1.0)
        before_ns = process_ns(server.pid)
        got = crowd.ask("echo", per_s=ECHO_PER_S, seconds=seconds)
        used_ns = process_ns(server.pid) - before_ns
        crowd.ask("close")
    if got["lost"]:
        raise ChildError(f"{got['lost']} of {ECHO_PER_S * seconds:.0f} frames never came back")
    return {
        "p50_ms": percentile(got["latencies_s"], 0.5) * 1000,
        "p99_ms": percentile(got["latencies_s"], 0.99) * 1000,
        "cpu_us": used_ns / 1000 / len(got["latencies_s"]),
    }


def idle(clients: int) -> dict[str, Any]:
    """Memory that one silent socket takes, said hello or merely open."""
    return {kind: _idle(kind, clients) for kind in ("core", "bare")}


def _idle(kind: str, clients: int) -> dict[str, Any]:
    with Child(SERVER, kind) as server, Child(CLIENTS) as warm, Child(CLIENTS) as crowd:
        port = server.ask("open", core=None)["port"]
        conversations = server.ask("conversations", count=500) if kind == "core" else []
        path = "/v1/socket" if kind == "core" else "/echo"
        warm.ask("connect", port=port, path=path, count=WARM_UP, conversations=conversations)
        server.ask("settle")
        before = resident_bytes(server.pid)
        crowd.ask("connect", port=port, path=path, count=clients, conversations=conversations)
        server.ask("settle")
        return {"bytes_per_socket": (resident_bytes(server.pid) - before) / clients}


def chat(seconds: float) -> dict[str, Any]:
    """Messages from customers' sockets through the store to their rep's: as many as it takes, and how long one takes at CHAT_PER_S."""
    cores = two_cores()
    with Child(SERVER, "core") as server, Child(CLIENTS) as crowd:
        port = server.ask("open", core=cores[0])["port"]
        conversations = server.ask("conversations", count=CONVERSATIONS)
        crowd.ask("open", core=cores[1])
        crowd.ask("converse", port=port, conversations=conversations)
        crowd.ask("chat", per_s=CHAT_PER_S, seconds=1.0, window=WINDOW)
        calm = _sound(crowd.ask("chat", per_s=CHAT_PER_S, seconds=seconds, window=WINDOW))
        flushed_s = disk.flushes(CHAT_PER_S, seconds)
        before_ns = process_ns(server.pid)
        most = _sound(crowd.ask("chat", per_s=0, seconds=seconds, window=WINDOW))
        used_ns = process_ns(server.pid) - before_ns
        seqs = server.ask("seqs", ids=[each["id"] for each in conversations])
        crowd.ask("close")
    return {
        "messages_per_s": most["seen_in_time"] / most["seconds"],
        "cpu_us_per_message": used_ns / 1000 / most["sent"],
        "p50_ms": percentile(calm["latencies_s"], 0.5) * 1000,
        "p99_ms": percentile(calm["latencies_s"], 0.99) * 1000,
        "disk_p99_ms": percentile(flushed_s, 0.99) * 1000,
        "calm_per_s": calm["sent"] / calm["seconds"],
        "entries_stored": sum(seqs.values()),
    }


def _sound(run: dict[str, Any]) -> dict[str, Any]:
    if run["refused"]:
        raise ChildError(f"the server refused: {run['refused'][0]}")
    if run["seen"] != run["sent"] or run["stored"] != run["sent"]:
        raise ChildError(f"of {run['sent']} messages {run['stored']} were stored and {run['seen']} seen")
    return run


def repeated(work: Callable[[], dict[str, Any]], repeats: int) -> dict[str, Any]:
    """Medians of every figure over the runs, nested as one run's are; the runs beside."""
    runs = [work() for _ in range(repeats)]
    return {"median": _median(runs), "runs": runs}


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: _median([run[name] for run in runs]) if isinstance(value, dict) else statistics.median(run[name] for run in runs)
        for name, value in runs[0].items()
    }
