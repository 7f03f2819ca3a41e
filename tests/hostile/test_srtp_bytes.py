"""Any bytes into srtp_open and srtcp_open: an error number, no state moved, nothing read or written outside (guards; sanitizers)."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.srtp_contexts import CASES, SHORT, UNAUTHENTIC, context, rtcp, rtp

cases = pytest.mark.parametrize("profile, provider", CASES)


@cases
@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200), header_bytes=st.integers(0, 260), in_place=st.booleans())
def test_any_bytes_are_refused_and_change_nothing(profile, provider, data, header_bytes, in_place):
    receiver = context(profile, provider)
    before = receiver.state()
    assert receiver.open(data, header_bytes, in_place) in (SHORT, UNAUTHENTIC)
    assert receiver.rtcp_open(data, in_place) in (SHORT, UNAUTHENTIC)
    assert receiver.state() == before


@cases
def test_mutated_packets_are_refused_and_the_stream_goes_on(profile, provider):
    chance = random.Random(11)
    sender, receiver = context(profile, provider), context(profile, provider)
    for number in range(400):
        packet = rtp(number, chance.randbytes(chance.randrange(80)))
        sealed = sender.seal(packet, number)
        control = sender.rtcp_seal(rtcp(packet[:8]), number)
        for data, opener in ((sealed, lambda data: receiver.open(data, 12)), (control, receiver.rtcp_open)):
            broken = bytearray(data)
            for _ in range(chance.randrange(1, 6)):
                action, place = chance.randrange(3), chance.randrange(len(broken))
                if action == 0:
                    broken[place] ^= chance.randrange(1, 256)
                elif action == 1:
                    del broken[place:][: chance.randrange(1, 20)]
                    broken = broken[:place] or broken
                else:
                    broken[place:place] = chance.randbytes(chance.randrange(1, 20))
            if bytes(broken) != data:
                before = receiver.state()
                assert isinstance(opener(bytes(broken)), int)
                assert receiver.state() == before
        assert receiver.open(sealed) == (packet, number)
        assert receiver.rtcp_open(control) == rtcp(packet[:8])
