"""RecvStream against RFC 3550's appendix written plainly: unbounded integers, a set of received numbers, no cycles."""

import random

import pytest

from native.testing import stream


class PlainReceiver:
    """Knows the sender's true 64-bit numbers, so nothing has to be guessed."""

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self.first = self.highest = -1
        self.received = self.prior_expected = self.prior_received = 0
        self.jitter = 0.0
        self.transit = 0

    def note(self, number: int, timestamp: int, now_us: int) -> None:
        self.received += 1
        if self.highest >= 0 and number <= self.highest:
            self.first = min(self.first, number)
            return
        transit = now_us * self.clock_rate // 1_000_000 - timestamp
        if self.highest < 0:
            self.first = number
        else:
            self.jitter += (abs(transit - self.transit) - self.jitter) / 16
        self.transit = transit
        self.highest = number

    def report(self) -> tuple[int, int, int]:
        expected = self.highest - self.first + 1
        interval, lost = expected - self.prior_expected, expected - self.prior_expected - (self.received - self.prior_received)
        self.prior_expected, self.prior_received = expected, self.received
        fraction = 0 if interval <= 0 or lost <= 0 else min(lost * 256 // interval, 255)
        return fraction, expected - self.received, int(self.jitter)


@pytest.mark.parametrize("seed", range(30))
def test_reports_equal_the_plain_receiver_over_loss_reorder_duplicates_and_wraps(seed: int) -> None:
    rng = random.Random(seed)
    clock_rate = rng.choice([8000, 48000, 90000])
    start, loss, reorder, duplicate = rng.randrange(65536), rng.choice([0, 0.05, 0.3]), rng.choice([0, 0.1, 0.5]), rng.choice([0, 0.05])
    # (arrival, number, timestamp); a clock far from zero, timestamps that wrap
    base_us, base_timestamp = rng.randrange(2**50), rng.getrandbits(32)
    arrivals = []
    for index in range(3000 if seed else 70000):
        if rng.random() >= loss:
            sent_us = index * 1000
            for _ in range(2 if rng.random() < duplicate else 1):
                delay = rng.randrange(500) + (rng.randrange(300_000) if rng.random() < reorder else 0)
                arrivals.append((base_us + sent_us + delay, start + index, base_timestamp + sent_us * clock_rate // 1_000_000))
    arrivals.sort()
    plain, recv = PlainReceiver(clock_rate), stream.Recv(clock_rate=clock_rate)
    offset = (1 << 16) + (arrivals[0][1] & 0xFFFF) - arrivals[0][1]
    for count, (now_us, number, timestamp) in enumerate(arrivals):
        plain.note(number, timestamp, now_us)
        assert recv.note(number & 0xFFFF, timestamp & 0xFFFFFFFF, 100, now_us) == number + offset
        if count % 97 == 96:
            report = recv.report(now_us)
            fraction, lost, jitter = plain.report()
            assert (report["fraction_lost"], report["lost"]) == (fraction, lost)
            assert abs(report["jitter"] - jitter) <= 1
            assert report["highest_seq"] == (plain.highest + offset - (1 << 16)) & 0xFFFFFFFF
    assert recv.state()["packets"] == len(arrivals) and recv.state()["bytes"] == 100 * len(arrivals)
