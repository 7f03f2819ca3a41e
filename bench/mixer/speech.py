"""What the participants of a mixed room send: real speech as a browser's Opus, and the two ways of being silent.

Speech is Debian's `alsa-utils` (a person naming loudspeakers), for each speaker other sentences at another pitch. `pack` gives the layout
that `Worker.loop_open` takes. Needs numpy; called by the clients' process alone.
"""

import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.mixer.opus import FRAME, RATE, encode

SOUNDS = Path("/usr/share/sounds/alsa")
SENTENCES = (
    ("Front_Center", "Front_Left", "Front_Right"),
    ("Rear_Center", "Rear_Left", "Rear_Right"),
    ("Side_Left", "Side_Right", "Front_Center"),
)
# Pitch of each speaker, so that one recorded person is three: a child, the person, somebody larger.
PITCHES = (1.0, 0.84, 1.19)
# As loud as a person near a microphone: -20 dB of full scale.
LOUDNESS = 0.1
# What noise suppression leaves of a quiet room: -80 dB.
ROOM_NOISE = 1e-4
SILENCE_S = 8
SETTLED = 10  # frames until the encoder's packets of silence have become all alike
FRAME_MS = 20
# RFC 6464: the V bit, and the level of silence.
VOICE, SILENT_LEVEL = 0x80, 127
# A packet of up to two bytes says only that silence goes on; a browser sends the first of them and no more until the next comfort noise.
DTX_BYTES = 2


class SpeechError(Exception):
    """The speech is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a loop: what it says, how loud (RFC 6464, with the V bit), and when the next is due."""

    payload: bytes
    wait_ms: int
    level: int
    marker: bool


def sentences(speaker: int) -> NDArray[np.float32]:
    """What this speaker says, 48 kHz mono, whole frames, at LOUDNESS."""
    parts = []
    for name in SENTENCES[speaker % len(SENTENCES)]:
        path = SOUNDS / f"{name}.wav"
        if not path.exists():
            raise SpeechError(f"no speech at {SOUNDS}: apt-get install alsa-utils")
        with wave.open(str(path)) as file:
            parts.append(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768)
    said = np.concatenate(parts)
    at = np.arange(0, len(said) - 1, PITCHES[speaker % len(PITCHES)])
    said = np.interp(at, np.arange(len(said)), said)
    said = said[: len(said) // FRAME * FRAME]
    loud: NDArray[np.float32] = (said * (LOUDNESS / np.sqrt(np.mean(said**2)))).astype(np.float32)
    return loud


def level_of(samples: NDArray[np.float32]) -> int:
    """RFC 6464 of one frame; what is louder than a quiet room counts as voice."""
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    level = SILENT_LEVEL if rms <= 0 else min(SILENT_LEVEL, max(0, round(-20 * np.log10(rms))))
    return level | (VOICE if rms > 10 * ROOM_NOISE else 0)


@cache
def speech(speaker: int) -> tuple[Packet, ...]:
    """50 packets a second, pauses included: browsers send without DTX unless asked."""
    said = sentences(speaker)
    frames = said.reshape(-1, FRAME)
    return tuple(
        Packet(payload, FRAME_MS, level_of(frame), False) for payload, frame in zip(encode(said.tobytes()), frames, strict=True)
    )


@cache
def comfort() -> tuple[Packet, ...]:
    """A silent participant under DTX: comfort noise about every 400 ms, nothing between."""
    sent: list[tuple[int, bytes]] = []
    asleep = False
    for number, payload in enumerate(encode(bytes(4 * RATE * SILENCE_S), dtx=True)):
        if len(payload) > DTX_BYTES or not asleep:
            sent.append((number, payload))
        asleep = len(payload) <= DTX_BYTES
    sent = sent[len(sent) // 4 :]  # the encoder takes a moment to believe in the silence
    out, waited = [], True
    for (number, payload), (later, _) in pairwise(sent):
        out.append(Packet(payload, (later - number) * FRAME_MS, SILENT_LEVEL, marker=waited))
        waited = later - number > 1
    return tuple(out)


@cache
def silence() -> tuple[Packet, ...]:
    """A silent participant without DTX: a microphone switched off in the page still sends 50 packets a second."""
    return tuple(Packet(payload, FRAME_MS, SILENT_LEVEL, False) for payload in encode(bytes(4 * RATE))[SETTLED:])


def pack(packets: Sequence[Packet]) -> bytes:
    """Records of native/engine/loop.pxd."""
    out = bytearray()
    for packet in packets:
        out += struct.pack("!HHBB", len(packet.payload), packet.wait_ms, packet.level, packet.marker) + packet.payload
    return bytes(out)


def unpack_capture(room: bytes | bytearray) -> list[tuple[int, bytes]]:
    """(RTP timestamp, payload) of what `Worker.capture_open` kept, in the order it came."""
    used = int.from_bytes(room[:8], "little")
    out, at = [], 8
    while at < used:
        size = int.from_bytes(room[at : at + 2], "big")
        out.append((int.from_bytes(room[at + 2 : at + 6], "big"), bytes(room[at + 6 : at + 6 + size])))
        at += 6 + size
    return out
