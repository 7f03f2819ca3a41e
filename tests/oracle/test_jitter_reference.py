"""The native jitter buffer against the plain one: the same delays, the same decisions, call by call, over networks of every kind."""

import random
from collections.abc import Callable

import pytest

from native.testing import jitter
from tests.oracle import plain_jitter

NETWORKS: dict[str, Callable[[random.Random, int], float | None]] = {
    "steady": lambda rng, ms: 20,
    "jitter": lambda rng, ms: max(1, rng.gauss(60, 20)),
    "tail": lambda rng, ms: 10 + rng.expovariate(1 / 30),
    "stalls": lambda rng, ms: 10 + max(0, 200 - ms % 3000),
    "loss": lambda rng, ms: None if rng.random() < 0.1 else rng.uniform(20, 30),
    "bursts": lambda rng, ms: None if ms % 2000 < 100 else rng.gauss(50, 10),
    "steps": lambda rng, ms: rng.uniform(20, 30) + 400 * (ms // 3000 % 2),
    "swing": lambda rng, ms: 20 + abs(ms % 8000 - 4000) / 10 + rng.uniform(0, 5),
    "reordered": lambda rng, ms: 30 if rng.random() > 0.05 else rng.uniform(50, 120),
    "outage": lambda rng, ms: 20 + max(0, 2000 - ms % 6000),
    "silence": lambda rng, ms: None if 4000 < ms % 6000 else 20 + rng.random(),
}


def arrivals(network: str, seed: int, seconds: int, samples: int) -> list[tuple[int, int]]:
    """(arrival, number) of each packet, as they come."""
    rng = random.Random(f"{network}{seed}")
    found = []
    for number in range(seconds * 48000 // samples):
        sent_ms = number * samples / 48
        delay_ms = NETWORKS[network](rng, int(sent_ms))
        if delay_ms is not None:
            for _ in range(1 + (rng.random() < 0.02)):
                found.append((int((sent_ms + delay_ms + (rng.random() < 0.01) * 70) * 1000), number))
    return sorted(found)


@pytest.mark.parametrize("network", NETWORKS)
def test_delays_are_those_of_the_plain_estimator(network: str) -> None:
    native, plain = jitter.Delay(), plain_jitter.Delay()
    rng = random.Random(1)
    for now_us, number in arrivals(network, 0, 12, 960):
        ts = (1 << 33) + number * 960
        missing = rng.random() < 0.03
        native.turn(missing, 960)
        plain.turn(missing, 960)
        native.note(ts, 960, now_us)
        plain.note(ts, 960, now_us)
        assert native.target_us(now_us) == plain.target_us(now_us)
        assert native.base_us() == plain.base_us()
    state = native.state()
    assert state["weights"] == plain.weights and state["total"] == sum(plain.weights)


@pytest.mark.parametrize("samples", [480, 960, 2880])  # packets of 10, 20, 60 ms
@pytest.mark.parametrize("network", NETWORKS)
def test_decisions_are_those_of_the_plain_buffer(network: str, samples: int) -> None:
    rng = random.Random(samples)
    native, plain = jitter.Buffer(), plain_jitter.Buffer()
    if network in ("loss", "bursts"):
        native.repair(60_000)
        plain.delay.repair_us = 60_000
    first_ts = (1 << 33) + 4_294_900_000                      # wraps on the wire within a second or two
    coming = arrivals(network, samples, 9, samples)
    pull = rng.choice([480, 960])
    pending, said = 0, set()
    for now_us in range(0, 9_500_000, pull * 125 // 6):
        while coming and coming[0][0] <= now_us:
            came_us, number = coming.pop(0)
            frame = samples if number % 4 else 0
            packet = plain_jitter.Packet(first_ts + number * samples, 131072 + number, b"%d" % number, samples, frame, False)
            code = native.put(number & 0xFFFF, packet.ts & 0xFFFFFFFF, came_us, packet.payload, samples, frame)
            assert (code < 0) == (plain.put(packet, came_us) < 0)
            if number % 3 == 0 and network == "loss" and number:
                copy = plain_jitter.Packet(packet.ts - samples, -1, b"r%d" % number, samples, 0, True)
                code = native.put(number & 0xFFFF, packet.ts & 0xFFFFFFFF, came_us, copy.payload, samples, 0, behind=samples)
                assert code == plain.put(copy, came_us)
        while pending < pull:
            step = native.next(now_us, pending, pull)
            assert step == plain.next(now_us, pending, pull)
            said.add(step[0])
            pending += step[2]
            if step[0] == jitter.DECODE:
                quiet = rng.randrange(3)
                wanted = native.scale(now_us, pending, pull, quiet)
                assert wanted == plain.scale(now_us, pending, pull, quiet)
                if wanted and rng.random() < 0.5:
                    native.scaled(quiet > 0, now_us)
                    plain.scaled_us = plain.scaled_us if quiet else now_us
                    pending -= max(min(wanted, pending // 2), -720)
                if rng.random() < 0.01:
                    native.asleep(True)
                    plain.state = plain_jitter.ASLEEP
        pending -= pull
        assert native.target_us(now_us) == plain.delay.target_us(now_us)
    state = native.state()
    assert (state["late"], state["duplicate"], state["count"]) == (plain.late, plain.duplicate, len(plain.packets))
    assert jitter.DECODE in said
