"""Access tokens: what verifies, and every reason why one does not."""

import base64
import hmac
import json
from typing import Any

import jwt
import pytest

from mediaserver.errors import LocalError, Unauthorized
from mediaserver.tokens import CLOCK_SKEW_S, TOKEN_BYTES_MAX, Grants, mint, verify

KEY, SECRET = "APIexample", "an example secret of enough characters"
KEYS = {KEY: SECRET, "APIother": "another secret of this server, as long"}
NOW = 1_800_000_000.0
CLAIMS: dict[str, Any] = {"iss": KEY, "sub": "alice", "exp": NOW + 60, "nbf": NOW, "video": {"room": "shop", "roomJoin": True}}


def b64(data: bytes | str) -> str:
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def made(claims: Any = CLAIMS, *, header: Any = None, secret: str = SECRET, digest: str = "sha256") -> str:
    """A token by hand, right or wrong."""
    payload = claims if isinstance(claims, str) else json.dumps(claims)
    head = header if isinstance(header, str) else json.dumps({"alg": "HS256", "typ": "JWT"} if header is None else header)
    signed = f"{b64(head)}.{b64(payload)}"
    return f"{signed}.{b64(hmac.digest(secret.encode(), signed.encode(), digest))}"


def but(**changes: Any) -> dict[str, Any]:
    return {**CLAIMS, **changes}


def video(**grants: Any) -> dict[str, Any]:
    return but(video={"room": "shop", "roomJoin": True, **grants})


def test_minted_tokens_verify() -> None:
    token = mint(KEY, SECRET, identity="bob", room="shop", can_publish=False, can_subscribe=True, ttl_s=60, name="Bob B.", now=NOW)
    grants = verify(token, KEYS, now=NOW + 1)
    assert grants == Grants(
        identity="bob", name="Bob B.", room="shop", room_join=True, can_publish=False, can_subscribe=True, key=KEY, expires_at_s=NOW + 60
    )
    assert grants.may_join("shop") and not grants.may_join("other")


def test_publishing_and_subscribing_are_granted_unless_denied() -> None:
    assert verify(made(), KEYS, now=NOW).can_publish and verify(made(), KEYS, now=NOW).can_subscribe
    denied = verify(made(video(canPublish=False, canSubscribe=False, canPublishData=False)), KEYS, now=NOW)
    assert not (denied.can_publish or denied.can_subscribe or denied.can_publish_data)
    null = verify(made(video(canPublish=None, room=None)), KEYS, now=NOW)
    assert null.can_publish and null.room is None and null.may_join("shop")


def test_a_token_without_a_room_lets_into_any_but_only_to_join() -> None:
    grants = verify(mint(KEY, SECRET, identity="a", room=None, now=NOW), KEYS, now=NOW)
    assert grants.room is None and grants.may_join("shop") and grants.may_join("other")
    assert not verify(made(but(video={})), KEYS, now=NOW).may_join("shop")


def test_unknown_claims_and_grants_are_ignored() -> None:
    grants = verify(made(but(video={"roomList": True, "newGrant": [1]}, sip={}, kind="standard")), KEYS, now=NOW)
    assert grants.room_list and not grants.room_join and grants.room is None


@pytest.mark.parametrize(
    ("offset_s", "verifies"),
    [(-CLOCK_SKEW_S - 1, False), (-CLOCK_SKEW_S + 1, True), (0, True), (60 + CLOCK_SKEW_S - 1, True), (60 + CLOCK_SKEW_S, False)],
)
def test_lives_from_nbf_to_exp_with_some_skew(offset_s: float, verifies: bool) -> None:
    try:
        assert verify(made(), KEYS, now=NOW + offset_s).identity == "alice"
    except Unauthorized as error:
        assert not verifies and error.code == ("token_expired" if offset_s > 0 else "token_not_yet_valid")
    else:
        assert verifies


signature = made().rpartition(".")[2]
REFUSED: dict[str, tuple[str, str]] = {
    "empty": ("", "token_missing"),
    "no dots": ("abc", "token_malformed"),
    "two parts": ("a.b", "token_malformed"),
    "not base64": ("\u00e9.\u00e9.\u00e9", "token_malformed"),
    "lone surrogate": ("\ud800", "token_malformed"),
    "NUL": (made() + "\0", "token_malformed"),
    "payload no JSON": (made("{"), "token_malformed"),
    "payload a list": (made("[]"), "token_malformed"),
    "payload nested": (made("[" * 5000), "token_malformed"),
    "header nested": (made(header="[" * 5000), "token_malformed"),
    "header a list": (made(header=[]), "token_malformed"),
    "huge number": (made('{"iss":"APIexample","exp":' + "9" * 5000 + "}"), "token_malformed"),
    "none": (made(header={"alg": "none"}), "token_algorithm"),
    "none unsigned": (made(header={"alg": "none"}).rpartition(".")[0] + ".", "token_algorithm"),
    "no alg": (made(header={"typ": "JWT"}), "token_algorithm"),
    "alg a list": (made(header={"alg": ["HS256"]}), "token_algorithm"),
    "alg lower case": (made(header={"alg": "hs256"}), "token_algorithm"),
    "HS512": (made(header={"alg": "HS512"}, digest="sha512"), "token_algorithm"),
    "RS256": (made(header={"alg": "RS256"}), "token_algorithm"),
    "crit": (made(header={"alg": "HS256", "crit": ["exp"]}), "token_critical"),
    "crit empty": (made(header={"alg": "HS256", "crit": []}), "token_critical"),
    "signature empty": (made().rpartition(".")[0] + ".", "token_signature"),
    "signature of another secret": (made(secret="x" * 32), "token_signature"),
    "signature of another key": (made(but(iss="APIother")), "token_signature"),
    "signature of another payload": (made(but(sub="mallory")).rpartition(".")[0] + "." + signature, "token_signature"),
    "signature cut": (made()[:-4], "token_malformed"),
    "issuer unknown": (made(but(iss="APIunknown")), "token_issuer"),
    "issuer missing": (made({**CLAIMS, "iss": None}), "token_issuer"),
    "issuer a list": (made(but(iss=[KEY])), "token_issuer"),
    "too long": (made(but(metadata="x" * TOKEN_BYTES_MAX)), "token_too_long"),
    "exp missing": (made({**CLAIMS, "exp": None}), "token_claims"),
    "exp a string": (made(but(exp="1900000000")), "token_claims"),
    "exp true": (made(but(exp=True)), "token_claims"),
    "exp NaN": (made(but(exp=float("nan"))), "token_claims"),
    "exp infinite": (made(but(exp=float("inf"))), "token_claims"),
    "exp too large": (made(but(exp=10**400)), "token_claims"),
    "nbf a list": (made(but(nbf=[])), "token_claims"),
    "nbf NaN": (made(but(nbf=float("nan"))), "token_claims"),
    "sub a number": (made(but(sub=7)), "token_claims"),
    "sub missing": (made({**CLAIMS, "sub": None}), "token_claims"),
    "sub too long": (made(but(sub="a" * 257)), "token_claims"),
    "video a list": (made(but(video=[])), "token_claims"),
    "video a string": (made(but(video="roomJoin")), "token_claims"),
    "room a number": (made(video(room=1)), "token_claims"),
    "room too long": (made(video(room="r" * 257)), "token_claims"),
    "roomJoin a string": (made(video(roomJoin="false")), "token_claims"),
    "canPublish a number": (made(video(canPublish=1)), "token_claims"),
    "name a number": (made(but(name=1)), "token_claims"),
    "attributes a list": (made(but(attributes=["a"])), "token_claims"),
    "attribute a number": (made(but(attributes={"a": 1})), "token_claims"),
}


@pytest.mark.parametrize(("token", "code"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_a_reason(token: str, code: str) -> None:
    with pytest.raises(Unauthorized) as failure:
        verify(token, KEYS, now=NOW)
    assert failure.value.code == code and failure.value.status == 401
    assert SECRET not in failure.value.detail and len(failure.value.detail) > 20


def test_an_empty_key_table_lets_nobody_in() -> None:
    with pytest.raises(Unauthorized):
        verify(made(), {}, now=NOW)


@pytest.mark.parametrize(
    "change", [{"identity": ""}, {"room": ""}, {"identity": "a" * 257}, {"ttl_s": float("inf")}, {"ttl_s": float("nan")}]
)
def test_mints_nothing_that_cannot_verify(change: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        mint(KEY, SECRET, **{"identity": "a", "room": "r", **change})


def test_mint_writes_livekit_claims() -> None:
    token = mint(KEY, SECRET, identity="a", room="r", can_publish=True, can_subscribe=False, ttl_s=0.5, now=NOW)
    assert jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False}) == {
        "iss": KEY, "sub": "a", "nbf": int(NOW), "exp": int(NOW) + 1,
        "video": {"room": "r", "roomJoin": True, "canPublish": True, "canSubscribe": False},
    }  # fmt: skip
