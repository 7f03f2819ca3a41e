"""A mixed room through a whole worker core in virtual time: people who hum one tone each, and what each of them gets.

Everybody is one peer: it publishes Opus and has one consumer. `run` goes on in time; what came is kept, read strictly, per peer.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import opuslib
from numpy.typing import NDArray

from tests.engine_peers import KIND_AUDIO, START_US, Core, Peer, Rtp, connected, nack, publish, read_rtp, rtp

__all__ = ["FRAME_US", "LEVEL_ID", "MIXER", "OPUS", "Caller", "MixedCall", "clip", "continuous"]

RATE, FRAME, FRAME_US = 48000, 960, 20_000
MIXER = 500
LEVEL_ID = 4
OPUS = [(111, "opus", 48000, 112), (110, "telephone-event", 48000, 0)]


def clip(frequency: float, milliseconds: int, amplitude: float = 0.3) -> bytes:
    """A tone as `clip_load` takes it."""
    time = np.arange(RATE * milliseconds // 1000) / RATE
    return (amplitude * 32767 * np.sin(2 * np.pi * frequency * time)).astype("<i2").tobytes()


def continuous(packets: list[Rtp], *, step: int = FRAME) -> bool:
    """One stream without a break: each number follows the one before, each timestamp is one frame further."""
    return all((b.seq - a.seq) & 0xFFFF == 1 and (b.timestamp - a.timestamp) & 0xFFFFFFFF == step for a, b in pairwise(packets))


@dataclass
class Caller:
    """One person. Producer id 1000 + n, consumer 2000 + n, voice 3000 + n, listener 4000 + n; SSRCs 10000 + n in, 20000 + n out."""

    number: int
    peer: Peer
    frequency: float
    amplitude: float = 0.2
    speaking: bool = True
    level: int | None = None
    seq: int = 100
    timestamp: int = 0
    samples: int = 0
    got: list[Rtp] = field(default_factory=list)
    repaired: list[Rtp] = field(default_factory=list)
    rtcp: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timestamp = self.number * 77777
        self.encoder = opuslib.Encoder(RATE, 1, opuslib.APPLICATION_AUDIO)
        self.encoder.bitrate = 64000

    @property
    def producer(self) -> int:
        return 1000 + self.number

    @property
    def consumer(self) -> int:
        return 2000 + self.number

    @property
    def voice(self) -> int:
        return 3000 + self.number

    @property
    def listener(self) -> int:
        return 4000 + self.number

    @property
    def ssrc(self) -> int:
        return 20000 + self.number

    def packet(self) -> bytes:
        time = np.arange(self.samples, self.samples + FRAME) / RATE
        sound = self.amplitude * np.sin(2 * np.pi * self.frequency * time) if self.speaking else np.zeros(FRAME)
        payload = self.encoder.encode_float(sound.astype(np.float32).tobytes(), FRAME)
        self.samples += FRAME
        self.seq += 1
        self.timestamp += FRAME
        level = self.level if self.level is not None else 15 if self.speaking else 127
        return rtp(self.seq, self.timestamp, 10000 + self.number, payload, payload_type=111, extensions={LEVEL_ID: bytes([level])})

    def sound(self, last: int = 50) -> NDArray[np.float32]:
        """The last packets decoded."""
        decoder = opuslib.Decoder(RATE, 1)
        return np.concatenate([np.frombuffer(decoder.decode_float(packet.payload, FRAME), np.float32) for packet in self.got[-last:]])

    def tones(self, frequencies: Iterable[float], last: int = 50) -> set[float]:
        """Which of these tones it hears now: 20 dB above what the loudest would leave by leakage."""
        sound = self.sound(last)[FRAME * 5 :]
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) / (len(sound) / 4)
        found = {f: max(spectrum[round(f * len(sound) / RATE) + at] for at in (-1, 0, 1)) for f in frequencies}
        return {f for f, amplitude in found.items() if amplitude > 0.02}


class MixedCall:
    """A core, a mixer, and `count` callers at tones 300, 500, 700 ... who all hear each other."""

    def __init__(self, count: int = 3, *, mixed: bool = True, rtx: bool = True, **options: object) -> None:
        self.core = Core()
        self.now_us = START_US
        self.events: list[tuple] = []
        self.silent: set[int] = set()
        self.callers = [self.call(number, rtx=rtx) for number in range(1, count + 1)]
        self.core.mixer_open(MIXER, **{"bitrate_bps": 64000, **options})
        if mixed:
            for caller in self.callers:
                self.join(caller)

    def call(self, number: int, *, rtx: bool = True) -> Caller:
        peer = connected(self.core, number, extensions={"audio-level": LEVEL_ID})
        caller = Caller(number, peer, 100.0 + 200 * number)
        publish(peer, caller.producer, 10000 + number, kind=KIND_AUDIO, codecs=OPUS)
        self.core.consumer_open(caller.consumer, peer.id, KIND_AUDIO, "0", caller.ssrc, 30000 + number if rtx else 0, OPUS)
        return caller

    def join(self, caller: Caller) -> None:
        self.core.voice_open(caller.voice, MIXER, producer_id=caller.producer)
        self.core.listener_open(caller.listener, MIXER, caller.consumer, own_voice_id=caller.voice)

    def take(self, sent: list[tuple[str, int, bytes]]) -> None:
        by_port = {caller.peer.port: caller for caller in self.callers}
        for _, port, data in sent:
            if data[0] < 128 or port not in by_port:
                continue
            caller = by_port[port]
            plain = caller.peer.unprotect(data)
            if 192 <= plain[1] <= 223:
                caller.rtcp.append(plain)
            elif (packet := read_rtp(plain)).ssrc == caller.ssrc:
                caller.got.append(packet)
            else:
                assert packet.ssrc == 30000 + caller.number
                caller.repaired.append(packet)

    def run(self, frames: int) -> None:
        """So many times 20 ms: everyone sends a packet, the mixing thread makes a tick."""
        self.core.turn_at(self.now_us)  # what was asked is in force for the first packet
        for _ in range(frames):
            for caller in self.callers:
                if caller.number not in self.silent:
                    self.take(caller.peer.send(caller.packet(), self.now_us))
            self.now_us += FRAME_US
            self.take(self.core.mix(self.now_us))
            self.events += self.core.events()

    def ask(self, caller: Caller, seqs: list[int]) -> list[tuple[int, bytes]]:
        """What comes for a NACK: (number, payload), by RTX."""
        caller.repaired.clear()
        self.take(caller.peer.send(nack(1, caller.ssrc, seqs), self.now_us))
        return [(struct.unpack("!H", packet.payload[:2])[0], packet.payload[2:]) for packet in caller.repaired]

    def clear(self) -> None:
        for caller in self.callers:
            caller.got.clear()
            caller.rtcp.clear()
        self.events.clear()

    def counters(self) -> dict[str, int]:
        return self.core.counters()

    def heard(self, *, last: int = 50) -> list[set[float]]:
        """Per caller, the tones of which callers it hears now."""
        tones = [caller.frequency for caller in self.callers]
        return [caller.tones(tones, last) for caller in self.callers]
