"""A started worker and its mixing thread, over a real socket: what virtual time cannot show is the clock, the wake-ups and the end."""

import socket
import time
from itertools import pairwise

import pytest

from native.engine.worker import KIND_AUDIO, Worker
from tests.engine_peers import GCM, Rtp, read_rtp, session
from tests.mixing_peers import FRAME, OPUS, clip

DEADLINE_S = 30
KEYS = (bytes(range(28)), bytes(range(100, 128)))


def listen(worker: Worker, receiver: socket.socket) -> None:
    """A peer that hears a looped clip."""
    worker.transport_open(1, local_ufrag="a", local_password="b" * 24, remote_ufrag="c", remote_password="d" * 24)
    worker.transport_select(1, "127.0.0.1", receiver.getsockname()[1])
    worker.transport_extensions(1, {})
    worker.transport_keys(1, GCM, *KEYS)
    worker.consumer_open(2, 1, KIND_AUDIO, "0", 77, 78, OPUS)
    worker.mixer_open(3, complexity=1)
    worker.clip_load(4, clip(440, 500))
    worker.voice_open(5, 3, clip_id=4, loop=True)
    worker.listener_open(6, 3, 2)


def receive(receiver: socket.socket, count: int) -> list[Rtp]:
    opened = session(GCM, KEYS[0], inbound=True)
    found: list[Rtp] = []
    receiver.settimeout(DEADLINE_S)
    while len(found) < count:
        data = receiver.recv(2048)
        if data[0] >> 6 == 2 and not 192 <= data[1] <= 223:
            found.append(read_rtp(opened.unprotect(data)))
    return found


@pytest.mark.parametrize("early", [True, False], ids=["mixer before start", "mixer after start"])
def test_a_started_worker_mixes(early: bool) -> None:
    worker = Worker("127.0.0.1")
    began = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        if not early:
            worker.start()
        listen(worker, receiver)
        if early:
            worker.start()
        packets = receive(receiver, 50)
        elapsed_s = time.monotonic() - began
        worker.clip_free(4)
        worker.mixer_stats(3, 9)
        events = []
        while not any(event[0] == "stats" for event in events) and time.monotonic() < began + DEADLINE_S:
            events += worker.events()
            time.sleep(0.01)
        worker.stop()
    # RTP time never runs ahead of the clock, whatever the machine was busy with; missed ticks may be left out.
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets)]
    assert all(step % FRAME == 0 and step > 0 for step in steps)
    assert all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(packets))
    assert sum(steps) / 48000 <= elapsed_s + 0.2
    [stats] = [event for event in events if event[0] == "stats"]
    assert stats[1] == 9 and stats[2]["listeners"] == 1 and stats[2]["encodes"] >= 50
    counters = worker.counters()
    assert counters["mixer_ticks"] >= 50 and counters["mixer_cpu_us"] > 0 and counters["mixer_packets_dropped"] == 0
    assert counters["mixer_lag_le_40000"] <= counters["mixer_ticks"]


def test_a_worker_stops_with_mixers_open() -> None:
    worker = Worker("127.0.0.1")
    worker.start()
    for number in range(1, 20):
        worker.mixer_open(number)
    worker.clip_load(1, clip(440, 100))
    worker.voice_open(1, 1, clip_id=1)
    worker.stop()
    worker.stop()


def test_one_turn_after_the_other_without_threads() -> None:
    worker = Worker("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        listen(worker, receiver)
        deadline = time.monotonic() + DEADLINE_S
        while worker.counters()["packets_sent_audio"] < 5 and time.monotonic() < deadline:
            worker.turn()
            time.sleep(0.005)
    assert worker.counters()["packets_sent_audio"] >= 5
