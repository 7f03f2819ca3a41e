"""What is said over the networks: a minute of speech, its Opus packets, and what these decode to when nothing is lost.

From a folder (`speech.wav`, `decoded.wav`, `speech.opuspkts`, `manifest.json` with the segments' start and end in seconds), or made of
the people naming loudspeakers that Debian's `alsa-utils` brings: their words in another order in each segment, with pauses between, in
frames of 20 ms at 32 kb/s with in-band FEC for an expected loss of 10 % (RFC 6716 section 2.1.7).
"""

import json
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opuslib
from numpy.typing import NDArray
from opuslib.api.ctl import set_inband_fec
from opuslib.api.encoder import encoder_ctl

from bench.jitter.arrivals import FRAME_SAMPLES, RATE
from bench.jitter.resample import decimate

SOUNDS = Path("/usr/share/sounds/alsa")
SPOKEN = ("Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right")
SEGMENTS, WORDS = 7, 5  # segments of about 9 s: PESQ judges utterances of 8 to 12 s (ITU-T P.862.3)
LEVEL = 10 ** (-24 / 20)  # of the spoken parts, a person near a microphone
ROOM = 10 ** (-78 / 20)  # noise between them: digital silence is found in no call
BITRATE, COMPLEXITY, EXPECTED_LOSS = 32_000, 9, 10
ROOM_BYTES = 1500

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Speech:
    """Samples at 48 kHz mono; `segments` are (start_s, end_s). `said8`/`said16` and `heard8` are the same at 8 and 16 kHz."""

    said: Samples
    heard: Samples  # decoded without loss: the ideal receiver's output
    packets: list[bytes]
    segments: list[tuple[float, float]]
    said16: Samples
    heard8: Samples

    @property
    def seconds(self) -> float:
        return len(self.packets) * FRAME_SAMPLES / RATE


def make(said: Samples, heard: Samples, packets: list[bytes], segments: list[tuple[float, float]]) -> Speech:
    return Speech(said, heard, packets, segments, decimate(said, 3), decimate(heard, 6))


def read_wav(path: Path) -> Samples:
    """A mono WAV of 16 bits at 48 kHz. ValueError: it is another."""
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
            raise ValueError(f"{path} is not mono, 16 bits, 48 kHz")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def from_folder(folder: Path) -> Speech:
    """Speech somebody prepared. Packets are `<u16 length><Opus packet>` each, little-endian."""
    data, packets, at = (folder / "speech.opuspkts").read_bytes(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "little")
        packets.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    listed = json.loads((folder / "manifest.json").read_text())["segments"]
    segments = [(float(each["start"]), float(each["end"])) for each in listed]
    return make(read_wav(folder / "speech.wav"), read_wav(folder / "decoded.wav"), packets, segments)


def recorded(sounds: Path = SOUNDS) -> Speech:
    """The benchmark's own speech, always the same. FileNotFoundError: the package with the words is missing."""
    missing = [name for name in SPOKEN if not (sounds / f"{name}.wav").exists()]
    if missing:
        raise FileNotFoundError(f"no speech at {sounds}; on Debian and Ubuntu: apt-get install alsa-utils")
    words = [loud(read_wav(sounds / f"{name}.wav")) for name in SPOKEN]
    said, segments = arrange(words)
    packets = encode(said)
    return make(said, decode(packets), packets, segments)


def loud(word: Samples) -> Samples:
    """At the level of a person near a microphone, measured where there is voice."""
    loudness = np.sqrt(np.convolve(word**2, np.full(960, 1 / 960), "same"))
    voiced = loudness > 0.03 * loudness.max()
    return (word * (LEVEL / np.sqrt(np.mean(word[voiced] ** 2)))).clip(-0.95, 0.95).astype(np.float32)


def arrange(words: list[Samples]) -> tuple[Samples, list[tuple[float, float]]]:
    """Segments of words in ever new order with pauses of 0.1 to 0.5 s; whole frames."""
    chance = np.random.default_rng(1)

    def pause(seconds: float) -> Samples:
        return (chance.standard_normal(int(seconds * RATE)) * ROOM).astype(np.float32)

    parts, segments = [pause(0.5)], []
    for _ in range(SEGMENTS):
        start = sum(map(len, parts)) / RATE
        for word in chance.permutation(len(words))[:WORDS]:
            parts += [words[word], pause(chance.uniform(0.1, 0.5))]
        segments.append((start, sum(map(len, parts)) / RATE))
    parts.append(pause(1.0))
    whole = np.concatenate(parts)
    rounded = np.round(np.concatenate([whole, np.zeros(-len(whole) % FRAME_SAMPLES)]) * 32767) / 32768
    return rounded.astype(np.float32), segments


def encode(said: Samples) -> list[bytes]:
    encoder = opuslib.Encoder(RATE, 1, opuslib.APPLICATION_VOIP)
    encoder.bitrate, encoder.complexity, encoder.vbr = BITRATE, COMPLEXITY, 1
    encoder.packet_loss_perc = EXPECTED_LOSS
    encoder_ctl(encoder.encoder_state, set_inband_fec, 1)  # opuslib 3.0's own property forgets the value
    pcm = np.round(said * 32768).clip(-32768, 32767).astype("<i2")
    return [encoder.encode(pcm[at : at + FRAME_SAMPLES].tobytes(), FRAME_SAMPLES) for at in range(0, len(pcm), FRAME_SAMPLES)]


def decode(packets: list[bytes]) -> Samples:
    decoder = opuslib.Decoder(RATE, 1)
    pcm = b"".join(decoder.decode(each, FRAME_SAMPLES) for each in packets)
    return np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
