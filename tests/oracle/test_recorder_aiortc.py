"""Depacketisers against aiortc's packetisers: what its encoders send comes back bit for bit."""

from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

from mediaserver.recorder.assembler import Assembler
from mediaserver.recorder.reorder import Packet

FRAMES = 12


def picture(index: int) -> av.VideoFrame:
    packed = np.random.default_rng(index // 4).integers(0, 255, (240, 320, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(packed, format="rgb24")
    frame.pts, frame.time_base = index * 3000, Fraction(1, 90000)
    return frame


@pytest.mark.parametrize(("codec", "make", "decoder"), [("VP8", Vp8Encoder, "vp8"), ("H264", H264Encoder, "h264")])
def test_frames_of_aiortc_come_back(codec: str, make: type, decoder: str) -> None:
    encoder, assembler, seq, frames, whole = make(), Assembler(codec), 0, [], []
    for index in range(FRAMES):
        payloads, _ = encoder.encode(picture(index), force_keyframe=index == 6)
        for place, payload in enumerate(payloads):
            frames += assembler.put(Packet(seq, 0, index * 3000, place == len(payloads) - 1, payload))
            seq += 1
        whole.append(payloads)
    assert [timed.timestamp // 3000 for timed in frames] == list(range(FRAMES)) and max(map(len, whole)) > 3
    assert [timed.frame.keyframe for timed in frames] == [index in (0, 6) for index in range(FRAMES)]
    assert all((timed.frame.width, timed.frame.height) == (320, 240) for timed in frames if timed.frame.keyframe)
    context = av.CodecContext.create(decoder, "r")
    seen = [frame for each in [*[av.Packet(timed.frame.data) for timed in frames], None] for frame in context.decode(each)]
    assert len(seen) == FRAMES
    for index, frame in enumerate(seen):
        wanted, got = picture(index).to_ndarray(format="gray").astype(int), frame.to_ndarray(format="gray").astype(int)
        other = picture((index + 4) % FRAMES).to_ndarray(format="gray").astype(int)
        assert abs(wanted - got).mean() < abs(other - got).mean(), "the right picture, not just any"
