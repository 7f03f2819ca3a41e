"""The way between a worker and its mixing thread: what must arrive does, in order; packets are dropped when the other side is behind."""

import random

from native.testing.mixing import Pipe


def test_records_come_out_in_order() -> None:
    pipe = Pipe(4096)
    assert not pipe.ready() and pipe.take() is None
    assert pipe.put(b"first") and pipe.offer(b"second") and pipe.put(b"")
    assert pipe.ready() and pipe.sent() and not pipe.sent()
    assert [pipe.take(), pipe.take(), pipe.take(), pipe.take()] == [b"first", b"second", b"", None]


def test_packets_take_half_of_the_room_and_are_counted_beyond() -> None:
    pipe = Pipe(4096)
    taken = sum(pipe.offer(bytes(100)) for _ in range(100))
    assert 4096 // 2 // 112 <= taken <= 4096 // 2 // 112 + 2
    assert pipe.dropped() == 100 - taken
    assert pipe.put(bytes(1000)), "there is room for what must arrive"


def test_what_must_arrive_waits_for_room() -> None:
    pipe = Pipe(1024)
    sent = [bytes([at]) * 60 for at in range(200)]
    assert all(pipe.put(record) for record in sent)
    assert not pipe.offer(b"packet"), "it would overtake them"
    found = []
    while (record := pipe.take()) is not None or len(found) < 200:
        if record is not None:
            found.append(record)
        else:
            pipe.offer(b"")  # any call of the sender's moves what waits on; while something waits, this packet is dropped
    assert found[:200] == sent


def test_an_order_is_kept_whatever_is_full() -> None:
    rng = random.Random(3)
    pipe = Pipe(2048)
    sent: list[bytes] = []
    found: list[bytes] = []
    for number in range(5000):
        record = number.to_bytes(4, "big") + rng.randbytes(rng.randrange(200))
        if rng.random() < 0.5:
            if pipe.offer(record):
                sent.append(record)
        else:
            pipe.put(record)
            sent.append(record)
        for _ in range(rng.randrange(4)):
            if (taken := pipe.take()) is not None:
                found.append(taken)
    for _ in range(10000):
        if (taken := pipe.take()) is not None:
            found.append(taken)
        elif pipe.offer(b"last"):
            break
    assert found == sent
