"""The replay in native code is the receiver in Python: the same packets in the same order, so the same sound, sample for sample."""

import numpy as np
import pytest

from bench.jitter import arrivals, cost, networks, receiver
from bench.jitter.replay import replay
from tests.support.saying import spoken

SOME = 600  # packets, 12 s


@pytest.mark.parametrize("name", ["clean", "jitter20", "loss5", "wifi200", "mobile"])
def test_the_replay_gives_the_receivers_sound_and_counts(name: str) -> None:
    stream = networks.make(name, SOME).carry(spoken().packets)[:SOME]
    expected = receiver.receive(receiver.playout(), stream)
    records = b"".join(arrivals.HEAD.pack(at_us, len(rtp)) + rtp for at_us, rtp in stream)
    used_ns, stats, pcm = replay(records, len(expected.frames), keep=True)
    assert used_ns > 0
    assert np.array_equal(receiver.to_int16(pcm), expected.pcm)
    assert stats["packets"] == expected.stats["packetsReceived"] >= SOME * 0.8
    assert stats["samples"] == len(expected.pcm)


def test_a_cut_off_record_ends_the_replay() -> None:
    record = arrivals.HEAD.pack(0, 1000) + bytes(20)
    assert replay(record, 3)[1]["packets"] == 0


def test_the_cost_is_measured_with_opus_and_without() -> None:
    stream = networks.make("clean", SOME).carry(spoken().packets)[:SOME]
    found = cost.measure(stream, arrivals.last_ms(stream), repeats=1)
    assert found.packets == SOME
    # A frame may still be waiting at the end, and the first may have been concealed.
    assert abs(found.decodes - SOME) <= 5
    assert found.own_us < found.whole_us
