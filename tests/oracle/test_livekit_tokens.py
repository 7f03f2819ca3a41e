"""Tokens of LiveKit's own server SDK verify here, ours verify there."""

import datetime

import pytest

from mediaserver.tokens import mint, verify

api = pytest.importorskip("livekit.api")

KEY, SECRET = "APIexample", "an example secret of enough characters"


@pytest.mark.parametrize("publish", [None, True, False])
def test_livekit_makes_we_verify(publish: bool | None) -> None:
    wanted = api.VideoGrants(room_join=True, room="shop", can_subscribe=False, **({} if publish is None else {"can_publish": publish}))
    token = (
        api.AccessToken(KEY, SECRET)
        .with_identity("alice")
        .with_name("Alice")
        .with_grants(wanted)
        .with_metadata("m")
        .with_attributes({"a": "b"})
    )
    grants = verify(token.with_ttl(datetime.timedelta(minutes=1)).to_jwt(), {KEY: SECRET})
    assert (grants.identity, grants.name, grants.room, grants.metadata, grants.attributes) == ("alice", "Alice", "shop", "m", {"a": "b"})
    assert grants.may_join("shop") and grants.can_publish is (publish is not False) and not grants.can_subscribe and not grants.room_admin


def test_we_make_livekit_verifies() -> None:
    token = mint(KEY, SECRET, identity="bob", room="shop", can_publish=False, can_subscribe=True, ttl_s=60, name="Bob")
    claims = api.TokenVerifier(KEY, SECRET).verify(token)
    assert (claims.identity, claims.name, claims.video.room, claims.video.room_join) == ("bob", "Bob", "shop", True)
    assert (claims.video.can_publish, claims.video.can_subscribe) == (False, True)
