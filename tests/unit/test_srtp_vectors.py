"""Published vectors on every provider: RFC 3711 appendix B (AES-CM), RFC 7714 sections 16 and 17 (GCM)."""

import json
from pathlib import Path

import pytest

from native.testing import srtp
from tests.srtp_contexts import CM, PROVIDER_NAMES, PROVIDERS, session

VECTORS = json.loads(Path(__file__).parent.parent.joinpath("vectors", "srtp.json").read_text())
GCM = VECTORS["gcm"]
SALT = bytes.fromhex(GCM["session_salt"])
providers = pytest.mark.parametrize("provider", PROVIDERS, ids=PROVIDER_NAMES.get)


def by_section(case: dict) -> str:
    return case["section"]


@pytest.mark.parametrize("case", VECTORS["key_derivation"]["derived"], ids=lambda case: f"label-{case['label']}")
def test_session_keys_derive_as_rfc_3711_b3_lists_them(case):
    key, salt = (bytes.fromhex(VECTORS["key_derivation"][name]) for name in ("master_key", "master_salt"))
    expected = bytes.fromhex(case["out"])
    assert srtp.derive(key, salt, case["label"], len(expected)) == expected


@pytest.mark.parametrize("key, salt, size", [(b"k" * 24, b"", 16), (b"k" * 16, b"s" * 15, 16), (b"k" * 16, b"", 129)])
def test_derivation_refuses_lengths_it_cannot_serve(key, salt, size):
    assert srtp.derive(key, salt, 0, size) is None


@providers
def test_keystream_is_that_of_rfc_3711_b2(provider):
    vector = VECTORS["counter_mode"]
    made = session(CM, provider, bytes.fromhex(vector["session_key"]), bytes.fromhex(vector["session_salt"]), b"a" * 20)
    stream = made.counter(bytes.fromhex(vector["counter"]), bytes(16 * vector["blocks"]))
    for block in vector["keystream"]:
        at = 16 * block["block"]
        assert stream[at : at + 16].hex() == block["out"], f"block {block['block']}"


@providers
def test_a_packet_of_index_and_ssrc_zero_is_xored_with_the_rfc_3711_b2_keystream(provider):
    vector = VECTORS["counter_mode"]
    made = session(CM, provider, bytes.fromhex(vector["session_key"]), bytes.fromhex(vector["session_salt"]), b"a" * 20)
    sealed = made.seal(b"\x80" + bytes(11 + 48), 0)
    assert sealed[12:-10].hex() == "".join(block["out"] for block in vector["keystream"][:3])


@providers
@pytest.mark.parametrize("case", GCM["srtp"], ids=by_section)
def test_rtp_seals_and_opens_as_rfc_7714_section_16(provider, case):
    made = session(case["profile"], provider, bytes.fromhex(GCM["keys"][str(case["profile"])]), SALT)
    plain, sealed = bytes.fromhex(case["plain"]), bytes.fromhex(case["sealed"])
    assert made.seal(plain, case["index"]) == sealed
    assert made.open(sealed) == (plain, case["index"])


@providers
@pytest.mark.parametrize("case", GCM["srtcp"], ids=by_section)
@pytest.mark.parametrize("in_place", [False, True], ids=["apart", "in-place"])
def test_rtcp_opens_as_rfc_7714_section_17(provider, case, in_place):
    made = session(case["profile"], provider, bytes.fromhex(GCM["keys"][str(case["profile"])]), SALT)
    plain, sealed = bytes.fromhex(case["plain"]), bytes.fromhex(case["sealed"])
    assert made.rtcp_open(sealed, in_place) == plain


@providers
@pytest.mark.parametrize("case", [case for case in GCM["srtcp"] if case["encrypted"]], ids=by_section)
def test_rtcp_seals_as_rfc_7714_section_17(provider, case):
    made = session(case["profile"], provider, bytes.fromhex(GCM["keys"][str(case["profile"])]), SALT)
    assert made.rtcp_seal(bytes.fromhex(case["plain"]), case["index"]) == bytes.fromhex(case["sealed"])
