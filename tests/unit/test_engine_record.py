"""Packets that go up to Python: whole, as they arrived, with their stream's newest report; a full ring costs packets, never time."""

import struct

from tests.engine_peers import START_US, Core, connected, publish, rtp, sender_report, subscribe, vp8

SSRC, RTX_SSRC, PRODUCER = 0x1234, 0x4321, 10
NTP = 0x1122334455667700


def recorded(core: Core, peer_number: int = 1):
    peer = connected(core, peer_number)
    publish(peer, PRODUCER, SSRC, rtx=RTX_SSRC)
    core.producer_record(PRODUCER, True)
    core.advance(core.now_us)
    return peer


def test_packets_come_up_as_they_arrived() -> None:
    core = Core()
    peer = recorded(core)
    sent = []
    for index, seq in enumerate((65534, 0, 65535, 1)):
        sent.append(rtp(seq, 3000 * index, SSRC, vp8(index, 50 + index, keyframe=True), marker=True, extensions={9: b"abc"}))
        peer.send(sent[-1], START_US + index * 1000)
    found = core.packets()
    assert [data for *_, data in found] == sent
    assert [arrived for _, _, arrived, *_ in found] == [START_US + index * 1000 for index in range(4)]
    seqs = [seq for _, seq, *_ in found]
    assert [seq - seqs[0] for seq in seqs] == [0, 2, 1, 3] and all(producer == PRODUCER for producer, *_ in found)
    assert core.packets() == []


def test_a_repaired_packet_comes_up_as_the_one_that_was_lost() -> None:
    core = Core()
    peer = recorded(core)
    lost = rtp(101, 3000, SSRC, vp8(1, 60))
    for seq in (100, 102):
        peer.send(rtp(seq, 3000, SSRC, vp8(seq, 60, keyframe=seq == 100)), START_US)
    peer.send(rtp(7, 3000, RTX_SSRC, struct.pack("!H", 101) + lost[12:], payload_type=97), START_US + 50_000)
    first, third, second = core.packets()
    assert second[6] == lost and (second[1] - first[1], third[1] - first[1]) == (1, 2)


def test_padding_is_left_out_and_duplicates_too() -> None:
    core = Core()
    peer = recorded(core)
    plain = rtp(5, 0, SSRC, vp8(1, 60, keyframe=True), padding=b"\0\0\3")
    peer.send(plain, START_US)
    peer.send(rtp(6, 0, SSRC, b"", padding=b"\0\0\0\4"), START_US)
    peer.send(plain, START_US)
    found = core.packets()
    assert [len(data) for *_, data in found] == [len(plain) - 3, 12]


def test_the_streams_newest_report_comes_with_each_packet() -> None:
    core = Core()
    peer = recorded(core)
    peer.send(rtp(1, 1000, SSRC, vp8(1, 20, keyframe=True)), START_US)
    peer.send(sender_report(SSRC, NTP, 990), START_US + 1000)
    peer.send(rtp(2, 2000, SSRC, vp8(2, 20)), START_US + 5000)
    before, after = core.packets()
    assert before[3:6] == (0, 0, before[5]) and after[3:6] == (NTP, 990, 4000)


def test_who_is_not_recorded_is_not_and_recording_ends() -> None:
    core = Core()
    peer = connected(core, 1)
    publish(peer, PRODUCER, SSRC)
    assert core.packets() == []
    peer.send(rtp(1, 0, SSRC, vp8(1, 20, keyframe=True)), START_US)
    core.producer_record(PRODUCER, True)
    core.advance(START_US + 1)
    peer.send(rtp(2, 0, SSRC, vp8(2, 20)), START_US + 2)
    core.producer_record(PRODUCER, False)
    core.advance(START_US + 3)
    peer.send(rtp(3, 0, SSRC, vp8(3, 20)), START_US + 4)
    assert [int.from_bytes(data[2:4], "big") for *_, data in core.packets()] == [2]


def test_a_full_ring_drops_counts_and_goes_on_when_it_is_read() -> None:
    core = Core()
    peer = recorded(core)
    watcher = connected(core, 2)
    subscribe(watcher, 20, PRODUCER, 0x9999)
    count, forwarded = 9000, 0
    for seq in range(count):
        forwarded += len(watcher.mine(peer.send(rtp(seq, 0, SSRC, vp8(seq, 1000, keyframe=seq == 0)), START_US + seq)))
    assert forwarded == count, "subscribers get theirs all the same"
    dropped = core.counters()["records_dropped"]
    assert 0 < dropped < count
    kept = []
    while part := core.packets():
        kept += part
    assert len(kept) == count - dropped and [record[1] - kept[0][1] for record in kept] == list(range(len(kept)))
    peer.send(rtp(count, 0, SSRC, vp8(count, 100)), START_US + count)
    assert len(core.packets()) == 1


def test_a_closed_producer_leaves_what_was_recorded() -> None:
    core = Core()
    peer = recorded(core)
    peer.send(rtp(1, 0, SSRC, vp8(1, 20, keyframe=True)), START_US)
    core.producer_close(PRODUCER)
    core.producer_record(PRODUCER, True)
    core.advance(START_US + 1)
    assert len(core.packets()) == 1 and core.counters()["commands_stale"] == 1
