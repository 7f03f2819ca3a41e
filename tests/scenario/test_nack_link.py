"""NACK and retransmission over a lossy, reordering link in virtual time: what stays lost, and what the repair costs.

The link loses media, requests and retransmissions alike. The sender answers every request and every key-frame request.
"""

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from native.testing import stream

MS = 1000
BASE = 1 << 16


@dataclass
class Outcome:
    sent: int = 0
    lost: set[int] = field(default_factory=set)  # the first transmission did not arrive
    requests: Counter[int] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)  # retransmissions that arrived
    messages: int = 0
    largest_message: int = 0
    keyframe_requests: list[int] = field(default_factory=list)
    received: set[int] = field(default_factory=set)
    keyframes: list[int] = field(default_factory=list)

    @property
    def missing(self) -> set[int]:
        return set(range(self.sent)) - self.received

    @property
    def needless(self) -> int:
        """Numbers asked for that were not lost."""
        return len(self.requests.keys() - self.lost)


def run(seed: int, *, loss: float = 0.0, delay_ms: float = 25, frames: int = 600, packets: int = 8, interval_ms: float = 33,
        swap: float = 0.0, displacement: int = 3, outage_ms: tuple[float, float] = (0, 0), known_rtt: bool = True) -> Outcome:
    """`swap`: share of packets that up to `displacement` later ones overtake. `outage_ms`: from, until: nothing gets through."""
    rng, out, nack = random.Random(seed), Outcome(), stream.Nack()
    order = itertools.count()
    events: list[tuple[int, int, str, int, bool]] = []

    def send(at_us: int, kind: str, number: int, extra_us: int = 0, keyframe: bool = False) -> bool:
        """Puts something on the link, either way; False when the link loses it."""
        if rng.random() < loss or outage_ms[0] * MS <= at_us < outage_ms[1] * MS:
            return False
        heapq.heappush(events, (at_us + int(delay_ms * MS) + extra_us, next(order), kind, number, keyframe))
        return True

    for frame in range(frames):
        heapq.heappush(events, (int(frame * interval_ms * MS), next(order), "frame", frame, False))
    first_of_keyframe: set[int] = set()
    keyframe_wanted = True
    armed_us = 2**62
    while events:
        now_us, _, kind, number, keyframe = heapq.heappop(events)
        if kind == "frame":
            if keyframe_wanted:
                first_of_keyframe.add(out.sent)
                out.keyframes.append(out.sent)
            for index in range(packets):
                extra_us = rng.randrange(1, displacement + 1) * 200 if rng.random() < swap else 0
                if not send(now_us + index * 200, "media", out.sent, extra_us + (1 if extra_us else 0), out.sent in first_of_keyframe):
                    out.lost.add(out.sent)
                out.sent += 1
            keyframe_wanted = False
            continue
        if kind == "request":
            send(now_us, "answer", number, 0, number in first_of_keyframe)
            continue
        if kind == "keyframe":
            keyframe_wanted = True
            continue
        if kind in ("media", "answer"):
            out.received.add(number)
            out.answers[number] += kind == "answer"
            nack.note(BASE + number, now_us, keyframe)
        if nack.next_us() <= now_us:
            due = nack.due(now_us, int(2 * delay_ms * MS) if known_rtt else 0)
            out.requests.update((seq - BASE) % 65536 for seq in due)
            out.messages += bool(due)
            out.largest_message = max(out.largest_message, len(due))
            if due and rng.random() >= loss and not outage_ms[0] * MS <= now_us < outage_ms[1] * MS:
                for seq in due:  # one message: lost or delivered as a whole
                    heapq.heappush(events, (now_us + int(delay_ms * MS), next(order), "request", seq, False))
        if nack.gave_up():
            out.keyframe_requests.append(now_us)
            send(now_us, "keyframe", 0)
        assert nack.missing() <= 1000
        if kind == "timer":
            armed_us = 2**62
        if nack.next_us() < armed_us:
            armed_us = max(nack.next_us(), now_us + 1)
            heapq.heappush(events, (armed_us, next(order), "timer", 0, False))
    assert nack.missing() == 0
    return out


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("delay_ms", "known_rtt"), [(5, True), (25, True), (25, False), (100, True)])
def test_five_percent_loss_is_repaired_completely_at_nearly_one_request_each(seed: int, delay_ms: float, known_rtt: bool) -> None:
    out = run(seed, loss=0.05, delay_ms=delay_ms, known_rtt=known_rtt)
    assert len(out.lost) > 180 and not out.missing and not out.keyframe_requests
    # A request and its answer both arrive 0.95^2 of the time: 1.108 requests a loss if none is wasted.
    assert out.requests.total() <= 1.25 * len(out.lost)
    assert out.needless == 0 and max(out.answers.values()) == 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delay_ms", [5, 25, 100])
def test_twenty_percent_loss_leaves_under_one_percent_and_no_number_is_asked_for_more_than_five_times(seed: int, delay_ms: float) -> None:
    out = run(seed, loss=0.2, delay_ms=delay_ms)
    assert len(out.lost) > 850 and len(out.missing) < 0.01 * out.sent
    # 1 / 0.8^2 = 1.56 if none is wasted.
    assert out.requests.total() <= 1.7 * len(out.lost)
    assert out.needless == 0 and max(out.answers.values()) == 1 and max(out.requests.values()) <= 5


@pytest.mark.parametrize("seed", range(3))
def test_audio_every_20_ms_is_repaired_too(seed: int) -> None:
    out = run(seed, loss=0.05, packets=1, interval_ms=20, frames=3000)
    assert len(out.lost) > 100 and not out.missing and out.requests.total() <= 1.25 * len(out.lost)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("packets", "interval_ms"), [(8, 33), (1, 20)])
def test_displacement_by_up_to_three_causes_no_request_at_all(seed: int, packets: int, interval_ms: float) -> None:
    out = run(seed, swap=0.3, packets=packets, interval_ms=interval_ms)
    assert not out.requests and not out.missing


def test_wider_displacement_costs_at_most_one_request_for_each_packet_it_hits() -> None:
    out = run(1, swap=0.3, displacement=6)
    assert 0 < out.needless < 0.3 * out.sent and max(out.requests.values()) == 1


def test_an_outage_is_asked_for_in_one_message() -> None:
    out = run(1, outage_ms=(3000, 4500))
    assert len(out.lost) > 350 and not out.missing
    assert (out.messages, out.largest_message) == (1, len(out.lost)) and not out.keyframe_requests


def test_an_outage_of_more_than_a_thousand_packets_ends_in_a_key_frame_instead_of_requests() -> None:
    out = run(1, outage_ms=(3000, 6000), packets=20)
    assert len(out.lost) > 1000
    assert not out.requests and len(out.keyframe_requests) == 1 and len(out.keyframes) == 2
    assert out.keyframes[1] in out.received


@pytest.mark.parametrize("seed", range(3))
def test_giving_up_asks_for_a_key_frame_and_the_stream_recovers(seed: int) -> None:
    out = run(seed, loss=0.5)
    assert out.keyframe_requests and len(out.keyframes) > 1
    # Half of all requests and half of all answers are lost, and still nothing is asked for without end.
    assert max(out.requests.values()) <= 5 and out.requests.total() <= 3 * len(out.lost)
