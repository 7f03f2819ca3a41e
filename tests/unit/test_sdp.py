"""The SDP parser and writer: what is read from offers of real peers, and the sentence for each thing that is wrong."""

import pytest

from mediaserver import sdp
from mediaserver.errors import BadRequest, RemoteError, TooLarge
from mediaserver.sdp import Codec, Extension
from tests.support.serving import VECTORS, offer

BASE = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.sdp")), ids=lambda path: path.stem)
def test_reads_real_offers_whole(path) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    description = sdp.parse(path.read_bytes())
    for media in description.media:
        assert media.kind in ("audio", "video", "application") and media.mid in description.bundle
        assert media.setup == "actpass" and media.fingerprints and (media.ice_ufrag or media.bundle_only)
        if media.kind != "application":
            assert media.rtcp_mux and media.codecs and media.direction in ("sendonly", "recvonly", "sendrecv")
            assert len(media.codecs) >= len(media.formats) - 1
    assert sdp.parse(sdp.write(description)) == description


def test_reads_every_part_of_a_chromium_offer() -> None:
    audio, video = sdp.parse(offer("chromium-publish")).media
    assert audio.codecs[0] == Codec(111, "opus", 48000, 2, "minptime=10;useinbandfec=1", ("transport-cc",))
    assert video.codecs[0] == Codec(96, "VP8", 90000, 1, "", ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"))
    assert audio.extensions[0] == Extension(1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level")
    assert video.repair == (video.ssrcs,) and len(video.ssrcs) == 2 and len(audio.ssrcs) == 1
    assert len(audio.msid.split()) == 2 and audio.cname == video.cname != ""
    assert audio.candidates and audio.fingerprints[0][0] == "sha-256"


def test_session_level_attributes_hold_for_every_line() -> None:
    firefox, obs = sdp.parse(offer("firefox-publish")), sdp.parse(offer("obs-publish"))
    assert all(media.fingerprints[0][0] == "sha-256" for media in (*firefox.media, *obs.media))
    text = BASE + "a=ice-ufrag:abcd\r\na=setup:passive\r\na=recvonly\r\n" + AUDIO + "a=setup:active\r\n" + AUDIO
    one, two = sdp.parse(text).media
    assert (one.ice_ufrag, one.setup, one.direction) == ("abcd", "active", "recvonly")
    assert (two.ice_ufrag, two.setup) == ("abcd", "passive")


def test_direction_of_an_extension_is_read() -> None:
    audio = sdp.parse(offer("firefox-publish")).media[0]
    assert Extension(2, "urn:ietf:params:rtp-hdrext:csrc-audio-level", "recvonly") in audio.extensions


def test_wildcard_feedback_holds_for_every_payload_type() -> None:
    text = (
        BASE
        + "m=video 9 RTP/SAVPF 96 97\r\na=rtcp-fb:* nack\r\na=rtcp-fb:97 nack pli\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 VP9/90000\r\n"
    )
    vp8, vp9 = sdp.parse(text).media[0].codecs
    assert vp8.feedback == ("nack",) and vp9.feedback == ("nack pli", "nack")


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_ends_may_be_either(ending: str) -> None:
    assert sdp.parse((BASE + AUDIO).replace("\r\n", ending) + ending).media[0].kind == "audio"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "letter=value"),
        ("v=1\r\n", "v=0"),
        ("o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n", "v=0"),
        (BASE + "garbage", "letter=value"),
        (BASE + "a=x\x00y", "control"),
        (BASE + "a=" + "x" * sdp.MAX_LINE_CHARS, "too long"),
        (BASE.replace("o=- 1", "o=- -1"), "session id"),
        (BASE.replace(" 0.0.0.0", ""), "o-line"),
        (BASE + "m=audio 9 RTP/SAVPF\r\n", "m-line"),
        (BASE + "m=audio nine RTP/SAVPF 0\r\n", "port"),
        (BASE + "m=audio 65536 RTP/SAVPF 0\r\n", "port"),
        (BASE + "m=audio ٩ RTP/SAVPF 0\r\n", "m-line"),
        (BASE + "m=audio 9 RTP/SAVPF " + " ".join(["0"] * 129), "m-line"),
        (BASE + AUDIO * 65, "m-lines"),
        (BASE + AUDIO + "a=mid:0\r\n" + AUDIO + "a=mid:0\r\n", "same mid"),
        (BASE + AUDIO + "a=mid:\r\n", "mid"),
        (BASE + AUDIO + "a=mid:" + "x" * 257, "mid"),
        (BASE + AUDIO + "a=rtpmap:128 opus/48000/2", "payload type"),
        (BASE + AUDIO + "a=rtpmap:111 /48000", "encoding name"),
        (BASE + AUDIO + "a=rtpmap:111 opus/4_8", "clock rate"),
        (BASE + AUDIO + "a=rtpmap:111 opus/48000/9999", "channel"),
        (BASE + AUDIO + "a=fmtp:x y=1", "payload type"),
        (BASE + AUDIO + "a=fmtp:111 größe=1", "ASCII"),
        (BASE + AUDIO + "a=rtcp-fb:300 nack", "payload type"),
        (BASE + AUDIO + "a=extmap:0x1 urn:x", "extension id"),
        (BASE + AUDIO + "a=extmap:1", "URI"),
        (BASE + AUDIO + "a=extmap:1/up urn:x", "direction"),
        (BASE + AUDIO + "a=ssrc:4294967296 cname:x", "SSRC"),
        (BASE + AUDIO + "a=ssrc-group:FID 1 x", "SSRC"),
        (BASE + AUDIO + "a=setup:maybe", "setup"),
        (BASE + AUDIO + "a=ice-ufrag:abc", "ice-ufrag"),
        (BASE + AUDIO + "a=ice-ufrag:ab:cd", "ice-ufrag"),
        (BASE + AUDIO + "a=ice-pwd:short", "ice-pwd"),
        (BASE + AUDIO + "a=fingerprint:sha-256 AA:BB", "fingerprint"),
        (BASE + AUDIO + "a=fingerprint:sha-256 " + ":".join(["GG"] * 32), "fingerprint"),
        (BASE + AUDIO + "a=candidate:1\r\n" * 129, "more than 128"),
        (BASE + AUDIO + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(129)), "more than 128"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        sdp.parse(text)


def test_caps_are_inclusive() -> None:
    assert len(sdp.parse(BASE + AUDIO * sdp.MAX_MEDIA).media) == sdp.MAX_MEDIA
    filler = "a=x\r\n"
    text = BASE + filler * ((sdp.MAX_BYTES - len(BASE)) // len(filler))
    text += "\n" * (sdp.MAX_BYTES - len(text))
    sdp.parse(text)
    for too_long in (text + "\n", text.encode() + b"\n"):
        with pytest.raises(TooLarge):
            sdp.parse(too_long)


def test_weak_hashes_are_not_taken_for_fingerprints() -> None:
    assert sdp.parse(BASE + AUDIO + "a=fingerprint:sha-1 " + ":".join(["AA"] * 20)).media[0].fingerprints == ()


def test_errors_never_repeat_the_peers_bytes() -> None:
    with pytest.raises(RemoteError) as caught:
        sdp.parse(BASE + AUDIO + "a=setup:<script>")
    assert "script" not in caught.value.detail
