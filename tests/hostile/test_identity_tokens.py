"""Tokens that nobody should believe: forged, expired, unsigned, of another algorithm, audience or kind, endless; and any bytes at all."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.errors import Unauthorized
from mediaserver.tokens import mint as mint_media
from signalling.identity import sessions, site_token
from signalling.identity.caller import Caller, Role
from signalling.identity.site_token import Key

NOW_S = 1_800_000_000
SITE = "site_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
SECRET = "s" * 32
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EDWARDS = ed25519.Ed25519PrivateKey.generate()
RSA_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
KEYS = [Key("h", "HS256", SECRET.encode()), Key("r", "RS256", RSA_PEM), Key("e", "EdDSA", EDWARDS.public_key())]
CLAIMS: dict[str, Any] = {"aud": SITE, "sub": "17", "exp": NOW_S + 300, "jti": "1", "name": "Ana"}
CALLER = Caller("ten_1", "cust_1", Role.CUSTOMER, "Ana", session_id="ses_1", cart_id="c", order_ids=frozenset({"1"}))


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def hs256(header: Any, claims: Any, secret: bytes = SECRET.encode(), raw: bool = False) -> str:
    """Signed with HS256, whatever the header says, and with whatever in it."""
    first = header if raw else json.dumps(header)
    second = claims if raw else json.dumps(claims)
    said = f"{b64(first.encode())}.{b64(second.encode())}"
    return f"{said}.{b64(hmac.new(secret, said.encode(), hashlib.sha256).digest())}"


def verify(token: str, keys: list[Key] = KEYS, now_s: float = NOW_S) -> site_token.Claims:
    return site_token.verify(token, keys, site_id=SITE, now_s=now_s)


def refusal(token: str, **arguments: Any) -> str:
    with pytest.raises(Unauthorized) as caught:
        verify(token, **arguments)
    assert token == "" or token[:40] not in caught.value.detail
    return caught.value.code


@pytest.mark.parametrize(("kid", "key", "algorithm"), [("h", SECRET, "HS256"), ("r", RSA, "RS256"), ("e", EDWARDS, "EdDSA")])
def test_a_good_token_is_believed(kid: str, key: Any, algorithm: str) -> None:
    token = jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": kid})
    assert verify(token).sub == "17"
    assert verify(jwt.encode(CLAIMS, key, algorithm=algorithm), [each for each in KEYS if each.kid == kid]).name == "Ana"
    assert refusal(token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")) == "token_signature"
    head, body, _ = token.split(".")
    assert refusal(f"{head}.{body}.") == "token_malformed"
    forged = b64(json.dumps({**CLAIMS, "sub": "1"}).encode())
    assert refusal(f"{head}.{forged}.{token.split('.')[2]}") == "token_signature"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "token_missing"),
        ("a.b", "token_malformed"),
        (b64(b'{"alg":"none"}') + "." + b64(json.dumps(CLAIMS).encode()) + ".", "token_malformed"),
        (hs256({"alg": "none", "kid": "h"}, CLAIMS), "token_algorithm"),
        (hs256({"alg": "NONE", "kid": "h"}, CLAIMS), "token_algorithm"),
        (hs256({"alg": "HS512", "kid": "h"}, CLAIMS), "token_algorithm"),
        (hs256({"alg": "HS256", "kid": "h", "crit": ["exp"]}, CLAIMS), "token_crit"),
        (hs256({"alg": "HS256", "kid": "h", "crit": []}, CLAIMS), "token_crit"),
        (hs256({"alg": "HS256", "kid": "x"}, CLAIMS), "token_key"),
        (hs256({"alg": "HS256"}, CLAIMS), "token_key"),  # which of three?
        (hs256({"alg": "HS256", "kid": ["h"]}, CLAIMS), "token_malformed"),
        (hs256({"kid": "h"}, CLAIMS), "token_malformed"),
        (hs256([], CLAIMS), "token_malformed"),
        # A public key taken for a shared secret.
        (hs256({"alg": "HS256", "kid": "r"}, CLAIMS, RSA_PEM), "token_algorithm"),
        (hs256({"alg": "RS256", "kid": "r"}, CLAIMS, RSA_PEM), "token_signature"),
        (hs256({"alg": "HS256", "kid": "h"}, CLAIMS, b""), "token_signature"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "aud": "site_other"}), "token_audience"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "aud": [SITE]}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "exp": NOW_S - 31}), "token_expired"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "exp": NOW_S + 931}), "token_too_long_lived"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "nbf": NOW_S + 60}), "token_early"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "iat": NOW_S + 60}), "token_early"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "exp": str(NOW_S + 60)}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "exp": 10**400}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "exp": True}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "sub": 17}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "sub": ""}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "name": "a\x00b"}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "name": "\ud800"}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "attributes": {str(n): n for n in range(51)}}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "attributes": {"deep": {"er": 1}}}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "order_ids": ["1"] * 51}), "token_claims"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "email": "no address"}), "token_claims"),
        *[
            (hs256({"alg": "HS256", "kid": "h"}, {k: v for k, v in CLAIMS.items() if k != left}), "token_claims")
            for left in ("aud", "sub", "exp", "jti")
        ],
        (hs256('{"alg":"HS256","kid":"h","kid":"r"}', json.dumps(CLAIMS), raw=True), "token_malformed"),
        (hs256('{"alg":"HS256","kid":"h"}', '{"aud":"x","aud":"y"}', raw=True), "token_malformed"),
        (hs256('{"alg":"HS256","kid":"h"}', '{"exp":NaN}', raw=True), "token_malformed"),
        (hs256('{"alg":"HS256","kid":"h"}', "[" * 2000, raw=True), "token_malformed"),
        (hs256("[" * 2000, "{}", raw=True), "token_malformed"),
        (hs256('{"alg":"HS256","kid":"h"}', '"text"', raw=True), "token_malformed"),
        ("A" * (1 << 20), "token_too_long"),
        (hs256({"alg": "HS256", "kid": "h"}, {**CLAIMS, "name": "n" * (1 << 20)}), "token_too_long"),
        (hs256({"alg": "HS256", "kid": "h"}, CLAIMS) + "\n", "token_malformed"),
        (hs256({"alg": "HS256", "kid": "h"}, CLAIMS).replace(".", "=.", 1), "token_malformed"),
        (hs256({"alg": "HS256", "kid": "h"}, CLAIMS).replace(".", "..", 1), "token_malformed"),
        ("é.é.é", "token_malformed"),
    ],
)
def test_a_token_nobody_should_believe_is_refused(token: str, code: str) -> None:
    refused = refusal(token)
    # What is wrong with claims is only looked at behind a good signature, where PyJWT may be the first to stumble.
    assert refused == code or (code == "token_malformed" and refused == "token_signature")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: ".".join([b64(raw)] * 3)))
def test_any_text_is_refused_and_nothing_else(text: str) -> None:
    refusal(text)
    with pytest.raises(Unauthorized):
        sessions.verify(SECRET, text, NOW_S)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*site_token.Claims.model_fields, "other"]), JSON),
    st.dictionaries(st.sampled_from(["typ", "x5u", "jku", "b64"]), JSON),
)
def test_signed_nonsense_gives_claims_or_a_refusal(claims: dict[str, Any], header: dict[str, Any]) -> None:
    try:
        said = verify(hs256({**header, "alg": "HS256", "kid": "h"}, {**CLAIMS, **claims}))
    except Unauthorized:
        return
    assert said.aud == SITE and said.sub and NOW_S - 30 < said.exp <= NOW_S + 930


@given(
    st.dictionaries(
        st.sampled_from(["aud", "iat", "exp", "ten", "sub", "role", "name", "ver", "site", "sid", "cart", "ords", "more"]), JSON
    )
)
def test_a_signed_session_token_with_nonsense_gives_a_caller_or_a_refusal(claims: dict[str, Any]) -> None:
    good = jwt.decode(sessions.mint(SECRET, CALLER, 60, NOW_S), options={"verify_signature": False, "verify_aud": False})
    token = hs256({"alg": "HS256", "kid": sessions.key_id(SECRET), "typ": sessions.TYPE}, {**good, **claims})
    try:
        caller = sessions.verify(SECRET, token, NOW_S)
    except Unauthorized:
        return
    assert isinstance(caller.tenant_id, str) and isinstance(caller.role, Role) and caller.expires_at_us > NOW_S * 1_000_000


def test_a_session_token_tells_what_it_was_made_of() -> None:
    caller = sessions.verify(SECRET, sessions.mint(SECRET, CALLER, 60, NOW_S), NOW_S + 59)
    assert (caller.tenant_id, caller.id, caller.order_ids, caller.cart_id) == ("ten_1", "cust_1", frozenset({"1"}), "c")
    with pytest.raises(Unauthorized):
        sessions.verify(SECRET, sessions.mint(SECRET, CALLER, 60, NOW_S), NOW_S + 60)
    with pytest.raises(Unauthorized):
        sessions.verify("t" * 32, sessions.mint(SECRET, CALLER, 60, NOW_S), NOW_S)


def test_another_kind_of_token_is_no_session_token() -> None:
    good = jwt.decode(sessions.mint(SECRET, CALLER, 60, NOW_S), options={"verify_signature": False, "verify_aud": False})
    kid = sessions.key_id(SECRET)
    others = [
        mint_media("key", SECRET, identity="cust_1", room="r", ttl_s=60),
        hs256({"alg": "HS256", "kid": kid}, good),
        hs256({"alg": "HS256", "kid": kid, "typ": "JWT"}, good),
        hs256({"alg": "HS256", "kid": kid, "typ": sessions.TYPE}, {**good, "aud": "other"}),
        hs256({"alg": "HS256", "kid": kid, "typ": sessions.TYPE}, {**good, "iat": NOW_S + 60}),
        hs256({"alg": "HS256", "kid": kid, "typ": sessions.TYPE, "crit": ["x"]}, good),
        hs256({"alg": "HS256", "typ": sessions.TYPE}, good),
        hs256({"alg": "HS256", "kid": kid, "typ": sessions.TYPE}, CLAIMS),
    ]
    for token in others:
        with pytest.raises(Unauthorized):
            sessions.verify(SECRET, token, NOW_S)
    with pytest.raises(Unauthorized):
        verify(sessions.mint(SECRET, CALLER, 60, NOW_S))
