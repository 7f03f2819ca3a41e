"""The gate table: what a datagram may do in each state of the transport that owns its source address (native/engine/receive.pyx)."""

import struct

import pytest

from tests.engine_peers import (
    KIND_VIDEO,
    START_US,
    VP8,
    Core,
    Peer,
    attribute,
    connected,
    pli,
    publish,
    read_rtp,
    receiver_report,
    rtp,
    stun,
    stun_attributes,
    subscribe,
    vp8,
)

STATES = ("none", "connected", "secure", "lost")
STRANGER = ("10.9.9.9", 9999)
DTLS = bytes.fromhex("16fefd0000000000000000") + struct.pack("!H", 20) + bytes(20)
LOST_US = 31_000_000


def world(state: str) -> tuple[Core, Peer, int]:
    """A core with one transport in `state`; the time."""
    core = Core()
    peer = Peer(core, 1)
    peer.open_transport()
    now_us = START_US
    core.advance(now_us)
    if state != "none":
        peer.inject(peer.check(), now_us)
    if state in ("secure", "lost"):
        peer.set_keys()
        core.advance(now_us)
    publish(peer, 10, 1000)
    if state == "lost":
        for _ in range(LOST_US // 100_000):
            now_us += 100_000
            core.advance(now_us)
    core.events()
    core.sent()
    return core, peer, now_us


def transport_state(core: Core) -> int:
    core.transport_stats(1, 99)
    core.advance(core.now_us)
    return next(stats["state"] for name, request, stats in core.events() if name == "stats" and request == 99)


def flipped(data: bytes, at: int = -1) -> bytes:
    out = bytearray(data)
    out[at] ^= 1
    return bytes(out)


def packet(peer: Peer, kind: str, *, authentic: bool) -> bytes:
    made = {
        "unknown": lambda: b"\x50" + bytes(40),
        "stun": lambda: peer.check() if authentic else peer.check(password="y" * 24),
        "dtls": lambda: DTLS,
        "rtp": lambda: peer.protect(rtp(1, 1, 1000, vp8(1, 100, keyframe=True))),
        "rtcp": lambda: peer.protect(receiver_report(77)),
    }[kind]()
    return made if authentic or kind in ("unknown", "stun", "dtls") else flipped(made)


# (state, class, authenticated): the counter that moves, how many datagrams go back, the events.
CONNECTED = ("transport_connected", 1, "10.1.0.1", 40001)
SECURE = ("transport_secure", 1)
GATE = {
    ("none", "unknown", False): ("drop_unknown_class", 0, []),
    ("none", "stun", False): ("drop_stun_unauthentic", 0, []),
    ("none", "stun", True): ("packets_sent_stun", 1, [CONNECTED]),
    ("none", "dtls", False): ("drop_dtls_unvalidated", 0, []),
    ("none", "rtp", False): ("drop_rtp_unvalidated", 0, []),
    ("none", "rtp", True): ("drop_rtp_unvalidated", 0, []),
    ("none", "rtcp", False): ("drop_rtcp_unvalidated", 0, []),
    ("none", "rtcp", True): ("drop_rtcp_unvalidated", 0, []),
    ("connected", "unknown", False): ("drop_unknown_class", 0, []),
    ("connected", "stun", False): ("drop_stun_unauthentic", 0, []),
    ("connected", "stun", True): ("packets_sent_stun", 1, []),
    ("connected", "dtls", False): ("packets_received_dtls", 0, [("transport_dtls", 1, DTLS)]),
    ("connected", "rtp", False): ("drop_rtp_no_keys", 0, []),
    ("connected", "rtp", True): ("drop_rtp_no_keys", 0, []),
    ("connected", "rtcp", False): ("drop_rtcp_no_keys", 0, []),
    ("connected", "rtcp", True): ("drop_rtcp_no_keys", 0, []),
    ("secure", "unknown", False): ("drop_unknown_class", 0, []),
    ("secure", "stun", False): ("drop_stun_unauthentic", 0, []),
    ("secure", "stun", True): ("packets_sent_stun", 1, []),
    ("secure", "dtls", False): ("packets_received_dtls", 0, [("transport_dtls", 1, DTLS)]),
    ("secure", "rtp", False): ("drop_rtp_unauthentic", 0, []),
    ("secure", "rtp", True): ("packets_received_video", 0, [SECURE, ("producer_started", 10, "VP8", 1000)]),
    ("secure", "rtcp", False): ("drop_rtcp_unauthentic", 0, []),
    ("secure", "rtcp", True): ("packets_received_rtcp", 0, [SECURE]),
    ("lost", "unknown", False): ("drop_unknown_class", 0, []),
    ("lost", "stun", False): ("drop_stun_unauthentic", 0, []),
    ("lost", "stun", True): ("packets_sent_stun", 1, [CONNECTED]),
    ("lost", "dtls", False): ("drop_lost_consent", 0, []),
    ("lost", "rtp", False): ("drop_lost_consent", 0, []),
    ("lost", "rtp", True): ("drop_lost_consent", 0, []),
    ("lost", "rtcp", False): ("drop_lost_consent", 0, []),
    ("lost", "rtcp", True): ("drop_lost_consent", 0, []),
}
# Counters that move with whatever is looked at, besides the one under test.
ALWAYS = {"datagrams_received", "packets_received_stun", "packets_received_dtls", "cpu_us", "trains_sent", "train_packets_sent", "commands"}
MEMORY = {"history_bytes"}


@pytest.mark.parametrize("state, kind, authentic", GATE, ids=lambda value: str(value))
def test_cell(state: str, kind: str, authentic: bool) -> None:
    counter, answers, events = GATE[state, kind, authentic]
    core, peer, now_us = world(state)
    before, state_before = core.counters(), transport_state(core)
    data = packet(peer, kind, authentic=authentic)
    sent = peer.inject(data, now_us)
    found, after = core.events(), core.counters()
    assert len(sent) == answers
    assert found == events
    assert after[counter] == before[counter] + 1
    if not events and not answers:
        moved = {name for name in after if after[name] != before[name]} - ALWAYS - MEMORY
        assert moved == {counter} - ALWAYS
        assert transport_state(core) == state_before
        assert core.advance(now_us + 50_000) == [] or state == "secure"


# A valid check is what makes an address known: it is not among them.
UNWANTED = [
    (kind, authentic)
    for kind in ("unknown", "stun", "dtls", "rtp", "rtcp")
    for authentic in (False, True)
    if (kind, authentic) != ("stun", True)
]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind, authentic", UNWANTED)
def test_another_address_gets_nothing(state: str, kind: str, authentic: bool) -> None:
    core, peer, now_us = world(state)
    state_before, before = transport_state(core), core.counters()
    assert core.inject(packet(peer, kind, authentic=authentic), *STRANGER, now_us) == []
    after = core.counters()
    assert core.events() == []
    assert transport_state(core) == state_before
    moved = {name: after[name] - before[name] for name in after if name.startswith("drop_") and after[name] != before[name]}
    name = {
        "unknown": "unknown_class",
        "stun": "stun_unauthentic",
        "dtls": "dtls_unvalidated",
        "rtp": "rtp_unvalidated",
        "rtcp": "rtcp_unvalidated",
    }[kind]
    assert moved == {f"drop_{name}": 1}


REFUSED = {
    "wrong password": (lambda peer: peer.check(password="z" * 24), "stun_unauthentic"),
    "empty password": (lambda peer: peer.check(password=""), "stun_unauthentic"),
    "no integrity": (lambda peer: peer.check(integrity=False), "stun_unauthentic"),
    "no fingerprint": (lambda peer: peer.check(fingerprint=False), "stun_malformed"),
    "wrong fingerprint": (lambda peer: flipped(peer.check()), "stun_malformed"),
    "local half only": (lambda peer: peer.check(user="srv1"), "stun_unknown_user"),
    "other remote half": (lambda peer: peer.check(user="srv1:other"), "stun_unknown_user"),
    "halves swapped": (lambda peer: peer.check(user="cli1:srv1"), "stun_unknown_user"),
    "no user": (lambda peer: peer.check(user=""), "stun_unknown_user"),
    "indication": (lambda peer: stun(0x0011, bytes(12), b"", peer.password), "stun_unexpected"),
    "error answer": (lambda peer: stun(0x0111, bytes(12), attribute(9, b"\0\0\4\1"), peer.password), "stun_unexpected"),
    "unasked answer": (lambda peer: stun(0x0101, struct.pack("=Q", 1) + bytes(4), b"", ""), "stun_unexpected"),
    "other method": (lambda peer: stun(0x0003, bytes(12), b"", peer.password), "stun_malformed"),
    "unknown attribute, unauthentic": (lambda peer: peer.check(password="z" * 24, extra=attribute(0x7FFE, b"abcd")), "stun_unauthentic"),
    "role conflict, unauthentic": (lambda peer: peer.check(password="z" * 24, role=0x8029), "stun_unauthentic"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", REFUSED)
def test_a_check_that_is_not_the_peers_changes_nothing(state: str, name: str) -> None:
    make, reason = REFUSED[name]
    core, peer, now_us = world(state)
    state_before, before = transport_state(core), core.counters()
    for ip, port in [(peer.ip, peer.port), STRANGER]:
        assert core.inject(make(peer), ip, port, now_us) == []
    after = core.counters()
    assert core.events() == [] and transport_state(core) == state_before
    assert {key for key in after if key.startswith("drop_") and after[key] != before[key]} == {f"drop_{reason}"}


def test_an_answer_to_nobodys_request_moves_no_path() -> None:
    # On a wildcard socket the local address travels with each packet: a forged answer must not set it.
    core, peer, now_us = world("secure")
    core.inject(stun(0x0101, struct.pack("=Q", 1) + bytes(4), b"", "guess"), *STRANGER, now_us)
    assert core.inject(packet(peer, "rtcp", authentic=True), peer.ip, peer.port, now_us) == []
    assert ("transport_secure", 1) in core.events()


def test_a_check_replayed_from_another_address_moves_nothing() -> None:
    core, peer, now_us = world("secure")
    seen = peer.check()
    assert len(peer.inject(seen, now_us)) == 1
    assert core.inject(seen, *STRANGER, now_us) == []
    assert core.events() == []
    assert len(peer.inject(seen, now_us)) == 1, "a retransmission from the same address is answered"
    for _ in range(20):
        peer.inject(peer.check(), now_us)
    assert core.inject(seen, *STRANGER, now_us) == []


def test_the_answer_names_the_address_it_came_from() -> None:
    _, peer, now_us = world("none")
    [(ip, port, answer)] = peer.inject(peer.check(), now_us)
    assert (ip, port) == (peer.ip, peer.port)
    found = stun_attributes(answer)
    assert answer[:2] == b"\x01\x01" and answer[4:20] == struct.pack("!I", 0x2112A442) + answer[8:20]
    family, xport, xaddress = struct.unpack("!xBHI", found[0x0020])
    assert (family, xport ^ 0x2112, xaddress ^ 0x2112A442) == (1, peer.port, 0x0A010001)
    assert answer == stun(0x0101, answer[8:20], attribute(0x0020, found[0x0020]), peer.password)


@pytest.mark.parametrize("extra, role, code", [(attribute(0x7FFE, b"abcd"), 0x802A, 420), (b"", 0x8029, 487)])
def test_an_authentic_check_that_cannot_be_taken_gets_its_error_and_selects_nothing(extra: bytes, role: int, code: int) -> None:
    core, peer, now_us = world("none")
    [(_, _, answer)] = peer.inject(peer.check(extra=extra, role=role), now_us)
    found = stun_attributes(answer)
    assert answer[:2] == b"\x01\x11" and found[9][2] * 100 + found[9][3] == code
    if code == 420:
        assert found[0x000A][:2] == b"\x7f\xfe"
    assert core.events() == [] and transport_state(core) == 0


def media_goes_to(core: Core, now_us: int) -> set[tuple[str, int]]:
    """Where a key-frame request of producer 10 is sent."""
    core.producer_keyframe(10)
    return {(ip, port) for ip, port, data in core.advance(now_us) if data[0] >= 128}


def test_use_candidate_moves_the_path_and_the_old_address_is_unknown_again() -> None:
    core, peer, now_us = world("secure")
    peer.inject(packet(peer, "rtp", authentic=True), now_us)
    core.events()
    assert len(core.inject(peer.check(nominate=False), "10.2.0.2", 2, now_us)) == 1
    assert core.events() == []
    assert len(core.inject(peer.check(), "10.2.0.2", 2, now_us)) == 1
    assert core.events() == [("transport_connected", 1, "10.2.0.2", 2)]
    assert media_goes_to(core, now_us + 600_000) == {("10.2.0.2", 2)}
    before = core.counters()["drop_rtp_unvalidated"]
    peer.inject(peer.protect(rtp(2, 2, 1000, b"abc")), now_us)
    assert core.counters()["drop_rtp_unvalidated"] == before + 1


def test_rebinding_is_believed_only_after_the_selected_address_fell_silent() -> None:
    core, peer, now_us = world("secure")
    for wait_us, events in [(2_000_000, []), (3_500_000, [("transport_connected", 1, "10.2.0.2", 2)])]:
        assert len(core.inject(peer.check(nominate=False), "10.2.0.2", 2, now_us + wait_us)) == 1
        assert core.events() == events


def test_an_address_that_another_peer_proves_is_that_peers() -> None:
    core, peer, now_us = world("secure")
    other = Peer(core, 2, ip=peer.ip, port=peer.port)
    other.open_transport()
    core.advance(now_us)
    assert len(other.inject(other.check(), now_us)) == 1
    assert core.events() == [("transport_connected", 2, peer.ip, peer.port)]
    assert transport_state(core) == 0
    core.transport_close(1)
    core.advance(now_us)
    assert core.inject(DTLS, peer.ip, peer.port, now_us) == []
    assert core.events() == [("transport_dtls", 2, DTLS)]
    core.transport_close(2)
    core.advance(now_us)
    assert core.audit()["paths"] == 0 and core.audit()["ids"] == 0


def test_dtls_before_the_check_is_not_kept_for_later() -> None:
    # CVE-2023-49786: a ClientHello that wins the race against ICE.
    core, peer, now_us = world("none")
    assert peer.inject(DTLS, now_us) == []
    peer.inject(peer.check(), now_us)
    assert [event[0] for event in core.events()] == ["transport_connected"]


def test_dtls_may_use_half_of_the_event_ring_only() -> None:
    core, peer, now_us = world("connected")
    big = DTLS[:11] + struct.pack("!H", 1400) + bytes(1400)
    for _ in range(2000):
        peer.inject(big, now_us)
    assert core.counters()["drop_dtls_crowded"] > 1000
    peer.set_keys()
    core.advance(now_us)
    peer.inject(packet(peer, "rtcp", authentic=True), now_us)
    found = core.events()
    assert ("transport_secure", 1) in found and core.counters()["events_dropped"] == 0


def forwarding() -> tuple[Core, Peer, Peer]:
    core = Core()
    publisher, subscriber = connected(core, 1), connected(core, 2)
    publish(publisher, 10, 1000)
    subscribe(subscriber, 20, 10, 2000, rtx=2001)
    assert len(subscriber.mine(publisher.send(rtp(100, 5, 1000, vp8(1, 100, keyframe=True)), START_US))) == 1
    core.events()
    return core, publisher, subscriber


def test_rtp_injection_from_another_address_or_with_another_tag_is_not_forwarded() -> None:
    # CVE-2025-53399 (RTP bleed and injection).
    core, publisher, subscriber = forwarding()
    genuine = publisher.protect(rtp(101, 5, 1000, vp8(2, 100)))
    assert core.inject(genuine, *STRANGER, START_US) == []
    for at in range(len(genuine)):
        assert publisher.inject(flipped(genuine, at), START_US) == []
    assert len(subscriber.mine(publisher.inject(genuine, START_US))) == 1


def test_any_number_of_bad_packets_ends_nothing() -> None:
    # GHSA-jh42-prph-gp36: hang-up after N SRTP packets that do not authenticate.
    core, publisher, subscriber = forwarding()
    bad = flipped(publisher.protect(rtp(101, 5, 1000, vp8(2, 100))))
    bad_rtcp = flipped(publisher.protect(receiver_report(7)))
    core.receive([(bad, publisher.ip, publisher.port), (bad_rtcp, publisher.ip, publisher.port)] * 20_000, START_US)
    assert core.sent() == [] and core.events() == []
    assert len(subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))) == 1


@pytest.mark.parametrize("padding", [b"\0", bytes(3) + b"\xff", bytes(10) + bytes([200])])
def test_padding_longer_than_the_payload_is_dropped(padding: bytes) -> None:
    # CVE-2025-49140.
    core, publisher, _ = forwarding()
    assert publisher.send(rtp(101, 5, 1000, b"ab", padding=padding), START_US) == []
    assert core.counters()["drop_rtp_malformed"] == 1


def test_a_replayed_packet_goes_nowhere() -> None:
    core, publisher, subscriber = forwarding()
    packets = [publisher.protect(rtp(seq, 5, 1000, vp8(seq, 100))) for seq in range(101, 140)]
    for data in packets:
        assert len(subscriber.mine(publisher.inject(data, START_US))) == 1
    for data in packets:
        assert publisher.inject(data, START_US) == []
    assert core.counters()["drop_rtp_replayed"] == len(packets)


def test_replayed_rtcp_does_nothing() -> None:
    core, publisher, subscriber = forwarding()
    data = subscriber.protect(pli(3, 2000))
    now_us = START_US + 2_000_000
    assert len(publisher.mine(subscriber.inject(data, now_us))) == 1
    assert subscriber.inject(data, now_us + 2_000_000) == []
    assert core.counters()["drop_rtcp_replayed"] == 1
    assert core.counters()["pli_received"] == 1


def test_a_stream_that_was_replaced_cannot_be_replayed() -> None:
    core = Core()
    publisher, subscriber = connected(core, 1), connected(core, 2)
    publish(publisher, 10)
    subscribe(subscriber, 20, 10, 2000, rtx=2001)
    old = [publisher.protect(rtp(seq, 5, 1000, vp8(seq, 100, keyframe=True))) for seq in range(100, 105)]
    for data in old:
        publisher.inject(data, START_US)
    now_us = START_US + 1_000_000
    assert len(subscriber.mine(publisher.send(rtp(7, 5, 1001, vp8(7, 100, keyframe=True)), now_us))) == 1
    now_us += 1_000_000
    for data in old:
        assert publisher.inject(data, now_us) == []
    assert core.counters()["drop_rtp_replayed"] == len(old)
    # The genuine owner may go back to it with new numbers.
    assert len(subscriber.mine(publisher.send(rtp(105, 5, 1000, vp8(8, 100, keyframe=True)), now_us))) == 1


def test_a_flood_of_ssrcs_is_bounded() -> None:
    core, publisher, _ = forwarding()
    now_us, memory = START_US, core.audit()
    for ssrc in range(5000, 6000):
        now_us += 1_000_000
        publisher.inject(publisher.check(), now_us)
        publisher.send(rtp(1, 5, ssrc, vp8(1, 100, keyframe=True)), now_us)
        publisher.send(rtp(1, 5, ssrc + 10_000, b"\0\1abc", payload_type=97), now_us)
        core.events()
    assert core.audit()["ids"] == memory["ids"] and core.audit()["chunks"] < 64


def test_two_live_streams_do_not_take_the_track_from_each_other() -> None:
    core, publisher, subscriber = forwarding()
    core.transport_extensions(1, {})
    assert publisher.send(rtp(1, 5, 1234, vp8(1, 100, keyframe=True)), START_US) == []
    assert core.counters()["drop_rtp_unknown_ssrc"] == 1
    assert len(subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))) == 1


def test_rtcp_senders_of_one_peer_are_bounded() -> None:
    core, publisher, _ = forwarding()
    for sender in range(200):
        publisher.send(receiver_report(sender), START_US)
    assert core.counters()["packets_received_rtcp"] == 64
    assert core.counters()["drop_rtcp_ssrc_limit"] == 200 - 64


def test_silence_stops_sending_within_30_s_and_a_check_revives_it() -> None:
    core, publisher, subscriber = forwarding()
    now_us, last_us, seq = START_US, START_US, 101
    while now_us < START_US + 40_000_000:
        now_us += 100_000
        sent = core.advance(now_us)
        if now_us % 1_000_000 == 0:
            publisher.inject(publisher.check(), now_us)
        sent += publisher.send(rtp(seq, seq * 90, 1000, vp8(seq, 100)), now_us)
        seq += 1
        if any((ip, port) == (subscriber.ip, subscriber.port) for ip, port, _ in sent):
            last_us = now_us
    assert 26_000_000 < last_us - START_US <= 30_000_000
    assert ("transport_lost", 2) in core.events()
    assert len(subscriber.inject(subscriber.check(), now_us)) == 1
    core.advance(now_us)
    sent = publisher.send(rtp(seq, seq * 90, 1000, vp8(seq, 100)), now_us)
    assert any((ip, port) == (subscriber.ip, subscriber.port) for ip, port, _ in sent)


def test_an_ice_restart_keeps_the_media_on_the_old_pair_until_the_new_one() -> None:
    core, publisher, subscriber = forwarding()
    core.transport_restart(2, local_ufrag="new", local_password="w" * 24, remote_ufrag="cli2")
    core.advance(START_US)
    old_check = subscriber.check()
    assert subscriber.inject(old_check, START_US) == []
    assert len(subscriber.mine(publisher.send(rtp(101, 5, 1000, vp8(2, 100)), START_US))) == 1
    subscriber.ufrag, subscriber.password = "new", "w" * 24
    assert len(core.inject(subscriber.check(), "10.3.0.3", 3, START_US)) == 1
    sent = publisher.send(rtp(102, 5, 1000, vp8(3, 100)), START_US)
    assert [(ip, port) for ip, port, _ in sent] == [("10.3.0.3", 3)]
    assert read_rtp(subscriber.unprotect(sent[0][2])).payload == vp8(3, 100)


def test_the_client_role_connects_by_its_answers_only() -> None:
    core = Core()
    core.transport_open(1, local_ufrag="me", local_password="p" * 24, remote_ufrag="srv", remote_password="q" * 24, controlling=True)
    core.transport_connect(1, "10.5.0.5", 5)
    [(ip, port, request)] = core.advance(START_US)
    assert (ip, port) == ("10.5.0.5", 5)
    found = stun_attributes(request)
    assert found[6] == b"srv:me" and 0x0025 in found and 0x802A in found
    answer = stun(0x0101, request[8:20], b"", "q" * 24)
    assert core.inject(answer, *STRANGER, START_US) == [] and core.events() == []
    assert core.inject(stun(0x0101, request[8:20], b"", "z" * 24), ip, port, START_US) == [] and core.events() == []
    assert core.inject(answer, ip, port, START_US) == []
    assert core.events() == [("transport_connected", 1, "10.5.0.5", 5)]


def test_mid_and_payload_type_find_the_track_only_behind_the_tag() -> None:
    core = Core()
    peer = connected(core, 1, extensions={"mid": 4})
    core.producer_open(10, 1, KIND_VIDEO, "a", VP8)
    core.producer_open(11, 1, KIND_VIDEO, "b", VP8)
    core.advance(START_US)
    ambiguous = rtp(1, 1, 50, vp8(1, 100, keyframe=True))
    peer.send(ambiguous, START_US)
    assert core.counters()["drop_rtp_unknown_ssrc"] == 1
    named = peer.protect(rtp(1, 1, 51, vp8(1, 100, keyframe=True), extensions={4: b"b"}))
    peer.inject(flipped(named), START_US)
    assert [event for event in core.events() if event[0] == "producer_started"] == []
    peer.inject(named, START_US)
    assert ("producer_started", 11, "VP8", 51) in core.events()
