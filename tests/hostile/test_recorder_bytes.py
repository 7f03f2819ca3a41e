"""Whatever a publisher sends, its own files may suffer; the recorder's process, and the files of others, do not."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediaserver.recorder.assembler import CODECS
from mediaserver.recorder.clock import Publisher, TrackClock
from mediaserver.recorder.composer import Composer
from mediaserver.recorder.container import CODECS as CONTAINERS
from mediaserver.recorder.files import Files
from mediaserver.recorder.pump import Output
from mediaserver.recorder.track import Track, TrackInfo
from tests.engine_peers import rtp
from tests.support import packetise
from tests.support.coded import opus_tone, pictures, sound

COLOURS = ((200, 40, 40),) * 12
ROUNDS = 1500


def payloads(codec: str) -> list[list[bytes]]:
    """Frames as payloads."""
    if codec == "opus":
        return [[packet] for packet in opus_tone(440, 0.2)]
    made = []
    for data, key in pictures(codec, COLOURS, every=4):
        made.append({
            "VP8": lambda data=data: packetise.vp8(data),
            "VP9": lambda data=data, key=key: packetise.vp9([data], keyframe=key),
            "H264": lambda data=data: packetise.h264(data),
            "AV1": lambda data=data, key=key: packetise.av1(data, keyframe=key),
        }[codec]())  # fmt: skip
    return made


def track(number: int, identity: str, codec: str) -> Track:
    audio = codec == "opus"
    rate = 48000 if audio else 90000
    info = TrackInfo(number, number, identity, identity, "audio" if audio else "video", 0, codec, rate, 96, 0, number, 0, 0)
    return Track(info, TrackClock(Publisher(), rate, audio=audio), 0, lambda gap: None)


def storm(output: Output, codec: str, seed: str, now: list[int]) -> tuple[Track, int]:
    """Feeds one honest track of sound and one broken one of `codec`; how many packets the honest one sent."""
    rng = random.Random(seed)
    honest, broken = track(1, "honest", "opus"), track(2, "broken", codec)
    frames, tone = payloads(codec), opus_tone(440, 0.4)
    for each in (honest, broken):
        output.begin(each)
    seq = 1000
    for index in range(ROUNDS // 5):
        now[0] = index * 20_000
        honest.put((1, 5000 + index, now[0], 0, 0, 0, rtp(index, index * 960, 1, tone[10 + index % 10])))
        timestamp = rng.choice([index * 1800, index * 1800, index * 1800, rng.randrange(1 << 32)])
        for place, payload in enumerate(pieces := rng.choice(frames)):
            data = bytearray(payload)
            for _ in range(rng.choice([0, 0, 1, 3])):
                data[rng.randrange(len(data))] = rng.randrange(256)
            packet = bytearray(rtp(seq, timestamp, 2, bytes(data[: rng.choice([None, None, rng.randrange(len(data) + 1)])])))
            packet[1] |= 0x80 if place == len(pieces) - 1 else 0
            if rng.random() < 0.05:
                packet[0] = rng.randrange(256)
            seq += rng.choice([1, 1, 1, 1, 2, 50])
            report = rng.choice([0, rng.getrandbits(64)])
            size = rng.choice([None, None, None, rng.randrange(40)])
            broken.put((2, seq, now[0], report, rng.randrange(1 << 32), 0, bytes(packet[:size])))
        for each in (honest, broken):
            for timed, at_us in each.take(now[0]):
                output.put(each, timed, at_us, now[0])
            output.wants_keyframe(each)
        output.tick(now[0])
    for each in (honest, broken):
        for timed, at_us in each.take(now[0], flush=True):
            output.put(each, timed, at_us, now[0])
        output.end(each, pause=False)
    output.close()
    return broken, ROUNDS // 5


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("form", CONTAINERS)
def test_broken_media_breaks_its_own_files_alone(tmp_path: Path, form: Any, codec: str) -> None:
    reports: dict[str, Any] = {}
    now = [0]

    def note(report: dict[str, Any]) -> None:
        reports[report["name"]] = dict(report)

    files = Files(tmp_path, form, "participant", None, note, lambda reason: None, 0)
    storm(files, codec, f"{form} {codec}", now)
    assert len(list(tmp_path.iterdir())) == len(reports) < 400
    [honest] = [tmp_path / name for name, report in reports.items() if report["identity"] == "honest"]
    line, _ = sound(honest)
    assert len(line) / 48000 == pytest.approx(ROUNDS // 5 / 50, abs=0.1)


@pytest.mark.parametrize("codec", ["opus", "VP8", "H264"])
def test_broken_media_does_not_stop_a_composition(tmp_path: Path, codec: str) -> None:
    reports: dict[str, Any] = {}
    now = [0]
    composer = Composer(tmp_path, "ogg" if codec == "opus" else "webm", None, reports.update, 0, lambda: now[0])
    storm(composer, codec, codec, now)
    assert len(sound(tmp_path / reports["name"])[0]) / 48000 == pytest.approx(ROUNDS // 5 / 50, abs=0.2)


def test_a_process_whose_server_is_gone_completes_its_files_and_goes(tmp_path: Path) -> None:
    start = {
        "op": "start", "folder": str(tmp_path), "container": "webm", "grouping": "participant", "key": None, "mode": "tracks", "zero_us": 0,
        "run": 0, "nice": 1, "host": "127.0.0.1", "server_host": "127.0.0.1", "server_port": 9, "profile": 7, "send_key": "00" * 28,
        "receive_key": "11" * 28, "ufrag": "abcd", "password": "x" * 24, "remote_ufrag": "efgh", "remote_password": "y" * 24,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "mediaserver.recorder.process"], input=json.dumps(start).encode() + b"\n", capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["ev"] == "done"
