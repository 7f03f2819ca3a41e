"""A batch seals exactly what one-at-a-time sealing does, whatever its length, sizes, profiles and neighbours."""

import random

import pytest

from native.testing import srtp
from tests.srtp_contexts import CASES, CM, DEFAULT_PROVIDER, GCM_128, GCM_256, OPENSSL, PROVIDERS, context, master_key, rtp

cases = pytest.mark.parametrize("profile, provider", CASES)
LENGTHS = [0, 1, 4, 5, 6, 15, 16, 17, 20, 21, 31, 32, 37, 63, 64, 65, 150]


def batch(provider: int) -> srtp.Batch:
    srtp.provider_select(provider)
    made = srtp.Batch()
    srtp.provider_select(DEFAULT_PROVIDER)
    return made


@cases
@pytest.mark.parametrize("length", LENGTHS)
def test_a_train_of_any_length_is_sealed_packet_by_packet(profile, provider, length):
    sender = context(profile, provider)
    packets = [rtp(number, random.Random(number).randbytes(1100)) for number in range(length)]
    jobs = [(sender, packet, (3 << 16) + number) for number, packet in enumerate(packets)]
    assert batch(provider).seal(jobs) == [sender.seal(packet, index) for _, packet, index in jobs]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("seed", range(8))
def test_mixed_sizes_profiles_and_peers_keep_apart(provider, seed):
    chance = random.Random(seed)
    senders = [context(profile, provider, master_key(profile, peer)) for peer in range(3) for profile in (CM, CM, GCM_128, GCM_256)]
    jobs = []
    for number in range(chance.randrange(1, 120)):
        size = chance.choice([0, 1, 100, 287, 288, 300, 700, 1199, 1200])
        packet = rtp(number, chance.randbytes(size), csrcs=chance.randrange(3), extension=chance.choice([b"", b"\x10\0\0\0"]))
        jobs.append((chance.choice(senders), packet, chance.getrandbits(32) << 16 | number))
    expected = [sender.seal(packet, index) for sender, packet, index in jobs]
    made = batch(provider)
    assert made.seal(jobs) == expected
    assert made.seal(jobs) == expected


def test_contexts_of_the_other_provider_pass_through_a_batch():
    sender = context(CM, OPENSSL)
    jobs = [(sender, rtp(number, bytes(1000)), number) for number in range(40)]
    assert batch(DEFAULT_PROVIDER).seal(jobs) == [sender.seal(packet, index) for _, packet, index in jobs]


def test_the_providers_seal_alike():
    for profile in (CM, GCM_128, GCM_256):
        packet = rtp(5, bytes(range(256)) * 4)
        assert len({context(profile, provider).seal(packet, 0x9_0005) for provider in PROVIDERS}) == 1
