"""Every network through every receiver: what is played, judged and put side by side. One process for each core asked for, at low priority.

A trace is a `Network` with its arrivals. Networks with loss are drawn several times (seeds), since luck decides which syllable is hit; a
figure is then the mean of the draws.
"""

import os
import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.jitter import arrivals, cost, neteq, networks, score
from bench.jitter import speech as spoken
from bench.jitter.arrivals import Arrivals
from bench.jitter.networks import Network
from bench.jitter.receiver import Reception, playout, receive
from bench.jitter.speech import Speech

OURS = "tresen"
NICE = 10


@dataclass(frozen=True, slots=True)
class Source:
    """Where speech and traces come from: folders, or (None) made here."""

    speech: Path | None = None
    traces: Path | None = None

    def load_speech(self) -> Speech:
        return spoken.from_folder(self.speech) if self.speech else spoken.recorded()

    def names(self) -> list[str]:
        """Of the traces: those of the folder, or the twelve."""
        return sorted(path.stem for path in self.traces.glob("*.csv")) if self.traces else list(networks.TWELVE)

    def load(self, name: str, speech: Speech) -> tuple[Network, Arrivals]:
        """KeyError, FileNotFoundError: no such trace."""
        if self.traces is None:
            network = networks.make(name, len(speech.packets))
        else:
            network = networks.read_csv(self.traces / f"{name}.csv")
            records = self.traces / f"{name}.arr"
            if records.exists():
                return network, arrivals.read(records)
        return network, network.carry(speech.packets)

    def draws(self, name: str, seeds: int, speech: Speech) -> list[str]:
        """The name, and where packets are lost other seeds of it; a folder has those it has (NAME@k.csv)."""
        if "@" in name or not self.load(name, speech)[0].lossy:
            return [name]
        more = [f"{name}@{seed}" for seed in range(1, seeds)]
        return [name, *(each for each in more if self.traces is None or (self.traces / f"{each}.csv").exists())]


def play(receiver: str, options: dict[str, int], stream: Arrivals, duration_ms: float) -> Reception:
    """What this receiver makes of the stream."""
    if receiver == OURS:
        return receive(playout(**options), stream, duration_ms, OURS)
    if receiver == "neteq":
        return neteq.receive(neteq.build(), stream, duration_ms)
    from bench.jitter import peers

    return receive(peers.PEERS[receiver](), stream, duration_ms, receiver)


# Of one worker process: loaded once, used for every trace.
_speech: Speech
_source: Source


def _begin(source: Source) -> None:
    global _speech, _source
    os.nice(NICE)
    _source, _speech = source, source.load_speech()


def _measure(name: str, receiver: str, options: dict[str, int]) -> dict[str, Any]:
    return measure(_source, _speech, name, receiver, options)


def measure(
    source: Source, speech: Speech, name: str, receiver: str, options: dict[str, int], quality: score.Judge = score.pesq_wideband
) -> dict[str, Any]:
    """The record of one receiver on one trace."""
    network, stream = source.load(name, speech)
    reception = play(receiver, options, stream, arrivals.last_ms(stream))
    record = score.numbers(score.judge(reception.pcm, speech, network, quality), reception.stats)
    record |= {"trace": name, "receiver": receiver, "account": reception.stats}
    if receiver == "neteq":
        stats = reception.stats
        whole_ns, own_ns = cost.split(stats["cpu_s"] * 1e9, stats["decode_cpu_s"] * 1e9, stats["decodes"], stats["clock_ns"])
        record |= {"cpu_us": whole_ns / len(stream) / 1000, "own_cpu_us": own_ns / len(stream) / 1000}
    return record


def compare(source: Source, draws: Sequence[str], receivers: Sequence[str], options: dict[str, int], jobs: int) -> Iterator[dict[str, Any]]:
    """Records as they are done, in any order."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(source,)) as pool:
        under_way = [pool.submit(_measure, name, receiver, options) for name in draws for receiver in receivers]
        try:
            for done in as_completed(under_way):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def costs(source: Source, speech: Speech, names: Sequence[str]) -> dict[str, cost.Cost]:
    """What a packet costs us on each of these, one after the other while nothing else of ours runs."""
    found = {}
    for name in names:
        _, stream = source.load(name, speech)
        found[name] = cost.measure(stream, arrivals.last_ms(stream))
    return found


AVERAGED = (
    "pesq", "delay_mean_ms", "delay_p50_ms", "delay_p95_ms", "buffer_mean_ms", "buffer_p95_ms", "network_mean_ms", "concealed_percent",
    "accelerated_percent", "decelerated_percent", "lost_share", "reported_buffer_ms", "target_ms", "cpu_us", "own_cpu_us",
)  # fmt: skip


def mean_of_draws(name: str, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One record for several draws of a trace: means, spread of PESQ and delay, worst segment; curve and steps of the first draw."""
    first = min(records, key=lambda record: record["trace"])
    merged: dict[str, Any] = {"receiver": first["receiver"], "trace": name, "draws": len(records)}
    merged |= {key: statistics.fmean(record[key] for record in records) for key in AVERAGED if all(key in record for record in records)}
    merged["pesq_least"] = min(record["pesq_least"] for record in records)
    for key in ("pesq", "delay_mean_ms"):
        merged[f"{key}_deviation"] = statistics.stdev(record[key] for record in records) if len(records) > 1 else 0.0
    return merged | {"steps": first["steps"], "curve": first["curve"]}


def by_trace(draws: dict[str, list[str]], records: Sequence[dict[str, Any]], receivers: Sequence[str]) -> list[dict[str, Any]]:
    """A merged record for each trace and receiver, in the order asked for."""
    found = {(record["trace"], record["receiver"]): record for record in records}
    return [mean_of_draws(name, [found[draw, receiver] for draw in each]) for name, each in draws.items() for receiver in receivers]
