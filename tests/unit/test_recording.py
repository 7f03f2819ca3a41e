"""The gate of a recording: whose tracks have a consumer when, on a server of fake workers and with a recorder that is only written down."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mediaserver import LocalError, MediaServer, MediaSettings
from mediaserver.recorder import Recording, State, manifest, recording
from mediaserver.recorder.link import Link
from tests.support.live import until
from tests.support.serving import fake, offer, serving

PUBLISHERS = ("chromium-publish", "firefox-publish", "aiortc-publish")


class FakeLink(Link):
    """A link whose process is the test. Consumers are attached at once, as if the process were ready at once."""

    made: list["FakeLink"]

    def start(self, command: Any = ()) -> None:
        self.made.append(self)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._open_transport()
        self._listener.on_up(self)

    def _tell(self, op: str, **fields: Any) -> None:
        self.told.append((op, fields))
        if op == "track":
            self._hear({"ev": "ready", "track": fields["id"]})

    async def finish(self) -> None:
        for consumer in tuple(self._consumers):
            self.close(consumer, pause=False)
        self.die(complete=True)

    def die(self, *, complete: bool = False, reason: str = "the recorder was killed by signal 9") -> None:
        self._close_transport()
        self._listener.on_ended(self, complete, reason)


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediaServer]:
    FakeLink.made = []
    monkeypatch.setattr(recording, "Link", FakeLink)
    monkeypatch.setattr(recording, "GUARD_S", 0.0)
    monkeypatch.setattr(recording, "RESTART_AFTER_S", 0.0)
    async with serving(data_dir=tmp_path) as running:
        yield running


def recorded(server: MediaServer) -> set[tuple[str, str]]:
    """(identity, kind) of every track that has a consumer towards a recorder."""
    worker = fake(server)
    ours = {link._transport for link in FakeLink.made}
    tracks = server.room("shop").tracks
    found = [consumer for consumer, what in worker.consumers.items() if what["transport"] in ours]
    assert all(consumer in worker.attached for consumer in found)
    return {(tracks[worker.attached[consumer]].identity, tracks[worker.attached[consumer]].kind) for consumer in found}


async def ready(server: MediaServer, **options: Any) -> Recording:
    made = server.room("shop").record(**options)
    await until(lambda: made.state is State.RECORDING, "the recorder to come up")
    return made


async def gate(server: MediaServer, expected: set[tuple[str, str]]) -> None:
    await until(lambda: recorded(server) == expected, f"consumers for {expected}", lambda: recorded(server))


BOTH = {("alice", "audio"), ("alice", "video")}


async def test_nobody_is_recorded_who_was_not_granted(server: MediaServer) -> None:
    room = server.room("shop")
    room.publish("alice", offer("chromium-publish"))
    made = await ready(server)
    room.publish("bob", offer("firefox-publish"))
    await asyncio.sleep(0)
    assert recorded(server) == set() and made.granted == frozenset()
    made.grant("carol")
    await asyncio.sleep(0.01)
    assert recorded(server) == set()
    made.grant("alice")
    await gate(server, BOTH)


async def test_tracks_that_come_later_are_recorded_and_those_that_go_are_let_go_first(server: MediaServer) -> None:
    room = server.room("shop")
    room.publish("bob", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await asyncio.sleep(0.01)
    first, _ = room.publish("alice", offer("chromium-publish"))
    assert recorded(server) == BOTH, "before publish returns"
    room.publish("alice", offer("firefox-publish"))  # a reload: the fake refuses to close a producer somebody is attached to
    assert recorded(server) == BOTH
    assert room.participants["alice"].publication is not first
    room.participants["alice"].close()
    assert recorded(server) == set()
    assert [entry["to_us"] is not None for entry in made.manifest["tracks"]] == [True] * 4


async def test_what_nobody_gets_is_not_recorded_either(server: MediaServer) -> None:
    room = server.room("shop")
    room.publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    room.mute("alice")
    assert {kind for _, kind in recorded(server)} == {"video"}
    room.veil("alice")
    assert recorded(server) == set()
    room.mute("alice", False)
    room.veil("alice", False)
    assert recorded(server) == BOTH


async def test_revoking_works_before_it_returns(server: MediaServer) -> None:
    server.room("shop").publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    made.revoke("alice")
    assert recorded(server) == set()
    assert [op for op, _ in FakeLink.made[0].told][-2:] == ["end", "end"]
    assert not any(fields["pause"] for op, fields in FakeLink.made[0].told if op == "end")


async def test_a_pause_closes_every_consumer_before_it_returns(server: MediaServer) -> None:
    room = server.room("shop")
    room.publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    made.pause()
    assert recorded(server) == set() and made.state is State.PAUSED
    room.publish("bob", offer("firefox-publish"))
    made.grant("bob")
    await asyncio.sleep(0.01)
    assert recorded(server) == set(), "what is granted in a pause waits for its end"
    made.resume()
    assert made.state is State.RECORDING
    await gate(server, BOTH | {("bob", "audio"), ("bob", "video")})
    assert all(fields["pause"] for op, fields in FakeLink.made[0].told if op == "end")
    [pause] = made.manifest["pauses"]
    assert 0 < pause["from_us"] < pause["to_us"]


async def test_nothing_is_taken_within_the_guard_time(server: MediaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "GUARD_S", 3600.0)
    room = server.room("shop")
    room.publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    made.follow()
    room.publish("bob", offer("firefox-publish"))
    assert recorded(server) == set()


async def test_the_process_is_told_before_when_nothing_counts(server: MediaServer) -> None:
    server.room("shop").publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    told = [fields for op, fields in FakeLink.made[0].told if op == "track"]
    assert {fields["not_before_us"] for fields in told} == {made._zero_us + made.manifest["consents"][0]["granted_us"]}
    assert len({fields["publisher"] for fields in told}) == 1 and len({fields["source"] for fields in told}) == 2


async def test_a_process_that_dies_is_replaced_and_a_full_disk_is_not(server: MediaServer) -> None:
    server.room("shop").publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    FakeLink.made[0].die()
    assert recorded(server) == set()
    await until(lambda: len(FakeLink.made) == 2, "another process")
    assert recorded(server) == BOTH and made.state is State.RECORDING
    assert FakeLink.made[1]._start["run"] == 1
    FakeLink.made[1].die(reason="disk full")
    assert await made.stop() is State.INCOMPLETE
    assert made.faults == ("the recorder was killed by signal 9", "disk full")
    assert len(FakeLink.made) == 2
    assert manifest.read(made.folder)["state"] == "incomplete"
    assert server.recorder.counters()["ended_incomplete"] == 1 and server.recorder.counters()["restarts"] == 1


async def test_what_dies_again_and_again_is_given_up(server: MediaServer) -> None:
    made = await ready(server)
    for attempt in range(recording.RESTARTS_MOST + 1):
        await until(lambda attempt=attempt: len(FakeLink.made) == attempt + 1, "another process")
        FakeLink.made[-1].die()
    assert await made.stop() is State.INCOMPLETE and len(FakeLink.made) == recording.RESTARTS_MOST + 1


async def test_an_ended_recording_says_so(server: MediaServer) -> None:
    made = await ready(server)
    assert await made.stop() is State.COMPLETE
    assert await made.stop() is State.COMPLETE
    for call in (made.pause, made.resume, lambda: made.grant("alice")):
        with pytest.raises(LocalError, match="has ended"):
            call()
    made.revoke("alice")


async def test_each_output_has_a_process_of_its_own(server: MediaServer) -> None:
    server.room("shop").publish("alice", offer("chromium-publish"))
    made = await ready(server, composed=True)
    made.grant("alice")
    await until(lambda: len(fake(server).attached) == 4, "two consumers for each track")
    assert [link._start["mode"] for link in FakeLink.made] == ["tracks", "composed"]
    made.pause()
    assert not fake(server).attached


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recordings").write_text("in the way")
    async with serving(data_dir=tmp_path) as running:
        made = running.room("shop").record()
        assert await made.stop() is State.INCOMPLETE
        assert "recordings" in made.faults[0]


async def test_consumers_are_those_the_gate_lets_through_whatever_happens(server: MediaServer) -> None:
    rng = random.Random(11)
    room = server.room("shop")
    room.publish("always", offer("chromium-publish"))  # keeps the room open
    made = await ready(server)
    people, granted, paused = ("alice", "bob", "carol"), set[str](), False
    for _ in range(150):
        who = rng.choice(people)
        match rng.choice(("publish", "leave", "grant", "revoke", "pause", "resume", "die")):
            case "publish":
                room.publish(who, offer(rng.choice(PUBLISHERS)))
            case "leave":
                if who in room.participants:
                    room.participants[who].close()
            case "grant":
                made.grant(who)
                granted.add(who)
            case "revoke":
                made.revoke(who)
                granted.discard(who)
            case "pause":
                made.pause()
                paused = True
            case "resume":
                made.resume()
                paused = False
            case "die":
                if made.restarts < recording.RESTARTS_MOST - 1 and made._feeds[0].up and rng.random() < 0.3:
                    FakeLink.made[-1].die()
        allowed = {(track.identity, track.kind) for track in room.tracks.values() if track.identity in granted and not paused}
        assert recorded(server) <= allowed, "at no moment more than allowed"
        await gate(server, allowed)
    assert await made.stop() in (State.COMPLETE, State.INCOMPLETE)
    assert recorded(server) == set()


@pytest.mark.parametrize("keys", ["2026:" + "ab" * 32, '{"2026": "' + "AB" * 32 + '"}'])
def test_recording_keys_are_read_like_api_keys(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_RECORDING_KEYS", keys)
    assert {name: secret.lower() for name, secret in MediaSettings().recording_keys.items()} == {"2026": "ab" * 32}


@pytest.mark.parametrize("keys", ["2026:short", "2026:" + "zz" * 32, ":" + "ab" * 32])
def test_weak_recording_keys_are_refused_and_not_shown(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRESEN_RECORDING_KEYS", keys)
    with pytest.raises(ValueError, match="64 hex digits") as raised:
        MediaSettings()
    assert keys.partition(":")[2] not in str(raised.value)


async def test_a_disk_that_is_too_slow_is_told_once_for_each_time_it_costs_packets(server: MediaServer) -> None:
    made = await ready(server)
    link = FakeLink.made[0]
    for dropped in (0, 5, 5, 9):
        link._hear({"ev": "beat", "dropped": dropped, "packets": 100, "lost": 0, "bytes": 1000})
    assert len(made.faults) == 2 and "too slow" in made.faults[0] and made.totals["dropped"] == 9
    assert server.recorder.counters()["dropped"] == 9 and b"tresen_recorder_packets_dropped_total 9.0" in server.metrics.render()[0]
    assert await made.stop() is State.INCOMPLETE


async def test_gaps_that_are_told_after_a_tracks_end_are_kept(server: MediaServer) -> None:
    server.room("shop").publish("alice", offer("chromium-publish"))
    made = await ready(server)
    made.grant("alice")
    await gate(server, BOTH)
    link = FakeLink.made[0]
    consumer = next(fields["id"] for op, fields in link.told if op == "track" and fields["kind"] == "audio")
    made.pause()
    link._hear({"ev": "gap", "track": consumer, "from_us": 1, "to_us": 2, "reason": "loss"})
    [entry] = [entry for entry in made.manifest["tracks"] if entry["kind"] == "audio"]
    assert entry["gaps"] == [{"from_us": 1, "to_us": 2, "reason": "loss"}]
