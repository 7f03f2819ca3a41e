"""Everybody in one picture and one sound: places, levels, gaps, and what is left out when time runs away."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mediaserver.recorder.assembler import Timed
from mediaserver.recorder.clock import Publisher, TrackClock
from mediaserver.recorder.composer import FPS, HEIGHT, WIDTH, Composer
from mediaserver.recorder.frame import Frame
from mediaserver.recorder.grid import Canvas, Cell, cells, fit
from mediaserver.recorder.track import Track, TrackInfo
from mediaserver.recorder.voice import RATE, Limiter, Voice
from tests.support.coded import frames, loudness_db, opus_tone, pictures, sound


@pytest.mark.parametrize("count", range(1, 26))
def test_cells_are_equal_inside_the_picture_and_apart(count: int) -> None:
    places = cells(count, 1280, 720)
    assert len(places) == count and len({(cell.width, cell.height) for cell in places}) == 1
    taken = np.zeros((720, 1280), int)
    for cell in places:
        assert not (cell.x | cell.y | cell.width | cell.height) & 1 and cell.width > 0
        taken[cell.y : cell.y + cell.height, cell.x : cell.x + cell.width] += 1
    assert taken.max() == 1 and taken.sum() == sum(cell.width * cell.height for cell in places)


@pytest.mark.parametrize(("size", "place"), [
    ((1280, 720), Cell(100, 50, 640, 360)), ((640, 480), Cell(180, 50, 480, 360)), ((720, 1280), Cell(318, 50, 202, 360)),
    ((1, 2000), Cell(418, 50, 2, 360)),
])  # fmt: skip
def test_a_picture_keeps_its_shape(size: tuple[int, int], place: Cell) -> None:
    assert fit(*size, Cell(100, 50, 640, 360)) == place


def test_what_is_painted_is_where_it_should_be() -> None:
    canvas = Canvas(640, 360)
    red = av.VideoFrame.from_ndarray(np.full((90, 160, 3), (255, 0, 0), np.uint8), format="rgb24")
    canvas.paint(red, Cell(320, 0, 320, 180))
    seen = canvas.frame().to_ndarray(format="rgb24")
    assert seen[90, 480, 0] > 200 and seen[90, 480, 1] < 40
    assert seen[90, 160].max() < 20 and seen[270, 480].max() < 20
    canvas.clear()
    assert canvas.frame().to_ndarray(format="rgb24").max() < 20


def test_packets_a_moment_off_are_joined_and_others_are_placed() -> None:
    voice = Voice()
    one = np.ones((2, 960), np.float32)
    voice.put(1000, one)
    voice.put(1970, one)  # 10 samples late: the clock's rounding
    voice.put(9000, one)
    line = np.concatenate([part[0] if (part := voice.take(at, 960)) is not None else np.zeros(960) for at in range(0, 12000, 960)])
    assert np.flatnonzero(line).tolist() == [*range(1000, 2920), *range(9000, 9960)]


def test_what_a_ring_held_before_is_not_heard_again() -> None:
    voice = Voice()
    voice.put(0, np.ones((2, 960), np.float32))
    voice.put(8 * RATE + 480, np.full((2, 960), 2, np.float32))
    part = voice.take(8 * RATE, 960)
    assert part is not None and part[0, :480].max() == 0 and part[0, 480:].min() == 2


def test_the_sum_of_many_voices_stays_below_full_scale_and_single_ones_as_they_are() -> None:
    limiter = Limiter()
    wave = np.tile(np.sin(np.arange(960) * 0.1).astype(np.float32), (2, 1))
    assert np.array_equal(limiter.limit(wave * 0.9), wave * np.float32(0.9))
    for _ in range(5):
        assert np.abs(limiter.limit(wave * 7)).max() < 1
    for _ in range(120):
        last = limiter.limit(wave * 0.5)
    assert np.allclose(last, wave * 0.5, atol=1e-3)


class Stage:
    """A composer in virtual time."""

    def __init__(self, folder: Path, form: Any = "webm") -> None:
        self.now_us, self.folder = 0, folder
        self.reports: dict[str, Any] = {}
        self.composer = Composer(folder, form, None, lambda report: self.reports.update(report), 0, lambda: self.now_us)

    def track(self, identity: str, kind: str) -> Track:
        rate = RATE if kind == "audio" else 90000
        info = TrackInfo(1, 1, identity, identity, kind, 0, "opus" if kind == "audio" else "VP8", rate, 96, 0, 1, 0, 0)
        track = Track(info, TrackClock(Publisher(), rate, audio=kind == "audio"), 0, lambda gap: None)
        self.composer.begin(track)
        return track

    def sound(self, track: Track, hz: float, index: int) -> None:
        data = opus_tone(hz, 0.4)[10 + index % 10]
        self.composer.put(track, Timed(Frame(data, True, samples=960), 0, 0, False), self.now_us, self.now_us)

    def picture(self, track: Track, colour: tuple[int, int, int], index: int) -> None:
        data, key = pictures("VP8", (colour,) * 10)[index % 10]
        self.composer.put(track, Timed(Frame(data, key), 0, 0, False), self.now_us, self.now_us)

    def close(self) -> Path:
        self.composer.close()
        return self.folder / self.reports["name"]


def test_two_people_are_heard_and_seen_until_one_takes_consent_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    voices = [(stage.track("a", "audio"), 440.0), (stage.track("b", "audio"), 1000.0)]
    faces = [(stage.track("a", "video"), (200, 30, 30)), (stage.track("b", "video"), (30, 30, 200))]
    for index in range(150):
        stage.now_us = 1_000_000 + index * 20_000
        if index == 100:
            stage.composer.end(voices[1][0], pause=False)
            stage.composer.end(faces[1][0], pause=False)
        for track, hz in voices[: 2 if index < 100 else 1]:
            stage.sound(track, hz, index)
        for track, colour in faces[: 2 if index < 100 else 1]:
            stage.picture(track, colour, index)
        stage.composer.tick(stage.now_us)
    file = stage.close()
    line, start_s = sound(file)
    assert start_s == pytest.approx(1.0, abs=0.01) and len(line) / RATE == pytest.approx(3.0, abs=0.05)
    both, alone = line[RATE // 4 : 2 * RATE - RATE // 4], line[2 * RATE + RATE // 4 :]
    assert loudness_db(both, 440) > -20 and loudness_db(both, 1000) > -20
    assert loudness_db(alone, 440) > -20 and loudness_db(alone, 1000) < -55
    seen = frames(file)
    assert len(seen) == pytest.approx(3 * FPS, abs=2)
    # Side by side each fills half of the width, so a quarter of the picture is theirs; alone everything of this shape.
    early, late = seen[FPS][1], seen[-3][1]
    assert early[0] > 40 and early[2] > 40 and late[0] > 120 and late[2] < 40
    assert stage.reports["dropped_frames"] == 0 and stage.reports["open"] is False


def test_a_stretch_without_anybody_is_a_gap(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for begin_us in (0, 3_020_000):
        stage.now_us = begin_us
        voice, face = stage.track("a", "audio"), stage.track("a", "video")
        for index in range(50):
            stage.now_us = begin_us + index * 20_000
            stage.sound(voice, 440, index)
            stage.picture(face, (200, 30, 30), index)
            stage.composer.tick(stage.now_us)
        stage.now_us += 20_000
        stage.composer.end(voice, pause=True)
        stage.composer.end(face, pause=True)
        for _ in range(100):
            stage.now_us += 20_000
            stage.composer.tick(stage.now_us)
    file = stage.close()
    line, _ = sound(file)
    assert np.abs(line[int(1.1 * RATE) : int(2.95 * RATE)]).max() == 0 and np.abs(line[int(3.2 * RATE) :]).max() > 0.1
    assert not [at for at, _ in frames(file) if 1.05 < at < 2.98] and frames(file)[-1][0] > 3.8


def test_who_falls_behind_leaves_pictures_out_and_keeps_the_sound(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    voice, face = stage.track("a", "audio"), stage.track("a", "video")
    for index in range(100):
        stage.now_us = index * 20_000
        stage.sound(voice, 440, index)
        stage.picture(face, (200, 30, 30), index)
    # The machine was away for three seconds.
    stage.now_us += 3_000_000
    stage.composer.tick(stage.now_us)
    file = stage.close()
    assert stage.reports["dropped_frames"] > FPS // 2
    assert loudness_db(sound(file)[0][: 2 * RATE], 440) > -20
    kept = len(frames(file))
    assert kept > FPS and kept + stage.reports["dropped_frames"] == pytest.approx(5 * FPS, abs=2)


@pytest.mark.parametrize(("form", "codec"), [("mkv", "vp8"), ("mp4", "h264"), ("ogg", None)])
def test_every_container_can_be_composed_into(tmp_path: Path, form: Any, codec: str | None) -> None:
    stage = Stage(tmp_path, form)
    voice, face = stage.track("a", "audio"), stage.track("a", "video")
    for index in range(50):
        stage.now_us = index * 20_000
        stage.sound(voice, 440, index)
        stage.picture(face, (200, 30, 30), index)
    file = stage.close()
    assert loudness_db(sound(file)[0], 440) > -20
    with av.open(str(file)) as opened:
        assert [stream.codec_context.name for stream in opened.streams.video] == ([codec] if codec else [])
        assert all((stream.width, stream.height) == (WIDTH, HEIGHT) for stream in opened.streams.video)


def test_bytes_no_decoder_takes_are_passed_over(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    voice, face = stage.track("a", "audio"), stage.track("a", "video")
    for index in range(50):
        stage.now_us = index * 20_000
        stage.composer.put(voice, Timed(Frame(bytes([0xFF, 0xFF, index]), True, samples=960), 0, 0, False), stage.now_us, stage.now_us)
        stage.composer.put(face, Timed(Frame(bytes(range(index)), index == 0), 0, 0, False), stage.now_us, stage.now_us)
        stage.sound(voice, 440, index)
    stage.close()
