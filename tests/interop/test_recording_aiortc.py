"""Recording of real WebRTC publishers (aiortc over WHIP): sound and picture of each codec are in the file and together."""

from pathlib import Path

import pytest

from mediaserver.recorder import State
from tests.interop.aiortc_peer import Picture, Tone
from tests.interop.conftest import PeerMaker
from tests.support.coded import frames, loudness_db, sound
from tests.support.live import living, until
from tests.support.recorded import files, up

COLOUR = (200, 40, 40)


@pytest.mark.parametrize(("codec", "container", "suffix"), [("VP8", "webm", ".webm"), ("H264", "mp4", ".mp4")])
async def test_a_call_is_in_the_file_and_a_reload_too(tmp_path: Path, peer: PeerMaker, codec: str, container: str, suffix: str) -> None:
    async with living(data_dir=tmp_path) as live:
        room = live.server.room("shop")
        watcher = peer(live, "bob")
        await watcher.subscribe()  # keeps the room open over the reload
        recording = room.record(container=container)
        await up(recording)
        recording.grant("alice")
        for _ in range(2):
            alice = peer(live, "alice")
            await alice.publish(Picture(COLOUR), Tone(440), codec=codec)
            packets = recording.totals["packets"]
            await until(lambda packets=packets: recording.totals["packets"] > packets + 200, "packets", lambda: recording.totals)
            await alice.close()
            await until(lambda: "alice" not in room.participants, "alice to be gone")
        assert await recording.stop() is State.COMPLETE, recording.faults
        found = files(recording)
        assert len(found) == 2 and {file.suffix for file in found} == {suffix}
        for file in found:
            line, start_s = sound(file)
            assert loudness_db(line, 440) > -30
            seen = frames(file)
            assert len(seen) > 10 and abs(seen[0][0] - start_s) < 2.5
        entries = recording.manifest["tracks"]
        assert [(entry["kind"], entry["codec"]) for entry in entries if entry["kind"] == "video"] == [("video", codec)] * 2
