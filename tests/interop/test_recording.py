"""Recording with the real process: consent, pauses, kills, stops, full disks; publishers are plain sockets whose every packet is known."""

import asyncio
import io
import os
import signal
import sys
from pathlib import Path

import numpy as np

from mediaserver.recorder import RecordingChanged, State, manifest
from mediaserver.recorder.vault import decrypt
from tests.support.coded import frames, level_db, loudness_db, opus_tone, pictures, sound, vp8_payloads
from tests.support.live import until
from tests.support.recorded import BLUE, GREEN, RED, Show, files, pid, stage, up
from tests.support.speaker import Speaker

AV = (("audio", "opus"), ("video", "VP8"))


def is_green(colour: tuple[int, int, int]) -> bool:
    return colour[1] > max(colour[0], colour[2]) + 40


async def test_only_who_has_agreed_is_recorded_and_only_so_long(tmp_path: Path) -> None:
    async with stage(tmp_path) as (server, room):
        alice, bob = Speaker(server, room, "alice"), Speaker(server, room, "bob")
        await alice.publish(*AV)
        await bob.publish(*AV)
        shows = [Show(alice), Show(bob, tone_hz=1000, colour=GREEN)]
        recording = room.record()
        await up(recording)
        await asyncio.gather(*(show.play(0.5) for show in shows))
        assert server.workers[0].native.counters()["consumers"] == 0, "nobody has agreed, so nothing is sent anywhere"
        assert recording.totals["packets"] == 0
        recording.grant("alice")
        await asyncio.gather(*(show.play(2.0) for show in shows))
        recording.revoke("alice")
        stats = server.workers[0].native.counters
        await until(lambda: stats()["consumers"] == 0, "the consumers to be gone")
        received = recording.totals["packets"]
        await asyncio.gather(*(show.play(0.5) for show in shows))
        assert await recording.stop() is State.COMPLETE
        assert recording.totals["packets"] - received < 80, "what was under way in the recorder's own process, and no more"
        [file] = files(recording)
        line, start_s = sound(file)
        assert 0.8 < len(line) / 48000 < 2.1
        assert loudness_db(line, 440) > -25 and loudness_db(line, 1000) < -60
        assert not any(is_green(colour) for _, colour in frames(file))
        [consent] = manifest.read(recording.folder)["consents"]
        assert consent["identity"] == "alice" and 0 < consent["granted_us"] < consent["revoked_us"]
        assert consent["granted_us"] / 1e6 < start_s


async def test_nothing_of_a_pause_is_in_the_file_and_its_length_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as (server, room):
        alice = Speaker(server, room, "alice")
        await alice.publish(*AV)
        show = Show(alice)
        recording = room.record()
        await up(recording)
        recording.grant("alice")
        await show.play(2.0)
        # Card numbers are spoken from here on: another tone, another picture.
        recording.pause()
        assert recording.state is State.PAUSED
        show.tone_hz, show.colour = 3000, GREEN
        show.keyframe()
        await show.play(0.6)
        show.hold = True  # this much hangs in the publisher's network ...
        await show.play(0.6)
        recording.resume()
        show.tone_hz, show.colour = 440, BLUE
        show.keyframe()
        last = len(show.held)
        await show.play(0.5)
        show.release()  # ... and comes when recording has gone on for longer than any guard: repairs, and a queue that drains
        assert last > 30
        await show.play(2.0)
        assert await recording.stop() is State.COMPLETE, recording.faults
        [file] = files(recording)
        line, start_s = sound(file)
        for at in range(0, len(line) - 4800, 2400):
            window = line[at : at + 4800]
            # One packet of the tone would come to -30 dB; the edges of the other tone spread to -50.
            assert level_db(window, 3000) < -40, f"the gap is heard at {start_s + at / 48000:.2f} s"
        assert not any(is_green(colour) for _, colour in frames(file)), "the gap is seen"
        assert any(colour[2] > 120 for _, colour in frames(file)), "recording has gone on"
        quiet = np.flatnonzero(np.convolve(np.abs(line) > 0.01, np.ones(480), "same") > 0)
        steps = np.diff(quiet)
        assert 1.2 < steps.max() / 48000 < 2.0, "the gap is as long as it was"
        [pause] = recording.manifest["pauses"]
        gap_s = start_s + quiet[steps.argmax()] / 48000
        assert abs(gap_s - pause["from_us"] / 1e6) < 0.15
        assert pause["to_us"] / 1e6 - 0.05 < gap_s + steps.max() / 48000


async def test_a_killed_recorder_leaves_its_file_and_another_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as (server, room):
        alice = Speaker(server, room, "alice")
        await alice.publish(*AV)
        show = Show(alice)
        recording = room.record()
        await up(recording)
        recording.grant("alice")
        await show.play(2.0)
        first = pid(recording)
        os.kill(first, signal.SIGKILL)
        killed_us = recording._now_us() - recording._zero_us
        playing = asyncio.create_task(show.play(60.0))
        await until(lambda: len(recording.manifest["files"]) == 2, "a second segment", lambda: recording.manifest)
        before_us = show.media_us
        await until(lambda: show.media_us > before_us + 1_500_000, "some more")
        playing.cancel()
        assert recording.state is State.RECORDING and pid(recording) != first
        assert await recording.stop() is State.INCOMPLETE
        assert "killed by signal 9" in recording.faults[0]
        before, after = files(recording)
        line, start_s = sound(before)
        assert killed_us / 1e6 - (start_s + len(line) / 48000) < 1.0, "up to the last second"
        assert frames(before) and loudness_db(line, 440) > -25
        assert sound(after)[1] > killed_us / 1e6 and frames(after)
        assert manifest.read(recording.folder)["state"] == "incomplete"


async def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    limited = (sys.executable, "-c", (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (150000, 150000));"
        "runpy.run_module('mediaserver.recorder.process', run_name='__main__')"
    ))  # fmt: skip
    async with stage(tmp_path) as (server, room):
        server.recorder.command = limited
        alice, bob = Speaker(server, room, "alice"), Speaker(server, room, "bob")
        await alice.publish(*AV)
        await bob.publish()
        changes = []

        async def listen() -> None:
            async for change in recording.events():
                changes.append(change)

        show = Show(alice)
        recording = room.record()
        listening = asyncio.create_task(listen())
        await up(recording)
        recording.grant("alice")
        playing = asyncio.create_task(show.play(60.0))
        await until(lambda: recording.state is State.INCOMPLETE, "the disk to be full", lambda: recording.totals)
        assert recording.faults[0] == "file too large"
        await asyncio.wait_for(listening, 30)
        assert isinstance(changes[-1], RecordingChanged) and changes[-1].state is State.INCOMPLETE
        assert server.workers[0].native.counters()["drop_rtp_unauthentic"] == 0 and not room.closed
        playing.cancel()
        before = server.counters()[0]["packets_received_audio"]
        await show.play(1.0)
        await until(lambda: server.counters()[0]["packets_received_audio"] - before >= 50, "the call to go on")
        [file] = files(recording)
        assert file.stat().st_size <= 150000 and len(sound(file)[0]) > 24000 and frames(file)
        assert await recording.stop() is State.INCOMPLETE


async def test_a_stopped_recorder_holds_nobody_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as (server, room):
        alice = Speaker(server, room, "alice")
        await alice.publish(*AV)
        # Two recordings: the other one's process is a subscriber like any, and its file tells what went out.
        show, stopped, other = Show(alice), room.record(), room.record()
        await up(stopped)
        await up(other)
        for recording in (stopped, other):
            recording.grant("alice")
        await show.play(1.5)
        os.kill(pid(stopped), signal.SIGSTOP)
        playing = asyncio.create_task(show.play(60.0))
        await until(lambda: stopped.faults, "the server to notice")
        before_us = show.media_us
        await until(lambda: show.media_us > before_us + 500_000, "some more")
        playing.cancel()
        assert "silent" in stopped.faults[0]
        assert await other.stop() is State.COMPLETE
        assert other.totals["lost"] == 0
        line, _ = sound(files(other)[0])
        assert len(line) / 48000 > 5.5 and abs(line).reshape(-1)[: len(line) // 4800 * 4800].reshape(-1, 4800).max(axis=1).min() > 0.1
        assert await stopped.stop() is State.INCOMPLETE


async def test_the_recording_ends_with_its_room(tmp_path: Path) -> None:
    async with stage(tmp_path, recording_keys={"2026": "ab" * 32}) as (server, room):
        alice = Speaker(server, room, "alice")
        await alice.publish(*AV)
        recording = room.record(container="mkv", grouping="track")
        await up(recording)
        recording.grant("alice")
        await Show(alice).play(2.0)
        alice.leave()
        assert room.closed
        assert await recording.stop() is State.COMPLETE
        document = manifest.read(recording.folder)
        assert document["sealed_with"] == "2026"
        assert sorted(file["streams"][0]["kind"] for file in document["files"]) == ["audio", "video"]
        opened = {}
        for file in document["files"]:
            target = io.BytesIO()
            with (recording.folder / file["name"]).open("rb") as source:
                assert decrypt(source, target, {"2026": bytes.fromhex("ab" * 32)}) is True
            opened[file["streams"][0]["kind"]] = target.getvalue()
        assert loudness_db(sound(opened["audio"])[0], 440) > -25 and frames(opened["video"])
        assert not server.recorder.open


async def test_sound_and_picture_of_one_moment_are_together_in_every_file(tmp_path: Path) -> None:
    """A flash and a beep; the picture comes 150 ms later over the network, from a publisher whose clock is hours off."""
    async with stage(tmp_path) as (server, room):
        alice = Speaker(server, room, "alice", clock_ahead_us=7_200_000_000)
        await alice.publish(*AV)
        recording = room.record(composed=True)
        await up(recording)
        await until(lambda: all(feed.up for feed in recording._feeds), "both processes")
        recording.grant("alice")
        loop = asyncio.get_running_loop()
        start_s, late = loop.time(), 150_000
        silence, tone = opus_tone(0, 0.4), opus_tone(1000, 0.4)
        films = [pictures("VP8", (colour,) * 10) for colour in (RED, GREEN)]
        begins_us, shown = 2_660_000, 0  # the picture that follows, number 80, is a key frame
        for index in range(4 * 50):
            at = index * 20_000
            await asyncio.sleep(max(0.0, start_s + at / 1e6 - loop.time()))
            alice.send("audio", at, (tone if at >= begins_us else silence)[10 + index % 10])
            while (taken_us := shown * 1_000_000 // 30) + late <= at:
                payloads = vp8_payloads(films[taken_us >= begins_us][shown % 10][0])
                for place, payload in enumerate(payloads):
                    alice.send("video", taken_us, payload, marker=place == len(payloads) - 1)
                shown += 1
            if index % 25 == 0:
                alice.report("audio", at)
                alice.report("video", at)
        assert await recording.stop() is State.COMPLETE, recording.faults
        assert len(files(recording)) == 2
        for file in files(recording):
            line, sound_s = sound(file)
            beep_s = sound_s + np.flatnonzero(np.abs(line) > 0.05)[0] / 48000
            seen = frames(file)
            flash_s = next(at for at, colour in seen if is_green(colour))
            dark_s = next(at for at, colour in reversed(seen) if not is_green(colour))
            # What is seen 40 ms before the beep is dark, and 40 ms behind it is not: true of a composed file even where a busy machine made
            # it leave pictures out.
            assert flash_s > beep_s - 0.04 and dark_s < beep_s + 0.04, file.name
            assert "composed" in file.name or flash_s < beep_s + 0.04
