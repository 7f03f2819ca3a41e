"""Our SRTP against libsrtp (pylibsrtp), both directions, on random traffic with loss, reordering, duplicates and 16-bit wrap."""

import random

import pylibsrtp
import pytest

from tests.srtp_contexts import CASES, CM, GCM_128, GCM_256, REPLAYED, UNAUTHENTIC, context, master_key, rtcp, rtp

cases = pytest.mark.parametrize("profile, provider", CASES)
THEIR_PROFILE = {
    CM: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    GCM_128: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    GCM_256: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
PACKETS = 1500


def libsrtp(profile: int, sending: bool) -> pylibsrtp.Session:
    kind = pylibsrtp.Policy.SSRC_ANY_OUTBOUND if sending else pylibsrtp.Policy.SSRC_ANY_INBOUND
    policy = pylibsrtp.Policy(key=master_key(profile), ssrc_type=kind, srtp_profile=THEIR_PROFILE[profile])
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


def stream(chance: random.Random) -> list[tuple[int, bytes]]:
    """(index, packet) of one sender: starts near a wrap, skips forward now and then so that several cycles pass."""
    index, packets = chance.choice([0, 20_000, 65_500]), []
    for _ in range(PACKETS):
        extension = chance.choice([b"", b"\x10\x7f\0\0", chance.randbytes(8)])
        packets.append((index, rtp(index, chance.randbytes(chance.randrange(0, 1200)), csrcs=chance.randrange(3), extension=extension)))
        index += chance.choice([1] * 40 + [200, 15_000])
    return packets


def disturb(chance: random.Random, items: list) -> list:
    """Drops 10 %, doubles 5 %, moves 20 % back by up to 30 places."""
    keyed = []
    for place, item in enumerate(items):
        if place > 0 and chance.random() < 0.10:
            continue
        keyed.append((place + (chance.randrange(30) if place > 0 and chance.random() < 0.2 else 0), place, item))
        if chance.random() < 0.05:
            keyed.append((place + chance.randrange(1, 30), place, item))
    return [item for *_, item in sorted(keyed, key=lambda entry: entry[:2])]


def their_answer(call, data: bytes) -> bytes | None:
    try:
        return call(data)
    except pylibsrtp.Error:
        return None


@cases
def test_sealed_packets_are_libsrtps_byte_for_byte(profile, provider):
    ours, theirs = context(profile, provider), libsrtp(profile, sending=True)
    for index, packet in stream(random.Random(profile)):
        assert ours.seal(packet, index) == theirs.protect(packet), f"index {index:#x}"


@cases
@pytest.mark.parametrize("seed", [1, 2])
def test_disturbed_traffic_of_libsrtp_opens_as_libsrtp_opens_it(profile, provider, seed):
    chance = random.Random(seed)
    sender, ours, theirs = libsrtp(profile, sending=True), context(profile, provider), libsrtp(profile, sending=False)
    sealed = [(index, packet, sender.protect(packet)) for index, packet in stream(chance)]
    opened = refused = newest = 0
    for index, packet, data in disturb(chance, sealed):
        expected = their_answer(theirs.unprotect, data)
        answer = ours.open(data, in_place=chance.random() < 0.5)
        if expected is None:
            refused += 1
            # Half a cycle back and more, a 16-bit number means another index: the tag is what refuses it then.
            assert answer == (REPLAYED if newest - index <= 0x8000 else UNAUTHENTIC)
        else:
            opened += 1
            newest = max(newest, index)
            assert expected == packet
            assert answer == (packet, index)
    assert opened > PACKETS // 2 and refused > 20


@cases
@pytest.mark.parametrize("seed", [3])
def test_libsrtp_opens_our_disturbed_traffic(profile, provider, seed):
    chance = random.Random(seed)
    ours, theirs = context(profile, provider), libsrtp(profile, sending=False)
    seen: set[int] = set()
    newest = 0
    for index, packet, data in disturb(chance, [(index, packet, ours.seal(packet, index)) for index, packet in stream(chance)]):
        fresh = index not in seen and newest - index < 1024
        assert their_answer(theirs.unprotect, data) == (packet if fresh else None)
        seen.add(index)
        newest = max(newest, index)
    assert len(seen) > PACKETS // 2


@cases
def test_disturbed_rtcp_passes_both_ways(profile, provider):
    chance = random.Random(5)
    ours_out, theirs_out = context(profile, provider), libsrtp(profile, sending=True)
    packets = [rtcp(chance.randbytes(4 * chance.randrange(0, 100))) for _ in range(400)]
    # libsrtp numbers its packets from 1.
    from_us = [ours_out.rtcp_seal(packet, number) for number, packet in enumerate(packets, 1)]
    from_them = [theirs_out.protect_rtcp(packet) for packet in packets]
    assert from_us == from_them
    ours_in, theirs_in = context(profile, provider), libsrtp(profile, sending=False)
    refused = 0
    for packet, data in disturb(chance, list(zip(packets, from_them, strict=True))):
        expected = their_answer(theirs_in.unprotect_rtcp, data)
        assert expected in (packet, None)
        assert ours_in.rtcp_open(data) == (REPLAYED if expected is None else packet)
        refused += expected is None
    assert refused > 5
