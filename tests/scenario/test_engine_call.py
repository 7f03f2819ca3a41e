"""Publisher, core and subscribers in virtual time over a lossy network: what a subscriber gets, read by libsrtp and plain Python.

The peers answer NACKs and ask for what they miss as a browser does; the network loses, reorders, delays and doubles by a seed.
"""

import heapq
import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from tests.engine_peers import (
    AUDIO,
    KIND_AUDIO,
    START_US,
    VP8,
    VP8_NO_RTX,
    Core,
    Peer,
    Rtp,
    compound,
    connected,
    nack,
    pli,
    publish,
    read_rtp,
    receiver_report,
    rtp,
    sender_report,
    subscribe,
    vp8,
)

STEP_US = 1000
MEDIA, MEDIA_RTX, OUT, OUT_RTX = 1000, 1001, 2000, 2001


@dataclass
class Link:
    """One direction of a network, seeded."""

    seed: int
    loss: float = 0.0
    delay_us: int = 10_000
    jitter_us: int = 0
    double: float = 0.0
    waiting: list = field(default_factory=list)
    order: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def put(self, data: bytes, now_us: int) -> None:
        copies = 0 if self.random.random() < self.loss else 2 if self.random.random() < self.double else 1
        for _ in range(copies):
            self.order += 1
            heapq.heappush(self.waiting, (now_us + self.delay_us + self.random.randrange(self.jitter_us + 1), self.order, data))

    def take(self, now_us: int) -> list[bytes]:
        found = []
        while self.waiting and self.waiting[0][0] <= now_us:
            found.append(heapq.heappop(self.waiting)[2])
        return found


@dataclass
class Publisher:
    """Sends frames, keeps them, answers NACKs by RTX (or again as they were)."""

    peer: Peer
    up: Link
    down: Link
    ssrc: int = MEDIA
    rtx: int = MEDIA_RTX
    seq: int = 100
    rtx_seq: int = 5
    timestamp: int = 7000
    number: int = 0
    key_due: bool = True
    sent: dict[int, tuple] = field(default_factory=dict)
    keyframes: list[int] = field(default_factory=list)
    plis: list[int] = field(default_factory=list)
    nacked: Counter = field(default_factory=Counter)
    reports: list = field(default_factory=list)
    feedback: list[int] = field(default_factory=list)  # the running count of each
    picture_id: int | None = None
    extensions: dict[int, bytes] | None = None
    twcc: int | None = None
    tl0: int = 250

    def emit(self, plain: bytes, now_us: int) -> None:
        self.up.put(self.peer.protect(plain), now_us)

    def frame(self, now_us: int, packets: int = 4, size: int = 400) -> None:
        key, self.key_due = self.key_due, False
        if key:
            self.keyframes.append(now_us)
        for at in range(packets):
            self.number += 1
            payload = vp8(self.number, size + self.number % 7, keyframe=key, first=at == 0, picture_id=self.picture_id, tl0=self.tl0)
            elements = dict(self.extensions or {})
            if self.twcc is not None:
                elements[2] = struct.pack("!H", self.twcc & 0xFFFF)
                self.twcc += 1
            packet = (self.seq & 0xFFFF, self.timestamp, payload, at == packets - 1, elements)
            self.sent[self.seq & 0xFFFF] = packet
            self.emit(rtp(packet[0], packet[1], self.ssrc, payload, marker=packet[3], extensions=elements), now_us)
            self.seq += 1
        self.timestamp += 3000
        if self.picture_id is not None:
            self.picture_id += 1
            self.tl0 += 1

    def hear(self, data: bytes, now_us: int) -> None:
        if data[0] < 128:
            return
        for kind, count, body in compound(self.peer.unprotect(data)):
            if (kind, count) == (206, 1) and body[4:8] == struct.pack("!I", self.ssrc):
                self.plis.append(now_us)
                self.key_due = True
            elif (kind, count) == (205, 15):
                self.feedback.append(body[15])
            elif kind == 201:
                self.reports += [body[4 + 24 * i : 28 + 24 * i] for i in range(count)]
            elif (kind, count) == (205, 1):
                for at in range(8, len(body), 4):
                    first, mask = struct.unpack_from("!HH", body, at)
                    for seq in [first] + [first + 1 + bit & 0xFFFF for bit in range(16) if mask >> bit & 1]:
                        self.nacked[seq] += 1
                        self.repeat(seq, now_us)

    def repeat(self, seq: int, now_us: int) -> None:
        if seq not in self.sent:
            return
        number, timestamp, payload, marker, elements = self.sent[seq]
        self.rtx_seq += 1
        self.emit(
            rtp(
                self.rtx_seq, timestamp, self.rtx, struct.pack("!H", number) + payload, payload_type=97, marker=marker, extensions=elements
            ),
            now_us,
        )


@dataclass
class Subscriber:
    """Opens what it gets, unwraps RTX, asks for what is missing."""

    peer: Peer
    up: Link
    down: Link
    ssrc: int = OUT
    rtx: int = OUT_RTX
    got: dict[int, Rtp] = field(default_factory=dict)  # by extended number
    raw: dict[tuple[int, int], bytes] = field(default_factory=dict)
    highest: int = -1
    asked: dict[int, int] = field(default_factory=dict)
    reports: list = field(default_factory=list)
    audio: list = field(default_factory=list)
    plain_repeats: int = 0
    repairs: int = 0
    wire: list = field(default_factory=list)
    nack_on: bool = True

    def extend(self, seq: int) -> int:
        return seq if self.highest < 0 else self.highest + ((seq - self.highest + 0x8000) % 0x10000 - 0x8000)

    def hear(self, data: bytes, now_us: int) -> None:
        if data[0] < 128:
            return
        if 192 <= data[1] <= 223:
            self.reports += [(kind, count, body, now_us) for kind, count, body in compound(self.peer.unprotect(data))]
            return
        head = struct.unpack_from("!HII", data, 2)
        # The law of GCM: one number, one packet.
        key = (head[2], head[0])
        if key in self.raw and self.raw[key] == data:
            self.plain_repeats += 1
            return
        plain = read_rtp(self.peer.unprotect(data))
        self.wire.append(plain)
        if plain.ssrc == self.rtx and plain.payload_type == 97:
            seq = struct.unpack_from("!H", plain.payload)[0]
            self.repairs += 1
            plain.payload = plain.payload[2:]
        elif plain.ssrc == self.ssrc:
            seq = plain.seq
        else:
            self.audio.append(plain)
            return
        self.raw[key] = data
        number = self.extend(seq)
        if number in self.got:
            assert self.got[number].payload == plain.payload and self.got[number].timestamp == plain.timestamp
            return
        self.got[number] = plain
        self.highest = max(self.highest, number)

    def ask(self, now_us: int) -> None:
        if not self.got or not self.nack_on:
            return
        first = min(self.got)
        missing = [number for number in range(max(first, self.highest - 300), self.highest) if number not in self.got]
        due = [number for number in missing if now_us - self.asked.get(number, 0) > 110_000]
        for number in due:
            self.asked[number] = now_us
        if due:
            self.up.put(self.peer.protect(nack(5, self.ssrc, [number & 0xFFFF for number in due[:100]])), now_us)

    def numbers(self) -> list[int]:
        return sorted(self.got)

    def stream(self) -> list[bytes]:
        return [self.got[number].payload for number in self.numbers()]


@dataclass
class World:
    core: Core
    publisher: Publisher
    subscribers: list[Subscriber]
    now_us: int = START_US
    others: list = field(default_factory=list)
    trains: list = field(default_factory=list)

    def run(self, seconds: float, *, frames: bool = True, on_step=None) -> None:
        end_us = self.now_us + int(seconds * 1_000_000)
        ends = [self.publisher, *self.others, *self.subscribers]
        where = {(end.peer.ip, end.peer.port): end for end in ends}
        while self.now_us < end_us:
            self.now_us += STEP_US
            if frames and self.now_us % 33_000 == 0:
                self.publisher.frame(self.now_us)
            if self.now_us % 2_500_000 == 0:
                for end in ends:
                    self.core.receive([(end.peer.check(), end.peer.ip, end.peer.port)], self.now_us)
            if on_step is not None:
                on_step(self.now_us)
            for end in ends:
                self.core.receive([(data, end.peer.ip, end.peer.port) for data in end.up.take(self.now_us)], self.now_us)
            self.core.turn_at(self.now_us)
            for ip, port, segment, data in self.core.trains():
                self.trains.append((ip, segment, len(data)))
                end = where[ip, port]
                for at in range(0, len(data), segment or len(data)):
                    end.down.put(data[at : at + (segment or len(data))], self.now_us)
            for end in ends:
                for data in end.down.take(self.now_us):
                    end.hear(data, self.now_us)
            if self.now_us % 20_000 == 0:
                for end in self.subscribers:
                    end.ask(self.now_us)


def call(
    *,
    loss: float = 0.0,
    profile: int = 7,
    rtx: bool = True,
    subscribers: int = 1,
    gso: bool = True,
    jitter_us: int = 0,
    double: float = 0.0,
    publish_extensions: dict | None = None,
    subscribe_extensions: dict | None = None,
    seed: int = 1,
) -> World:
    core = Core(gso=gso)
    core.seed(seed)

    def links(number: int) -> tuple[Link, Link]:
        return Link(seed * 100 + number, loss, jitter_us=jitter_us, double=double), Link(
            seed * 100 + number + 50, loss, jitter_us=jitter_us, double=double
        )

    publisher = Publisher(connected(core, 1, profile=profile, extensions=publish_extensions), *links(1))
    publish(publisher.peer, 10, MEDIA, rtx=MEDIA_RTX)
    ends = []
    for number in range(subscribers):
        end = Subscriber(connected(core, 2 + number, profile=profile, extensions=subscribe_extensions), *links(2 + number))
        subscribe(end.peer, 20 + number, 10, OUT, rtx=OUT_RTX if rtx else 0)
        ends.append(end)
    core.sent()
    return World(core, publisher, ends)


def continuous(subscriber: Subscriber) -> None:
    numbers = subscriber.numbers()
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


@pytest.mark.parametrize("profile", [1, 7, 8])
@pytest.mark.parametrize("rtx", [True, False])
@pytest.mark.parametrize("gso", [True, False])
def test_loss_on_both_legs_is_repaired(profile: int, rtx: bool, gso: bool) -> None:
    world = call(loss=0.05, profile=profile, rtx=rtx, gso=gso, jitter_us=6000, double=0.01)
    world.run(6)
    world.publisher.up.loss = world.publisher.down.loss = 0
    for end in world.subscribers:
        end.up.loss = end.down.loss = 0
    world.run(1)
    [end] = world.subscribers
    continuous(end)
    published = [packet[2] for packet in world.publisher.sent.values()]
    start = published.index(end.stream()[0])
    assert len(end.got) > 750 and end.stream()[:750] == published[start : start + 750]
    assert world.publisher.nacked and (end.repairs > 10 if rtx else end.repairs == 0)
    assert world.core.counters()["nack_unanswered"] < 60
    if not gso:
        assert all(segment == 0 for _, segment, _ in world.trains)


def test_a_packet_is_sent_again_five_times_a_tenth_of_a_second_apart() -> None:
    # A subscriber that loses every tenth repair, too, gets all but one packet in a million; one that asks without end gets no flood.
    world = call()
    [end] = world.subscribers
    end.nack_on = False
    world.run(0.5)
    wanted = end.highest & 0xFFFF
    seen: list[int] = []

    def ask(now_us: int) -> None:
        if now_us % 10_000 == 0:
            end.up.put(end.peer.protect(nack(5, OUT, [wanted])), now_us)
        if end.repairs > len(seen):
            seen.append(now_us)

    world.run(1, on_step=ask)
    assert len(seen) == 5 and min(later - earlier for earlier, later in pairwise(seen)) >= 100_000
    assert {packet.payload for packet in end.wire if packet.ssrc == OUT_RTX} == {end.got[wanted].payload}


def test_a_repeatable_consumer_sends_a_number_with_the_same_bytes_only() -> None:
    # Asked for although nothing was lost: every second packet comes again, and must be the same datagram.
    world = call(rtx=False, subscribe_extensions={"mid": 1, "transport-cc": 2, "abs-send-time": 3})
    [end] = world.subscribers
    end.nack_on = False

    def ask(now_us: int) -> None:
        if now_us % 150_000 == 0 and end.highest > 0:
            end.up.put(end.peer.protect(nack(5, OUT, [number & 0xFFFF for number in end.numbers()[-40::2]])), now_us)

    world.run(3, on_step=ask)
    assert end.plain_repeats > 100
    # Another extension map would write other headers: nothing sent before it may come again.
    before = end.plain_repeats
    world.core.transport_extensions(end.peer.id, {"mid": 9})
    world.core.turn_at(world.now_us)
    end.up.put(end.peer.protect(nack(5, OUT, [number & 0xFFFF for number in end.numbers()[-10:]])), world.now_us)
    world.run(0.2, frames=False)
    assert end.plain_repeats == before
    world.run(1)
    continuous(end)


def test_trains_are_equal_but_for_their_last_and_padding_is_right() -> None:
    world = call(subscribe_extensions={"mid": 1, "transport-cc": 2})
    world.run(2)
    [end] = world.subscribers
    long = [(segment, size) for ip, segment, size in world.trains if segment]
    assert long and all(segment < size <= 64 * segment for segment, size in long)
    assert sum(1 for plain in end.wire if plain.padding) > 20 and all(plain.padding <= 32 for plain in end.wire)
    assert end.stream() == [packet[2] for packet in world.publisher.sent.values()][: len(end.stream())]


def test_joining_starts_with_a_key_frame_that_is_asked_for() -> None:
    world = call(subscribers=2)
    world.core.consumer_detach(21)
    world.run(1)
    assert not world.subscribers[1].got
    asked = len(world.publisher.plis)
    world.core.consumer_attach(21, 10)
    world.run(1)
    assert len(world.publisher.plis) == asked + 1
    assert world.subscribers[1].stream()[0][:2] == b"\x10\0"
    assert ("consumer_started", 21) in world.core.events()


def test_a_storm_of_key_frame_requests_reaches_the_publisher_twice_a_second_at_most() -> None:
    world = call(subscribers=50)

    def everyone_asks(now_us: int) -> None:
        if now_us % 100_000 == 0:
            for end in world.subscribers:
                end.up.put(end.peer.protect(pli(5, OUT)), now_us)

    world.run(4, on_step=everyone_asks)
    assert world.core.counters()["pli_received"] > 1500
    times = world.publisher.plis
    assert 6 <= len(times) <= 9
    assert all(later - earlier >= 490_000 for earlier, later in pairwise(times))


def test_pause_and_resume_leaves_no_gap_and_time_goes_on() -> None:
    world = call()
    world.publisher.picture_id, world.publisher.tl0 = 100, 250
    world.run(1)
    [end] = world.subscribers
    before = end.got[end.highest]
    world.core.consumer_pause(20, True)
    world.run(2)
    silent = end.highest
    world.run(1)
    assert end.highest == silent
    world.core.consumer_pause(20, False)
    world.run(1)
    continuous(end)
    after = end.got[silent + 1]
    assert after.payload[0] == 0x90 and after.payload[5] == 0, "starts with a key frame"
    step = after.timestamp - before.timestamp & 0xFFFFFFFF
    assert 3 * 90_000 <= step <= 4 * 90_000
    assert picture(after) == (picture(end.got[silent])[0] + 1, (picture(end.got[silent])[1] + 1) & 0xFF)


def picture(packet: Rtp) -> tuple[int, int]:
    """VP8 picture id and TL0PICIDX (RFC 7741)."""
    assert packet.payload[0] & 0x80 and packet.payload[1] == 0xC0
    number, tl0 = struct.unpack_from("!HB", packet.payload, 2)
    return number & 0x7FFF, tl0


def test_another_producer_goes_on_where_the_first_ended() -> None:
    world = call()
    world.publisher.picture_id, world.publisher.tl0 = 32760, 250
    other = Publisher(
        connected(world.core, 9), Link(901), Link(902), ssrc=3000, rtx=3001, seq=65530, timestamp=1 << 31, picture_id=5, tl0=9
    )
    other.number = 100_000
    publish(other.peer, 11, 3000, rtx=3001)
    world.others.append(other)
    world.run(1, on_step=lambda now_us: now_us % 33_000 == 0 and other.frame(now_us))
    [end] = world.subscribers
    last = end.got[end.highest]
    switched = end.highest
    world.core.consumer_attach(20, 11)
    world.run(1, on_step=lambda now_us: now_us % 33_000 == 0 and other.frame(now_us))
    continuous(end)
    mixed = [end.got[number] for number in end.numbers() if number > switched - 8]
    sources = [packet[2][6:] for packet in other.sent.values()]
    firsts = [packet for packet in mixed if packet.payload[6:] in sources]
    assert firsts and firsts[0].payload[5] == 0 and firsts[0].payload[0] == 0x90, "starts with a key frame"
    assert 0 < (firsts[0].seq - last.seq & 0xFFFF) < 8
    assert 0 < (firsts[0].timestamp - last.timestamp & 0xFFFFFFFF) < 90_000
    pictures = [picture(packet) for packet in mixed]
    for earlier, later in pairwise(pictures):
        assert later in (earlier, ((earlier[0] + 1) & 0x7FFF, (earlier[1] + 1) & 0xFF))
    assert pictures[-1][0] < 100, "the 15-bit picture id went round"


def test_the_publisher_takes_another_ssrc() -> None:
    world = call()
    world.core.producer_close(10)
    world.core.producer_open(10, 1, 2, "0", [(96, "VP8", 90000, 97)])
    world.core.consumer_attach(20, 10)
    world.run(1)
    [end] = world.subscribers
    world.run(1, frames=False)
    first = end.highest
    assert first > 0
    # Same first numbers as before under the new SSRC: nothing of the old stream may be taken for them.
    old = world.publisher
    old.ssrc, old.rtx, old.seq, old.sent, old.key_due = 7777, 7778, 95, {}, True
    old.number += 1000
    world.run(1)
    continuous(end)
    assert end.stream()[first - min(end.got) + 1 :][:40] == [packet[2] for packet in old.sent.values()][:40]
    assert ("producer_started", 10, "VP8", 7777) in world.core.events()


def test_a_nack_across_an_ssrc_change_is_not_answered_with_the_wrong_stream() -> None:
    world = call(rtx=False)
    world.core.producer_close(10)
    world.core.producer_open(10, 1, 2, "0", [(96, "VP8", 90000, 97)])
    world.core.consumer_attach(20, 10)
    world.run(1)
    [end] = world.subscribers
    end.nack_on = False
    world.run(1, frames=False)
    publisher, asked = world.publisher, [number & 0xFFFF for number in end.numbers()]
    # The same numbers again, no key frame: forwarded to nobody, and no answer to what the subscriber had from the first stream.
    publisher.ssrc, publisher.seq, publisher.key_due = 7777, 100, False
    for _ in range(20):
        publisher.key_due = False
        publisher.frame(world.now_us)
    world.run(0.05, frames=False)
    before = world.core.counters()
    end.up.put(end.peer.protect(nack(5, OUT, asked[:60])), world.now_us)
    world.run(0.05, frames=False)
    after = world.core.counters()
    assert after["nack_unanswered"] == before["nack_unanswered"] + 60
    assert after["packets_sent_rtx"] == before["packets_sent_rtx"]


@pytest.mark.parametrize("profile", [1, 7, 8])
def test_numbers_wrap_on_both_sides(profile: int) -> None:
    world = call(profile=profile, loss=0.02)
    world.publisher.seq = 65_300
    [end] = world.subscribers
    world.core.consumer_number(20, 65_200)
    world.run(5)
    end.up.loss = end.down.loss = world.publisher.up.loss = world.publisher.down.loss = 0
    world.run(1)
    continuous(end)
    assert world.publisher.seq > 65_900 and end.highest > 65_800
    published = [packet[2] for packet in world.publisher.sent.values()]
    assert len(end.got) > 600 and end.stream()[:600] == published[published.index(end.stream()[0]) :][:600]


def test_a_jump_of_the_publishers_numbers_is_none_for_the_subscriber() -> None:
    world = call()
    world.run(0.5)
    [end] = world.subscribers
    for _ in range(5):
        world.publisher.seq += 30_000
        world.run(0.2)
        world.publisher.key_due = True
        world.run(0.2)
    continuous(end)
    assert len(end.got) > 100


@pytest.mark.parametrize(
    "there, here",
    [
        ({"audio-level": 4, "mid": 1, "dependency-descriptor": 5}, {"audio-level": 9, "mid": 3, "dependency-descriptor": 1}),
        ({"audio-level": 4, "mid": 1, "dependency-descriptor": 5}, {"audio-level": 90, "mid": 3, "dependency-descriptor": 200}),
        ({"audio-level": 40, "mid": 100, "dependency-descriptor": 250}, {"audio-level": 1, "mid": 14, "dependency-descriptor": 2}),
        ({"audio-level": 4, "mid": 1, "dependency-descriptor": 5}, {"dependency-descriptor": 7}),
    ],
)
@pytest.mark.parametrize("descriptor", [b"abc", bytes(range(40))])
def test_header_extensions_change_their_ids_and_form(there: dict, here: dict, descriptor: bytes) -> None:
    world = call(publish_extensions=there, subscribe_extensions={**here, "transport-cc": 12})
    elements = {there["audio-level"]: b"\x7f", there["mid"]: b"0", there["dependency-descriptor"]: descriptor}
    two_byte = max(elements) > 14 or len(descriptor) > 16
    publisher = world.publisher
    for number in range(5):
        publisher.emit(rtp(100 + number, 9, MEDIA, vp8(number, 50, keyframe=True), extensions=elements, two_byte=two_byte), world.now_us)
    world.run(0.1, frames=False)
    [end] = world.subscribers
    assert len(end.wire) == 5
    counted = [struct.unpack("!H", packet.extensions.pop(12))[0] for packet in end.wire]
    assert counted == list(range(counted[0], counted[0] + 5))
    for number, packet in enumerate(end.wire):
        expected = {here["dependency-descriptor"]: descriptor}
        if "mid" in here:
            expected |= {here["mid"]: b"0", here["audio-level"]: b"\x7f"}
        assert packet.extensions == expected and packet.payload == vp8(number, 50, keyframe=True)


@pytest.mark.parametrize("rtx", [True, False])
@pytest.mark.parametrize(
    "first, second",
    [
        ({"mid": 1, "audio-level": 4, "transport-cc": 2}, {"mid": 9, "transport-cc": 3, "abs-send-time": 5}),
        ({}, {"mid": 1, "dependency-descriptor": 5}),
        ({"mid": 20, "dependency-descriptor": 5, "audio-level": 7}, {}),
    ],
)
def test_headers_follow_a_change_of_the_extension_map(first: dict, second: dict, rtx: bool) -> None:
    world = call(rtx=rtx, publish_extensions={"audio-level": 4, "dependency-descriptor": 5}, subscribe_extensions=first)
    [end] = world.subscribers
    for number, here in enumerate((first, second)):
        world.core.transport_extensions(end.peer.id, here)
        world.core.turn_at(world.now_us)
        # One packet that brings extensions, one that brings none.
        for elements in ({4: b"\x7f", 5: b"abc"}, {}):
            world.publisher.emit(
                rtp(100 + 2 * number + (not elements), 9, MEDIA, vp8(number, 50, keyframe=True), extensions=elements), world.now_us
            )
        world.run(0.05, frames=False)
        for packet, full in zip(end.wire[-2:], (True, False), strict=True):
            own = {"mid", "transport-cc", "abs-send-time"} if rtx else {"mid"}
            expected = own | ({"audio-level", "dependency-descriptor"} if full else set())
            assert set(packet.extensions) == {here[name] for name in expected if name in here}


def test_sender_reports_keep_audio_and_video_of_a_publisher_together() -> None:
    world = call()
    peer, end = world.publisher.peer, world.subscribers[0]
    publish(peer, 12, 1500, kind=KIND_AUDIO, mid="1")
    subscribe(end.peer, 22, 12, 2500, kind=KIND_AUDIO, mid="1", codecs=AUDIO)
    ntp = 0xE0000000_00000000
    audio_at: list[tuple[int, int]] = []

    def voice(now_us: int) -> None:
        elapsed_us = now_us - START_US
        if elapsed_us % 20_000 == 0:
            audio_at.append((now_us, 50_000 + elapsed_us * 48 // 1000))
            world.publisher.emit(rtp(elapsed_us // 20_000, audio_at[-1][1], 1500, bytes(60), payload_type=111), now_us)
        if elapsed_us % 1_000_000 == 0:
            clock = ntp + (elapsed_us << 32) // 1_000_000
            for ssrc, timestamp in [(1500, 50_000 + elapsed_us * 48 // 1000), (MEDIA, 7000 + elapsed_us * 9 // 100)]:
                world.publisher.emit(sender_report(ssrc, clock, timestamp), now_us)

    world.run(2.5, on_step=voice)
    world.core.consumer_pause(20, True)
    world.run(1.1, on_step=voice)
    world.core.consumer_pause(20, False)
    world.run(2.5, on_step=voice)
    # What each outgoing timestamp means in the publisher's time, by the last report of each stream.
    last = {}
    for kind, _, body, _ in end.reports:
        if kind == 200:
            ssrc, stamp, timestamp = struct.unpack_from("!IQI", body)
            last[ssrc] = (stamp, timestamp)

    def publisher_time_us(ssrc: int, timestamp: int, rate: int) -> int:
        stamp, at = last[ssrc]
        ahead = (timestamp - at + (1 << 31)) % (1 << 32) - (1 << 31)
        return ((stamp - ntp) * 1_000_000 >> 32) + ahead * 1_000_000 // rate

    video = end.got[end.highest]
    original = next(packet for packet in reversed(list(world.publisher.sent.values())) if packet[2] == video.payload)
    # The link is 10 ms long, so a report's time by its arrival is at most that wrong, for both alike.
    meant_us = (original[1] - 7000) * 100 // 9
    assert abs(publisher_time_us(OUT, video.timestamp, 90_000) - meant_us) < 12_000
    voice_packet = end.audio[-1]
    assert abs(publisher_time_us(2500, voice_packet.timestamp, 48_000) - (audio_at[-1][0] - START_US)) < 45_000


def test_report_blocks_give_the_round_trip() -> None:
    world = call()
    [end] = world.subscribers
    end.up.delay_us = end.down.delay_us = 60_000

    def report(now_us: int) -> None:
        found = [(body, at) for kind, _, body, at in end.reports if kind == 200]
        if now_us % 500_000 == 0 and found:
            body, at = found[-1]
            middle = struct.unpack_from("!Q", body, 4)[0] >> 16 & 0xFFFFFFFF
            block = struct.pack("!IIIIII", OUT, 0, 1, 2, middle, (now_us - at) * 65536 // 1_000_000)
            end.up.put(end.peer.protect(receiver_report(5, block)), now_us)

    world.run(5, on_step=report)
    world.core.transport_stats(2, 77)
    world.core.turn_at(world.now_us)
    stats = next(event[2] for event in world.core.events() if event[:2] == ("stats", 77))
    assert 115_000 < stats["rtt_us"] < 125_000


def test_transport_cc_runs_both_ways() -> None:
    extensions = {"mid": 1, "transport-cc": 2}
    world = call(publish_extensions=extensions, subscribe_extensions=extensions)
    world.publisher.twcc = 65_000
    [end] = world.subscribers
    counted: list[int] = []

    def feedback(now_us: int) -> None:
        fresh = [struct.unpack("!H", packet.extensions[2])[0] for packet in end.wire[len(counted) :]]
        counted.extend(fresh)
        if len(fresh) >= 2 and now_us % 1000 == 0 and fresh[-1] - fresh[0] == len(fresh) - 1 and len(fresh) < 8:
            statuses = struct.pack("!H", 1 << 13 | len(fresh))
            body = (
                struct.pack("!IIHHI", 5, OUT, fresh[0], len(fresh), (now_us // 64_000 & 0xFFFFFF) << 8) + statuses + bytes([4] * len(fresh))
            )
            body += bytes(-len(body) % 4)
            end.up.put(end.peer.protect(receiver_report(5) + struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body), now_us)

    world.run(3, on_step=feedback)
    assert counted == [(counted[0] + at) & 0xFFFF for at in range(len(counted))]
    assert len(world.publisher.feedback) > 15
    world.core.transport_stats(2, 77)
    world.core.turn_at(world.now_us)
    stats = next(event[2] for event in world.core.events() if event[:2] == ("stats", 77))
    assert stats["acknowledged"] > 200 and stats["reported_lost"] == 0


def test_transport_cc_goes_on_after_a_long_silence() -> None:
    """What an idle peer's congestion control had learned is given up; its numbers and counts go on as if nothing had been."""
    extensions = {"mid": 1, "transport-cc": 2}
    world = call(publish_extensions=extensions, subscribe_extensions=extensions)
    world.publisher.twcc = 65_000
    [end] = world.subscribers
    world.run(1)
    world.run(10, frames=False)
    before = len(end.wire), len(world.publisher.feedback)
    world.run(1)
    counted = [struct.unpack("!H", packet.extensions[2])[0] for packet in end.wire]
    assert len(counted) > before[0] > 0 and counted == [(counted[0] + at) & 0xFFFF for at in range(len(counted))]
    told = world.publisher.feedback
    assert len(told) > before[1] > 0 and told == [(told[0] + at) & 0xFF for at in range(len(told))]


def test_receiver_reports_tell_the_publisher_its_loss() -> None:
    world = call()
    world.publisher.up.loss = 0.1
    world.publisher.down.loss = 1.0
    world.run(3)
    world.publisher.down.loss = 0.0
    world.run(2)
    fractions = [block[4] for block in world.publisher.reports if block[:4] == struct.pack("!I", MEDIA)]
    assert fractions and 0 < max(fractions) < 80


def test_a_late_original_after_its_repair_is_not_sent_twice() -> None:
    # Audio history is short; a publisher that repairs a packet and sends it much later with other bytes must not reach a subscriber.
    world = call(rtx=True)
    [end] = world.subscribers
    end.nack_on = False
    publisher = world.publisher
    publisher.frame(world.now_us, packets=1)
    world.run(0.05, frames=False)
    base = publisher.seq
    publisher.seq += 1  # one number stays open
    publisher.frame(world.now_us, packets=2)
    world.run(0.05, frames=False)
    publisher.sent[base] = (base, 1, vp8(9999, 60), False, {})
    publisher.repeat(base, world.now_us)
    world.run(0.05, frames=False)
    repaired = world.core.counters()["packets_recovered"]
    assert repaired == 1
    world.run(4, frames=False)  # the history has forgotten it
    publisher.frame(world.now_us, packets=2)
    publisher.emit(rtp(base, 1, MEDIA, vp8(5555, 80)), world.now_us)
    publisher.sent[base] = (base, 1, vp8(4444, 70), False, {})
    publisher.repeat(base, world.now_us)
    publisher.sent[base + 500] = (base + 500, 1, vp8(3333, 70), False, {})
    publisher.repeat(base + 500, world.now_us)
    world.run(0.1, frames=False)
    payloads = [packet.payload for packet in end.wire]
    assert vp8(9999, 60) in payloads
    assert not {vp8(5555, 80), vp8(4444, 70), vp8(3333, 70)} & set(payloads)
    assert world.core.counters()["drop_rtp_duplicate"] == 3


def test_no_rtx_codec_table_means_plain_repeats() -> None:
    world = call(rtx=False, loss=0.05)
    assert VP8_NO_RTX[0][3] == 0
    world.run(3)
    [end] = world.subscribers
    assert end.repairs == 0 and world.core.counters()["packets_sent_rtx"] > 10


def test_what_the_new_ssrc_lost_is_not_repaired_with_the_old_ones_packet() -> None:
    world = call()
    world.core.producer_close(10)
    world.core.producer_open(10, 1, 2, "0", VP8)
    world.core.consumer_attach(20, 10)
    world.run(0.5)
    [end], publisher = world.subscribers, world.publisher
    before = {packet[2] for packet in publisher.sent.values()}
    world.run(0.7, frames=False)
    first = end.highest
    publisher.ssrc, publisher.rtx, publisher.seq, publisher.sent, publisher.number = 7777, 7778, 101, {}, 5000
    publisher.key_due = True
    publisher.frame(world.now_us)
    publisher.seq += 3  # lost for good: the same numbers are in the history of the old stream
    publisher.frame(world.now_us)
    world.run(0.5, frames=False)
    assert end.asked and len(end.got) == first - min(end.got) + 1 + 8
    assert not {end.got[number].payload for number in end.numbers() if number > first} & before
