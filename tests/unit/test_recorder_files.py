"""Files of a recorder: every codec in every container that holds it, what a kill leaves, new segments, sealing, the manifest."""

import io
import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest

from mediaserver.errors import LocalError
from mediaserver.recorder import manifest
from mediaserver.recorder.assembler import Assembler
from mediaserver.recorder.clock import Publisher, TrackClock
from mediaserver.recorder.container import CODECS, FLUSH_MS, SORT_US, Container, Stream, holds
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.reorder import Packet
from mediaserver.recorder.room_recorder import folder_name
from mediaserver.recorder.segment import JOIN_US, Segments
from mediaserver.recorder.storage import create
from mediaserver.recorder.track import Track, TrackInfo
from mediaserver.recorder.vault import CHUNK_BYTES, Key, Sealer, decrypt
from tests.support import packetise
from tests.support.coded import HEIGHT, WIDTH, frames, opus_tone, pictures, sound

START_US = 5_000_000
COLOURS = ((200, 40, 40),) * 60
KEY = Key("2026", bytes(range(32)))
FORMS = {"VP8": packetise.vp8, "H264": packetise.h264}


@cache
def video(codec: str) -> list[Frame]:
    """Encoded pictures as the assembler gives them."""
    assembler, out, seq = Assembler(codec), [], 0
    for index, (data, key) in enumerate(pictures(codec, COLOURS)):
        payloads = {
            "VP8": lambda data=data: packetise.vp8(data),
            "VP9": lambda data=data, key=key: packetise.vp9([data], keyframe=key),
            "H264": lambda data=data: packetise.h264(data),
            "AV1": lambda data=data, key=key: packetise.av1(data, keyframe=key),
        }[codec]()
        for at, payload in enumerate(payloads):
            out += assembler.put(Packet(seq, 0, index * 3000, at == len(payloads) - 1, payload))
            seq += 1
    return [timed.frame for timed in out]


def audio(seconds: float = 2.0) -> list[Frame]:
    return [Frame(data, True, samples=960) for data in opus_tone(440, seconds)]


def fill(container: Container, codec: str, *, gap_us: int = 0) -> None:
    """Two seconds from START_US on; sound is stream 0, the picture stream 1; `gap_us` is left out after the first second."""
    pieces = [(0, frame, index * 20_000) for index, frame in enumerate(audio())]
    if codec:
        pieces += [(1, frame, index * 1_000_000 // 30) for index, frame in enumerate(video(codec))]
    for stream, frame, at in sorted(pieces, key=lambda piece: piece[2]):
        at += START_US + (gap_us if at >= 1_000_000 else 0)
        container.put(stream, frame, at, at)
        container.flush(at)


def opened(folder: Path, form: Any, codec: str, key: Key | None = None) -> tuple[Container, Path]:
    storage, name = create(folder, f"file.{form}", key)
    streams = [Stream("opus"), *([Stream(codec, WIDTH, HEIGHT, video(codec)[0].config)] if codec else [])]
    return Container(storage, form, streams), folder / name


CASES = [(form, codec) for form in CODECS for codec in ("", "VP8", "VP9", "H264", "AV1") if holds(form, codec or "opus")]


@pytest.mark.parametrize(("form", "codec"), CASES)
@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_a_file_plays_at_its_place_on_the_time_line(tmp_path: Path, form: Any, codec: str, killed: bool) -> None:
    container, path = opened(tmp_path, form, codec)
    fill(container, codec, gap_us=3_000_000)
    if killed:
        os.rename(path, path := tmp_path / "as it is")
    else:
        container.close()
    line, start_s = sound(path.read_bytes())
    assert abs(start_s - 5) < 0.02
    lost_us = SORT_US + (0 if form in ("webm", "mkv") else 2 * FLUSH_MS * 1000)
    least_s = 5 - lost_us / 1e6 - 0.1 if killed else 4.98
    assert len(line) / 48000 > least_s, "all but the last second"
    assert abs(line[48000 + 9600 : 4 * 48000 - 4800]).max() < 1e-3, "the gap is silent"
    assert abs(line[4 * 48000 + 4800 : 4 * 48000 + 9600]).max() > 0.1, "and as long as it was"
    if codec:
        seen = frames(path.read_bytes())
        assert abs(seen[0][0] - 5) < 0.002
        assert len(seen) == len(COLOURS) or (killed and len(seen) >= 30)
        assert all(at < 6.01 or at > 8.9 for at, _ in seen)
    if killed:
        container.close()


def test_what_one_stream_has_is_not_held_back_by_a_silent_one(tmp_path: Path) -> None:
    container, path = opened(tmp_path, "webm", "VP8")
    first = video("VP8")[0]
    container.put(1, first, START_US, START_US)
    for index, frame in enumerate(audio(4.0)):
        container.put(0, frame, START_US + index * 20_000, START_US + index * 20_000)
        container.flush(START_US + index * 20_000)
    line, _ = sound(path.read_bytes())
    assert len(line) / 48000 > 3.0
    container.close()


def test_times_that_stand_still_or_go_back_are_moved_on(tmp_path: Path) -> None:
    container, path = opened(tmp_path, "webm", "")
    for index, frame in enumerate(audio(1.0)):
        container.put(0, frame, START_US - (index % 3) * 20_000, index)
        container.flush(START_US + index * SORT_US)
    container.close()
    with av.open(str(path)) as file:
        times = [packet.pts for packet in file.demux(audio=0) if packet.pts is not None]
    assert len(times) == 50 and times == sorted(set(times))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 17])
def test_what_was_sealed_opens_again(size: int) -> None:
    plain, out = os.urandom(size), bytearray()
    sealer = Sealer(out.extend, KEY)
    sealer.write(plain[: size // 3])
    sealer.flush()
    sealer.write(plain[size // 3 :])
    sealer.close()
    target = io.BytesIO()
    assert decrypt(io.BytesIO(bytes(out)), target, {"other": bytes(32), KEY.id: KEY.secret}) is True
    assert target.getvalue() == plain
    assert size < 16 or plain[:16] not in bytes(out)


def sealed(plain: bytes, *, flush_every: int = 1000) -> bytes:
    out = bytearray()
    sealer = Sealer(out.extend, KEY)
    for at in range(0, len(plain), flush_every):
        sealer.write(plain[at : at + flush_every])
        sealer.flush()
    sealer.close()
    return bytes(out)


def test_a_sealed_file_that_is_cut_off_opens_up_to_its_last_whole_chunk() -> None:
    plain = os.urandom(5000)
    whole = sealed(plain)
    for size in range(len(whole)):
        target = io.BytesIO()
        if size < 9:
            with pytest.raises(LocalError):
                decrypt(io.BytesIO(whole[:size]), target, {KEY.id: KEY.secret})
            continue
        assert decrypt(io.BytesIO(whole[:size]), target, {KEY.id: KEY.secret}) is False
        got = target.getvalue()
        assert plain.startswith(got) and len(got) >= min(5000, (size - 40) // 1020 * 1000)


def test_a_sealed_file_that_was_changed_is_refused() -> None:
    whole = sealed(os.urandom(3000))
    for at in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[at] ^= 1
        target = io.BytesIO()
        try:
            complete = decrypt(io.BytesIO(bytes(changed)), target, {KEY.id: KEY.secret})
        except LocalError:
            continue
        assert not complete, "a changed length at the end may look like a cut, never like the whole"


def test_chunks_cannot_change_places_or_files() -> None:
    first, second = sealed(os.urandom(3000)), sealed(os.urandom(3000))
    head, chunk = 8 + 1 + len(KEY.id) + 16, 4 + 1000 + 16
    swapped = first[:head] + first[head + chunk : head + 2 * chunk] + first[head : head + chunk] + first[head + 2 * chunk :]
    foreign = first[:head] + second[head : head + chunk] + first[head + chunk :]
    for changed in (swapped, foreign):
        with pytest.raises(LocalError, match="changed"):
            decrypt(io.BytesIO(changed), io.BytesIO(), {KEY.id: KEY.secret})


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(LocalError, match="2026"):
        decrypt(io.BytesIO(sealed(b"x")), io.BytesIO(), {"2025": bytes(32)})


def test_a_sealed_recording_that_was_killed_plays(tmp_path: Path) -> None:
    container, path = opened(tmp_path, "webm", "VP8", KEY)
    fill(container, "VP8")
    target = io.BytesIO()
    assert decrypt(io.BytesIO(path.read_bytes()), target, {KEY.id: KEY.secret}) is False
    assert len(sound(target.getvalue())[0]) / 48000 > 1.0
    assert len(frames(target.getvalue())) >= 30
    container.close()
    target = io.BytesIO()
    assert decrypt(io.BytesIO(path.read_bytes()), target, {KEY.id: KEY.secret}) is True
    assert len(frames(target.getvalue())) == len(COLOURS)


# Segments.


def track(kind: str, codec: str, ordinal: int = 0) -> Track:
    rate = 48000 if kind == "audio" else 90000
    info = TrackInfo(1, 1, "p", "alice", kind, ordinal, codec, rate, 96, 0, 1, 0, 0)
    return Track(info, TrackClock(Publisher(), rate, audio=kind == "audio"), 0, lambda gap: None)


class Reports(dict[str, dict[str, Any]]):
    def __call__(self, report: dict[str, Any]) -> None:
        self[report["name"]] = dict(report)


def segments(folder: Path, form: Any = "webm") -> tuple[Segments, Reports]:
    reports = Reports()
    return Segments(folder, "000-alice", form, None, reports, "alice"), reports


def test_one_file_holds_sound_and_picture_whichever_comes_first(tmp_path: Path) -> None:
    made, reports = segments(tmp_path)
    heard, seen = track("audio", "opus"), track("video", "VP8")
    made.expect(heard)
    made.expect(seen)
    pictured = video("VP8")
    for index, frame in enumerate(audio(1.0)):
        made.put(heard, frame, index * 20_000, index * 20_000)
        if index >= 20 and index - 20 < len(pictured):
            made.put(seen, pictured[index - 20], index * 20_000, index * 20_000)
    made.close()
    [name] = reports
    assert sound(tmp_path / name)[1] < 0.01 and frames(tmp_path / name)[0][0] == pytest.approx(0.4, abs=0.002)
    assert reports[name]["open"] is False and reports[name]["bytes"] == (tmp_path / name).stat().st_size
    assert (reports[name]["start_us"], reports[name]["end_us"]) == (0, 1_000_000)


def test_a_camera_that_stays_dark_does_not_hold_the_sound_back(tmp_path: Path) -> None:
    made, reports = segments(tmp_path)
    heard, seen = track("audio", "opus"), track("video", "VP8")
    made.expect(heard)
    made.expect(seen)
    for index, frame in enumerate(audio(3.0)):
        made.put(heard, frame, index * 20_000, index * 20_000)
        made.tick(index * 20_000)
    assert len(reports) == 1
    # The picture comes after all: a segment with both, and no sound is missing between the two.
    for index, frame in enumerate(video("VP8")[:20]):
        made.put(seen, frame, 3_000_000 + index * 20_000, 3_000_000)
        made.put(heard, audio(3.0)[index], 3_000_000 + index * 20_000, 3_000_000)
    made.close()
    first, second = sorted(reports)
    assert len(sound(tmp_path / first)[0]) / 48000 == pytest.approx(3.0, abs=0.05)
    assert sound(tmp_path / second)[1] == pytest.approx(3.0, abs=0.02) and len(frames(tmp_path / second)) == 20


def test_other_parameter_sets_and_other_codecs_begin_a_new_file(tmp_path: Path) -> None:
    made, reports = segments(tmp_path)
    seen = track("video", "H264")
    made.expect(seen)
    for index, frame in enumerate(video("H264")[:10]):
        made.put(seen, frame, index * 33_000, 0)
    assembler = Assembler("H264")
    large = packetise.h264(pictures("H264", ((9, 9, 200),), size=(640, 480))[0][0])
    [timed] = [timed for seq, payload in enumerate(large) for timed in assembler.put(Packet(seq, 0, 0, seq == len(large) - 1, payload))]
    made.put(seen, timed.frame, 400_000, 0)
    made.drop(seen)
    other = track("video", "VP8")
    made.expect(other)
    for index, frame in enumerate(video("VP8")[:10]):
        made.put(other, frame, 500_000 + index * 33_000, 0)
    made.close()
    names = sorted(reports)
    # WebM has no H264: such a segment is Matroska, and says so.
    assert [name.rpartition(".")[2] for name in names] == ["mkv", "mkv", "webm"]
    assert [(reports[name]["streams"][0]["codec"], reports[name]["streams"][0]["width"]) for name in names] == [
        ("H264", WIDTH), ("H264", 640), ("VP8", WIDTH),
    ]  # fmt: skip
    assert [len(frames(tmp_path / name)) for name in names] == [10, 1, 10]


def test_a_segment_never_begins_in_the_midst_of_a_picture(tmp_path: Path) -> None:
    made, reports = segments(tmp_path)
    seen = track("video", "VP8")
    made.expect(seen)
    for frame in video("VP8")[1:10]:
        made.put(seen, frame, 0, 0)
    made.tick(JOIN_US * 2)
    made.close()
    assert not reports and not list(tmp_path.iterdir())


# The manifest.


def test_the_manifest_is_whole_at_any_time_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    book = manifest.Manifest("rec_1", "shop", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "webm", "participant", None)
    manifest.write(tmp_path, book.document())
    book.state, book.ended_us = "incomplete", 61_500_000
    book.consents.append({"identity": "alice", "granted_us": 500_000, "revoked_us": None})
    book.fault(1_000_000, "disk full")
    manifest.write(tmp_path, book.document())
    assert [path.name for path in tmp_path.iterdir()] == [manifest.MANIFEST]
    assert (tmp_path / manifest.MANIFEST).stat().st_mode & 0o777 == 0o600
    read = manifest.read(tmp_path)
    assert read == json.loads(json.dumps(book.document()))
    assert (read["started_at"], read["ended_at"]) == ("2026-01-02T03:04:05.000Z", "2026-01-02T03:05:06.500Z")
    assert read["consents"][0]["granted_at"] == "2026-01-02T03:04:05.500Z"
    assert read["faults"] == [{"at_us": 1_000_000, "at": "2026-01-02T03:04:06.000Z", "reason": "disk full"}]


def test_ids_sort_by_time() -> None:
    ids = [manifest.ulid(1_700_000_000 + second) for second in range(20)]
    assert ids == sorted(ids) and all(len(each) == 26 for each in ids) and len(set(ids)) == 20


@pytest.mark.parametrize("room", ["shop", "../../etc", "a/b", ".", "..", "Gespräch 1", "x" * 200, "a_b", "a b"])
def test_any_room_has_a_folder_of_its_own(room: str) -> None:
    name = folder_name(room)
    assert "/" not in name and not name.startswith(".") and len(name) < 100
    others = ["shop", "../../etc", "a/b", ".", "..", "Gespräch 1", "x" * 200, "a_b", "a b"]
    assert sum(folder_name(other) == name for other in others) == 1
