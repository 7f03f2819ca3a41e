"""The mixer without network: microseconds of CPU per tick of rooms of any size, beside the decodes and encodes that such a tick needs.

The limit is libopus alone, called as often as the mixer called it, with the same settings on the same speech; what is above is ours: jitter
buffers, choice of speakers, sums, limiter. One thread, virtual time, so it tells nothing of waiting.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bench.mixer.kernel import run_room
from bench.mixer.load import MixLoad, members
from bench.mixer.opus import cost_us, decode
from bench.mixer.speech import comfort, pack, silence, speech
from bench.report import percentile

TICKS_A_SECOND = 50
WARM_UP = 150  # three seconds: buffers settle, encoders know their speech
LIMIT_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class TickRow:
    """Medians over the repeats. `per_core`: participants whose ticks fill one core, in rooms of this size."""

    participants: int
    tick_us: float
    tick_p99_us: float
    arrival_us: float
    encodes: float
    decodes: float
    limit_us: float
    over_limit: float
    per_core: float


def limit_us(load: MixLoad) -> tuple[float, float]:
    """(one decode, one encode) of this load, by libopus alone: a speaker's packets, and the sum of all speakers."""
    said = [[packet.payload for packet in speech(each)] for each in range(load.speakers)]
    sounds = [np.frombuffer(decode(list(packets)), np.float32) for packets in said]
    shortest = min(len(sound) for sound in sounds)
    mix = np.sum([sound[:shortest] for sound in sounds], axis=0, dtype=np.float32)
    return cost_us(
        said[0], mix.tobytes(), rounds=LIMIT_ROUNDS, bitrate_bps=load.bitrate_bps, complexity=load.complexity,
        expected_loss_percent=load.expected_loss_percent,
    )  # fmt: skip


def row(load: MixLoad, ticks: int, repeats: int) -> TickRow:
    """One size, in one room."""
    silent = pack(comfort() if load.silent == "comfort" else silence())
    spoken = [pack(speech(each)) for each in range(load.speakers)]
    loops = [silent if member.speaker is None else spoken[member.speaker] for member in members(load)]
    runs = []
    for _ in range(repeats):
        made = run_room(
            loops, ticks=ticks, warm_up=WARM_UP, bitrate_bps=load.bitrate_bps, complexity=load.complexity,
            expected_loss_percent=load.expected_loss_percent,
        )  # fmt: skip
        decode_us, encode_us = limit_us(load)
        encodes, decodes = made["encodes"] / ticks, made["decodes"] / ticks
        took = statistics.fmean(made["tick_us"])
        arrival = made["feeding_us"] / ticks
        least = encodes * encode_us + decodes * decode_us
        runs.append((took, percentile(made["tick_us"], 0.99), arrival, encodes, decodes, least, took / least))
    columns = [statistics.median(column) for column in zip(*runs, strict=True)]
    return TickRow(load.participants, *columns, load.participants * 1e6 / TICKS_A_SECOND / (columns[0] + columns[2]))


def rows(sizes: Sequence[int], load: MixLoad, ticks: int, repeats: int) -> list[dict[str, float]]:
    """A row for each size."""
    return [asdict(row(load.with_options(participants=size, speakers=min(size, load.speakers)), ticks, repeats)) for size in sizes]


COLUMNS = {
    "participants": ".0f", "tick_us": ".0f", "tick_p99_us": ".0f", "arrival_us": ".1f", "encodes": ".2f", "decodes": ".2f",
    "limit_us": ".0f", "over_limit": ".3f", "per_core": ",.0f",
}  # fmt: skip
