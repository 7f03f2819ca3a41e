"""What is played: files of several formats become the same sound; the melody and tones made here are what they say, without a click."""

import asyncio
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mediaserver import Clip, LocalError
from mediaserver.mixing.clips import LONGEST_S, RATE
from mediaserver.mixing.library import ClipLibrary
from mediaserver.mixing.shelf import ClipShelf
from tests.support.seeing import hear, tone


def samples(clip: Clip) -> NDArray[np.int16]:
    return np.frombuffer(clip.samples, "<i2")


def write(path: Path, sound: NDArray[np.int16], rate: int, codec: str) -> Path:
    """Mono sound as a file of whatever its suffix says."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(stream.format, "mono", rate, frame_size=stream.frame_size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate"), [("a.wav", "pcm_s16le", 48000), ("b.wav", "pcm_s16le", 8000), ("c.ogg", "libopus", 48000)]
)
def test_files_of_any_format_and_rate_sound_the_same(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    sound = tone(440 * RATE / rate, 0, rate)  # so many samples a period at that rate
    clip = Clip.read(write(tmp_path / name, sound, rate, codec))
    assert clip.name == name and abs(clip.duration_s - 1) < 0.1
    heard = hear(samples(clip)[:RATE])
    assert heard.is_tone(440) and abs(heard.rms - 0.4 / 2**0.5) < 0.03


def test_stereo_is_mixed_down(tmp_path: Path) -> None:
    left = tone(440, 0, RATE)
    with wave.open(str(tmp_path / "two.wav"), "wb") as file:
        file.setnchannels(2), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(np.stack([left, left], axis=1).tobytes())
    assert hear(samples(Clip.read(tmp_path / "two.wav"))).is_tone(440)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.wav", b"this is no sound"),
        ("empty.wav", b""),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:8,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile good.wav\n"),
    ],
)
def test_files_that_are_no_sound_are_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path / "good.wav", tone(440, 0, RATE), RATE, "pcm_s16le")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LocalError, match=f"Cannot play .*{name}"):
        Clip.read(tmp_path / name)


def test_what_is_too_long_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="Cannot play"):
        Clip.read(tmp_path / "missing.wav")
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setnchannels(1), file.setsampwidth(1), file.setframerate(1000)
        file.writeframes(bytes(1000 * LONGEST_S + 1000))
    with pytest.raises(LocalError, match=f"longer than {LONGEST_S} s"):
        Clip.read(tmp_path / "long.wav")


@pytest.mark.parametrize("raw", [b"", b"\0\0\0", bytes(2 * RATE * LONGEST_S + 2)])
def test_raw_samples_are_checked(raw: bytes) -> None:
    with pytest.raises(LocalError):
        Clip(raw)


def steepest(sound: NDArray[np.int16]) -> int:
    return int(np.abs(np.diff(sound.astype(np.int32))).max())


def test_the_melody_can_be_repeated_without_a_click_and_is_not_loud() -> None:
    clip = Clip.melody()
    assert clip is Clip.melody() and clip.duration_s == 8
    twice = np.concatenate([samples(clip)] * 2)
    assert np.abs(twice).max() < 0.25 * 32768 and 0.01 < hear(twice).rms < 0.1
    # The highest tone's own steepness, with its octave: more would be an edge.
    assert steepest(twice) < 0.22 * 32768 * 2 * np.pi * 660 * (0.8 + 0.4) / RATE
    seconds = samples(clip).reshape(8, RATE).astype(float)
    assert all(np.sqrt(np.mean(each**2)) > 300 for each in seconds), "no second of it is silent"


def test_tones_are_as_long_and_high_as_asked() -> None:
    ringing = Clip.tone(425, [(1, 4)])
    assert ringing.duration_s == 5 and hear(samples(ringing)[:RATE]).is_tone(425)
    assert not samples(ringing)[RATE:].any()
    both = samples(Clip.tone([697, 1209]))
    spectrum = np.abs(np.fft.rfft(both * np.hanning(len(both))))
    assert set(np.argsort(spectrum)[-2:]) == {697, 1209}
    assert steepest(np.concatenate([both, both])) < 0.2 * 32768 * 2 * np.pi * 1209 / RATE


@pytest.mark.parametrize(("hertz", "cadence"), [([], [(1, 0)]), (0, [(1, 0)]), (24000, [(1, 0)]), (440, [])])
def test_tones_that_cannot_be_are_refused(hertz: float | list[float], cadence: list[tuple[float, float]]) -> None:
    with pytest.raises(LocalError):
        Clip.tone(hertz, cadence)


async def test_a_file_is_decoded_once_while_it_is_in_use_and_anew_when_it_changes(tmp_path: Path) -> None:
    library, path = ClipLibrary(), write(tmp_path / "a.wav", tone(440, 0, RATE), RATE, "pcm_s16le")
    first, second = await asyncio.gather(library.read(path), library.read(path))
    assert first is second is await library.read(str(path))
    write(path, tone(660, 0, RATE // 2), RATE, "pcm_s16le")
    changed = await library.read(path)
    assert changed is not first and hear(samples(changed)).is_tone(660)
    with pytest.raises(LocalError, match="missing"):
        await library.read(tmp_path / "missing.wav")


async def test_hold_music_is_the_configured_file_else_the_melody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert await ClipLibrary().hold_music() is Clip.melody()
    path = write(tmp_path / "a.wav", tone(440, 0, RATE), RATE, "pcm_s16le")
    assert (await ClipLibrary(path).hold_music()).name == "a.wav"
    assert await ClipLibrary(tmp_path / "missing.wav").hold_music() is Clip.melody() and "missing.wav" in caplog.text


def test_a_clip_is_in_a_worker_once_as_long_as_anybody_plays_it() -> None:
    done: list[object] = []

    class Store:
        def clip_load(self, clip_id: int, samples: bytes) -> None:
            done.append((clip_id, samples))

        def clip_free(self, clip_id: int) -> None:
            done.append(clip_id)

    ids = iter(range(1, 9))
    shelf, one, other = ClipShelf(Store(), lambda: next(ids)), Clip(b"ab"), Clip(b"ab")
    assert [shelf.take(one), shelf.take(one), shelf.take(other)] == [1, 1, 2]
    shelf.give_back(one)
    assert done == [(1, b"ab"), (2, b"ab")]
    shelf.give_back(one)
    assert shelf.take(one) == 3 and done == [(1, b"ab"), (2, b"ab"), 1, (3, b"ab")]
