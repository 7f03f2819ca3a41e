"""Judges what came out of a receiver by the PCM alone: how late each part of the speech was heard, and how good it sounded.

Delay: short windows of the output are looked for in the ideal decode (normalised cross-correlation at 8 kHz), which says what was heard
when; against the time it was sent that is the delay from end to end, network included. Quality: PESQ wideband (ITU-T P.862.2, PyPI
`pesq`) of each segment against what was said, cut out where those delays say it was heard, so that a shift of the whole costs nothing but
a wobble does. The receiver's own account is used for what PCM cannot tell (what was concealed); nothing here believes it about delays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.jitter.arrivals import FRAME_MS
from bench.jitter.networks import Network
from bench.jitter.resample import decimate
from bench.jitter.speech import Speech

Floats = NDArray[np.float64]
Judge = Callable[[NDArray[np.float32], NDArray[np.float32]], float]

RATE8, RATE16 = 8000, 16_000
# Longer windows blur a delay that moves, shorter ones fit anywhere; 200 ms hold one syllable.
WINDOW_S, HOP_S = 0.2, 0.05
LATEST_S = 1.4  # beyond that nobody converses; a search that far costs little
# Below the first a window is a pause, which fits everywhere; below the second it is concealment or stretched beyond recognition.
VOICED, ALIKE = 0.15, 0.85
LEAD_S = 0.05  # a window may begin with what was sent within its own first part
# What a segment's cut keeps of the delays measured in it, and the room on either side.
CUT_PERCENTILES, CUT_ROOM_S = (2, 98), 0.02
PESQ_LEAST = 1.0  # of a segment in which PESQ finds no utterance at all
LOOPS_SCORED_WHOLE = 2  # of more, as with drifting clocks, only the last, when everything has settled

# A change of route: the median delay after differs from that before by more than any jitter here does.
STEP_MS, STEP_BEFORE, STEP_AFTER = 120.0, 50, 100
# Settled: at most this much above the network's own delay, for this share of all windows to come. 30 + 500 ms: 650; 30 ms: 150.
SETTLED_ABOVE_MS, SETTLED_SHARE = 120.0, 0.95
SETTLING_S = 3.0


@dataclass(frozen=True, slots=True)
class Delays:
    """One entry for each window that was recognised: when it was heard, how late, how alike, and where in the speech it is from."""

    at_s: Floats
    delay_ms: Floats
    alike: Floats
    media_s: Floats


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the network's delay; `settled_s` is None when the receiver's never came within bounds before the next one."""

    at_s: float
    from_ms: float
    to_ms: float
    settled_s: float | None
    later_p95_ms: float | None  # from SETTLING_S after the step to the next


@dataclass(frozen=True, slots=True)
class Score:
    """All delays in ms, shares of 1."""

    pesq: float
    pesq_least: float
    segments: list[float]
    delay_mean_ms: float
    delay_p50_ms: float
    delay_p95_ms: float
    buffer_mean_ms: float
    buffer_p95_ms: float
    network_mean_ms: float
    lost_share: float
    windows: int
    steps: list[Step]
    curve: list[tuple[float, float]] = field(repr=False)


def pesq_wideband(said: NDArray[np.float32], heard: NDArray[np.float32]) -> float:
    """MOS-LQO of 1.0 to 4.6. ModuleNotFoundError: PyPI's `pesq` is not installed."""
    from pesq import NoUtterancesError, pesq

    try:
        return float(pesq(RATE16, said, heard, "wb"))
    except NoUtterancesError:
        return PESQ_LEAST


def delays(heard8: NDArray[np.float32], ideal8: NDArray[np.float32], send_ms: Floats) -> Delays:
    """Where each window of the output comes from. `ideal8`: the decode of the whole stream; `send_ms`: when each of its frames was sent."""
    window, hop = int(WINDOW_S * RATE8), int(HOP_S * RATE8)
    quiet = VOICED * np.sqrt(np.mean(np.square(ideal8, dtype=float)))
    energy = np.concatenate([[0.0], np.cumsum(np.square(ideal8, dtype=float))])
    span = int((LATEST_S + LEAD_S) * RATE8) + 2 * window
    size = 1 << (span + window - 1).bit_length()
    found: list[tuple[float, float, float, float]] = []
    for start in range(0, len(heard8) - window, hop):
        piece = heard8[start : start + window].astype(float)
        own = float(piece @ piece)
        if own < quiet**2 * window:
            continue
        at_s = start / RATE8
        sent_s = np.searchsorted(send_ms, at_s * 1000 + FRAME_MS) * FRAME_MS / 1000  # how far the speech has been sent by then
        first = max(0, int((sent_s - LATEST_S) * RATE8))
        last = min(len(ideal8), int(sent_s * RATE8) + window + int(LEAD_S * RATE8))
        places = last - first - window + 1
        if places < 8:
            continue
        spectrum = np.fft.rfft(ideal8[first:last], size) * np.conj(np.fft.rfft(piece, size))
        products = np.fft.irfft(spectrum, size)[:places]
        theirs = energy[first + window : last + 1] - energy[first : last - window + 1]
        alike = products / np.sqrt(np.maximum(theirs, 1e-9) * own)
        best = int(alike.argmax())
        if alike[best] < ALIKE:
            continue
        middle_s = (first + best + window / 2) / RATE8
        frame = min(int(middle_s * 1000 / FRAME_MS), len(send_ms) - 1)
        sent_ms = send_ms[frame] + middle_s * 1000 - frame * FRAME_MS
        heard_s = at_s + WINDOW_S / 2
        found.append((heard_s, heard_s * 1000 - sent_ms, float(alike[best]), middle_s))
    columns = np.array(found, float).reshape(-1, 4).T
    return Delays(*columns)


def network_delay(network: Network, media_s: Floats) -> Floats:
    """Of the packets that hold these places of the speech; NaN where lost."""
    frames = np.minimum((media_s * 1000 / FRAME_MS).astype(int), len(network.delay_ms) - 1)
    return network.delay_ms[frames]


def route_changes(network: Network) -> list[tuple[float, float, float]]:
    """(sent at s, delay before, delay after) of lasting steps of the delay; jitter, stalls and swings slower than a second are none."""
    came = ~np.isnan(network.delay_ms)
    send, delay = network.send_ms[came], network.delay_ms[came]
    if len(delay) <= STEP_BEFORE + STEP_AFTER:
        return []
    before = np.median(np.lib.stride_tricks.sliding_window_view(delay, STEP_BEFORE), axis=1)
    after = np.median(np.lib.stride_tricks.sliding_window_view(delay, STEP_AFTER), axis=1)
    at = np.arange(STEP_BEFORE, len(delay) - STEP_AFTER)
    jump = after[at] - before[at - STEP_BEFORE]
    edge = np.abs(delay[at] - delay[at - 1])  # a swing has no edge
    found: list[tuple[float, float, float]] = []
    steps = at[(np.abs(jump) > STEP_MS) & (edge > STEP_MS)]
    for n in steps:
        if not found or send[n] / 1000 - found[-1][0] > SETTLING_S:
            found.append((float(send[n] / 1000), float(before[n - STEP_BEFORE]), float(after[n])))
    return found


def settle(changes: list[tuple[float, float, float]], measured: Delays, end_s: float) -> list[Step]:
    """How soon the delay followed each change, and where it was from SETTLING_S on."""
    steps = []
    for n, (at_s, from_ms, to_ms) in enumerate(changes):
        until = changes[n + 1][0] if n + 1 < len(changes) else end_s
        here = (measured.at_s >= at_s) & (measured.at_s < until)
        when, delay = measured.at_s[here], measured.delay_ms[here]
        bad = delay > to_ms + SETTLED_ABOVE_MS
        # Share of bad windows from each one on.
        share = np.cumsum(bad[::-1])[::-1] / np.arange(len(bad), 0, -1) if len(bad) else np.zeros(0)
        good = np.flatnonzero((share <= 1 - SETTLED_SHARE) & ~bad)
        later = delay[when >= at_s + SETTLING_S]
        settled = float(when[good[0]] - at_s) if len(good) and len(later) else None
        steps.append(Step(at_s, from_ms, to_ms, settled, float(np.percentile(later, 95)) if len(later) else None))
    return steps


def segment_scores(heard: NDArray[np.float32], speech: Speech, network: Network, measured: Delays, judge: Judge) -> list[float]:
    """PESQ of each segment; of many loops only of the last."""
    loops = len(network.send_ms) // len(speech.packets)
    heard16 = decimate(heard, 3)
    last_s = float(np.median(measured.delay_ms[:20])) / 1000 if len(measured.delay_ms) else 0.0
    scores = []
    for loop in range(loops) if loops <= LOOPS_SCORED_WHOLE else [loops - 1]:
        for start, end in speech.segments:
            begin_s, end_s = start + loop * speech.seconds, end + loop * speech.seconds
            frame = min(int(begin_s * 1000 / FRAME_MS), len(network.send_ms) - 1)
            drift_s = (network.send_ms[frame] - frame * FRAME_MS) / 1000
            of_it = measured.delay_ms[(measured.media_s >= begin_s) & (measured.media_s <= end_s)] / 1000
            low_s, high_s = np.percentile(of_it, CUT_PERCENTILES) if len(of_it) else (last_s, last_s)
            last_s = float(of_it[-1]) if len(of_it) else last_s
            first = round((begin_s + drift_s + low_s - CUT_ROOM_S) * RATE16)
            last = round((end_s + drift_s + high_s + CUT_ROOM_S) * RATE16)
            cut = np.concatenate([np.zeros(max(0, -first), np.float32), heard16[max(0, first) : max(0, last)]])
            said = speech.said16[int(start * RATE16) : int(end * RATE16)]
            scores.append(judge(said, cut) if len(cut) > RATE16 // 4 else PESQ_LEAST)
    return scores


def judge(pcm: NDArray[np.int16], speech: Speech, network: Network, quality: Judge = pesq_wideband) -> Score:
    """The whole verdict on one receiver's output, whose first sample was played at 0."""
    heard = pcm.astype(np.float32) / 32768
    loops = len(network.send_ms) // len(speech.packets)
    measured = delays(decimate(heard, 6), np.tile(speech.heard8, loops), network.send_ms)
    scores = segment_scores(heard, speech, network, measured, quality)
    buffered = measured.delay_ms - network_delay(network, measured.media_s)
    buffered = buffered[~np.isnan(buffered)]
    came = network.delay_ms[~np.isnan(network.delay_ms)]

    def of(values: Floats, statistic: Callable[[Floats], Any]) -> float:
        return float(statistic(values)) if len(values) else float("nan")

    return Score(
        pesq=float(np.mean(scores)), pesq_least=min(scores), segments=[round(score, 3) for score in scores],
        delay_mean_ms=of(measured.delay_ms, np.mean), delay_p50_ms=of(measured.delay_ms, np.median),
        delay_p95_ms=of(measured.delay_ms, lambda values: np.percentile(values, 95)),
        buffer_mean_ms=of(buffered, np.mean), buffer_p95_ms=of(buffered, lambda values: np.percentile(values, 95)),
        network_mean_ms=float(came.mean()), lost_share=1 - len(came) / len(network.delay_ms), windows=len(measured.at_s),
        steps=settle(route_changes(network), measured, len(pcm) / 48_000),
        curve=[(round(float(at), 3), round(float(delay), 1)) for at, delay in zip(measured.at_s, measured.delay_ms, strict=True)],
    )  # fmt: skip


def percent(account: dict[str, Any], name: str) -> float:
    """A count of the receiver's account as percent of all samples."""
    return 100 * account[name] / max(1, account["totalSamplesReceived"])


def numbers(score: Score, account: dict[str, Any]) -> dict[str, Any]:
    """Score and account as one flat record for tables and JSON."""
    record = {name: getattr(score, name) for name in Score.__dataclass_fields__ if name != "steps"}
    record["steps"] = [{name: getattr(step, name) for name in Step.__dataclass_fields__} for step in score.steps]
    record |= {
        "concealed_percent": percent(account, "concealedSamples"),
        "accelerated_percent": percent(account, "removedSamplesForAcceleration"),
        "decelerated_percent": percent(account, "insertedSamplesForDeceleration"),
    }
    emitted = account.get("jitterBufferEmittedCount") or 0
    if emitted:
        record["reported_buffer_ms"] = account["jitterBufferDelay_ms_sum"] / emitted
        record["target_ms"] = account.get("jitterBufferTargetDelay_ms_sum", 0) / emitted
    return record
