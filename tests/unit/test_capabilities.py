"""Which payload types are ours, which mean the same, and what is answered beside them."""

import pytest

from mediaserver.capabilities import Format, answer_fmtp, extensions_of, feedback_of, format_of, parameters_of, repairs_of
from mediaserver.sdp import Codec, Extension

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
ORIENTATION = "urn:3gpp:video-orientation"


@pytest.mark.parametrize(
    ("codec", "form"),
    [
        (Codec(111, "opus", 48000, 2), Format("opus")),
        (Codec(111, "OPUS", 48000, 2), Format("opus")),
        (Codec(111, "opus", 48000, 1), None),
        (Codec(111, "opus", 16000, 2), None),
        (Codec(63, "red", 48000, 2), None),
        (Codec(63, "multiopus", 48000, 6), None),
        (Codec(0, "PCMU", 8000), None),
        (Codec(96, "VP8", 90000), Format("VP8")),
        (Codec(96, "VP8", 48000), None),
        (Codec(98, "VP9", 90000), Format("VP9", 0)),
        (Codec(98, "VP9", 90000, fmtp="profile-id=2"), Format("VP9", 2)),
        (Codec(98, "VP9", 90000, fmtp="profile-id=9"), None),
        (Codec(98, "VP9", 90000, fmtp="profile-id=²"), None),
        (Codec(45, "AV1", 90000, fmtp="level-idx=5;profile=0;tier=0"), Format("AV1", 0)),
        (Codec(45, "AV1", 90000, fmtp="profile=1"), Format("AV1", 1)),
        (Codec(102, "H264", 90000), Format("H264", 0, 0)),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=42001f"), Format("H264", 0, 1)),
        (Codec(102, "h264", 90000, fmtp="profile-level-id=42E01F; packetization-mode=1"), Format("H264", 0, 1)),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=0;profile-level-id=4d001f"), Format("H264", 1, 0)),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=64001f"), Format("H264", 2, 1)),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=640c1f"), Format("H264", 2, 1)),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=1;profile-level-id=f4001f"), None),
        (Codec(102, "H264", 90000, fmtp="packetization-mode=2;profile-level-id=42e01f"), None),
        (Codec(102, "H264", 90000, fmtp="profile-level-id=zz"), None),
        (Codec(49, "H265", 90000, fmtp="profile-id=1"), None),
        (Codec(97, "rtx", 90000, fmtp="apt=96"), None),
    ],
)
def test_payload_types_are_recognised(codec: Codec, form: Format | None) -> None:
    assert format_of(codec) == form


@pytest.mark.parametrize(
    ("slot", "producer", "covers"),
    [
        (Format("VP8"), Format("VP8"), True),
        (Format("VP8"), Format("VP9"), False),
        (Format("VP9", 0), Format("VP9", 2), False),
        (Format("VP9", 2), Format("VP9", 0), False),
        (Format("H264", 1, 1), Format("H264", 0, 1), True),
        (Format("H264", 0, 1), Format("H264", 1, 1), False),
        (Format("H264", 0, 1), Format("H264", 0, 0), True),
        (Format("H264", 0, 0), Format("H264", 0, 1), False),
        (Format("H264", 2, 1), Format("VP8"), False),
    ],
)
def test_a_peer_takes_what_its_format_covers(slot: Format, producer: Format, covers: bool) -> None:
    assert slot.covers(producer) is covers


def test_rtx_is_found_by_apt() -> None:
    rtx = Codec(97, "rtx", 90000, fmtp="apt=96")
    repairs = repairs_of(
        [Codec(96, "VP8", 90000), rtx, Codec(99, "rtx", 90000, fmtp="rtx-time=1"), Codec(98, "RTX", 90000, fmtp="rtx-time=9;apt=96")]
    )
    assert repairs.get(96) is rtx


@pytest.mark.parametrize(
    ("offered", "kind", "answered"),
    [
        (
            ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli", "ccm tmmbr"),
            "video",
            ("transport-cc", "ccm fir", "nack", "nack pli"),
        ),
        (("goog-remb", "nack"), "video", ("goog-remb", "nack")),
        (("transport-cc", "nack", "goog-remb", "nack pli"), "audio", ("transport-cc", "nack")),
        ((), "video", ()),
    ],
)
def test_feedback_both_sides_can_do_is_answered(offered: tuple[str, ...], kind: str, answered: tuple[str, ...]) -> None:
    assert feedback_of(Codec(96, "VP8", 90000, feedback=offered), kind) == answered


def test_opus_is_asked_for_fec_and_keeps_its_own_parameters() -> None:
    offered = Codec(109, "opus", 48000, 2, "maxplaybackrate=48000;stereo=1;useinbandfec=0")
    assert parameters_of(answer_fmtp(offered)) == {"maxplaybackrate": "48000", "stereo": "1", "useinbandfec": "1", "minptime": "10"}
    assert answer_fmtp(Codec(98, "VP9", 90000, fmtp="profile-id=0")) == "profile-id=0"


@pytest.mark.parametrize(
    ("extensions", "kind", "receiving", "mixed", "names"),
    [
        ([Extension(1, MID), Extension(2, "urn:unknown")], "audio", True, False, {"mid"}),
        ([Extension(1, MID, "recvonly")], "audio", True, False, set()),
        ([Extension(1, MID, "recvonly")], "audio", False, False, {"mid"}),
        ([Extension(1, MID, "sendonly")], "audio", False, False, set()),
        ([Extension(1, MID, "inactive")], "audio", True, False, set()),
        ([Extension(0, MID)], "audio", True, True, set()),
        ([Extension(14, MID)], "audio", True, False, {"mid"}),
        ([Extension(15, MID)], "audio", True, True, set()),
        ([Extension(16, MID)], "audio", True, False, set()),
        ([Extension(16, MID)], "audio", True, True, {"mid"}),
        ([Extension(256, MID)], "audio", True, True, set()),
        ([Extension(1, RID)], "video", True, True, set()),
        ([Extension(1, ORIENTATION)], "video", True, True, {"video-orientation"}),
        ([Extension(1, ORIENTATION)], "audio", True, True, set()),
        ([Extension(1, ABS_SEND_TIME)], "video", True, True, {"abs-send-time"}),
        ([Extension(1, ABS_SEND_TIME), Extension(2, TRANSPORT_CC)], "video", True, True, {"transport-cc"}),
        ([Extension(1, ABS_SEND_TIME), Extension(2, TRANSPORT_CC)], "video", False, True, {"transport-cc", "abs-send-time"}),
    ],
)
def test_extensions_are_chosen(extensions: list[Extension], kind: str, receiving: bool, mixed: bool, names: set[str]) -> None:
    assert set(extensions_of(extensions, kind, receiving=receiving, mixed=mixed)) == names
