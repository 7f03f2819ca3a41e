"""Keys through the core: told to Python once each, passed on where they are understood, put into a stream between its audio."""

import struct
from itertools import pairwise

import pytest

from tests.engine_peers import KIND_AUDIO, START_US, Core, Peer, Rtp, connected, nack, publish, read_rtp, rtp, subscribe

MS = 1000
FRAME_US = 20 * MS
BOTH = [(111, "opus", 48000, 0), (110, "telephone-event", 48000, 0), (126, "telephone-event", 8000, 0)]
OTHER_NUMBERS = [(96, "opus", 48000, 98), (97, "telephone-event", 48000, 0)]
OPUS_ONLY = [(111, "opus", 48000, 0)]


def event(code: int, duration: int, *, end: bool = False) -> bytes:
    return struct.pack("!BBH", code, (0x80 if end else 0) | 10, duration)


class Call:
    """One publisher of audio and its subscribers, in virtual time."""

    def __init__(self, *codecs: list[tuple[int, str, int, int]]) -> None:
        self.core = Core()
        self.now_us = START_US
        self.seq, self.timestamp = 100, 5000
        self.publisher = connected(self.core, 1)
        publish(self.publisher, 10, 1000, kind=KIND_AUDIO, codecs=BOTH)
        self.subscribers = [connected(self.core, 2 + at) for at in range(len(codecs))]
        for at, (peer, wanted) in enumerate(zip(self.subscribers, codecs, strict=True)):
            subscribe(peer, 20 + at, 10, 2000 + at, rtx=3000 + at, kind=KIND_AUDIO, codecs=wanted)
        self.got: list[list[Rtp]] = [[] for _ in codecs]

    def take(self, sent: list[tuple[str, int, bytes]]) -> None:
        for peer, got in zip(self.subscribers, self.got, strict=True):
            got += [read_rtp(data) for data in peer.mine(sent) if not 192 <= data[1] <= 223]

    def send(self, payload: bytes, payload_type: int = 111, timestamp: int | None = None, *, marker: bool = False) -> None:
        self.seq += 1
        stamp = self.timestamp if timestamp is None else timestamp
        self.take(self.publisher.send(rtp(self.seq, stamp, 1000, payload, payload_type=payload_type, marker=marker), self.now_us))

    def audio(self, frames: int) -> None:
        for _ in range(frames):
            self.timestamp += 960
            self.send(b"opus" + struct.pack("!I", self.timestamp))
            for _ in range(20):
                self.now_us += MS
                self.take(self.core.advance(self.now_us))

    def press(self, code: int, payload_type: int = 110, *, ends: int = 3) -> None:
        pressed = self.timestamp + 960
        for at, duration in enumerate((960, 3360)):
            self.send(event(code, duration), payload_type, pressed, marker=at == 0)
        for _ in range(ends):
            self.send(event(code, 4800, end=True), payload_type, pressed)
        self.timestamp = pressed + 4800

    def told(self) -> list[tuple]:
        return [found for found in self.core.events() if found[0] in ("producer_dtmf", "producer_started")]


def gapless(packets: list[Rtp]) -> bool:
    return all((b.seq - a.seq) & 0xFFFF == 1 for a, b in pairwise(packets))


def repaired(peer: Peer, sent: list[tuple[str, int, bytes]]) -> list[tuple[int, bytes]]:
    """(number, payload) of what came again over RTX (RFC 4588)."""
    packets = [read_rtp(data) for data in peer.mine(sent)]
    assert {(packet.ssrc, packet.payload_type) for packet in packets} <= {(3000, 98)}
    return [(int.from_bytes(packet.payload[:2], "big"), packet.payload[2:]) for packet in packets]


@pytest.mark.parametrize(("payload_type", "milliseconds"), [(110, 100), (126, 600)])
def test_python_hears_of_each_key_once(payload_type: int, milliseconds: int) -> None:
    call = Call(BOTH)
    call.audio(3)
    call.press(5, payload_type)
    call.audio(3)
    call.press(11, payload_type)
    call.audio(3)
    assert call.told() == [
        ("producer_started", 10, "opus", 1000),
        ("producer_dtmf", 10, "5", milliseconds),
        ("producer_dtmf", 10, "#", milliseconds),
    ]


def test_a_key_whose_end_was_lost_is_told_after_a_while() -> None:
    call = Call(BOTH)
    call.audio(1)
    call.press(0, ends=0)
    call.core.events()
    call.audio(12)
    assert call.told() == []
    call.audio(4)
    assert call.told() == [("producer_dtmf", 10, "0", 70)]


def test_keys_go_on_to_who_understands_them_and_leave_no_hole_for_who_does_not() -> None:
    call = Call(OTHER_NUMBERS, OPUS_ONLY)
    call.audio(3)
    call.press(7)
    call.audio(3)
    knows, plain = call.got
    assert [packet.payload_type for packet in knows] == [96] * 3 + [97] * 5 + [96] * 3
    assert [packet.payload for packet in knows[3:8]] == [event(7, 960), event(7, 3360), *[event(7, 4800, end=True)] * 3]
    assert len({packet.timestamp for packet in knows[3:8]}) == 1 and knows[3].timestamp - knows[2].timestamp == 960
    assert [packet.marker for packet in knows[3:8]] == [True, False, False, False, False]
    assert {packet.ssrc for packet in knows} == {2000}
    assert [packet.payload_type for packet in plain] == [111] * 6
    assert gapless(knows) and gapless(plain)
    assert plain[3].timestamp - plain[2].timestamp == knows[8].timestamp - knows[2].timestamp == 960 * 2 + 4800
    assert call.core.counters()["drop_consumer_codec"] == 5


def test_a_key_is_not_sent_again_under_the_audios_payload_type() -> None:
    call = Call(OTHER_NUMBERS)
    call.audio(3)
    call.press(7)
    call.audio(1)
    [got] = call.got
    sent = call.subscribers[0].send(nack(1, 2000, [got[4].seq, got[2].seq]), call.now_us)
    assert repaired(call.subscribers[0], sent) == [(got[2].seq, got[2].payload)]


def test_keys_are_put_between_the_audio() -> None:
    call = Call(OTHER_NUMBERS)
    call.audio(5)
    call.core.dtmf_send(20, "1#", duration_ms=100, gap_ms=70)
    call.audio(20)
    [got] = call.got
    keys = [packet for packet in got if packet.payload_type == 97]
    audio = [packet for packet in got if packet.payload_type == 96]
    assert len(keys) == 10 and len(audio) == 25 and gapless(got) and {packet.ssrc for packet in got} == {2000}
    assert [packet.payload[0] for packet in keys] == [1] * 5 + [11] * 5
    assert [packet.marker for packet in keys] == ([True] + [False] * 4) * 2
    assert [packet.payload[1] >> 7 for packet in keys] == [0, 0, 1, 1, 1] * 2
    assert [struct.unpack("!H", packet.payload[2:])[0] for packet in keys][2:5] == [4800] * 3
    first, second = keys[0].timestamp, keys[5].timestamp
    assert [packet.timestamp for packet in keys] == [first] * 5 + [second] * 5
    assert abs(second - first - 170 * 48) <= 48, "to the millisecond of the wheel"
    before = max(packet.timestamp for packet in got[: got.index(keys[0])])
    assert 0 <= first - before <= 960
    assert all(b.timestamp - a.timestamp == 960 for a, b in pairwise(audio)), "the audio's own time goes on"
    assert all(a.payload != b.payload for a, b in pairwise(audio))


def test_audio_after_keys_can_be_asked_for_again() -> None:
    call = Call(OTHER_NUMBERS)
    call.audio(2)
    call.core.dtmf_send(20, "1")
    call.audio(20)
    [got] = call.got
    wanted = got[-2]
    peer: Peer = call.subscribers[0]
    sent = peer.send(nack(1, 2000, [wanted.seq, got[1].seq]), call.now_us)
    assert repaired(peer, sent) == [(wanted.seq, wanted.payload)]


def test_keys_before_any_audio() -> None:
    call = Call(OTHER_NUMBERS)
    call.core.dtmf_send(20, "A")
    for _ in range(300):
        call.now_us += MS
        call.take(call.core.advance(call.now_us))
    assert [packet.payload[0] for packet in call.got[0]] == [12] * 5
    call.audio(3)
    assert gapless(call.got[0]) and len(call.got[0]) == 8


def test_who_has_no_such_payload_type_is_sent_none() -> None:
    call = Call(OPUS_ONLY)
    call.audio(2)
    stale = call.core.counters()["commands_stale"]
    call.core.dtmf_send(20, "1")
    call.core.dtmf_send(999, "1")
    call.audio(10)
    assert call.core.counters()["commands_stale"] == stale + 2
    assert {packet.payload_type for packet in call.got[0]} == {111}


def test_a_consumer_closed_between_two_keys() -> None:
    call = Call(OTHER_NUMBERS)
    call.audio(2)
    call.core.dtmf_send(20, "0123456789*#ABCD" * 4)
    call.audio(3)
    call.core.consumer_close(20)
    call.audio(20)
    assert call.core.counters()["consumers"] == 0


@pytest.mark.parametrize(("digits", "options"), [("x", {}), ("1" * 65, {}), ("1", {"duration_ms": 10}), ("1", {"gap_ms": 7000})])
def test_misuse_is_refused(digits: str, options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"key|64|ms"):
        Core().dtmf_send(1, digits, **options)


def test_letters_may_be_small() -> None:
    Core().dtmf_send(1, "abcdABCD")
