"""An OpenID Connect provider on this machine, as strict as the standards ask: codes good once, PKCE and client checked, signed id tokens.

For login tests. `persons` are who can log in there; `authorize` plays the person at the browser and gives the code that the browser
would be sent back with. `claims` changes what the next tokens say, to see bad ones refused. OpenID Connect Core 1.0, Discovery 1.0, RFC
7636.
"""

import base64
import hashlib
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class OpenIdProvider:
    """See the module. `async with` it."""

    client_id, client_secret = "tresen-console", "the client's secret / with+signs"

    def __init__(self) -> None:
        self.keys = {"k1": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.signing = "k1"
        self.claims: dict[str, Any] = {}  # laid over those of every token
        self.aside = False  # whether all but the subject is told by userinfo alone, as strict providers do
        self.userinfo_subject: str | None = None  # said there instead of the person's own
        self.access: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.key_requests = 0
        self.issuer = ""
        application = web.Application()
        application.router.add_get("/.well-known/openid-configuration", self._configuration)
        application.router.add_get("/keys", self._keys)
        application.router.add_post("/token", self._token)
        application.router.add_get("/userinfo", self._userinfo)
        self._server = TestServer(application)

    async def __aenter__(self) -> "OpenIdProvider":
        await self._server.start_server()
        self.issuer = str(self._server.make_url("")).rstrip("/")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def authorize(self, url: str, person: dict[str, Any]) -> dict[str, str]:
        """Somebody logs in at the authorization endpoint: the query that the browser comes back with."""
        parts = urlsplit(url)
        assert url.startswith(f"{self.issuer}/authorize?")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query["response_type"] == "code" and query["client_id"] == self.client_id and "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256" and len(query["state"]) >= 32 and len(query["nonce"]) >= 32
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "person": json.dumps(person)}
        return {"code": code, "state": query["state"]}

    async def _configuration(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
            }
        )

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_requests += 1
        keys = [{**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]
        return web.json_response({"keys": keys})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        begun = self.codes.pop(str(form.get("code")), None)
        expected = base64.b64encode(f"{self.client_id}:{_form(self.client_secret)}".encode()).decode()
        verifier = str(form.get("code_verifier", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if (
            begun is None
            or request.headers.get("Authorization") != f"Basic {expected}"
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != begun["redirect_uri"]
            or challenge != begun["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        person = json.loads(begun["person"])
        access = secrets.token_urlsafe(16)
        self.access[access] = person
        now_s = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": begun["nonce"],
            **({"sub": person["sub"]} if self.aside else person),
            **self.claims,
        }
        key = self.keys[self.signing]
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": self.signing})
        return web.json_response({"access_token": access, "token_type": "Bearer", "id_token": token})

    async def _userinfo(self, request: web.Request) -> web.Response:
        person = self.access.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if person is None:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response(person if self.userinfo_subject is None else {**person, "sub": self.userinfo_subject})


def _form(text: str) -> str:
    """RFC 6749 appendix B."""
    return "".join(
        letter if letter.isalnum() or letter in "-._~" else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in text
    )
