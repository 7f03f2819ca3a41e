"""Any packets in any order into a playout: no crash, no sound that is not a number, no more memory than at the start.

TRESEN_STORM sets the number of calls; ten million in the sanitizer build take some minutes: TRESEN_STORM=10000000 make sanitize
ARGS=tests/hostile/test_playout_storm.py
"""

import os
import random
import resource
from itertools import pairwise

import pytest

from native.testing import jitter, playout
from tests.support import voice

STORM = int(os.environ.get("TRESEN_STORM", "200000"))


def templates() -> list[bytes]:
    speech = [*voice.packets(1.0), *voice.packets(0.6, frame=480), *voice.packets(0.6, frame=2880), *voice.packets(1.0, dtx=True)]
    found = [voice.rtp(0, packet) for packet in speech]
    found += [voice.rtp(0, voice.red([(960, a), (0, b)]), voice.RED) for a, b in pairwise(speech)]
    found += [voice.rtp(0, bytes([level]), voice.COMFORT) for level in (0, 60, 127, 255)]
    rng = random.Random(1)
    found += [voice.rtp(0, rng.randbytes(rng.randrange(1, 200)), kind) for kind in (voice.OPUS, voice.RED) for _ in range(20)]
    # Long ones fill the room: six frames of 1275 bytes in one packet.
    return [*found, voice.rtp(0, bytes([0xFF, 0x06]) + rng.randbytes(6 * 1200)), voice.rtp(0, b"")]


@pytest.mark.parametrize("channels", [1, 2])
def test_a_storm_of_packets_neither_breaks_nor_grows_it(channels: int) -> None:
    stormed = templates()
    playout.storm(stormed, 1, 20_000, channels)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stats = playout.storm(stormed, 2 + channels, STORM // 2, channels)
    # The sanitizers' own bookkeeping grows with every allocation of the storm's packets.
    allowed_kib = 65536 if os.environ.get("NATIVE_DEBUG") != "1" else 1 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < allowed_kib
    assert all(stats[name] > 0 for name in ("packets", "packets_late", "packets_malformed", "packets_duplicate", "packets_played"))
    assert stats["samples"] > 0 and stats["packets_played"] <= 17 * stats["packets"]


@pytest.mark.parametrize("seed", range(3))
def test_the_store_keeps_its_order_and_its_room_under_any_use(seed: int) -> None:
    rng = random.Random(seed)
    store, kept, slots, blocks = jitter.Store(), {}, *jitter.Store().free()
    for _ in range(4000):
        ts, payload, redundant = rng.randrange(1000), rng.randbytes(rng.choice([0, 1, 80, 128, 129, 1275, 7680])), rng.random() < 0.3
        here = kept.get(ts)
        code = store.insert(ts, payload, redundant)
        used = sum(-(-len(old) // 128) for _, old in kept.values())
        if here is not None and (redundant or not here[0]):
            assert code == 1
        elif code == 0:
            kept[ts] = redundant, payload
        else:
            assert code == 1 or len(kept) == slots or used + -(-len(payload) // 128) > blocks
        if rng.random() < 0.05:
            count = rng.randrange(len(kept) + 1)
            store.drop(count)
            kept = dict(sorted(kept.items())[count:])
        assert store.free() == (slots - len(kept), blocks - sum(-(-len(old) // 128) for _, old in kept.values()))
        assert store.packets() == [(ts, *packet) for ts, packet in sorted(kept.items())]


@pytest.mark.parametrize("seed", range(20))
def test_any_red_payload_is_read_within_its_bounds(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(500):
        payload = bytearray(voice.red([(rng.randrange(1 << 14), rng.randbytes(rng.randrange(90))) for _ in range(rng.randrange(1, 20))]))
        for _ in range(rng.randrange(3)):
            payload[rng.randrange(len(payload))] = rng.getrandbits(8)
        found = jitter.red(bytes(payload[: rng.randrange(len(payload) + 1)]))
        assert found is None or (1 <= len(found) <= 16 and sum(len(block) for _, _, block in found) < len(payload))
