"""What is answered to the offers of real peers, and to offers nobody should make."""

import itertools
from collections.abc import Callable

import pytest

from mediaserver import sdp
from mediaserver.answer import Answer, Local, answer_publish, answer_subscribe
from mediaserver.capabilities import Format
from mediaserver.errors import Unprocessable
from mediaserver.ice import Credentials, candidates
from tests.support.serving import VECTORS, offer

LOCAL = Local(Credentials("ours", "p" * 24), ("sha-256", ":".join(["AB"] * 32)), candidates(["192.0.2.7", "2001:db8::7"], 7882), 42)


def publish(text: str, **options: list[str]) -> Answer:
    return answer_publish(sdp.parse(text), LOCAL, **options)


def subscribe(text: str) -> Answer:
    ssrcs = itertools.count(1000)
    return answer_subscribe(sdp.parse(text), LOCAL, lambda: next(ssrcs))


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.sdp")), ids=lambda path: path.stem)
def test_every_real_offer_is_answered_line_by_line(path) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    offered = sdp.parse(path.read_bytes())
    answer = (subscribe if "subscribe" in path.stem else publish)(path.read_text())
    lines = answer.description.media
    assert [(line.kind, line.mid, line.protocol) for line in lines] == [(line.kind, line.mid, line.protocol) for line in offered.media]
    assert answer.description.bundle == tuple(line.mid for line in lines if line.port) and answer.description.ice_lite
    wanted = "sendonly" if "subscribe" in path.stem else "recvonly"
    for line, theirs in zip(lines, offered.media, strict=True):
        if line.kind == "application":
            assert line.port == 0 and line.formats == theirs.formats
            continue
        assert (line.port, line.direction, line.setup, line.rtcp_mux) == (9, wanted, "passive", True)
        assert (line.ice_ufrag, line.fingerprints) == ("ours", (LOCAL.fingerprint,))
        assert set(line.formats) <= set(theirs.formats)
        ids = {extension.uri: extension.id for extension in theirs.extensions}
        assert all(ids[extension.uri] == extension.id for extension in line.extensions)
    assert all(line.candidates == LOCAL.candidates for line in lines if line.port)
    assert answer.remote.role == "server" and answer.remote.credentials.ufrag and answer.remote.fingerprints
    assert sdp.parse(sdp.write(answer.description)) == answer.description


@pytest.mark.parametrize(
    ("name", "audio", "video", "repaired"),
    [
        ("chromium-publish", (111, "opus", 48000, 0), (96, "VP8", 90000, 97), True),
        ("firefox-publish", (109, "opus", 48000, 0), (120, "VP8", 90000, 124), True),
        ("aiortc-publish", (96, "opus", 48000, 0), (97, "VP8", 90000, 98), True),
        ("gstreamer-publish", (102, "opus", 48000, 0), (96, "VP8", 90000, 97), True),
        ("obs-publish", (111, "opus", 48000, 0), (96, "H264", 90000, 0), False),
    ],
)
def test_publisher_gets_one_codec_a_line(name: str, audio: tuple[object, ...], video: tuple[object, ...], repaired: bool) -> None:
    answer = publish(offer(name))
    by_kind = {line.kind: line for line in answer.incoming}
    assert by_kind["audio"].codec == audio and by_kind["video"].codec == video
    ((_, rtx_ssrc),) = by_kind["video"].ssrcs
    assert bool(rtx_ssrc) is repaired
    opus = next(codec for line in answer.description.media for codec in line.codecs if codec.name.lower() == "opus")
    assert "useinbandfec=1" in opus.fmtp and "minptime=10" in opus.fmtp


@pytest.mark.parametrize(
    ("make", "name", "events"),
    [
        (publish, "chromium-publish", [(110, 48000), (126, 8000)]),
        (publish, "firefox-publish", [(101, 8000)]),
        (publish, "firefox-publish-trickle", [(101, 8000)]),
        (publish, "aiortc-publish", []),
        (subscribe, "chromium-subscribe", [(110, 48000), (126, 8000)]),
        (subscribe, "firefox-subscribe", [(101, 8000)]),
    ],
)
def test_keys_are_answered_behind_the_codec_as_offered(make: Callable[[str], Answer], name: str, events: list[tuple[int, int]]) -> None:
    answer = make(offer(name))
    lines = answer.incoming or answer.outgoing
    assert {line.kind: line.events for line in lines} == {
        "audio": tuple((payload_type, "telephone-event", rate, 0) for payload_type, rate in events),
        "video": (),
    }
    audio = next(line for line in answer.description.media if line.kind == "audio")
    assert [codec.payload_type for codec in audio.codecs][1:] == [payload_type for payload_type, _ in events]
    assert all(codec.fmtp == "0-15" for codec in audio.codecs[1:])


@pytest.mark.parametrize(
    ("preferred", "codec"),
    [
        (["AV1"], (45, "AV1", 90000, 46)),
        (["av1", "VP9"], (45, "AV1", 90000, 46)),
        (["H265", "VP9"], (98, "VP9", 90000, 99)),
        (["H264"], (102, "H264", 90000, 103)),
        ([], (96, "VP8", 90000, 97)),
    ],
)
def test_preferred_codec_is_chosen_where_offered(preferred: list[str], codec: tuple[object, ...]) -> None:
    assert publish(offer("chromium-publish"), preferred=preferred).incoming[1].codec == codec


def test_h264_of_mode_1_is_chosen_before_mode_0() -> None:
    text = offer("chromium-publish").replace("a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1", "a=fmtp:102 packetization-mode=0")
    assert publish(text, preferred=["H264"]).incoming[1].codec[0] == 108


def test_simulcast_is_answered_with_one_layer() -> None:
    for name in ("chromium-publish-simulcast", "firefox-publish-simulcast"):
        answer = publish(offer(name))
        text = sdp.write(answer.description)
        assert "simulcast" not in text and "a=rid" not in text and "stream-id" not in text
        assert len(answer.incoming[0].ssrcs) <= 1


def test_subscriber_line_takes_each_format_once() -> None:
    audio, video = subscribe(offer("chromium-subscribe")).outgoing
    assert audio.codecs == ((111, "opus", 48000, 0),) and audio.rtx_ssrc == 0 and not audio.nack
    by_payload_type = dict(zip([entry[0] for entry in video.codecs], video.formats, strict=True))
    assert by_payload_type == {
        96: Format("VP8"), 98: Format("VP9"), 100: Format("VP9", 2), 35: Format("VP9", 1), 37: Format("VP9", 3),
        102: Format("H264", 0, 1), 116: Format("H264", 1, 1), 45: Format("AV1"), 47: Format("AV1", 1),
    } and all(entry[3] for entry in video.codecs)  # fmt: skip
    assert (audio.ssrc, video.ssrc, video.rtx_ssrc, video.nack) == (1000, 1001, 1002, True)


def test_subscriber_lines_say_ssrcs_and_pair_up_in_streams() -> None:
    answer = subscribe(offer("firefox-subscribe-many"))
    assert [(line.kind, line.stream) for line in answer.outgoing] == [(kind, n) for n in range(4) for kind in ("audio", "video")]
    ssrcs = [ssrc for line in answer.description.media for ssrc in line.ssrcs]
    assert len(set(ssrcs)) == len(ssrcs) == 4 * 3
    video = answer.description.media[3]
    assert video.msid == "stream-1 video-1" and video.repair == (video.ssrcs,) and video.cname


@pytest.mark.parametrize(
    ("setup", "role", "answered"), [("actpass", "server", "passive"), ("active", "server", "passive"), ("passive", "client", "active")]
)
def test_we_are_dtls_server_wherever_the_peer_allows(setup: str, role: str, answered: str) -> None:
    answer = publish(offer("chromium-publish").replace("setup:actpass", f"setup:{setup}"))
    assert answer.remote.role == role and {line.setup for line in answer.description.media} == {answered}


@pytest.mark.parametrize("make", [publish, subscribe])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace("a=group:BUNDLE 0 1\r\n", ""), "no_bundle"),
        (lambda text: text.replace("a=rtcp-mux\r\n", "", 1), "no_rtcp_mux"),
        (lambda text: text.replace("s=-\r\n", "s=-\r\na=ice-lite\r\n"), "ice_lite"),
        (lambda text: text.replace("a=ice-ufrag", "a=ice-other"), "no_ice"),
        (lambda text: text.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1"), "no_fingerprint"),
        (lambda text: text.replace("setup:actpass", "setup:holdconn"), "holdconn"),
        (lambda text: text.replace("opus/", "x/").replace("/90000", "/1"), "no_media"),
        (lambda text: text.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "no_media"),
        (lambda text: text.replace("m=audio 9", "m=audio 0").replace("m=video 9", "m=video 0"), "no_media"),
        (lambda text: text.partition("m=")[0], "no_media"),
        (lambda text: text.replace("sendrecv", "inactive"), "no_media"),
    ],
)
def test_offer_whose_transport_cannot_work_is_refused(make: Callable[[str], Answer], change: Callable[[str], str], code: str) -> None:
    text = offer("chromium-publish-trickle").replace("sendonly", "sendrecv")
    assert make(text)
    with pytest.raises(Unprocessable) as refused:
        make(change(text))
    assert refused.value.code == code


def test_line_that_cannot_be_served_is_rejected_alone() -> None:
    text = offer("chromium-publish-trickle")
    answer = publish(text.replace("/90000", "/1"))
    assert [line.port for line in answer.description.media] == [9, 0] and answer.description.bundle == ("0",)
    answer = publish(text.replace("opus/", "x/"))
    assert [line.port for line in answer.description.media] == [0, 9] and answer.description.bundle == ("1",) and answer.mid == "1"
    assert answer.description.media[1].candidates == LOCAL.candidates


def test_line_outside_the_bundle_is_rejected() -> None:
    answer = publish(offer("chromium-publish-trickle").replace("BUNDLE 0 1", "BUNDLE 0"))
    assert [line.port for line in answer.description.media] == [9, 0]


def test_lines_of_the_other_direction_are_inactive() -> None:
    both = offer("chromium-publish-trickle").replace("sendonly", "recvonly", 1)
    answer = publish(both)
    assert [line.direction for line in answer.description.media] == ["inactive", "recvonly"] and len(answer.incoming) == 1
    answer = subscribe(both)
    assert [line.direction for line in answer.description.media] == ["sendonly", "inactive"] and len(answer.outgoing) == 1


def test_single_line_needs_no_bundle_and_no_mid() -> None:
    text = offer("chromium-publish-trickle")
    head, audio, _ = text.split("m=")
    answer = publish((head.replace("a=group:BUNDLE 0 1\r\n", "") + "m=" + audio).replace("a=mid:0\r\n", ""))
    assert answer.description.bundle == () and answer.incoming[0].mid == "" and "a=mid" not in sdp.write(answer.description)


def test_one_extension_id_has_one_meaning() -> None:
    text = offer("chromium-publish-trickle")
    video = text.index("m=video")
    swapped = text[:video] + text[video:].replace("a=extmap:4 ", "a=extmap:9 ").replace("a=extmap:13 ", "a=extmap:1 ")
    answer = publish(swapped)
    assert answer.extensions["mid"] == 4 and answer.extensions["audio-level"] == 1 and "video-orientation" not in answer.extensions
    assert {extension.id for extension in answer.description.media[1].extensions} == {3, 5}


def test_rtx_without_nack_is_not_answered() -> None:
    answer = publish(offer("chromium-publish").replace("a=rtcp-fb:96 nack\r\n", ""))
    assert answer.incoming[1].codec == (96, "VP8", 90000, 0) and answer.incoming[1].ssrcs[0][1] == 0
