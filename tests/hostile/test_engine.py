"""A whole core under fire: any bytes, from known and unknown addresses, and from peers whose keys are right and whose packets are not.

The datagrams are made natively (native/testing/engine.pyx): mutated STUN, DTLS, RTP, RTCP and SRTP; plain RTP and RTCP mutated and then
sealed, STUN mutated and then signed, so that what lies behind authentication is reached. Between them: genuine traffic, time steps,
and valid commands in any order. What must hold: no crash, memory bounded, nothing to an address that has proved nothing.
"""

import random
import struct
from contextlib import suppress

import pytest

from tests.engine_peers import (
    KIND_AUDIO,
    KIND_VIDEO,
    START_US,
    VP8,
    VP8_NO_RTX,
    Core,
    Peer,
    attribute,
    nack,
    pli,
    receiver_report,
    rtcp,
    rtp,
    sender_report,
    vp8,
)

DATAGRAMS = 1_000_000
CHUNK = 2500
H264 = [(102, "H264", 90000, 103), (98, "VP9", 90000, 99), (45, "AV1", 90000, 46)]
EVERY = VP8 + H264
AUDIO = [(111, "opus", 48000, 0), (110, "telephone-event", 48000, 0)]
# Opus frames of 20 ms, silence and noise: what is mutated of them goes through the mixers' decoders.
NOISE = random.Random(5)
FRAMES = [b"\xf8\xff\xfe", bytes.fromhex("0be4c136ecc580"), b"\x78" + NOISE.randbytes(80), b"\xfc" + NOISE.randbytes(160)]
EXTENSIONS = {
    "mid": 1,
    "transport-cc": 2,
    "abs-send-time": 3,
    "audio-level": 4,
    "dependency-descriptor": 5,
    "playout-delay": 6,
    "rid": 7,
    "abs-capture-time": 20,
}
DTLS = bytes.fromhex("16fefd0000000000000000") + struct.pack("!H", 40) + bytes(40)
RAW, RTP, RTCP, STUN = range(4)


def unsigned_check(peer: Peer, *, nominate: bool) -> bytes:
    attributes = attribute(6, f"{peer.ufrag}:cli{peer.id}".encode()) + attribute(0x24, bytes(4)) + attribute(0x802A, bytes(8))
    attributes += attribute(0x25) if nominate else b""
    return struct.pack("!HHI", 1, len(attributes), 0x2112A442) + bytes(12) + attributes


def transport_cc(sender: int, media: int, base: int) -> bytes:
    return receiver_report(sender) + rtcp(205, 15, struct.pack("!IIHHIHBBBB", sender, media, base, 4, 1 << 8, 0x2004, 4, 4, 4, 4))


def report_block(ssrc: int) -> bytes:
    return struct.pack("!IIIIII", ssrc, 0x10000001, 70000, 9, 0x12345678, 100)


def samples(core: Core, peer: Peer, number: int) -> None:
    """What this peer could send: media of its producer, feedback on its consumers."""
    media, out = 1000 + peer.id, 2000 + peer.id
    elements = {1: b"0", 2: b"\0\1", 3: b"abc", 4: b"\x7f", 5: b"\xc0\0\1", 6: b"\0\0\0"}
    plain = [
        rtp(1, 1, media, vp8(1, 1100, keyframe=True, picture_id=5, tl0=3), extensions=elements),
        rtp(1, 1, media, vp8(1, 1080, picture_id=6), marker=True, extensions={1: b"0", 5: bytes(60), 20: bytes(16)}, two_byte=True),
        rtp(1, 1, media, vp8(1, 300), padding=b"\0\0\0\4"),
        rtp(1, 1, media + 500, b"\0\1" + vp8(1, 300), payload_type=97),
        rtp(1, 1, media, b"\x7c\x85" + bytes(200), payload_type=102),
        rtp(1, 1, media, b"\x8f\x80\x01\x02" + bytes(200), payload_type=98),
        rtp(1, 1, media, b"\x18\x0a\x0b" + bytes(200), payload_type=45),
        rtp(1, 1, media + 700, bytes(80), payload_type=111, extensions={1: b"1", 4: b"\x10"}),
        rtp(1, 1, media, b"", extensions={2: b"\0\5"}),
        *[rtp(1, 1, media + 700, frame, payload_type=111, extensions={1: b"1", 4: b"\x10"}) for frame in FRAMES],
        rtp(1, 1, media + 700, b"\5\x8a\x12\xc0", payload_type=110, extensions={1: b"1"}),
        rtp(1, 1, media + 700, b"\7\x0a\xff\xff", payload_type=110, extensions={1: b"1"}, marker=True),
    ]
    feedback = [
        receiver_report(media, report_block(out) + report_block(out + 1)),
        sender_report(media, 1 << 60, 5),
        pli(media, out),
        nack(media, out, list(range(0, 400, 3))),
        transport_cc(media, out, 7),
        transport_cc(media, out, 300),
        receiver_report(media) + rtcp(206, 4, struct.pack("!IIIBxxx", media, 0, out, 1)),
        receiver_report(media) + rtcp(206, 15, struct.pack("!II4sBBHI", media, 0, b"REMB", 1, 0x10, 5, out)),
        receiver_report(media) + rtcp(202, 1, struct.pack("!IBB6s", media, 1, 6, b"cname!")) + rtcp(203, 1, struct.pack("!I", media)),
    ]
    for data in plain:
        core.sample_add(RTP, number, data)
    for data in feedback:
        core.sample_add(RTCP, number, data)
    checks = [unsigned_check(peer, nominate=True), unsigned_check(peer, nominate=False)]
    for data in [*checks, b"\1\1" + checks[0][2:], b"\1\x11" + checks[0][2:], b"\0\x11" + checks[0][2:]]:
        core.sample_add(STUN, number, data)
    for data in (peer.check(), DTLS, peer.protect(plain[0]), peer.protect(feedback[3]), b"\x80" + bytes(30), bytes(20)):
        core.sample_add(RAW, number, data)


def open_everything(core: Core, peer: Peer) -> None:
    peer.open_transport(EXTENSIONS if peer.id % 3 else {"mid": 1})
    peer.set_keys()
    core.producer_open(100 + peer.id, peer.id, KIND_VIDEO, "0", EVERY, ssrcs=[(1000 + peer.id, 1500 + peer.id)] if peer.id & 1 else [])
    core.producer_open(200 + peer.id, peer.id, KIND_AUDIO, "1", AUDIO)
    for other in range(1, 5):
        rtx = 3000 + 10 * peer.id + other if peer.id & 1 else 0
        core.consumer_open(
            10 * peer.id + other,
            peer.id,
            KIND_VIDEO,
            "2",
            2000 + peer.id if other == 1 else 4000 + 10 * peer.id + other,
            rtx,
            EVERY if rtx else VP8_NO_RTX,
        )
        core.consumer_attach(10 * peer.id + other, 100 + other)
    core.consumer_open(10 * peer.id + 5, peer.id, KIND_AUDIO, "3", 6000 + peer.id, 6500 + peer.id if peer.id & 1 else 0, AUDIO)
    core.consumer_attach(10 * peer.id + 5, 200 + peer.id % 4 + 1)
    core.mixer_open(1 + peer.id % 2, complexity=1)
    core.voice_open(peer.id, 1 + peer.id % 2, producer_id=200 + peer.id)
    core.listener_open(peer.id, 1 + peer.id % 2, 10 * peer.id + 5, own_voice_id=peer.id)


def shake_mixing(core: Core, peers: list[Peer], rng: random.Random) -> None:
    """Mixing commands in any order, on objects that are there or not, with ids used again and again."""
    for _ in range(rng.randrange(8)):
        peer = rng.choice(peers)
        mixer, voice, listener, sound = (rng.randrange(1, most) for most in (3, 9, 9, 4))
        audio = 10 * peer.id + 5
        what = rng.randrange(20)
        if what == 0:
            core.mixer_close(mixer)
        elif what == 1:
            core.mixer_open(mixer, channels=rng.choice([1, 2]), complexity=1, dtx=rng.random() < 0.5, speakers=rng.choice([1, 3]))
        elif what == 2:
            core.mixer_set(mixer, bitrate_bps=rng.choice([6000, 64000, 510000]), complexity=rng.choice([1, 2]), dtx=rng.random() < 0.5)
        elif what in (3, 4):
            core.voice_open(voice, mixer, producer_id=200 + peer.id, gain=rng.random() * 8, automatic_level=rng.random() < 0.5)
        elif what == 5:
            core.voice_open(voice, mixer, clip_id=sound, loop=rng.random() < 0.5)
        elif what == 6:
            core.voice_close(voice)
        elif what == 7:
            core.voice_set(voice, gain=rng.random(), detect_voice=rng.random() < 0.5, suppress_noise=rng.random() < 0.5)
        elif what in (8, 9):
            core.listener_open(listener, mixer, rng.choice([audio, audio, 10 * peer.id + 1]), own_voice_id=rng.randrange(9))
        elif what == 10:
            core.listener_close(listener)
        elif what == 11:
            core.listener_set(listener, own_voice_id=voice, gain=rng.random())
        elif what in (12, 13):
            core.hear(listener, voice, rng.choice([None, 0, 1, 8, rng.random()]))
        elif what == 14:
            core.clip_free(sound)
        elif what == 15:
            with suppress(ValueError):  # it has not been given back yet
                core.clip_load(sound, rng.randbytes(2 * rng.randrange(1, 3000)))
        elif what == 16:
            core.dtmf_send(audio, "".join(rng.choices("0123456789*#ABCD", k=rng.randrange(1, 65))), duration_ms=40, gap_ms=30)
        elif what == 17:
            core.mixer_stats(mixer, 4)
            core.voice_stats(voice, 5)
        elif what == 18:
            core.consumer_attach(audio, 200 + peer.id)
        else:
            core.producer_close(200 + peer.id)


def shake(core: Core, peers: list[Peer], rng: random.Random) -> None:
    """Valid commands in any order, on objects that are there or not."""
    for _ in range(rng.randrange(6)):
        peer = rng.choice(peers)
        consumer, producer = 10 * peer.id + rng.randrange(1, 5), 100 + rng.randrange(1, 5)
        what = rng.randrange(16)
        if what == 0:
            core.transport_close(peer.id)
            core.peer_index(peer.id - 1, 1)
        elif what == 1:
            core.producer_close(producer)
        elif what == 2:
            core.consumer_close(consumer)
        elif what == 3:
            core.consumer_detach(consumer)
        elif what in (4, 5):
            core.consumer_attach(consumer, rng.choice([producer, 100, 200 + peer.id]))
        elif what == 6:
            core.consumer_pause(consumer, rng.random() < 0.5)
        elif what == 7:
            core.producer_keyframe(producer)
        elif what == 8:
            core.transport_dtls(peer.id, bytes(rng.choice([0, 1, 1200, 1500])))
        elif what == 9:
            core.transport_extensions(peer.id, dict(rng.sample(sorted(EXTENSIONS.items()), 3)))
        elif what == 10:
            core.transport_connect(peer.id, peer.ip, peer.port)
        elif what == 11:
            core.transport_restart(
                peer.id, local_ufrag=peer.ufrag, local_password=peer.password, remote_ufrag=f"cli{peer.id}", remote_password="r" * 24
            )
        elif what == 12:
            core.source_open(
                100, KIND_VIDEO, bitrate_bps=rng.choice([10, 800_000, 4_000_000_000]), frames_per_s=rng.choice([0, 1, 30, 5_000_000])
            )
        elif what == 13:
            core.sink_open(producer)
        else:
            core.transport_stats(peer.id, 1)
            core.consumer_stats(consumer, 2)
            core.producer_stats(producer, 3)
    for number, peer in enumerate(peers):
        # What was closed comes back, so that the storm does not end up firing at nothing. Its streams' first packets must be
        # in the first cycle of their numbers: a receiver cannot know another.
        if core.peer_index(number) > 50_000 or rng.random() < 0.02:
            core.transport_close(peer.id)
            core.turn_at(core.now_us)
            core.peer_index(number, 1)
        if rng.random() < 0.5:
            open_everything(core, peer)
    shake_mixing(core, peers, rng)


def world(profile: int, *, gso: bool = True) -> tuple[Core, list[Peer]]:
    core = Core(gso=gso)
    peers = [Peer(core, number, profile) for number in range(1, 5)]
    for number, peer in enumerate(peers):
        open_everything(core, peer)
        core.peer_add(peer.ip, peer.port, peer.profile, peer.keys[0], peer.password.encode())
        samples(core, peer, number)
    core.keep(False)
    core.turn_at(START_US)
    return core, peers


def clean(core: Core, now_us: int) -> None:
    """Everything goes, and with it all that was held."""
    for number in range(1, 5):
        core.transport_close(number)
    core.producer_close(100)
    for number in range(1, 4):
        core.mixer_close(number)
        core.clip_free(number)
    core.turn_at(now_us + 1000)
    core.mix(now_us + 100_000)
    core.events()
    found = core.audit()
    assert (found["ids"], found["paths"], found["users"], found["mixing_ids"]) == (0, 0, 0, 0)
    counters = core.counters()
    gone = ["transports", "transports_connected", "transports_secure", "producers", "consumers", "history_bytes"]
    assert {name: counters[name] for name in [*gone, "mixers", "voices", "listeners", "mixes"] if counters[name]} == {}


# Each profile, with and without GSO, takes its share of the million.
STORMS = [(7, True, 0.5), (1, True, 0.2), (8, False, 0.2), (1, False, 0.1)]


@pytest.mark.parametrize("profile, gso, share", STORMS)
def test_storm(profile: int, gso: bool, share: float) -> None:
    core, peers = world(profile, gso=gso)
    rng = random.Random(profile)
    now_us = START_US
    for turn in range(int(DATAGRAMS * share) // CHUNK):
        core.receive([(peer.check(), peer.ip, peer.port) for peer in peers], now_us)
        now_us = core.storm(turn * 1000 + profile, CHUNK, now_us)
        shake(core, peers, rng)
        now_us += 20_000
        core.mix(now_us)
        core.events()
        found = core.audit()
        assert found["to_strangers"] == 0 and found["broken_trains"] == 0
        assert found["ids"] < 40 and found["paths"] <= 4 and found["path_slots"] <= 64
        assert found["chunks"] * found["chunk_bytes"] < 16 * 1024 * 1024
    counters = core.counters()
    assert counters["datagrams_received"] >= DATAGRAMS * share
    # The storm reached what it was made for.
    for name in (
        "packets_received_video",
        "packets_received_rtcp",
        "packets_received_rtx",
        "packets_sent_video",
        "packets_sent_rtx",
        "packets_sent_rtcp",
        "nack_received",
        "pli_received",
        "fir_received",
        "remb_received",
        "transport_cc_received",
        "packets_received_audio",
        "packets_sent_audio",
        "mixer_encodes",
        "mixer_decodes",
    ):
        assert counters[name] > 10, name
    quiet = {
        "drop_dtls_crowded",
        "drop_history_full",
        "drop_rtp_no_keys",
        "drop_rtcp_no_keys",
        "drop_lost_consent",
        "drop_send_no_path",
        "drop_rtcp_ssrc_limit",
        "drop_rtp_ssrc_limit",
        "drop_rtp_too_large",
        "drop_consumer_stale",
        "drop_consumer_codec",
        "drop_consumer_not_secure",
    }
    silent = {name for name, value in counters.items() if name.startswith("drop_") and not value}
    assert silent <= quiet
    clean(core, now_us)


@pytest.mark.parametrize("seed", range(3))
def test_command_storm(seed: int) -> None:
    """Commands alone, several to a turn, so that what one has queued meets what another has closed."""
    core, peers = world(7)
    rng = random.Random(seed)
    now_us = START_US
    for _ in range(1500):
        if rng.random() < 0.5:
            core.receive([(peer.check(), peer.ip, peer.port) for peer in peers], now_us)
            now_us = core.storm(rng.getrandbits(32), 30, now_us)
        for _ in range(rng.randrange(8)):
            shake(core, peers, rng)
        now_us += rng.choice([0, 500, 30_000, 1_000_000])
        core.turn_at(now_us)
        core.mix_only(now_us)
        core.turn_at(now_us)
        core.events()
    assert core.audit()["to_strangers"] == 0
    clean(core, now_us)
