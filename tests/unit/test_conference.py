"""A running call on a fake worker: who hears whom, mixed and forwarded, through each of the room's calls; what is played, pressed, told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver import Clip, LocalError, MediaServer, Room
from mediaserver.events import (
    AsideEnded,
    AsideStarted,
    DtmfReceived,
    Event,
    ParticipantHeld,
    ParticipantResumed,
    SpeakingChanged,
    SupervisionChanged,
)
from mediaserver.mixing import matrix
from mediaserver.mixing.options import AudioOptions, VoiceOptions
from mediaserver.participant import Subscription
from tests.support.fake_worker import FakeWorker
from tests.support.live import until
from tests.support.serving import fake, offer, serving

PUBLISH, SUBSCRIBE, MANY = offer("chromium-publish"), offer("chromium-subscribe"), offer("chromium-subscribe-many")
MUSIC, NOTICE = Clip(b"mu"), Clip(b"no")


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    async with serving() as running:
        yield running


@pytest.fixture
def room(server: MediaServer) -> Room:
    return server.room("shop")


@pytest.fixture
def worker(server: MediaServer) -> FakeWorker:
    return fake(server)


def join(room: Room, *identities: str, mixed: bool | None = True, text: str = MANY) -> list[Subscription]:
    """They publish sound and picture, subscribe, and are connected."""
    for identity in identities:
        room.publish(identity, PUBLISH)
    subscriptions = [room.subscribe(identity, text, mixed=mixed)[0] for identity in identities]
    for each in subscriptions:
        each.on_established()
    return subscriptions


def sound(worker: FakeWorker, subscription: Subscription) -> dict[str, float]:
    """What comes in a subscription by name: identities, and clips as their bytes; forwarded or mixed."""
    slot, tracks = subscription.audio_slot, subscription.room.tracks
    assert slot is not None
    mixed = {
        tracks[number].identity if of == "producer" else worker.clips[number].decode(): gain
        for (of, number), gain in worker.hears(slot.id).items()
    }
    forwarded = forwards(worker, subscription, "audio")
    assert not (mixed and forwarded)
    return mixed or dict.fromkeys(forwarded, 1.0)


def forwards(worker: FakeWorker, subscription: Subscription, kind: str) -> set[str]:
    """Whose tracks of a kind are forwarded in a subscription."""
    slots = [each for each in subscription.slots if each.kind == kind and each.id in worker.attached]
    return {subscription.room.tracks[worker.attached[each.id]].identity for each in slots}


def picture(worker: FakeWorker, subscription: Subscription) -> set[str]:
    """Whose video is forwarded in a subscription."""
    return forwards(worker, subscription, "video")


def everything(worker: FakeWorker, subscriptions: list[Subscription]) -> dict[str, str]:
    """Listener -> the initials of those they hear; the picture must say the same."""
    found = {}
    for each in subscriptions:
        heard = sound(worker, each)
        assert set(heard) == picture(worker, each), each.participant.identity
        found[each.participant.identity[0]] = "".join(sorted(name[0] for name in heard))
    return found


MODES = pytest.mark.parametrize("mixed", [True, False], ids=["mixed", "forwarded"])


@MODES
async def test_in_a_conference_everybody_hears_everybody_else(room: Room, worker: FakeWorker, mixed: bool) -> None:
    subscriptions = join(room, "anna", "bert", "carl", mixed=mixed)
    assert everything(worker, subscriptions) == {"a": "bc", "b": "ac", "c": "ab"}
    assert len(worker.mixers) == len(worker.named("mixer_open")) == int(mixed)
    assert len(worker.listeners) == 3 * mixed and not worker.entries, "an ordinary conference needs no entry in the matrix"
    voices = list(worker.voices.values())
    assert all(not each["suppress_noise"] and not each["detect_voice"] and not each["automatic_level"] for each in voices)


@MODES
async def test_monitor_whisper_barge_and_back(room: Room, worker: FakeWorker, mixed: bool) -> None:
    assert room.monitor("super"), "before they come"
    subscriptions = join(room, "anna", "bert", "super", mixed=mixed)
    unnoticed = {"a": "b", "b": "a", "s": "ab"}
    assert everything(worker, subscriptions) == unnoticed and not room.monitor("super")
    super_tracks = {track.id for track in room.tracks.values() if track.identity == "super"}
    forwarded_ever = {command[2] for command in worker.named("consumer_attach")}
    assert not super_tracks & (forwarded_ever | {number for _, _, number in worker.audible}), "nobody ever noticed"

    assert room.whisper("super", "bert") and not room.whisper("super", ["bert"])
    assert everything(worker, subscriptions) == {"a": "b", "b": "as", "s": "ab"}
    assert room.whisper("super", to=["anna", "bert"])
    assert everything(worker, subscriptions) == {"a": "bs", "b": "as", "s": "ab"}
    assert room.barge("super")
    assert everything(worker, subscriptions) == {"a": "bs", "b": "as", "s": "ab"}
    subscriptions += join(room, "dora", mixed=mixed)
    assert everything(worker, subscriptions)["d"] == "abs"
    assert room.monitor("super")
    assert everything(worker, subscriptions) == {"a": "bd", "b": "ad", "s": "abd", "d": "ab"}
    assert room.conference("super") and not room.conference("super")
    assert everything(worker, subscriptions) == {"a": "bds", "b": "ads", "s": "abd", "d": "abs"}


@MODES
async def test_a_side_conversation_is_between_its_members(room: Room, worker: FakeWorker, mixed: bool) -> None:
    subscriptions = join(room, "anna", "bert", "carl", "dora", mixed=mixed)
    aside = room.aside(["anna", "bert"])
    apart = {"a": "b", "b": "a", "c": "d", "d": "c"}
    assert everything(worker, subscriptions) == apart
    newcomer = join(room, "ella", mixed=mixed)
    assert sound(worker, newcomer[0]).keys() == {"carl", "dora"}
    other = room.aside(["carl", "ella"])
    assert everything(worker, subscriptions) == {"a": "b", "b": "a", "c": "e", "d": ""}
    assert other.end() and not other.end() and aside.end()
    assert everything(worker, subscriptions) == {"a": "bcde", "b": "acde", "c": "abde", "d": "abce"}


async def test_a_side_conversation_ends_with_its_last_but_one(room: Room, worker: FakeWorker) -> None:
    subscriptions = join(room, "anna", "bert", "carl")
    aside = room.aside(["anna", "bert"])
    room.monitor("bert")
    assert everything(worker, subscriptions) == {"a": "c", "b": "ac", "c": "a"} and not aside.end()
    for wrong in (["anna"], ["anna", "anna"], ["anna", "bert"]):
        with pytest.raises(LocalError):
            room.aside(wrong)
    with pytest.raises(LocalError):
        room.whisper("anna", "anna")


@MODES
async def test_who_is_on_hold_hears_music_alone_and_is_not_heard(room: Room, worker: FakeWorker, mixed: bool) -> None:
    anna, bert, carl = join(room, "anna", "bert", "carl", mixed=mixed)
    before = dict(worker.attached)
    assert room.hold("anna", music=MUSIC) and not room.hold("anna", music=MUSIC)
    assert sound(worker, anna) == {"mu": 1.0} and picture(worker, anna) == set()
    assert sound(worker, bert) == {"carl": 1.0} and picture(worker, bert) == {"carl"}
    (voice,) = [each for each in worker.voices.values() if each["of"][0] == "clip"]
    assert voice["loop"]
    if not mixed:
        assert len(worker.listeners) == 1 and len(worker.voices) == 1, "nobody else's sound is decoded for it"
    assert room.resume("anna") and not room.resume("anna")
    assert everything(worker, [anna, bert, carl]) == {"a": "bc", "b": "ac", "c": "ab"}
    assert worker.attached == before and not worker.clips, "everybody is where they were"
    assert len(worker.mixers) == int(mixed)


async def test_those_who_wait_to_the_same_music_share_it(room: Room, worker: FakeWorker) -> None:
    subscriptions = join(room, "anna", "bert", "carl", mixed=False)
    for identity in ("anna", "bert"):
        room.hold(identity, music=MUSIC)
    assert [sound(worker, each) for each in subscriptions] == [{"mu": 1.0}, {"mu": 1.0}, {}]
    assert len(worker.voices) == len(worker.clips) == 1
    room.hold("bert", music=NOTICE)
    room.hold("anna", music=False)
    assert [sound(worker, each) for each in subscriptions] == [{}, {"no": 1.0}, {}]
    assert len(worker.clips) == 1 and len(worker.listeners) == 1
    assert room.conference() and not room.conference()
    assert not worker.clips and not worker.mixers


async def test_hold_stays_through_a_reload_and_silence_comes_before_the_music(room: Room, worker: FakeWorker) -> None:
    anna, bert = join(room, "anna", "bert", mixed=False)
    room.hold("anna")
    assert sound(worker, anna) == {} and sound(worker, bert) == {}, "at once, while the melody is being made"
    await until(lambda: worker.clips, "the melody")
    assert list(worker.clips.values()) == [Clip.melody().samples]
    anna.close()
    (again,) = join(room, "anna", mixed=False)
    slot = again.audio_slot
    assert slot is not None and list(worker.hears(slot.id).values()) == [1.0] and picture(worker, again) == set() == picture(worker, bert)


async def test_music_that_cannot_be_played_is_replaced(
    room: Room, worker: FakeWorker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    join(room, "anna", "bert")
    with pytest.raises(LocalError, match="no file"):
        room.hold("anna", music=tmp_path / "missing.ogg")
    assert len(worker.listeners) == 2 and room.hears("bert", "anna") == 1, "a mistake changes nothing"
    (tmp_path / "text.ogg").write_text("no sound")
    room.hold("anna", music=tmp_path / "text.ogg")
    await until(lambda: worker.clips, "the melody")
    assert "text.ogg" in caplog.text


async def test_resuming_before_the_music_came_plays_none(room: Room, worker: FakeWorker) -> None:
    join(room, "anna", "bert")
    room.hold("anna")
    room.resume("anna")
    await until(lambda: not room._tasks, "the melody to be ready")
    assert not worker.named("clip_load")


@MODES
async def test_an_announcement_reaches_whom_it_is_for_and_ends(server: MediaServer, room: Room, worker: FakeWorker, mixed: bool) -> None:
    anna, bert = join(room, "anna", "bert", mixed=mixed)
    announcement = room.announce(NOTICE, to="anna", gain=0.5)
    assert sound(worker, anna) == {"bert": 0.25, "no": 0.5} and sound(worker, bert) == {"anna": 1.0}
    assert picture(worker, anna) == {"bert"}
    voice_id = next(each for each, voice in worker.voices.items() if voice["of"][0] == "clip")
    assert not worker.voices[voice_id]["loop"] and not announcement.done
    server.workers[0].dispatch(("voice_ended", voice_id))
    server.workers[0].dispatch(("voice_ended", voice_id))
    assert await announcement is True
    assert everything(worker, [anna, bert]) == {"a": "b", "b": "a"} and not worker.clips and bool(worker.mixers) is mixed
    announcement.stop()
    assert await announcement is True, "what is over cannot be stopped"


async def test_an_announcement_to_all_reaches_newcomers_and_those_on_hold(room: Room, worker: FakeWorker) -> None:
    anna, bert = join(room, "anna", "bert", mixed=False)
    room.hold("bert", music=MUSIC)
    announcement = room.announce(NOTICE, others=0.125)
    (carl,) = join(room, "carl")
    heard = [sound(worker, each) for each in (anna, bert, carl)]
    assert heard == [{"no": 1.0, "carl": 0.125}, {"no": 1.0, "mu": 0.125}, {"no": 1.0, "anna": 0.125}]
    announcement.stop()
    assert await announcement is False
    assert [sound(worker, each) for each in (anna, bert, carl)] == [{"carl": 1.0}, {"mu": 1.0}, {"anna": 1.0}]
    assert not worker.listening(anna.slots[0].id) and worker.listening(carl.slots[0].id)


async def test_an_announcement_to_somebody_who_joins_waits_until_they_are_connected(room: Room, worker: FakeWorker) -> None:
    join(room, "anna")
    bert, _ = room.subscribe("bert", MANY)
    waiting, other = room.announce(NOTICE, to="bert"), room.announce(NOTICE, to=["anna", "bert"])
    assert len(worker.clips) == 1 and sound(worker, bert) == {"anna": 0.25, "no": 1.0}, "who is there does not wait for them"
    other.stop()
    assert sound(worker, bert) == {"anna": 1.0} and not waiting.done
    bert.on_established()
    assert sound(worker, bert) == {"anna": 0.25, "no": 1.0}
    carl, _ = room.subscribe("carl", MANY)
    never = room.announce(NOTICE, to="carl")
    carl.close()
    assert await never is False and not waiting.done


async def test_an_announcement_that_nobody_can_hear_is_over_at_once(room: Room, worker: FakeWorker) -> None:
    room.publish("anna", PUBLISH)
    assert await room.announce(NOTICE, to="anna") is False and await room.announce(NOTICE) is False
    assert not worker.mixers
    (bert,) = join(room, "bert")
    waiting = room.announce(NOTICE, to=["bert", "nobody"], loop=True)
    assert not waiting.done
    bert.close()
    assert await waiting is False


async def test_announcements_end_with_their_room(room: Room, worker: FakeWorker, tmp_path: Path) -> None:
    join(room, "anna", "bert")
    (tmp_path / "text.ogg").write_text("no sound")
    playing, loading = room.announce(NOTICE), room.announce(tmp_path / "text.ogg")
    room.hold("anna")
    room.close()
    assert [await playing, await loading] == [False, False] and not worker.mixers and not worker.clips


async def test_a_files_announcement_is_decoded_first(room: Room, worker: FakeWorker, tmp_path: Path) -> None:
    (anna,) = join(room, "anna")
    with pytest.raises(LocalError, match="no file"):
        room.announce(tmp_path / "missing.ogg")
    (tmp_path / "text.ogg").write_text("no sound")
    broken = room.announce(tmp_path / "text.ogg")
    assert not broken.done
    with pytest.raises(LocalError, match="Cannot play"):
        await broken
    assert sound(worker, anna) == {}


@pytest.mark.parametrize("options", [{"to": []}, {"gain": 0}, {"gain": 9}, {"gain": float("nan")}, {"others": -1}])
async def test_announcements_that_make_no_sense_are_refused(room: Room, options: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        room.announce(NOTICE, **options)


async def test_one_persons_several_subscriptions_play_a_clip_once(room: Room, worker: FakeWorker) -> None:
    join(room, "anna", "bert", mixed=False)
    first, second = (room.subscribe("carl", SUBSCRIBE, participant=each)[0] for each in ("anna", "bert"))
    first.on_established(), second.on_established()
    announcement = room.announce(NOTICE, to="carl")
    assert [sound(worker, each) for each in (first, second)] == [{"anna": 0.25, "no": 1.0}, {"bert": 1.0}]
    first.close()
    assert sound(worker, second) == {"bert": 0.25, "no": 1.0} and not announcement.done, "the next one takes over"


@MODES
async def test_gains_scale_in_a_mix_and_silence_a_forwarded_track(room: Room, worker: FakeWorker, mixed: bool) -> None:
    anna, bert, carl = join(room, "anna", "bert", "carl", mixed=mixed)
    assert room.set_gain("anna", "bert", 0.5) and not room.set_gain("anna", "bert", 0.5)
    assert sound(worker, anna) == {"bert": 0.5 if mixed else 1.0, "carl": 1.0}
    assert room.set_gain("anna", "bert", 0) and room.hears("anna", "bert") == 0
    assert sound(worker, anna) == {"carl": 1.0} and picture(worker, anna) == {"bert", "carl"}
    assert room.set_gain("anna", "bert", None) and sound(worker, anna) == {"bert": 1.0, "carl": 1.0}
    for wrong in (-0.1, 8.1, float("nan")):
        with pytest.raises(LocalError):
            room.set_gain("anna", "bert", wrong)
    assert sound(worker, bert) == sound(worker, bert) and sound(worker, carl) == {"anna": 1.0, "bert": 1.0}


async def test_a_room_does_both_at_once_and_switches_over_while_running(room: Room, worker: FakeWorker) -> None:
    (anna,), (bert,), (carl,) = (join(room, name, mixed=mixed) for name, mixed in (("anna", True), ("bert", False), ("carl", None)))
    together = {"a": "bc", "b": "ac", "c": "ab"}
    assert everything(worker, [anna, bert, carl]) == together and len(worker.listeners) == 1
    assert room.set_audio(mode="mixed") == AudioOptions() and len(worker.listeners) == 2
    bert.set_mixed(True)
    assert everything(worker, [anna, bert, carl]) == together and len(worker.listeners) == 3
    room.set_audio(mode="forwarded")
    anna.set_mixed(False), bert.set_mixed(None)
    assert everything(worker, [anna, bert, carl]) == together and not worker.listeners and not worker.mixers and not worker.voices
    assert len(worker.named("mixer_open")) == 1


async def test_a_mixed_subscription_fills_one_audio_line(room: Room, worker: FakeWorker) -> None:
    subscription = join(room, "anna", "bert", "carl")[0]
    kinds = [(slot.kind, worker.listening(slot.id), slot.id in worker.attached) for slot in subscription.slots]
    video = [("video", False, True)] * 2 + [("video", False, False)] * 2
    assert [each for each in kinds if each[0] == "video"] == video
    assert [each for each in kinds if each[0] == "audio"] == [("audio", True, False)] + [("audio", False, False)] * 3


async def test_a_narrowed_subscription_hears_one_person(room: Room, worker: FakeWorker) -> None:
    join(room, "anna", "bert", "carl")
    view, _ = room.subscribe("dora", SUBSCRIBE, participant="bert", mixed=True)
    assert sound(worker, view) == {"bert": 1.0} and picture(worker, view) == {"bert"}
    join(room, "ella")
    assert sound(worker, view) == {"bert": 1.0}


async def test_a_reload_of_a_speaker_goes_over_to_the_new_voice(room: Room, worker: FakeWorker) -> None:
    anna, bert = join(room, "anna", "bert")
    room.publish("anna", PUBLISH)
    assert everything(worker, [anna, bert]) == {"a": "b", "b": "a"} and len(worker.voices) == 2
    own = {worker.voices[each["own_voice_id"]]["of"][1] for each in worker.listeners.values()}
    assert own == {track.id for track in room.tracks.values() if track.kind == "audio"}


async def test_the_mixer_goes_with_its_last_listener(room: Room, worker: FakeWorker, server: MediaServer) -> None:
    anna, bert = join(room, "anna", "bert")
    anna.close()
    assert len(worker.mixers) == 1 and sound(worker, bert) == {"anna": 1.0}
    bert.close()
    assert not worker.mixers and not worker.voices and not server.workers[0].voices
    room.close()
    assert not worker.transports


async def test_settings_reach_the_mixer(worker: FakeWorker, room: Room) -> None:
    assert room.set_audio(bitrate_bps=24000, dtx=True) == AudioOptions(bitrate_bps=24000, dtx=True)
    join(room, "anna", "bert")
    (mixer,) = worker.mixers.values()
    defaults = {"channels": 1, "complexity": 9, "expected_loss_percent": 10, "speakers": 8}
    assert mixer == defaults | {"bitrate_bps": 24000, "dtx": True}
    room.set_audio(complexity=5, expected_loss_percent=0, speakers=3)
    assert mixer == {"channels": 1, "complexity": 5, "expected_loss_percent": 0, "speakers": 3, "bitrate_bps": 24000, "dtx": True}
    room.set_audio(channels=2)
    assert len(worker.mixers) == 1 and next(iter(worker.mixers.values()))["channels"] == 2 and len(worker.voices) == 2
    for name, wrong in [
        ("bitrate_bps", 1), ("complexity", 0), ("channels", 3), ("speakers", 0), ("expected_loss_percent", 101), ("mode", "both"),
    ]:  # fmt: skip
        with pytest.raises(LocalError):
            room.set_audio(**{name: wrong})
    assert await room.mixer_stats() == {"listeners": 2}


async def test_configuration_says_what_is_usual() -> None:
    async with serving(audio_mode="mixed", audio_bitrate_bps=64000, audio_channels=2) as server:
        (anna,) = join(server.room("shop"), "anna", mixed=None)
        (mixer,) = fake(server).mixers.values()
        assert (mixer["bitrate_bps"], mixer["channels"]) == (64000, 2) and fake(server).listening(anna.slots[0].id)


async def test_voice_stages_are_asked_for_per_person(room: Room, worker: FakeWorker) -> None:
    assert room.set_voice("bert", suppress_noise=True) == VoiceOptions(suppress_noise=True)
    join(room, "anna", "bert")
    tracks = {each["of"][1]: each for each in worker.voices.values()}
    by_name = {room.tracks[number].identity: voice for number, voice in tracks.items()}
    assert [by_name[name]["suppress_noise"] for name in ("anna", "bert")] == [False, True]
    assert room.set_voice("bert", automatic_level=True, detect_voice=True) == VoiceOptions(True, True, True)
    assert by_name["bert"]["automatic_level"] and by_name["bert"]["detect_voice"] and by_name["bert"]["gain"] == 1.0
    assert await room.mixer_stats() == {"listeners": 2}


async def test_keys_go_to_every_connection_that_takes_them(room: Room, worker: FakeWorker) -> None:
    anna, bert = join(room, "anna", "bert", mixed=False)
    assert room.send_dtmf("anna", "12#a") == 1
    assert worker.named("dtmf_send") == [("dtmf_send", anna.slots[0].id, "12#A", 100, 70)]
    room.subscribe("bert", SUBSCRIBE.replace("telephone-event", "x-event"))
    room.subscribe("bert", SUBSCRIBE)
    assert room.send_dtmf("bert", "0", duration_ms=200, gap_ms=50) == 2 and bert.slots[0].takes_keys
    room.subscribe("carl", offer("aiortc-subscribe"))
    for identity, digits, options in [
        ("carl", "1", {}), ("nobody", "1", {}), ("anna", "", {}), ("anna", "1x", {}), ("anna", "1" * 65, {}), ("anna", "1", {"gap_ms": 0}),
    ]:  # fmt: skip
        with pytest.raises(LocalError):
            room.send_dtmf(identity, digits, **options)


async def told(server: MediaServer, events: AsyncIterator[Event]) -> list[Event]:
    await server.stop()
    kinds = (ParticipantHeld, ParticipantResumed, SupervisionChanged, AsideStarted, AsideEnded, SpeakingChanged, DtmfReceived)
    return [event async for event in events if isinstance(event, kinds)]


async def test_events_tell_what_became_of_the_call() -> None:
    async with serving() as server:
        room, worker, events = server.room("shop"), fake(server), server.events()
        join(room, "anna", "bert")
        room.hold("anna", music=MUSIC)
        room.resume("anna")
        room.monitor("bert")
        room.whisper("bert", "anna")
        room.conference("bert")
        aside = room.aside(["anna", "bert"])
        aside.end()
        voice_id, voice = next(iter(worker.voices.items()))
        speaker = room.tracks[voice["of"][1]]
        dispatch = server.workers[0].dispatch
        for active in (True, True, False, True):
            dispatch(("voice_active", voice_id, active))
        dispatch(("producer_dtmf", speaker.id, "5", 120))
        room.participants[speaker.identity].close()
        dispatch(("voice_active", voice_id, False))
        pair, who = frozenset({"anna", "bert"}), speaker.identity
        assert await told(server, events) == [
            ParticipantHeld("shop", "anna"),
            ParticipantResumed("shop", "anna"),
            SupervisionChanged("shop", "bert", "monitor"),
            SupervisionChanged("shop", "bert", "whisper", frozenset({"anna"})),
            SupervisionChanged("shop", "bert", None),
            AsideStarted("shop", pair),
            AsideEnded("shop", pair),
            SpeakingChanged("shop", who, True),
            SpeakingChanged("shop", who, False),
            SpeakingChanged("shop", who, True),
            DtmfReceived("shop", who, "5", 120),
            SpeakingChanged("shop", who, False),
        ]


async def test_an_error_in_an_event_of_the_mixer_closes_its_room_only(server: MediaServer, room: Room, worker: FakeWorker) -> None:
    join(room, "anna", "bert")
    other = server.room("other")
    join(other, "carl")
    server.workers[0].dispatch(("voice_active", next(iter(worker.voices))))  # an argument is missing
    assert room.closed and not other.closed and list(server.rooms) == ["other"]


async def test_what_a_room_was_told_outlives_a_refused_offer(server: MediaServer) -> None:
    room = server.room("shop")
    room.monitor("super")
    with pytest.raises(Exception, match="SDP"):
        room.publish("super", "nonsense")
    assert server.room("shop") is room


async def test_who_comes_and_goes_or_is_on_hold_costs_each_of_the_others_little(
    room: Room, worker: FakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = 30
    join(room, *(f"{number}" for number in range(people)))
    asked = 0

    def reaches(floor: matrix.Floor, listener: str, speaker: str) -> bool:
        nonlocal asked
        asked += 1
        return once(floor, listener, speaker)

    once = matrix.reaches
    monkeypatch.setattr(matrix, "reaches", reaches)
    for change, most in [
        (lambda: join(room, "late"), 8),  # two rows of one's own, a column of sound and one of pictures
        (lambda: room.set_gain("late", "7", 0.5), 3),
        (lambda: room.hold("late", music=False), 6),
        (lambda: room.conference("late"), 6),
        (lambda: room.set_gain("late", "7", None), 3),
        (lambda: room.participants["late"].close(), 4),
    ]:
        asked, done = 0, len(worker.commands)
        change()
        assert asked <= most * people < people * people
        assert len(worker.commands) - done <= 4 * people
    assert not worker.entries


PEOPLE = st.sampled_from(["anna", "bert", "carl", "dora"])
CALLS = st.one_of(
    st.tuples(st.just("monitor"), PEOPLE),
    st.tuples(st.just("whisper"), PEOPLE, PEOPLE),
    st.tuples(st.just("barge"), PEOPLE),
    st.tuples(st.just("conference"), st.none() | PEOPLE),
    st.tuples(st.just("hold"), PEOPLE),
    st.tuples(st.just("silence"), PEOPLE),
    st.tuples(st.just("resume"), PEOPLE),
    st.tuples(st.just("aside"), PEOPLE, PEOPLE),
    st.tuples(st.just("gain"), PEOPLE, PEOPLE, st.sampled_from([0.0, 0.5, 1.0])),
    st.tuples(st.just("announce"), st.none() | PEOPLE),
    st.tuples(st.just("stop")),
    st.tuples(st.just("mixed"), PEOPLE, st.booleans()),
    st.tuples(st.just("leave"), PEOPLE),
    st.tuples(st.just("publish"), PEOPLE),
    st.tuples(st.just("subscribe"), PEOPLE, st.booleans()),
    st.tuples(st.just("whole")),
)


def heard(gains: dict[Any, float]) -> dict[Any, float]:
    return {source: gain for source, gain in gains.items() if gain}


class Story:
    """Carries out calls, and after each compares what the worker does with what the room says."""

    def __init__(self, server: MediaServer) -> None:
        # Somebody who watches from outside keeps the room open.
        self.server, self.room, self.worker = server, server.room("shop"), fake(server)
        self.room.subscribe("zoe", MANY, mixed=True)
        self.announcements: list[Any] = []

    def call(self, name: str, *arguments: Any) -> None:
        room = self.room
        if name == "whole":
            self.whole()
        elif name == "hold":
            room.hold(arguments[0], music=MUSIC)
        elif name == "silence":
            room.hold(arguments[0], music=False)
        elif name == "gain":
            room.set_gain(*arguments)
        elif name == "announce":
            self.announcements.append(room.announce(NOTICE, to=arguments[0], others=1.0, loop=True))
        elif name == "stop":
            for each in self.announcements:
                each.stop()
        elif name in ("mixed", "leave"):
            participant = room.participants.get(arguments[0])
            if participant is not None and name == "leave":
                participant.close()
            elif participant is not None:
                for subscription in participant.subscriptions:
                    subscription.set_mixed(arguments[1])
        elif name == "publish":
            room.publish(arguments[0], PUBLISH)
        elif name == "subscribe":
            participant = room.participants.get(arguments[0])
            if participant is None or len(participant.subscriptions) < 3:
                room.subscribe(arguments[0], MANY, mixed=arguments[1])[0].on_established()
        elif name == "aside":
            try:
                room.aside(arguments)
            except LocalError:
                assert arguments[0] == arguments[1] or any(each in room._floor.supervisors for each in arguments)
        elif name == "whisper" and arguments[0] == arguments[1]:
            return
        else:
            getattr(room, name)(*arguments)

    def may(self) -> set[tuple[int, str, int]]:
        """(consumer, "producer", track) of all who may be heard now."""
        return {
            (slot.id, "producer", track.id)
            for each in self.subscriptions()
            for slot in each.slots
            for track in self.room.tracks.values()
            if self.room.hears(each.participant.identity, track.identity)
        }

    def subscriptions(self) -> list[Subscription]:
        return [each for participant in self.room.participants.values() for each in participant.subscriptions]

    def whole(self) -> None:
        """All computed anew is what the single changes came to."""
        done = len(self.worker.commands)
        rows = {consumer: heard(listener.row.gains) for consumer, listener in self.room._mixer._listeners.items()}
        hearers = Counter(source for row in rows.values() for source in row)
        assert self.room._mixer._hearers == hearers
        self.room._rearrange()
        assert self.worker.commands[done:] == []
        assert rows == {consumer: heard(listener.row.gains) for consumer, listener in self.room._mixer._listeners.items()}

    def check(self) -> None:
        room, worker = self.room, self.worker
        for each in self.subscriptions():
            identity = each.participant.identity
            speakers = {track.identity for track in room.tracks.values()}
            expected = {speaker: room.hears(identity, speaker) for speaker in speakers if room.hears(identity, speaker)}
            first = each.participant.subscriptions[0] is each
            announced = sum(not it.done and it.reaches(identity) for it in self.announcements)
            played = {"no": float(announced)} if first and announced else {}
            hold = room._holds.get(identity)
            if first and hold is not None and hold.play is not None:
                played["mu"] = 1.0
            slot = each.audio_slot
            assert slot is not None
            assert worker.listening(slot.id) == bool(each.mixed or played)
            if worker.listening(slot.id):
                assert sound(worker, each) == expected | played
            else:
                assert set(sound(worker, each)) == set(expected)
        assert bool(worker.mixers) == bool(worker.listeners)
        heard = {voice["of"] for voice in worker.voices.values()}
        named = {voice for _, voice in worker.entries} | {listener["own_voice_id"] for listener in worker.listeners.values()}
        assert named <= worker.voices.keys() | {0}, "what the worker knows of a voice goes with it"
        assert heard == {source for listener in worker.listeners.values() for source in worker.hears(listener["consumer"])}


@settings(max_examples=50, deadline=None)
@given(st.lists(CALLS, max_size=25))
def test_whatever_is_called_the_worker_does_what_the_room_says_and_nobody_hears_more_in_between(calls: list[tuple[Any, ...]]) -> None:
    async def play() -> None:
        async with serving() as server:
            story = Story(server)
            for identity in ("anna", "bert", "carl"):
                join(story.room, identity, mixed=identity != "carl")
            for call in calls:
                before = story.may()
                story.worker.audible.clear()
                story.call(*call)
                story.check()
                leaked = {each for each in story.worker.audible if each[1] == "producer"} - before - story.may()
                assert not leaked, call
            story.call("whole")
            story.call("stop")
            for participant in list(story.room.participants.values()):
                participant.close()
            assert not story.worker.mixers and not story.worker.clips and not story.worker.transports

    asyncio.run(play())
