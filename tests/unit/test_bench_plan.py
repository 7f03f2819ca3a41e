"""The plan of a load: two processes that make it apart must agree, and nobody may share what must be one's own."""

import pytest

from bench.scenarios import GROWTH_TRANSPORTS, PROFILES, SCENARIOS, Load, growth
from bench.traffic import credentials, keys, plan

LOADS = [*SCENARIOS.values(), Load(rooms=3, participants=3, publishers=2, subscribers=4), growth(10)]


@pytest.mark.parametrize("load", LOADS, ids=str)
def test_ids_addresses_and_ssrcs_are_each_ones_own(load: Load) -> None:
    whole = plan(load)
    ids = [connection.id for connection in whole.connections()]
    ids += [track.id for publication in whole.publications for track in publication.tracks]
    ids += [slot.id for subscription in whole.subscriptions for slot in subscription.slots]
    addresses = [connection.address for connection in whole.connections()]
    lines = [line for each in whole.publications for line in each.tracks] + [line for each in whole.subscriptions for line in each.slots]
    ssrcs = [ssrc for line in lines for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc]
    for values in (ids, addresses, ssrcs):
        assert len(values) == len(set(values))
    assert min(ids) > 0
    assert all(address.startswith("127.") for address in addresses)


@pytest.mark.parametrize("load", LOADS, ids=str)
def test_the_same_load_gives_the_same_plan(load: Load) -> None:
    assert plan(Load(**load.to_json())) == plan(load)


def test_participants_receive_everybody_but_themselves() -> None:
    whole = plan(Load(rooms=2, participants=3, publishers=1, subscribers=1))
    owner = {track.id: (publication.room, publication.person) for publication in whole.publications for track in publication.tracks}
    for subscription in whole.subscriptions:
        sources = [owner[slot.source] for slot in subscription.slots]
        assert {room for room, _ in sources} == {subscription.room}
        assert subscription.person not in {person for _, person in sources}
        assert len(sources) == (8 if subscription.person.startswith("subscriber") else 6)


def test_rooms_are_set_up_publishers_first() -> None:
    order = [(each.room, each.person) for each in plan(Load(rooms=2, publishers=1, subscribers=1)).in_order()]
    assert order == [(0, "publisher0"), (0, "subscriber0"), (1, "publisher0"), (1, "subscriber0")]


@pytest.mark.parametrize("profile", PROFILES)
def test_keys_have_the_profiles_length_and_differ_by_direction_peer_and_seed(profile: str) -> None:
    load = Load(profile=profile)
    made = [keys(load, 1)[1:], keys(load, 2)[1:], keys(load.with_options(seed=2), 1)[1:]]
    flat = [key for pair in made for key in pair]
    assert {len(key) for key in flat} == {PROFILES[profile][1]}
    assert len(set(flat)) == len(flat)


def test_credentials_of_both_ends_are_each_others_mirror() -> None:
    server, client = credentials(7)
    assert (server["local_ufrag"], server["local_password"]) == (client["remote_ufrag"], client["remote_password"])
    assert (client["local_ufrag"], client["local_password"]) == (server["remote_ufrag"], server["remote_password"])


@pytest.mark.parametrize("transports", GROWTH_TRANSPORTS)
def test_growth_keeps_the_total_and_the_frames(transports: int) -> None:
    load = growth(transports)
    assert sum(1 for _ in plan(load).connections()) == transports
    assert load.frames_per_s == 1000
    assert load.video_bps // 8 // load.video_frames_per_s == 2900


@pytest.mark.parametrize(
    "wrong",
    [{"rooms": 0}, {"publishers": 0}, {"video_bps": 0, "audio": False}, {"profile": "none"}, {"subscribers": -1}],
)
def test_a_load_without_traffic_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"load needs|unknown profile"):
        Load(**wrong)  # type: ignore[arg-type]  # wrong on purpose
