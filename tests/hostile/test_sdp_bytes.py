"""Any bytes as an offer, an answer or a fragment: a description or a RemoteError, and work that grows no faster than the input."""

import itertools
import random
import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver import sdp
from mediaserver.answer import Local, answer_publish, answer_subscribe
from mediaserver.errors import RemoteError
from mediaserver.ice import Credentials, parse_fragment
from tests.support.serving import VECTORS

LOCAL = Local(Credentials("ours", "p" * 24), ("sha-256", ":".join(["AB"] * 32)), (), 42)
OFFERS = [path.read_bytes() for path in sorted(VECTORS.glob("*.sdp")) if path.stat().st_size < 6000]
# With these seeds 50,000 descriptions: 16,000 mutants go through parser and both answers, 36,000 more through one parser.
SEEDS = range(8)
WORDS = [
    b"a=", b"m=", b"\r\n", b"\n", b":", b"/", b" ", b";", b"=", b"0", b"-1", b"65536", b"4294967295", b"99999999999999999999", b"\x00",
    b"\xff", b"\xc3\xa9", "\u0663".encode(), b"mid", b"a=mid:0\r\n", b"a=group:BUNDLE", b"a=rtpmap:96 ", b"a=fmtp:96 apt=96", b"a=extmap:",
    b"a=ssrc-group:FID", b"a=ssrc:", b"a=setup:passive", b"a=rtcp-fb:* ", b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", b"a=recvonly\r\n",
    b"a=bundle-only\r\n",
]  # fmt: skip


def mutant(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(OFFERS))
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(data) + 1), min(rng.choice((1, 2, 8, 40, 400)), len(data))
        match rng.randrange(6):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = rng.choice(WORDS)
            case 2:
                data[at : at + length] = rng.randbytes(length)
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 5:
                lines = bytes(data).split(b"\r\n")
                other = rng.choice(OFFERS).split(b"\r\n")
                lines[rng.randrange(len(lines))] = rng.choice(other)
                data = bytearray(b"\r\n".join(lines))
    return bytes(data)


def serve(data: bytes) -> None:
    """All that a POST does with a body, short of the engine: anything but RemoteError fails the test."""
    try:
        description = sdp.parse(data)
    except RemoteError:
        return
    normal = sdp.parse(sdp.write(description))  # without what only makes sense in pairs, such as an rtcp-fb of no codec
    assert sdp.parse(sdp.write(normal)) == normal
    for answer in (lambda: answer_publish(description, LOCAL), lambda: answer_subscribe(description, LOCAL, itertools.count(1).__next__)):
        try:
            made = answer()
        except RemoteError:
            continue
        assert len(made.description.media) == len(description.media)
        assert sdp.parse(sdp.write(made.description)) == made.description


def refused_or_read(read: Callable[[bytes], object], data: bytes) -> None:
    try:
        read(data)
    except RemoteError as error:
        assert error.detail


@pytest.mark.parametrize("seed", SEEDS)
def test_mutated_offers_are_answered_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(2000):
        serve(mutant(rng))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_bytes_and_words_are_read_or_refused(seed: int) -> None:
    rng = random.Random(1000 + seed)
    for _ in range(1500):
        refused_or_read(sdp.parse, rng.randbytes(rng.randrange(400)))
        words = b"v=0\r\n" + b"".join(rng.choice(WORDS) for _ in range(rng.randrange(60)))
        refused_or_read(sdp.parse, words)
        refused_or_read(parse_fragment, words[5:])


@settings(max_examples=500, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for prefix in ("", "v=0\r\n", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na="):
        refused_or_read(sdp.parse, (prefix + text).encode(errors="surrogatepass"))
        refused_or_read(lambda data: sdp.parse(data.decode(errors="surrogateescape")), (prefix + text).encode(errors="surrogatepass"))


def calls_of(work: Callable[[], object]) -> int:
    """How many Python and C function calls a piece of work makes: a clock that no other process disturbs."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


HEAD = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 22
    + "\r\na=setup:actpass\r\na=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
)  # fmt: skip
LINE = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:{n}\r\na=rtcp-mux\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n"
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
)


@pytest.mark.parametrize(
    "grow",
    [
        lambda n: HEAD.format(mids=" ".join(map(str, range(n)))) + "".join(LINE.format(n=k) for k in range(n)),
        lambda n: HEAD.format(mids="0") + LINE.format(n=0) + "a=x:y\r\n" * (100 * n),
        lambda n: HEAD.format(mids="0") + LINE.format(n=0) + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * (2 * n),
        lambda n: HEAD.format(mids="0") + "m=video 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, range(2 * n)))
        + "\r\na=mid:0\r\na=rtcp-mux\r\na=recvonly\r\n" + "".join(f"a=rtpmap:{k} VP8/90000\r\n" for k in range(2 * n)),
        lambda n: HEAD.format(mids="0") + LINE.format(n=0) + "".join(f"a=fmtp:97 {'a=1;' * n}\r\n" for _ in range(8)),
    ],
    ids=["m-lines", "unknown attributes", "candidates", "payload types", "parameters"],
)  # fmt: skip
def test_work_grows_linearly(grow: Callable[[int], str]) -> None:
    half, whole = grow(32).encode(), grow(64).encode()
    assert len(whole) <= sdp.MAX_BYTES
    counts = []
    for text in (half, whole):
        description = sdp.parse(text)  # accepted, so that nothing ends early
        counts.append(
            calls_of(
                lambda text=text, description=description: (
                    sdp.parse(text),
                    answer_subscribe(description, LOCAL, itertools.count(1).__next__),
                )
            )
        )
    assert counts[1] <= 2.2 * counts[0]
