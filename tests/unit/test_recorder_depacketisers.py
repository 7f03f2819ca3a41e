"""RTP payloads back to frames that decoders take: every codec, every form of its payload, losses, and any bytes."""

import random
from collections.abc import Callable

import av
import numpy as np
import pytest

from mediaserver.recorder import av1, h264, opus, vp8, vp9
from mediaserver.recorder.assembler import CODECS, Assembler, Timed
from mediaserver.recorder.reorder import Packet
from tests.support import packetise
from tests.support.coded import HEIGHT, WIDTH, opus_tone, pictures

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
COLOURS = (RED,) * 5 + (GREEN,) * 5 + (BLUE,) * 5
DECODERS = {"VP8": "vp8", "VP9": "vp9", "H264": "h264", "AV1": "libdav1d"}

Packetiser = Callable[[bytes, bool], list[bytes]]
FORMS: list[tuple[str, str, Packetiser]] = [
    ("VP8", "plain", lambda frame, key: packetise.vp8(frame)),
    ("VP8", "picture id", lambda frame, key: packetise.vp8(frame, picture_id=0x1234)),
    ("VP9", "not flexible", lambda frame, key: packetise.vp9([frame], keyframe=key)),
    ("VP9", "flexible", lambda frame, key: packetise.vp9([frame], keyframe=key, flexible=True)),
    ("H264", "units, STAP-A, FU-A", lambda frame, key: packetise.h264(frame)),
    ("AV1", "with sizes", lambda frame, key: packetise.av1(frame, keyframe=key)),
    ("AV1", "one element a packet", lambda frame, key: packetise.av1(frame, keyframe=key, counted=True)),
]


def packets(codec: str, form: Packetiser, *, every: int = 0) -> list[Packet]:
    made, seq = [], 100
    for index, (frame, key) in enumerate(pictures(codec, COLOURS, every=every)):
        payloads = form(frame, key)
        for at, payload in enumerate(payloads):
            made.append(Packet(seq, index * 33_333, index * 3000, at == len(payloads) - 1, payload))
            seq += 1
    return made


def assemble(assembler: Assembler, incoming: list[Packet]) -> list[Timed]:
    """What comes of packets; missing numbers are told as `Reorder` would."""
    out, following = [], None
    for packet in incoming:
        missed = packet.seq64 - following if following is not None else 0
        following = packet.seq64 + 1
        out += assembler.put(Packet(packet.seq64, packet.arrived_us, packet.timestamp, packet.marker, packet.payload, missed))
    return out


def decoded(codec: str, frames: list[Timed]) -> list[tuple[int, int, int]]:
    decoder = av.CodecContext.create(DECODERS[codec], "r")
    seen = []
    for each in [*[av.Packet(timed.frame.data) for timed in frames], None]:
        for frame in decoder.decode(each):
            assert (frame.width, frame.height) == (WIDTH, HEIGHT)
            seen.append(tuple(int(part) for part in frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(axis=0)))
    return seen


def near(colour: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return float(np.abs(np.subtract(colour, wanted)).max()) < 30


@pytest.mark.parametrize(("codec", "name", "form"), FORMS, ids=[f"{codec} {name}" for codec, name, _ in FORMS])
def test_frames_come_back_whole(codec: str, name: str, form: Packetiser) -> None:
    frames = assemble(Assembler(codec), packets(codec, form))
    assert len(frames) == len(COLOURS)
    first = frames[0].frame
    assert first.keyframe and (first.width, first.height) == (WIDTH, HEIGHT)
    assert not any(timed.frame.keyframe for timed in frames[1:])
    assert bool(first.config) == (codec in ("H264", "AV1"))
    seen = decoded(codec, frames)
    assert len(seen) == len(COLOURS) and all(near(*pair) for pair in zip(seen, COLOURS, strict=True))


@pytest.mark.parametrize(("codec", "name", "form"), FORMS, ids=[f"{codec} {name}" for codec, name, _ in FORMS])
def test_after_a_loss_video_goes_on_with_a_key_frame(codec: str, name: str, form: Packetiser) -> None:
    whole = packets(codec, form, every=5)
    keys = [index for index, (_, key) in enumerate(pictures(codec, COLOURS, every=5)) if key]
    for lost in range(len(whole)):
        spoilt = whole[lost].timestamp // 3000
        assembler = Assembler(codec)
        got = [timed.timestamp // 3000 for timed in assemble(assembler, whole[:lost] + whole[lost + 1 :])]
        following = next((key for key in keys if key > spoilt), len(COLOURS))
        assert got == [index for index in range(len(COLOURS)) if index < spoilt or index >= following], lost
        assert assembler.wants_keyframe == (following == len(COLOURS) and lost < len(whole) - 1)


def test_a_picture_of_several_layers_becomes_a_superframe() -> None:
    small, large = pictures("VP9", (RED,))[0][0], b"\x86" + bytes(700)
    frames = assemble(
        Assembler("VP9"),
        [Packet(index, 0, 0, False, payload) for index, payload in enumerate(packetise.vp9([small, large], keyframe=True))]
        + [Packet(99, 0, 3000, True, b"")],
    )
    assert frames == []  # 99 comes behind a hole: what was open is left out
    payloads = packetise.vp9([small, large], keyframe=True)
    [timed] = assemble(
        Assembler("VP9"), [Packet(index, 0, 0, index == len(payloads) - 1, payload) for index, payload in enumerate(payloads)]
    )
    mark, data = timed.frame.data[-1], timed.frame.data
    size_bytes = (mark >> 3 & 3) + 1
    assert mark >> 5 == 6 and mark & 7 == 1 and data[-2 - 2 * size_bytes] == mark
    index = data[-1 - 2 * size_bytes : -1]
    sizes = [int.from_bytes(index[at : at + size_bytes], "little") for at in (0, size_bytes)]
    assert sizes == [len(small), len(large)] and data[: sum(sizes)] == small + large


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (bytes([0x00]), 480), (bytes([0x18 | 1]), 5760), (bytes([0x60]), 480), (bytes([0x80]), 120), (bytes([0x98]), 960),
        (bytes([0x98 | 2, 5]), 1920), (bytes([0x98 | 3, 3]), 2880), (bytes([0x98 | 3]), 0), (bytes([0x18 | 3, 3]), 0), (b"", 0),
    ],
)  # fmt: skip
def test_an_opus_packet_says_how_long_it_sounds(packet: bytes, samples: int) -> None:
    assert opus.duration_samples(packet) == samples


def test_parameter_sets_that_come_once_serve_every_key_frame() -> None:
    frames = pictures("H264", COLOURS, every=5)
    assembler, got = Assembler("H264"), []
    seq = 0
    for index, (frame, _) in enumerate(frames):
        units = packetise.nal_units(frame)
        kept = [unit for unit in units if index == 0 or unit[0] & 31 not in (7, 8)]
        payloads = packetise.h264(b"".join(b"\0\0\1" + unit for unit in kept))
        for at, payload in enumerate(payloads):
            got += assembler.put(Packet(seq, 0, index * 3000, at == len(payloads) - 1, payload))
            seq += 1
    assert [timed.timestamp // 3000 for timed in got if timed.frame.keyframe] == [0, 5, 10]
    assert len({timed.frame.config for timed in got if timed.frame.keyframe}) == 1
    assert len(decoded("H264", got[5:])) == 10


def test_sound_goes_on_behind_a_loss_at_once() -> None:
    tone = opus_tone(440, 0.2)
    got = assemble(Assembler("opus"), [Packet(seq, 0, seq * 960, False, tone[seq]) for seq in range(10) if seq != 4])
    assert [timed.timestamp // 960 for timed in got] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert [timed.after_loss for timed in got] == [False] * 4 + [True] + [False] * 4
    assert all(timed.frame.samples == 960 for timed in got)


def test_padding_counts_as_a_number_and_as_nothing_else() -> None:
    whole = packets("VP8", FORMS[0][2])
    padding = Packet(0, 0, whole[0].timestamp, False, b"")
    padded = [Packet(at, p.arrived_us, p.timestamp, p.marker, p.payload) for at, p in enumerate([padding, whole[0], padding, *whole[1:]])]
    assert len(assemble(Assembler("VP8"), padded)) == len(COLOURS)


@pytest.mark.parametrize("codec", CODECS)
def test_any_bytes_are_taken(codec: str) -> None:
    rng = random.Random(codec)
    if codec == "opus":
        seeds = list(opus_tone(440, 0.2))
    else:
        seeds = [packet.payload for name, _, form in FORMS if name == codec for packet in packets(codec, form)]
    assembler, piece, frame = Assembler(codec), *CODECS[codec]
    for seq in range(4000):
        data = bytearray(rng.choice(seeds) if rng.random() < 0.8 else rng.randbytes(rng.randrange(60)))
        for _ in range(rng.randrange(4)):
            if data:
                data[rng.randrange(min(len(data), 40))] = rng.choice([0, 0xFF, 0x80, rng.randrange(256)])
        payload = bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.3 else data)
        one = piece(payload)
        if one is not None:
            frame([one])
        assembler.put(Packet(seq, 0, rng.randrange(3) * 3000, rng.random() < 0.3, payload, rng.choice([0, 0, 0, 2])))


def test_what_is_cut_off_anywhere_is_taken() -> None:
    for module, codec in ((vp8, "VP8"), (vp9, "VP9"), (h264, "H264"), (av1, "AV1")):
        payload = next(form for name, _, form in FORMS if name == codec)(*pictures(codec, COLOURS)[0])[0]
        for size in range(len(payload)):
            one = module.piece(payload[:size])
            assert one is None or module.frame([one]) is None or size > 0
