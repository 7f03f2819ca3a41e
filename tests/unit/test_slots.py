"""Slot assignment: who is seen where, as plain data; the invariants on random rooms."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.capabilities import Format
from mediaserver.slots import Slot, Track, assign

FORMATS = {"audio": (Format("opus"),), "video": (Format("VP8"), Format("VP9"))}


def track(number: int, identity: str, kind: str = "video", ordinal: int = 0, codec: str = "") -> Track:
    return Track(number, identity, kind, ordinal, Format(codec) if codec else FORMATS[kind][0])


def line(number: int, kind: str, stream: int, formats: tuple[Format, ...]) -> Slot:
    """A slot whose payload types are 96, 97, ... in the order of its formats."""
    return Slot(number, kind, stream, formats, tuple(range(96, 96 + len(formats))))


def pairs(count: int) -> list[Slot]:
    """`count` streams of one audio and one video slot, numbered a0 = 0, v0 = 1, a1 = 2, ..."""
    return [line(2 * n + k, kind, n, FORMATS[kind]) for n in range(count) for k, kind in enumerate(("audio", "video"))]


def carry_out(slots: Iterable[Slot], tracks: list[Track]) -> dict[int, int | None]:
    """Applies the assignment as Room does; gives slot -> track of what changed."""
    changes = assign(list(slots), tracks)
    for slot, chosen in changes:
        slot.track = chosen
        if chosen is not None:
            slot.last_source = chosen.source
    return {slot.id: chosen.id if chosen else None for slot, chosen in changes}


def test_tracks_are_placed_in_order_of_publishing() -> None:
    slots = pairs(2)
    assert carry_out(slots, [track(1, "a", "audio"), track(2, "a"), track(3, "b", "audio"), track(4, "b")]) == {0: 1, 1: 2, 2: 3, 3: 4}


def test_nothing_changes_when_nothing_came_or_went() -> None:
    slots, tracks = pairs(1), [track(1, "a", "audio"), track(2, "a")]
    assert carry_out(slots, tracks) and carry_out(slots, tracks) == {}


def test_one_persons_tracks_share_a_stream() -> None:
    slots = pairs(2)
    assert carry_out(slots, [track(1, "a", "audio"), track(2, "b", "audio"), track(3, "b")]) == {0: 1, 2: 2, 3: 3}


def test_a_stream_is_shared_before_a_track_is_left_out() -> None:
    slots = pairs(2)[:3]
    assert carry_out(slots, [track(1, "a", "audio"), track(2, "b", "audio"), track(3, "b")]) == {0: 1, 2: 2, 1: 3}


def test_who_waits_gets_the_slot_of_who_goes() -> None:
    slots = pairs(1)
    a, b = track(1, "a"), track(2, "b")
    assert carry_out(slots, [a, b]) == {1: 1}
    assert carry_out(slots, [b]) == {1: 2}
    assert carry_out(slots, []) == {1: None}


def test_who_returns_in_one_step_keeps_the_slot_although_others_wait() -> None:
    slots = pairs(1)
    carry_out(slots, [track(1, "a"), track(2, "b")])
    assert carry_out(slots, [track(2, "b"), track(3, "a")]) == {1: 3}


def test_who_returns_later_gets_the_former_slot_when_it_is_free() -> None:
    slots = pairs(3)
    carry_out(slots, [track(1, "a"), track(2, "b"), track(3, "c")])
    assert carry_out(slots, [track(3, "c")]) == {1: None, 3: None}
    assert carry_out(slots, [track(3, "c"), track(4, "b")]) == {3: 4}


def test_second_camera_is_another_source() -> None:
    slots = pairs(2)
    carry_out(slots, [track(1, "a"), track(2, "a", ordinal=1)])
    assert carry_out(slots, [track(3, "a", ordinal=1)]) == {1: None, 3: 3}


@pytest.mark.parametrize(
    ("form", "payload_type"),
    [
        (Format("H264", 1, 1), 98),
        (Format("H264", 0, 1), 97),
        (Format("H264", 0, 0), 97),
        (Format("H264", 1, 0), 98),
        (Format("VP8"), 96),
        (Format("H264", 2, 1), None),
        (Format("VP9"), None),
    ],
)
def test_track_is_carried_as_what_it_is_or_as_what_covers_it(form: Format, payload_type: int | None) -> None:
    one = line(1, "video", 0, (Format("VP8"), Format("H264", 0, 1), Format("H264", 1, 1)))
    it = Track(1, "a", "video", 0, form)
    assert one.holds(it) is (payload_type is not None)
    if payload_type is not None:
        assert one.payload_type(it) == payload_type


def test_slot_takes_only_codecs_its_peer_knows() -> None:
    slots = pairs(1)
    assert carry_out(slots, [track(1, "a", codec="AV1"), track(2, "b", codec="VP9")]) == {1: 2}


ANY_TRACK = st.tuples(
    st.sampled_from("abc"), st.sampled_from(["audio", "video"]), st.integers(0, 1), st.sampled_from(["VP8", "VP9", "AV1"])
)
ANY_SLOT = st.tuples(st.sampled_from(["audio", "video"]), st.integers(0, 2), st.sampled_from([("VP8",), ("VP8", "VP9"), ("AV1",)]))


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_SLOT, max_size=6), st.lists(st.lists(ANY_TRACK, max_size=6, unique_by=lambda each: each[:3]), max_size=6))
def test_invariants_hold_through_any_history(
    slot_kinds: list[tuple[str, int, tuple[str, ...]]], history: list[list[tuple[str, str, int, str]]]
) -> None:
    slots = [
        line(n, kind, stream, FORMATS["audio"] if kind == "audio" else tuple(Format(name) for name in names))
        for n, (kind, stream, names) in enumerate(slot_kinds)
    ]
    known: dict[tuple[str, str, int, str], Track] = {}
    for step in history:
        tracks = [
            known.setdefault(each, Track(len(known), each[0], each[1], each[2], Format("opus" if each[1] == "audio" else each[3])))
            for each in step
        ]
        before = {slot.id: slot.track for slot in slots}
        carry_out(slots, tracks)
        held = [slot.track for slot in slots if slot.track is not None]
        assert len({each.id for each in held}) == len(held)
        assert all(each in tracks for each in held)
        for slot in slots:
            assert slot.track is None or slot.holds(slot.track)
            assert before[slot.id] not in tracks or slot.track is before[slot.id]
        waiting = [each for each in tracks if each not in held]
        assert not any(slot.track is None and slot.holds(each) for slot in slots for each in waiting)
