"""The names of the worker's numbers stand in the order of the structs they name (native/engine/stats.pyx, state.pxd, event.pxd)."""

import re
from pathlib import Path

from native.engine.stats import (
    CONSUMER_STATS,
    COUNTER_NAMES,
    DROP_NAMES,
    LATENCY_EDGES_US,
    MIXER_LAG_EDGES_US,
    MIXER_STATS,
    PRODUCER_STATS,
    TRANSPORT_STATS,
    VOICE_STATS,
)

from native.engine.worker import CODEC_NAMES, EVENT_NAMES, EXTENSION_NAMES, STATS_NAMES

NATIVE = Path(__file__).parent.parent.parent / "native"


def block(file: str, head: str) -> list[str]:
    """The lines of a `cdef` block, without comments."""
    text = (NATIVE / file).read_text()
    body = re.search(rf"^{re.escape(head)}:.*\n((?:[ \t]+.*\n|\n)+)", text, re.MULTILINE)
    assert body, head
    lines = (line.split("#")[0].strip() for line in body.group(1).splitlines())
    return [line for line in lines if line]


def members(file: str, head: str, prefix: str) -> list[str]:
    return [line.split("=")[0].strip().removeprefix(prefix).lower() for line in block(file, head)]


def size_of(struct: str, field: str) -> int:
    [line] = [line for line in block("engine/state.pxd", f"cdef struct {struct}") if re.search(rf"\b{field}\[", line)]
    return int(re.search(r"\[(\d+)\]", line).group(1))


def test_counters() -> None:
    fields = block("engine/state.pxd", "cdef struct Counters")
    assert all(re.fullmatch(r"uint64_t \w+", field) for field in fields), "read as one array of uint64_t"
    assert tuple(field.split()[1] for field in fields) == COUNTER_NAMES


def test_drops_fit_their_arrays() -> None:
    names = members("engine/state.pxd", "cdef enum Drop", "DROP_")
    assert names.pop() == "count"
    assert tuple(names) == DROP_NAMES
    assert size_of("Snapshot", "drops") >= len(names) and size_of("WorkerCore", "drops") >= len(names)


def test_latency_buckets() -> None:
    assert list(LATENCY_EDGES_US) == sorted(set(LATENCY_EDGES_US))
    [buckets] = [line for line in block("engine/state.pxd", "cdef enum") if line.startswith("LATENCY_BUCKETS")]
    count = int(buckets.split("=")[1])
    assert len(LATENCY_EDGES_US) + 1 == count == size_of("Snapshot", "latency") == size_of("WorkerCore", "latency")


def test_the_mixing_threads_totals() -> None:
    fields = block("engine/mixing.pxd", "cdef struct MixingTotals")
    assert all(re.fullmatch(r"uint64_t \w+(\[8\])?", field) for field in fields), "copied as one array of uint64_t"
    assert len(MIXER_LAG_EDGES_US) + 1 == 8 == size_of("Snapshot", "mixer_lag") == size_of("WorkerCore", "mixer_lag")
    edges = re.search(r"LAG_EDGES_US\[:\] = \[(.*)\]", (NATIVE / "engine/mixing.pyx").read_text())
    assert edges and tuple(int(edge) for edge in edges.group(1).split(",")) == MIXER_LAG_EDGES_US


def test_events() -> None:
    assert tuple(members("engine/event.pxd", "cdef enum EventKind", "EVENT_")) == EVENT_NAMES


def test_rows_have_a_name_for_each_number() -> None:
    text = (NATIVE / "engine/stats.pyx").read_text()
    kinds = {
        "transport": TRANSPORT_STATS,
        "producer": PRODUCER_STATS,
        "consumer": CONSUMER_STATS,
        "mixer": MIXER_STATS,
        "voice": VOICE_STATS,
    }
    for kind, names in kinds.items():
        body = re.search(rf"cdef int {kind}_row\(.*?return (\d+)", text, re.DOTALL)
        assert body and int(body.group(1)) == len(names) == len(set(names))
        assert [int(at) for at in re.findall(r"row\[(\d+)\] =", body.group(0))] == list(range(len(names)))
    assert STATS_NAMES == ((), *kinds.values())
    assert [line.split("=")[0].strip() for line in block("engine/stats.pxd", "cdef enum StatsKind")] == [
        f"STATS_{kind.upper()}" for kind in kinds
    ]


def test_codecs_and_extensions() -> None:
    codecs = members("wire/codec.pxd", "cdef enum Codec", "CODEC_")
    assert [name.lower().replace("-", "_") for name in CODEC_NAMES] == ["", *codecs[1 : len(CODEC_NAMES)]]
    kinds = [line for line in members("wire/rtp.pxd", "cdef enum", "EXT_") if line != "count"]
    assert [name.replace("-", "_") for name in EXTENSION_NAMES] == kinds


def test_constants_match_the_arrays_they_bound() -> None:
    constants = dict(re.findall(r"(\w+) = (\d+)", "\n".join(block("engine/state.pxd", "cdef enum"))))
    for struct, field, name in [
        ("CodecTable", "entries", "CODECS_MOST"),
        ("Transport", "streams", "SSRCS_MOST"),
        ("Transport", "checks_seen", "CHECKS_SEEN"),
    ]:
        assert size_of(struct, field) == int(constants[name]), field
