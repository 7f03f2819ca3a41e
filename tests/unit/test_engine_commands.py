"""Commands in orders and with values that nobody should send: ignored and counted, never a crash (best run under the sanitizer build)."""

import pytest

from tests.engine_peers import (
    AUDIO,
    KIND_AUDIO,
    KIND_VIDEO,
    START_US,
    VP8,
    Core,
    Peer,
    connected,
    nack,
    publish,
    read_rtp,
    rtp,
    stun,
    stun_attributes,
    subscribe,
    vp8,
)


def forwarding(rtx: int = 2001) -> tuple[Core, Peer, Peer]:
    core = Core()
    publisher, subscriber = connected(core, 1), connected(core, 2)
    publish(publisher, 10, 1000)
    subscribe(subscriber, 20, 10, 2000, rtx=rtx)
    assert len(subscriber.mine(publisher.send(rtp(100, 5, 1000, vp8(1, 100, keyframe=True)), START_US))) == 1
    core.events()
    return core, publisher, subscriber


def test_a_transport_closed_in_the_turn_that_queued_its_rtcp() -> None:
    core, publisher, _ = forwarding()
    now_us = START_US + 1_000_000
    core.turn_at(now_us)
    core.producer_keyframe(10)
    core.transport_close(1)
    core.transport_open(3, local_ufrag="a" * 200, local_password="b" * 200, remote_ufrag="c")
    sent = core.advance(now_us + 1_000_000)
    assert not any((ip, port) == (publisher.ip, publisher.port) for ip, port, _ in sent)


def test_an_empty_dtls_datagram_is_not_sent() -> None:
    core, publisher, _ = forwarding()
    core.transport_dtls(1, b"")
    core.transport_dtls(1, b"x" * 1500)
    assert core.advance(START_US) == [(publisher.ip, publisher.port, b"x" * 1500)]
    with pytest.raises(ValueError, match="1500"):
        core.transport_dtls(1, bytes(1501))


def test_a_check_that_has_no_room_is_not_sent() -> None:
    core = Core()
    core.transport_open(1, local_ufrag="me", local_password="p" * 24, remote_ufrag="srv", remote_password="q" * 24, controlling=True)
    core.transport_restart(1, local_ufrag="a" * 256, local_password="p" * 256, remote_ufrag="b" * 256, remote_password="q" * 256)
    core.transport_connect(1, "10.0.0.1", 5)
    assert core.advance(START_US) == []


def test_connect_again_leaves_the_old_address_behind() -> None:
    core = Core()
    core.transport_open(1, local_ufrag="me", local_password="p" * 24, remote_ufrag="srv", remote_password="q" * 24, controlling=True)
    core.transport_connect(1, "10.0.0.1", 5)
    [(_, _, request)] = core.advance(START_US)
    assert 6 in stun_attributes(request)
    core.inject(stun(0x0101, request[8:20], b"", "q" * 24), "10.0.0.1", 5, START_US)
    assert core.events() == [("transport_connected", 1, "10.0.0.1", 5)]
    core.transport_connect(1, "10.0.0.2", 6)
    core.advance(START_US)
    assert core.audit()["paths"] == 0
    core.transport_close(1)
    core.advance(START_US)
    # The old address belongs to nobody now: what comes from there finds no freed transport.
    assert core.inject(b"\x16\xfe\xfd" + bytes(30), "10.0.0.1", 5, START_US) == []
    assert core.counters()["drop_dtls_unvalidated"] == 1


def test_a_forged_answer_sets_no_local_address() -> None:
    # On a wildcard socket a path has two ends; a transport without the near one must not take it from an answer nobody asked for.
    core = Core("0.0.0.0")
    core.transport_open(1, local_ufrag="me", local_password="p" * 24, remote_ufrag="srv", remote_password="q" * 24, controlling=True)
    core.transport_connect(1, "10.0.0.1", 5)
    [(_, _, request)] = core.advance(START_US)
    forged = stun(0x0101, request[8:16] + b"guess"[:4], b"", "z" * 24)
    core.inject(forged, "10.9.9.9", 9, START_US, local="127.0.0.66")
    core.inject(stun(0x0101, request[8:20], b"", "q" * 24), "10.0.0.1", 5, START_US, local="127.0.0.1")
    assert core.events() == [("transport_connected", 1, "10.0.0.1", 5)]
    assert core.audit()["paths"] == 1
    core.inject(forged, "10.9.9.9", 9, START_US, local="127.0.0.66")
    core.transport_close(1)
    core.advance(START_US)
    assert core.audit()["paths"] == 0


@pytest.mark.parametrize(
    "kind, bitrate_bps, frames_per_s",
    [
        (KIND_VIDEO, 1_000_000, 0),
        (KIND_VIDEO, 1_000_000, 5_000_000),
        (KIND_AUDIO, 4_000_000, 50),
        (KIND_VIDEO, 4_000_000_000, 1),
        (KIND_AUDIO, 500_000, 20),
    ],
)
def test_a_source_that_cannot_be_is_refused(kind: int, bitrate_bps: int, frames_per_s: int) -> None:
    core = Core()
    subscriber = connected(core, 2)
    core.source_open(1, kind, bitrate_bps=bitrate_bps, frames_per_s=frames_per_s)
    core.consumer_open(20, 2, kind, "0", 5, 6, VP8 if kind == KIND_VIDEO else AUDIO)
    core.consumer_attach(20, 1)
    before = core.counters()["commands_stale"]
    sent = [item for step in range(100) for item in core.advance(START_US + step * 10_000)]
    assert core.counters()["commands_stale"] == before + 2
    assert not subscriber.mine(sent)


def test_a_second_sink_is_refused() -> None:
    core, _, _ = forwarding()
    core.sink_open(10)
    core.sink_open(10)
    core.advance(START_US)
    assert core.counters()["commands_stale"] == 1


def test_ids_of_what_is_gone_are_counted() -> None:
    core = Core()
    core.transport_close(7)
    core.producer_open(1, 7, KIND_VIDEO, "0", VP8)
    core.producer_close(1)
    core.consumer_open(1, 7, KIND_VIDEO, "0", 1, 2, VP8)
    core.consumer_attach(1, 1)
    core.consumer_close(1)
    core.transport_open(0, local_ufrag="a", local_password="b", remote_ufrag="c")
    core.transport_stats(7, 5)
    core.advance(START_US)
    assert core.counters()["commands_stale"] == 7
    assert core.events() == [("stats", 5, {})]


def test_an_id_or_a_user_name_that_is_taken_is_refused_and_the_first_lives_on() -> None:
    core, publisher, subscriber = forwarding()
    for number in (1, 3):
        core.transport_open(number, local_ufrag="srv1", local_password="w" * 24, remote_ufrag="cli1")
    core.producer_open(10, 1, KIND_VIDEO, "9", VP8)
    core.consumer_open(20, 2, KIND_VIDEO, "9", 1, 2, VP8)
    core.advance(START_US)
    assert core.counters()["commands_stale"] == 4
    assert len(publisher.inject(publisher.check(), START_US)) == 1
    [packet] = subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))
    assert read_rtp(packet).payload == vp8(2, 100)


def test_keys_are_set_once() -> None:
    core, publisher, subscriber = forwarding()
    core.transport_keys(1, 7, bytes(28), bytes(28))
    core.transport_keys(2, 99, bytes(28), bytes(28))
    core.advance(START_US)
    assert core.counters()["commands_stale"] == 2
    assert len(subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))) == 1


def test_a_detached_or_closed_consumer_answers_no_nack() -> None:
    core, publisher, subscriber = forwarding()
    number = read_rtp(subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))[0]).seq
    assert len(subscriber.mine(subscriber.send(nack(5, 2000, [number]), START_US))) == 1
    core.consumer_detach(20)
    core.advance(START_US)
    assert subscriber.mine(subscriber.send(nack(5, 2000, [number - 1]), START_US)) == []
    core.consumer_close(20)
    core.advance(START_US)
    assert subscriber.mine(subscriber.send(nack(5, 2000, [number - 1]), START_US)) == []
