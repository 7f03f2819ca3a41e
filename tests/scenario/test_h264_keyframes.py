"""H.264 key frames come in several packets, parameter sets first: what is done where the first of them is missing, late or never sent.

A decoder needs the parameter sets, and only they say for sure where a key frame begins (RFC 6184 section 5; `native/wire/h264.pyx`).
"""

import struct
from dataclasses import dataclass, field

import pytest

from tests.engine_peers import START_US, Core, Peer, Rtp, compound, connected, nack, publish, read_rtp, rtp, subscribe

H264 = [(96, "H264", 90000, 97)]
MEDIA, MEDIA_RTX, OUT, OUT_RTX = 1000, 1001, 2000, 2001
SPS, PPS, SETS = bytes.fromhex("67 42001f aa"), bytes.fromhex("68 ce3c80 bb"), bytes.fromhex("78 0004 6742001f 0004 68ce3c80")
DELIMITER, SEI = bytes.fromhex("09 f0"), bytes.fromhex("06 05 01")
IDR_START, IDR_MIDDLE, IDR_END, SLICE = (bytes.fromhex(text) for text in ("7c85 88 01", "7c05 02", "7c45 03", "41 9a 04"))
KEY_FRAME = [SETS, IDR_START, IDR_MIDDLE, IDR_END]
KEY_FRAME_APART = [SPS, PPS, IDR_START, IDR_END]


@dataclass
class Call:
    """One publisher whose packets can be withheld, one subscriber."""

    core: Core = field(default_factory=Core)
    now_us: int = START_US
    seq: int = 100
    timestamp: int = 9000
    sent: dict[int, bytes] = field(default_factory=dict)  # plain RTP by number
    heard: list[tuple[int, int, bytes]] = field(default_factory=list)  # RTCP at the publisher
    got: list[Rtp] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.publisher, self.subscriber = connected(self.core, 1), connected(self.core, 2)
        publish(self.publisher, 10, MEDIA, rtx=MEDIA_RTX, codecs=H264)

    def join(self) -> None:
        subscribe(self.subscriber, 20, 10, OUT, rtx=OUT_RTX, codecs=H264)

    def take(self, datagrams: list[tuple[str, int, bytes]]) -> None:
        self.heard += [packet for data in self.publisher.mine(datagrams) for packet in compound(data)]
        for data in self.subscriber.mine(datagrams):
            if not 192 <= data[1] <= 223:
                self.got.append(read_rtp(data))

    def send(self, peer: Peer, plain: bytes) -> None:
        self.take(peer.send(plain, self.now_us))

    def frame(self, payloads: list[bytes], *lost: int) -> int:
        """Sends a frame but for the packets with these places in it; gives its first number."""
        first = self.seq
        for at, payload in enumerate(payloads):
            self.sent[self.seq] = rtp(self.seq, self.timestamp, MEDIA, payload, marker=at == len(payloads) - 1)
            if at not in lost:
                self.send(self.publisher, self.sent[self.seq])
            self.seq += 1
        self.timestamp += 3000
        self.wait(5)
        return first

    def repeat(self, number: int) -> None:
        """As RTX."""
        plain = read_rtp(self.sent[number])
        payload = struct.pack("!H", number) + plain.payload
        self.send(self.publisher, rtp(number, plain.timestamp, MEDIA_RTX, payload, payload_type=97, marker=plain.marker))

    def wait(self, time_ms: int) -> None:
        self.core.sent()
        for _ in range(time_ms):
            self.now_us += 1000
            self.core.turn_at(self.now_us)
            self.take(self.core.sent())

    def asked(self) -> set[int]:
        found = set()
        for kind, count, body in self.heard:
            if (kind, count) == (205, 1):
                for at in range(8, len(body), 4):
                    number, mask = struct.unpack_from("!HH", body, at)
                    found |= {number} | {number + 1 + bit for bit in range(16) if mask >> bit & 1}
        return found

    def key_frames_asked(self) -> int:
        return sum((kind, count) == (206, 1) for kind, count, _ in self.heard)

    def payloads(self) -> list[bytes]:
        """What the subscriber has, in the order of its numbers, repairs in their place."""
        found = {}
        for packet in self.got:
            if packet.ssrc == OUT_RTX:
                found[struct.unpack_from("!H", packet.payload)[0]] = packet.payload[2:]
            else:
                found[packet.seq] = packet.payload
        return [found[number] for number in sorted(found)]


@pytest.mark.parametrize(("frame", "lost"), [(KEY_FRAME, 0), (KEY_FRAME_APART, 0), (KEY_FRAME_APART, 1)], ids=["sets", "sps", "pps"])
def test_a_key_frames_lost_parameter_sets_are_asked_for_and_passed_on(frame: list[bytes], lost: int) -> None:
    call = Call()
    call.join()
    call.frame(KEY_FRAME)
    call.frame([SLICE])
    number = call.frame(frame, lost) + lost
    call.frame([SLICE])
    call.wait(30)
    assert call.asked() == {number}
    call.repeat(number)
    assert call.payloads() == [*KEY_FRAME, SLICE, *frame, SLICE]


def test_what_was_lost_before_a_key_frame_is_not_asked_for() -> None:
    call = Call()
    call.join()
    call.frame(KEY_FRAME)
    call.frame([SLICE, SLICE], 0)
    call.frame(KEY_FRAME)
    call.wait(30)
    assert call.asked() == set()


def test_a_subscriber_who_waits_begins_with_the_parameter_sets_though_they_come_late() -> None:
    call = Call()
    call.frame([SLICE])
    call.join()
    number = call.frame(KEY_FRAME, 0)
    call.frame([SLICE])
    assert call.payloads() == [], "nobody can decode a key frame without them"
    call.wait(30)
    call.repeat(number)
    call.frame([SLICE])
    first = call.got[0]
    assert first.payload == SETS
    call.send(call.subscriber, nack(5, OUT, [first.seq + 1 + at for at in range(4)]))
    assert call.payloads() == [*KEY_FRAME, SLICE, SLICE]


def test_a_key_frame_whose_parameter_sets_are_lost_for_good_is_asked_for_anew() -> None:
    call = Call()
    call.join()
    call.frame(KEY_FRAME, 0)
    asked = call.key_frames_asked()
    call.wait(1100)
    assert call.payloads() == [] and call.key_frames_asked() > asked
    call.frame(KEY_FRAME)
    assert call.payloads() == KEY_FRAME


@pytest.mark.parametrize("head", [[], [DELIMITER], [DELIMITER, SEI]], ids=["none", "delimiter", "sei"])
def test_parameter_sets_that_went_by_signalling_are_not_waited_for(head: list[bytes]) -> None:
    call = Call()
    call.frame([SLICE])
    call.join()
    call.frame([*head, IDR_START, IDR_END])
    call.frame([SLICE])
    assert call.payloads() == [IDR_START, IDR_END, SLICE]


def test_a_key_frame_is_counted_once() -> None:
    call = Call()
    for frame in (KEY_FRAME, KEY_FRAME_APART, [SLICE], KEY_FRAME):
        call.frame(frame)
    call.core.producer_stats(10, 7)
    call.core.turn_at(call.now_us)
    [stats] = [event[2] for event in call.core.events() if event[:2] == ("stats", 7)]
    assert stats["keyframes"] == 3
