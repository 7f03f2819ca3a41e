"""Rooms on a fake worker: what the engine is told when people come, go, reload, fail."""

import asyncio

import pytest

from mediaserver import BadRequest, Forbidden, LocalError, MediaServer, Room, TooMany, Unavailable, Unprocessable
from mediaserver.events import BACKLOG_MAX, ParticipantJoined, ParticipantLeft, RoomClosed, TrackPublished, TrackUnpublished
from mediaserver.ice import Credentials
from mediaserver.participant import Publication, Subscription
from mediaserver.room import MAX_SUBSCRIPTIONS
from mediaserver.server import CONNECT_TIMEOUT_S
from tests.support.fake_worker import FakeWorker
from tests.support.serving import fake, fake_factory, offer, serving, settings

PUBLISH, SUBSCRIBE = offer("chromium-publish"), offer("chromium-subscribe")


def seen(server: MediaServer, subscription: Subscription) -> list[tuple[str, str] | None]:
    """What the engine forwards on each line of a subscription: (publisher, kind)."""
    worker = fake(server)
    tracks = {track.id: (track.identity, track.kind) for track in subscription.room.tracks.values()}
    return [tracks[worker.attached[slot.id]] if slot.id in worker.attached else None for slot in subscription.slots]


async def test_publication_opens_a_transport_with_a_producer_per_line() -> None:
    async with serving() as server:
        session, answer = server.room("shop").publish("alice", PUBLISH)
        worker = fake(server)
        assert list(worker.transports) == [session.transport.id]
        ice = worker.transports[session.transport.id]
        assert f"a=ice-ufrag:{ice['local_ufrag']}\r\n" in answer and f"a=ice-ufrag:{ice['remote_ufrag']}\r\n" in PUBLISH
        audio, video = worker.producers.values()
        keys = [(110, "telephone-event", 48000, 0), (126, "telephone-event", 8000, 0)]
        assert audio["codecs"] == [(111, "opus", 48000, 0), *keys] and video["codecs"] == [(96, "VP8", 90000, 97)]
        assert (audio["kind"], video["kind"]) == (1, 2) and (audio["mid"], video["mid"]) == ("0", "1")
        assert (audio["nack"], audio["pli"], video["nack"], video["pli"], video["fir"]) == (False, False, True, True, True)
        assert len(video["ssrcs"]) == 1 and all(video["ssrcs"][0])
        assert [(track.identity, track.kind) for track in session.tracks] == [("alice", "audio"), ("alice", "video")]


@pytest.mark.parametrize("publisher_first", [True, False])
async def test_subscriber_sees_who_published_before_and_who_comes_later(publisher_first: bool) -> None:
    async with serving() as server:
        room = server.room("shop")
        if publisher_first:
            room.publish("alice", PUBLISH)
        subscription, _ = room.subscribe("bob", SUBSCRIBE)
        if not publisher_first:
            assert seen(server, subscription) == [None, None]
            room.publish("alice", PUBLISH)
        assert seen(server, subscription) == [("alice", "audio"), ("alice", "video")]


async def test_nobody_sees_themselves() -> None:
    async with serving() as server:
        room = server.room("shop")
        room.publish("alice", PUBLISH)
        subscription, _ = room.subscribe("alice", SUBSCRIBE)
        assert seen(server, subscription) == [None, None]
        assert len(server.sessions) == 2 and list(room.participants) == ["alice"]


async def test_participant_narrows_a_subscription() -> None:
    async with serving() as server:
        room = server.room("shop")
        room.publish("alice", PUBLISH)
        subscription, _ = room.subscribe("bob", offer("chromium-subscribe-many"), participant="carol")
        assert seen(server, subscription) == [None] * 8
        room.publish("carol", PUBLISH)
        assert seen(server, subscription)[:2] == [("carol", "audio"), ("carol", "video")]
        assert seen(server, subscription)[2:] == [None] * 6


async def test_reload_moves_the_subscribers_over_without_a_gap() -> None:
    async with serving() as server:
        room, worker = server.room("shop"), fake(server)
        former, _ = room.publish("alice", PUBLISH)
        subscription, _ = room.subscribe("bob", SUBSCRIBE)
        worker.commands.clear()
        session, _ = room.publish("alice", PUBLISH)
        assert former.closed and former.id not in server.sessions
        assert [worker.attached[slot.id] for slot in subscription.slots] == [track.id for track in session.tracks]
        assert worker.named("consumer_detach") == []
        names = [command[0] for command in worker.commands]
        assert names.index("transport_close") > max(index for index, name in enumerate(names) if name == "consumer_attach")
        assert list(room.tracks) == [track.id for track in session.tracks]


async def test_track_that_goes_frees_its_slot_for_one_that_waits() -> None:
    async with serving() as server:
        room = server.room("shop")
        alice, _ = room.publish("alice", PUBLISH)
        room.publish("carol", PUBLISH)
        subscription, _ = room.subscribe("bob", SUBSCRIBE)
        assert seen(server, subscription) == [("alice", "audio"), ("alice", "video")]
        alice.close()
        assert seen(server, subscription) == [("carol", "audio"), ("carol", "video")]
        room.participants["carol"].close()
        assert seen(server, subscription) == [None, None]


async def test_producer_is_not_given_to_a_peer_that_lacks_its_codec() -> None:
    async with serving() as server:
        room = server.room("shop")
        room.publish("alice", PUBLISH, preferred=["AV1"])
        without = SUBSCRIBE.replace("AV1/90000", "XV1/90000")
        subscription, _ = room.subscribe("bob", without)
        assert seen(server, subscription) == [("alice", "audio"), None]
        subscription, _ = room.subscribe("carol", SUBSCRIBE)
        assert seen(server, subscription) == [("alice", "audio"), ("alice", "video")]


async def test_room_goes_with_its_last_participant() -> None:
    async with serving() as server:
        room = server.room("shop")
        session, _ = room.publish("alice", PUBLISH)
        viewer, _ = room.subscribe("bob", SUBSCRIBE)
        session.close()
        session.close()
        assert list(server.rooms) == ["shop"]
        viewer.close()
        assert room.closed and not server.rooms and not server.sessions and server.participant_count == 0
        worker = fake(server)
        assert not worker.transports and not server.workers[0].transports and not server.workers[0].media
        with pytest.raises(LocalError, match="closed"):
            room.publish("alice", PUBLISH)
        assert server.room("shop") is not room


@pytest.mark.parametrize("event", ["transport_lost"])
async def test_lost_peer_ends_its_session_alone(event: str) -> None:
    async with serving() as server:
        room = server.room("shop")
        alice, _ = room.publish("alice", PUBLISH)
        bob, _ = room.publish("bob", PUBLISH)
        fake(server).inject((event, alice.transport.id), (event, alice.transport.id), ("transport_connected", 999, "192.0.2.1", 9))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert alice.closed and not bob.closed and list(room.participants) == ["bob"]


async def test_failure_in_one_room_closes_that_room_only(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as server:
        broken, sound = server.room("broken"), server.room("sound")
        alice, _ = broken.publish("alice", PUBLISH)
        bob, _ = broken.subscribe("bob", SUBSCRIBE)
        carol, _ = sound.publish("carol", PUBLISH)
        events = server.events()
        server.workers[0].dispatch(("transport_connected", alice.transport.id))  # arguments are missing
        assert broken.closed and alice.closed and bob.closed and not carol.closed and list(server.rooms) == ["sound"]
        assert "transport_connected" in caplog.text
        closed = [event async for event in _until_closed(server, events)][-1]
        assert isinstance(closed, RoomClosed) and isinstance(closed.error, TypeError)


async def _until_closed(server: MediaServer, events):  # type: ignore[no-untyped-def]  # a test's helper
    events.close()
    async for event in events:
        yield event


@pytest.mark.parametrize("command", ["transport_open", "transport_extensions", "producer_open"])
async def test_session_that_cannot_be_opened_leaves_nothing_behind(command: str) -> None:
    async with serving() as server:
        fake(server).fail_next = command
        with pytest.raises(ValueError, match="told to fail"):
            server.room("shop").publish("alice", PUBLISH)
        assert not server.rooms and not server.sessions and server.participant_count == 0
        assert not server.workers[0].transports and not server.workers[0].media
        server.room("shop").publish("alice", PUBLISH)


async def test_refused_offer_leaves_no_room_behind() -> None:
    async with serving() as server:
        with pytest.raises(Unprocessable):
            server.room("shop").publish("alice", SUBSCRIBE)
        with pytest.raises(BadRequest):
            server.room("shop").subscribe("alice", "nonsense")
        assert not server.rooms


async def test_rooms_are_spread_over_the_workers() -> None:
    async with serving(workers=2, udp_port=41000) as server:
        assert [worker.port for worker in server.workers] == [41000, 41001]
        for name in ("one", "two", "three", "four"):
            _, answer = server.room(name).publish("alice", PUBLISH)
            assert f" {server.room(name).worker.port} typ host" in answer
        assert [worker.load for worker in server.workers] == [2, 2]
        assert server.room("one").worker is server.room("one").worker


async def test_events_tell_who_came_and_went() -> None:
    async with serving() as server:
        everywhere, elsewhere = server.events(), server.room("other").events()
        session, _ = server.room("shop").publish("alice", PUBLISH)
        audio, video = session.tracks
        session.close()
    told = [event async for event in everywhere]
    assert told == [
        ParticipantJoined("shop", "alice"),
        TrackPublished("shop", audio),
        TrackPublished("shop", video),
        TrackUnpublished("shop", audio),
        TrackUnpublished("shop", video),
        ParticipantLeft("shop", "alice"),
        RoomClosed("shop"),
        RoomClosed("other"),
    ]
    assert [event async for event in elsewhere] == [RoomClosed("other")]


async def test_slow_event_reader_is_told_and_dropped() -> None:
    async with serving() as server:
        events = server.events()
        for _ in range(BACKLOG_MAX + 1):
            server.hub.emit(RoomClosed("x"))
        assert not server.hub.streams
        with pytest.raises(LocalError, match="fell behind"):
            async for _ in events:
                pass


async def test_session_that_never_connects_is_closed() -> None:
    async with serving() as server:
        room = server.room("shop")
        early, _ = room.publish("alice", PUBLISH)
        late, _ = room.publish("bob", PUBLISH)
        late.opened_s = early.opened_s + 1
        server.close_overdue(early.opened_s + CONNECT_TIMEOUT_S - 0.1)
        assert not early.closed
        server.close_overdue(early.opened_s + CONNECT_TIMEOUT_S)
        assert early.closed and not late.closed
        late.on_established()
        server.close_overdue(late.opened_s + 2 * CONNECT_TIMEOUT_S)
        assert not late.closed


async def test_full_server_refuses_newcomers_but_lets_its_own_come_back() -> None:
    async with serving(max_participants=1) as server:
        room = server.room("shop")
        room.publish("alice", PUBLISH)
        with pytest.raises(Unavailable) as refused:
            server.room("other").publish("bob", PUBLISH)
        assert refused.value.headers["Retry-After"] and "other" not in server.rooms
        room.publish("alice", PUBLISH)


async def test_one_identity_cannot_pile_up_subscriptions() -> None:
    async with serving() as server:
        room = server.room("shop")
        for _ in range(MAX_SUBSCRIPTIONS):
            room.subscribe("bob", SUBSCRIBE)
        with pytest.raises(TooMany):
            room.subscribe("bob", SUBSCRIBE)


@pytest.mark.parametrize("name", ["", "x" * 257, "a\nb"])
async def test_names_are_bounded(name: str) -> None:
    async with serving() as server:
        with pytest.raises(BadRequest):
            server.room(name)
        with pytest.raises(BadRequest):
            server.room("shop").publish(name, PUBLISH)
        assert not server.rooms


async def test_ice_restart_changes_credentials_and_version() -> None:
    async with serving() as server:
        session, _ = server.room("shop").publish("alice", PUBLISH)
        before, etag = session.transport.local, session.etag
        ours = session.restart(Credentials("newufrag", "n" * 22))
        ice = fake(server).transports[session.transport.id]
        assert ours != before and session.etag != etag and session.transport.local == ours
        assert (ice["local_ufrag"], ice["remote_ufrag"]) == (ours.ufrag, "newufrag")


async def test_drain_waits_for_the_last_session_and_admits_nobody() -> None:
    server = MediaServer(settings(), worker_factory=fake_factory)
    with pytest.raises(LocalError, match="not running"):
        server.room("shop")
    await server.start()
    with pytest.raises(LocalError, match="running already"):
        await server.start()
    session, _ = server.room("shop").publish("alice", PUBLISH)
    worker = fake(server)
    stopping = asyncio.ensure_future(server.stop(drain_s=60))
    await asyncio.sleep(0)
    assert not server.ready and not stopping.done()
    with pytest.raises(Unavailable):
        server.room("shop").publish("bob", PUBLISH)
    session.close()
    await stopping
    assert not worker.running and not server.workers
    await server.stop()


async def test_drain_ends_at_its_deadline() -> None:
    server = MediaServer(settings(), worker_factory=fake_factory)
    await server.start()
    session, _ = server.room("shop").publish("alice", PUBLISH)
    await server.stop(drain_s=0.01)
    assert session.closed and not server.sessions


async def test_workers_that_cannot_all_start_leave_no_socket() -> None:
    made: list[FakeWorker] = []

    def factory(host: str, port: int) -> FakeWorker:
        if made:
            raise LocalError("port in use")
        made.append(FakeWorker(host, port))
        return made[-1]

    server = MediaServer(settings(workers=2), worker_factory=factory)  # type: ignore[arg-type]  # a fake
    with pytest.raises(LocalError, match="port in use"):
        await server.start()
    assert made[0].fileno() == -1 and not server.workers


async def test_statistics_are_answered_by_the_worker() -> None:
    async with serving() as server:
        session, _ = server.room("shop").publish("alice", PUBLISH)
        assert await server.stats(session) == {"transport": session.transport.id}
        assert isinstance(session, Publication) and server.counters() == [{"packets_received": 0}]


async def test_a_gate_refuses_whom_it_will_whatever_their_token_says_and_leaves_no_room_behind() -> None:
    async with serving() as server:
        asked: list[tuple[str, str]] = []

        def gate(room: Room, identity: str) -> None:
            asked.append((room.name, identity))
            if identity != "alice":
                raise Forbidden("Not in this call.", code="not_in_call")
            room.mute(identity)

        server.gate = gate
        with pytest.raises(Forbidden, match="Not in this call"):
            server.room("shop").publish("bob", PUBLISH)
        assert not server.rooms and not fake(server).transports
        server.room("shop").publish("alice", PUBLISH)
        with pytest.raises(Forbidden):
            server.room("shop").subscribe("bob", SUBSCRIBE)
        assert asked == [("shop", "bob"), ("shop", "alice"), ("shop", "bob")]
        assert server.room("shop").hears("carol", "alice") == 0, "prepared before the first packet"


@pytest.mark.parametrize("mixed", [False, True])
async def test_whoever_is_muted_is_not_heard_and_whoever_is_veiled_is_not_seen_by_anybody(mixed: bool) -> None:
    async with serving() as server:
        room = server.room("shop")
        room.publish("alice", PUBLISH)
        subscription, _ = room.subscribe("bob", SUBSCRIBE, mixed=mixed)

        def gets() -> set[str]:
            kinds = {kind for each in seen(server, subscription) if each is not None for _, kind in [each]}
            heard = any(source[0] == "producer" for source in fake(server).hears(subscription.slots[0].id)) if mixed else False
            return kinds | ({"audio"} if heard else set())

        assert gets() == {"audio", "video"}
        assert room.veil("alice") and not room.veil("alice")
        assert gets() == {"audio"}
        assert room.mute("alice") and gets() == set()
        room.publish("alice", PUBLISH)  # a reload does not undo it
        assert gets() == set()
        assert room.veil("alice", False) and room.mute("alice", False) and not room.mute("alice", False)
        assert gets() == {"audio", "video"}
