"""What SRTP contexts promise beside the published vectors: round trips, refusals that change nothing, replay, roll-over, wiping."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from native.testing import srtp
from tests.srtp_contexts import (
    CASES,
    CM,
    DEFAULT_PROVIDER,
    GCM_128,
    KEY_BYTES,
    NO_KEYS,
    PROVIDERS,
    REPLAYED,
    SHORT,
    TAG_BYTES,
    UNAUTHENTIC,
    context,
    empty,
    master_key,
    rtcp,
    rtp,
)

cases = pytest.mark.parametrize("profile, provider", CASES)
PAYLOADS = [0, 1, 15, 16, 17, 100, 299, 300, 1187, 1200]


@cases
@pytest.mark.parametrize("size", PAYLOADS)
@pytest.mark.parametrize("in_place", [False, True], ids=["apart", "in-place"])
def test_what_was_sealed_opens_again(profile, provider, size, in_place):
    packet = rtp(7, random.Random(size).randbytes(size), csrcs=2, extension=b"\x10\xaa\0\0")
    sealed = context(profile, provider).seal(packet, 7)
    assert len(sealed) == len(packet) + TAG_BYTES[profile]
    assert sealed[:28] == packet[:28]
    assert context(profile, provider).open(sealed, in_place=in_place) == (packet, 7)


@cases
def test_sealing_from_elsewhere_gives_the_same_packet(profile, provider):
    packet = rtp(9, bytes(range(200)))
    sender = context(profile, provider)
    assert sender.seal_from(packet[:12], packet[12:], 0x5_0009) == sender.seal(packet, 0x5_0009)


@cases
def test_one_index_more_gives_another_ciphertext(profile, provider):
    sender, packet = context(profile, provider), rtp(0, bytes(64))
    sealed = [sender.seal(packet, index) for index in (0, 1, 1 << 16, 1 << 47)]
    assert len({cipher[12:76] for cipher in sealed}) == 4


@cases
@pytest.mark.parametrize("size", [0, 4, 60, 1000])
@pytest.mark.parametrize("in_place", [False, True], ids=["apart", "in-place"])
def test_rtcp_that_was_sealed_opens_again(profile, provider, size, in_place):
    packet = rtcp(random.Random(size).randbytes(size))
    sealed = context(profile, provider).rtcp_seal(packet, 5)
    assert len(sealed) == len(packet) + 4 + TAG_BYTES[profile]
    assert context(profile, provider).rtcp_open(sealed, in_place) == packet


@cases
def test_a_bit_flipped_anywhere_is_refused_and_changes_nothing(profile, provider):
    sealed = context(profile, provider).seal(rtp(300, b"secret payload"), 300)
    receiver = context(profile, provider)
    receiver.open(context(profile, provider).seal(rtp(299, b"before"), 299))
    before = receiver.state()
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        # The header's length is the parser's to find; here it stays 12, so that each flip reaches the cipher.
        assert receiver.open(bytes(flipped), 12) in (UNAUTHENTIC, REPLAYED), f"bit {bit}"
        assert receiver.state() == before, f"bit {bit}"
    assert receiver.open(sealed) == (rtp(300, b"secret payload"), 300)


@cases
def test_an_rtcp_bit_flipped_anywhere_is_refused_and_changes_nothing(profile, provider):
    sealed = context(profile, provider).rtcp_seal(rtcp(b"secret block"), 300)
    receiver = context(profile, provider)
    receiver.rtcp_open(context(profile, provider).rtcp_seal(rtcp(b"before"), 299))
    before = receiver.state()
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        assert receiver.rtcp_open(bytes(flipped)) in (UNAUTHENTIC, REPLAYED), f"bit {bit}"
        assert receiver.state() == before, f"bit {bit}"
    assert receiver.rtcp_open(sealed) == rtcp(b"secret block")


@cases
def test_a_packet_sealed_with_another_key_is_refused(profile, provider):
    sealed = context(profile, provider, master_key(profile, seed=2)).seal(rtp(1, b"x" * 50), 1)
    assert context(profile, provider).open(sealed) == UNAUTHENTIC


@cases
def test_a_packet_cut_short_is_refused(profile, provider):
    sealed = context(profile, provider).seal(rtp(1, b"x" * 50), 1)
    control = context(profile, provider).rtcp_seal(rtcp(b"y" * 20), 1)
    receiver = context(profile, provider)
    for size in range(len(sealed)):
        expected = SHORT if size < 12 + TAG_BYTES[profile] else UNAUTHENTIC
        assert receiver.open(sealed[:size], 12) == expected, size
    for size in range(len(control)):
        expected = SHORT if size < 12 + TAG_BYTES[profile] else UNAUTHENTIC
        assert receiver.rtcp_open(control[:size]) == expected, size


@cases
@pytest.mark.parametrize("header_bytes", [0, 11, 51, 2**64 - 1])
def test_a_header_length_that_cannot_be_is_refused(profile, provider, header_bytes):
    receiver = context(profile, provider)
    sealed = receiver.seal(rtp(1, bytes(38)), 1)
    assert receiver.open(sealed[:50] + bytes(TAG_BYTES[profile]), header_bytes) == SHORT


@cases
def test_each_packet_opens_once(profile, provider):
    sender, receiver = context(profile, provider), context(profile, provider)
    sealed = sender.seal(rtp(40_000, b"once"), 40_000)
    assert receiver.open(sealed)[1] == 40_000
    assert receiver.open(sealed) == REPLAYED
    control = sender.rtcp_seal(rtcp(b"once"), 0)
    assert receiver.rtcp_open(control) == rtcp(b"once")
    assert receiver.rtcp_open(control) == REPLAYED


@pytest.mark.parametrize("behind, fresh", [(1, True), (1022, True), (1023, True), (1024, False), (5000, False)])
def test_the_rtp_window_reaches_back_1023_packets(behind, fresh):
    sender, receiver = context(GCM_128, DEFAULT_PROVIDER), context(GCM_128, DEFAULT_PROVIDER)
    receiver.open(sender.seal(rtp(10_000, b"new"), 10_000))
    late = receiver.open(sender.seal(rtp(10_000 - behind, b"late"), 10_000 - behind))
    assert late == ((rtp(10_000 - behind, b"late"), 10_000 - behind) if fresh else REPLAYED)


@pytest.mark.parametrize("ahead", [1, 2, 63, 64, 65, 1000, 1023, 1024, 1025, 3000, 32_000])
def test_a_jump_ahead_forgets_only_what_it_passes(ahead):
    sender, receiver = context(GCM_128, DEFAULT_PROVIDER), context(GCM_128, DEFAULT_PROVIDER)
    for seq in range(100, 200):
        receiver.open(sender.seal(rtp(seq, b""), seq))
    newest = 199 + ahead
    assert receiver.open(sender.seal(rtp(newest, b""), newest))[1] == newest
    for seq in range(max(200, newest - 1023), newest):
        assert receiver.open(sender.seal(rtp(seq, b""), seq))[1] == seq
    for seq in (100, 150, 199, newest):
        assert receiver.open(sender.seal(rtp(seq, b""), seq)) == REPLAYED


@pytest.mark.parametrize("behind, fresh", [(1, True), (62, True), (63, True), (64, False), (900, False)])
def test_the_rtcp_window_reaches_back_63_packets(behind, fresh):
    sender, receiver = context(CM, DEFAULT_PROVIDER), context(CM, DEFAULT_PROVIDER)
    receiver.rtcp_open(sender.rtcp_seal(rtcp(b"new."), 1000))
    late = receiver.rtcp_open(sender.rtcp_seal(rtcp(b"late"), 1000 - behind))
    assert late == (rtcp(b"late") if fresh else REPLAYED)


@pytest.mark.parametrize("ahead", [1, 2, 63, 64, 65, 2**31 - 1002])
def test_an_rtcp_jump_ahead_forgets_only_what_it_passes(ahead):
    sender, receiver = context(CM, DEFAULT_PROVIDER), context(CM, DEFAULT_PROVIDER)
    for index in range(990, 1001):
        receiver.rtcp_open(sender.rtcp_seal(rtcp(b""), index))
    newest = 1000 + ahead
    assert receiver.rtcp_open(sender.rtcp_seal(rtcp(b""), newest)) == rtcp(b"")
    for index in range(max(1001, newest - 63), newest):
        assert receiver.rtcp_open(sender.rtcp_seal(rtcp(b""), index)) == rtcp(b"")
    for index in (990, 1000, newest):
        assert receiver.rtcp_open(sender.rtcp_seal(rtcp(b""), index)) == REPLAYED


# (newest index, or None for nothing yet; the next packet's 16-bit number; the index it must be taken for)
ESTIMATES = [
    (None, 0, 0), (None, 65_535, 65_535), (None, 32_768, 32_768),
    (0, 1, 1), (0, 65_535, 65_535), (0, 40_000, 40_000), (5, 32_773, 32_773), (5, 32_774, 32_774),
    (65_535, 0, 0x1_0000), (65_535, 32_766, 0x1_7FFE), (65_535, 32_767, 32_767), (40_000, 0, 0x1_0000), (32_768, 0, 0),
    (0x1_0000, 65_535, 65_535), (0x1_0000, 32_769, 32_769), (0x1_0000, 32_768, 0x1_8000), (0x1_7FFF, 65_535, 0x1_FFFF),
    (0x1_8000, 0, 0x1_0000), (0x1_8001, 0, 0x2_0000), (0x1_FFFF, 3, 0x2_0003),
    (0xFFFF_FFFE_FFFF, 0, 0xFFFF_FFFF_0000), (0xFFFF_FFFF_0000, 65_535, 0xFFFF_FFFE_FFFF),
]


@pytest.mark.parametrize("newest, seq16, index", ESTIMATES, ids=lambda value: f"{value:x}" if isinstance(value, int) else "none")
def test_a_number_means_the_nearest_index(newest, seq16, index):
    sender, receiver = context(GCM_128, DEFAULT_PROVIDER), context(GCM_128, DEFAULT_PROVIDER)
    if newest is not None:
        receiver.start_at(newest)
    opened = receiver.open(sender.seal(rtp(seq16, b"here"), index))
    if newest is not None and newest - index >= 1024:
        assert opened == REPLAYED
    else:
        assert opened == (rtp(seq16, b"here"), index)


def test_nothing_opens_once_the_roll_over_counter_is_used_up():
    sender, receiver = context(GCM_128, DEFAULT_PROVIDER), context(GCM_128, DEFAULT_PROVIDER)
    receiver.start_at(0xFFFF_FFFF_FFFF)
    assert receiver.open(sender.seal(rtp(0, b"over"), 0)) == REPLAYED


@cases
def test_the_roll_over_counter_follows_loss_and_reordering_over_three_cycles(profile, provider):
    chance = random.Random(3)
    sender, receiver = context(profile, provider), context(profile, provider)
    index, opened = 65_000, 0
    while index < 3 << 16:
        burst = [index + offset for offset in range(20) if chance.random() > 0.2]
        chance.shuffle(burst)
        for number in burst:
            assert receiver.open(sender.seal(rtp(number, b"p"), number)) == (rtp(number, b"p"), number)
            opened += 1
        index += chance.choice([20, 20, 20, 500, 9_000, 32_000])
    assert opened > 100


@cases
def test_a_forged_packet_far_ahead_does_not_move_the_roll_over_counter(profile, provider):
    sender, receiver = context(profile, provider), context(profile, provider)
    receiver.open(sender.seal(rtp(60_000, b"a"), 60_000))
    assert receiver.open(rtp(100, bytes(60))) == UNAUTHENTIC
    assert receiver.open(sender.seal(rtp(60_001, b"b"), 60_001)) == (rtp(60_001, b"b"), 60_001)


@pytest.mark.parametrize("profile", [0, 2, 3, 5, 6, 9, 0xFFFF])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unknown_profile_gets_no_keys(profile, provider):
    for size in (0, 28, 30, 44):
        assert empty(provider).init(profile, bytes(size)) == -1


@cases
def test_key_material_of_the_wrong_length_gets_no_keys(profile, provider):
    for size in (0, KEY_BYTES[profile] - 1, KEY_BYTES[profile] + 1, 100):
        made = empty(provider)
        assert made.init(profile, bytes(size)) == -1
        assert made.open(rtp(1, bytes(60))) == NO_KEYS


@cases
def test_a_cleared_context_holds_no_key_byte_and_serves_nothing(profile, provider):
    made = context(profile, provider)
    assert any(made.memory())
    made.clear()
    assert not any(made.memory())
    assert made.open(rtp(1, bytes(60))) == NO_KEYS
    assert made.rtcp_open(rtcp(bytes(60))) == NO_KEYS
    assert made.seal(rtp(1, bytes(60)), 1) is None
    assert made.rtcp_seal(rtcp(bytes(60)), 1) is None
    made.clear()


@cases
def test_a_cleared_context_takes_new_keys(profile, provider):
    made = context(profile, provider)
    made.clear()
    assert made.init(profile, master_key(profile, seed=9)) == 0
    opened = context(profile, provider, master_key(profile, seed=9)).open(made.seal(rtp(1, b"new key"), 1))
    assert opened == (rtp(1, b"new key"), 1)


@cases
def test_contexts_of_different_threads_do_not_disturb_each_other(profile, provider):
    # Threads share what the provider shares (ipsec-mb: one manager); each has contexts of its own, as workers do.
    packet = rtp(1, bytes(range(250)))
    made = [context(profile, provider, master_key(profile, peer)) for peer in range(3)]

    def work(mine: srtp.Srtp) -> list[bytes]:
        return [mine.repeat_seal(packet, rounds) for rounds in range(100, 160)]

    serial = [work(mine) for mine in made]
    assert serial[0][0] == made[0].seal(packet, 99)
    with ThreadPoolExecutor(3) as pool:
        for _ in range(4):
            assert list(pool.map(work, made)) == serial


def test_the_provider_says_its_name_and_version():
    for provider, name in zip(PROVIDERS, ("openssl 3.", "ipsec-mb "), strict=False):
        assert srtp.provider_select(provider) == provider
        assert srtp.provider_name().startswith(name)
    srtp.provider_select(DEFAULT_PROVIDER)


def test_two_contexts_of_a_participant_stay_small():
    assert 2 * srtp.context_bytes() <= 6 * 1024
