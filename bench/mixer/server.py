"""The mixers under test: `python -m bench.mixer.server direct|media`, driven over its standard input (`pipe`).

    direct     a bare engine worker with static keys; one connection a participant, as the AudioBridge has it; no control plane
    media      the whole media server over HTTP: WHIP up, WHEP ?audio=mixed down, two connections a participant

Requests: open, sample, close.
"""

import sys
from typing import Any

import uvloop

from bench.mixer.load import MixLoad, members
from bench.pipe import serve
from bench.scenarios import Load
from bench.server import HOST, WholeServer, pin
from bench.traffic import CODECS, EXTENSIONS, credentials, keys
from mediaserver.workers import MediaWorker
from native.engine.worker import KIND_AUDIO, Worker

# The server's SSRCs lie apart from the clients'.
FIRST_SSRC = 0x4000_0000


class Direct:
    """Opens everybody with the engine's own commands: a voice of what they send, a listener of what they hear."""

    def __init__(self) -> None:
        self._native = Worker(HOST, 0)
        self._worker = MediaWorker(self._native, 0)

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        pin(core)
        self._worker.start()
        wanted, native = MixLoad(**load), self._native
        for room in range(wanted.rooms):
            native.mixer_open(
                room + 1, bitrate_bps=wanted.bitrate_bps, complexity=wanted.complexity, expected_loss_percent=wanted.expected_loss_percent
            )
        for member in members(wanted):
            native.transport_open(member.up, **credentials(member.up)[0])
            native.transport_extensions(member.up, EXTENSIONS)
            profile, up, down = keys(Load(), member.up)
            native.transport_keys(member.up, profile, down, up)
            native.producer_open(member.source, member.up, KIND_AUDIO, "0", CODECS[KIND_AUDIO], ssrcs=[(member.ssrc, 0)])
            native.consumer_open(member.sink, member.up, KIND_AUDIO, "0", FIRST_SSRC + member.number, 0, CODECS[KIND_AUDIO])
            native.voice_open(member.source, member.room + 1, producer_id=member.source)
            native.listener_open(member.sink, member.room + 1, member.sink, own_voice_id=member.source)
        return {"kind": "direct", "port": native.port}

    async def do_sample(self) -> dict[str, int]:
        return self._native.counters()

    async def do_close(self) -> None:
        self._worker.stop()


class Media:
    """The media server behind its own HTTP interface."""

    _whole: WholeServer

    async def do_open(self, load: dict[str, Any], core: int | None = None) -> dict[str, Any]:
        wanted = MixLoad(**load)
        self._whole = WholeServer(
            audio_bitrate_bps=wanted.bitrate_bps, audio_complexity=wanted.complexity,
            audio_expected_loss_percent=wanted.expected_loss_percent,
        )  # fmt: skip
        return {"kind": "whip", **await self._whole.do_open(load, core)}

    async def do_sample(self) -> dict[str, int]:
        counters: dict[str, int] = (await self._whole.do_sample())["counters"]
        return counters

    async def do_close(self) -> None:
        await self._whole.do_close()


SUBJECTS = {"direct": Direct, "media": Media}


async def main(kind: str) -> None:
    await serve(SUBJECTS[kind]())


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
