"""A made-up voice as Opus packets in RTP: what the playout tests play. Voiced syllables of changing pitch, pauses, in-band FEC."""

import struct
from functools import cache
from typing import Any

import numpy as np
import opuslib
import opuslib.api.encoder

RATE, FRAME = 48000, 960
OPUS, RED, COMFORT = 96, 97, 98
CTL_DTX, CTL_FEC, CTL_LOSS = 4016, 4012, 4014


@cache
def voice(seconds: float = 4.0, pauses: bool = True) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Harmonics of a gliding pitch (100 to 200 Hz); every second syllable of 300 ms is a pause."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(150 + 40 * np.sin(2 * np.pi * 0.7 * t)) / RATE
    sound = sum(np.sin(k * phase) / k**1.2 for k in range(1, 16))
    beat = (t * 1000 // 300).astype(int)
    envelope = np.sin(np.pi * (t * 1000 % 300) / 300) ** 0.5
    if pauses:
        envelope = envelope * (beat % 2 == 0)
    noise = np.random.default_rng(1).standard_normal(len(t)) * 1e-4
    return np.asarray(0.15 * sound * envelope + noise)


@cache
def packets(seconds: float = 4.0, fec: bool = True, dtx: bool = False, pauses: bool = True, frame: int = FRAME) -> tuple[bytes, ...]:
    """The voice as Opus packets of `frame` samples."""
    encoder = opuslib.Encoder(RATE, 1, "voip")
    for request, value in ((CTL_FEC, int(fec)), (CTL_LOSS, 20 if fec else 0), (CTL_DTX, int(dtx))):
        if opuslib.api.encoder.libopus_ctl(encoder.encoder_state, request, value) != 0:
            raise RuntimeError(f"Opus refuses {request}")
    sound = voice(seconds, pauses)
    pcm = np.clip(np.round(sound * 32767), -32768, 32767).astype("<i2")
    if dtx:
        pcm[len(pcm) // 4 : len(pcm) * 3 // 4] = 0
    return tuple(encoder.encode(pcm[at : at + frame].tobytes(), frame) for at in range(0, len(pcm) - frame + 1, frame))


@cache
def decoded(seconds: float = 4.0, frame: int = FRAME) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """What a decoder makes of all those packets."""
    decoder = opuslib.Decoder(RATE, 1)
    parts = [np.frombuffer(decoder.decode(packet, frame), "<i2") for packet in packets(seconds, frame=frame)]
    return np.concatenate(parts).astype(np.float32) / 32768


def rtp(number: int, payload: bytes, payload_type: int = OPUS, ssrc: int = 7, frame: int = FRAME, timestamp: int | None = None) -> bytes:
    """Packet `number` of a stream whose numbers and timestamps wrap early."""
    stamp = (2**32 - 20 * FRAME + number * frame if timestamp is None else timestamp) & 0xFFFFFFFF
    return struct.pack("!BBHII", 0x80, payload_type, (65530 + number) & 0xFFFF, stamp, ssrc) + payload


def red(blocks: list[tuple[int, bytes]]) -> bytes:
    """An RFC 2198 payload: (timestamp offset, Opus payload) each, the primary last with offset 0."""
    heads = b"".join(bytes([0x80 | OPUS]) + ((behind << 10) | len(block)).to_bytes(3, "big") for behind, block in blocks[:-1])
    return heads + bytes([OPUS]) + b"".join(block for _, block in blocks)
