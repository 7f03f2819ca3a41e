"""Any bytes into every stateless parser: no read past the end (a guard page sees it), no broken promise to its readers."""

import pytest

from native.testing import storm, wire
from tests.vectors.stun_rfc5769 import IPV4_RESPONSE, IPV6_RESPONSE, REQUEST, TRANSACTION_ID

DATAGRAMS = 250_000

RTP = [
    bytes.fromhex("80e00001 00000001 00000002") + b"payload",
    bytes.fromhex("b2600001 00000001 00000002 00000003 00000004 bede0003 1061 22010203 310009 4085 00000000") + b"payload\x00\x00\x03",
    bytes.fromhex("90600001 00000001 00000002 10000005 010161 0403850000 0f0268690d08 0102030405060708") + b"payload",
    bytes.fromhex("b0600001 00000001 00000002 bede0000 04040404"),
]
STUN = [
    REQUEST,
    IPV4_RESPONSE,
    IPV6_RESPONSE,
    # Without FINGERPRINT, so that mutations get past it.
    *(data[:2] + (len(data) - 28).to_bytes(2, "big") + data[4:-8] for data in (REQUEST, IPV6_RESPONSE)),
    bytes.fromhex("01110008 2112a442") + TRANSACTION_ID + bytes.fromhex("00090004 00000457"),
]
CORPORA = {
    "demux": [*RTP, *STUN, bytes.fromhex("81c90007") + bytes(28), bytes.fromhex("16fefd") + bytes(40)],
    "rtp": RTP,
    "stun": STUN,
    "dtmf": [bytes.fromhex(text) for text in ("0b8a0640", "000affff", "ff3f0000ff")],
    "opus": [b"\xfc\xff\xfe"],
    "vp8": [bytes.fromhex(text) for text in ("10500000", "90809234509d012a", "90f09234074550", "90e011074551")],
    "vp9": [
        bytes.fromhex(text)
        for text in ("0882", "a8923400078249", "d8110303028249", "0a30014000b40280016882", "8a111804000140000000b4020401 2c01020382")
    ],
    "h264": [bytes.fromhex(text) for text in ("6742001f", "6588", "780002674200016800026588", "7c8588", "7c4500")],
    "av1": [bytes.fromhex(text) for text in ("180800", "2002080030000000", "00023400810030", "30021000810030301122", "903000")],
}


@pytest.mark.parametrize("parser", CORPORA)
def test_any_bytes(parser: str) -> None:
    accepted, refused, broken = storm.storm(parser, CORPORA[parser], DATAGRAMS, seed=20250601)
    assert broken is None, broken.hex()
    assert accepted + refused == DATAGRAMS
    # Both ways through the parser were taken often, or the storm missed it; Opus and the demultiplexer refuse little.
    assert accepted > DATAGRAMS // 100
    assert refused > DATAGRAMS // 100 or parser == "opus"


def test_every_corpus_member_is_accepted_unharmed() -> None:
    assert [data.hex() for data in RTP if wire.rtp_header(data) is None] == []
    assert [data.hex() for data in STUN if wire.stun_message(data) is None] == []
    for codec, name in enumerate(("opus", "vp8", "vp9", "h264", "av1"), start=1):
        assert [data.hex() for data in CORPORA[name] if wire.codec_info(codec, data) is None] == [], name


@pytest.mark.parametrize(
    "block",
    [b"\x00" * 1400, b"\x10a" * 700, b"\x01\x00" * 700],
    ids=["padding", "one-byte", "two-byte"],
)
def test_extension_block_as_long_as_the_packet(block: bytes) -> None:
    profile = b"\x10\x00" if block[0] == 1 else b"\xbe\xde"
    data = bytes.fromhex("90600001 00000001 00000002") + profile + (len(block) // 4).to_bytes(2, "big") + block
    code, values = wire.rtp_extensions(data, {0: 1})
    assert code == 0
    assert values in ({}, {0: b"a"})
