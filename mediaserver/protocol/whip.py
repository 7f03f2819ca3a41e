"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): one offer, one answer, a resource that stands for the session.

    POST   /whip/{room}            offer -> 201, Location, ETag, answer     the token needs canPublish
    POST   /whep/{room}            the same for receiving; 201 also before anybody publishes; ?participant=ID narrows it,
                                   ?audio=mixed|forwarded says how sound comes (a room's usual way is configured)
    PATCH  .../{session}           trickle fragment: candidates -> 204, new ICE credentials (restart) -> 200 with ours
    DELETE .../{session}           -> 200
    GET    /whep/{room}/{session}/tracks   whose tracks lie on which line of the offer -> 200, JSON, ETag; with If-None-Match of what is
                                   known already the answer comes when it changes, or after 20 s: 304

The last one is no part of the draft: tracks come and go on a session's lines without another negotiation, so the server says whose they
are.
Handlers only: what is decided is `Room`'s, how errors look is `http`'s. Candidates of the peer are accepted and dropped, since
we are ICE-lite. A session's address is unguessable, and still the Bearer token is asked for: the one that made the
session (also when it has expired since, or nobody could hang up after ten minutes) or a valid one of the same identity.
"""

import asyncio
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from aiohttp import web

from mediaserver import keys, tokens
from mediaserver.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from mediaserver.ice import Fragment, parse_fragment, write_fragment
from mediaserver.participant import Publication, Session, Subscription
from mediaserver.sdp import MAX_BYTES
from mediaserver.server import RETRY_AFTER_S, MediaServer

if TYPE_CHECKING:
    from mediaserver.config import IceServer

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
CHUNK_BYTES = 16 * 1024
# Below the idle timeouts of proxies (mostly 30 s and 60 s).
WAIT_S = 20.0


class Whip:
    """The handlers of one of the two protocols, which differ in the direction of media alone."""

    def __init__(self, server: MediaServer, protocol: Literal["whip", "whep"]) -> None:
        self._server = server
        self._protocol = protocol
        self._keys = keys.api_keys(server.settings)
        self._links = [link for each in server.settings.ice_servers for link in _links(each)]
        self._stopping = False

    def add_to(self, app: web.Application) -> None:
        """Adds this protocol's routes."""
        endpoint = app.router.add_resource(f"/{self._protocol}/{{room}}")
        endpoint.add_route("POST", self.create)
        endpoint.add_route("OPTIONS", self.endpoint_options)
        resource = app.router.add_resource(f"/{self._protocol}/{{room}}/{{session}}")
        resource.add_route("PATCH", self.update)
        resource.add_route("DELETE", self.delete)
        resource.add_route("OPTIONS", self.resource_options)
        if self._protocol == "whep":
            tracks = app.router.add_resource("/whep/{room}/{session}/tracks")
            tracks.add_route("GET", self.tracks)
            tracks.add_route("OPTIONS", self.tracks_options)
            app.on_shutdown.append(self._wake)

    async def create(self, request: web.Request) -> web.Response:
        """POST: an offer becomes a session."""
        server, room_name = self._server, request.match_info["room"]
        token = _bearer(request)
        grants = self._grants(token, room_name)
        if not (grants.can_publish if self._protocol == "whip" else grants.can_subscribe):
            raise Forbidden(f"The token does not allow to {'publish' if self._protocol == 'whip' else 'subscribe'}.")
        if not server.ready:
            raise Unavailable("The server is shutting down; try another one.", code="draining", retry_after_s=RETRY_AFTER_S)
        mixed = _mixed(request)
        _require_acceptable(request, SDP_TYPE)
        offer = await server.parse(await _body(request, SDP_TYPE, "Accept-Post"))
        room = server.room(room_name)
        session: Session
        if self._protocol == "whip":
            session, answer = room.publish(grants.identity, offer)
        else:
            session, answer = room.subscribe(grants.identity, offer, participant=request.query.get("participant"), mixed=mixed)
        session.owner_proof = _proof(token)
        response = web.Response(status=201, body=answer.encode(), content_type=SDP_TYPE)
        response.headers["Location"] = f"/{self._protocol}/{quote(room_name, safe='')}/{session.id}"
        response.headers["ETag"] = f'"{session.etag}"'
        response.headers["Accept-Patch"] = FRAGMENT_TYPE
        for link in self._links:
            response.headers.add("Link", link)
        return response

    async def update(self, request: web.Request) -> web.Response:
        """PATCH: trickled candidates or an ICE restart (RFC 9725 section 4.3)."""
        session = self._session(request)
        _require_match(request, session, needed=True)
        fragment = parse_fragment(await _body(request, FRAGMENT_TYPE, "Accept-Patch"))
        if session.closed:  # while the body was on its way
            raise NotFound("The session has ended.")
        remote, current = fragment.credentials, session.transport.remote
        if remote.ufrag in ("", current.ufrag):
            if remote.password not in ("", current.password):
                raise Conflict("The fragment has the current ice-ufrag with another ice-pwd.")
            return web.Response(status=204, headers={"ETag": f'"{session.etag}"'})
        if not remote.password:
            raise BadRequest("SDP fragment: a new ice-ufrag needs a new ice-pwd.")
        ours = session.restart(remote)
        answer = write_fragment(Fragment(ours, self._server.candidates_of(session.room.worker), session.mid))
        return web.Response(status=200, body=answer.encode(), content_type=FRAGMENT_TYPE, headers={"ETag": f'"{session.etag}"'})

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE: hangs up."""
        session = self._session(request)
        _require_match(request, session, needed=False)
        session.close()
        return web.Response(status=200)

    async def tracks(self, request: web.Request) -> web.Response:
        """GET of a subscription's tracks: at once, or when they are others than those the client knows."""
        session = self._session(request)
        if not isinstance(session, Subscription):
            raise NotFound("There is no such subscription.")
        known = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
        now = asyncio.get_running_loop().time
        end_s, patient = now() + WAIT_S, True
        while True:
            if session.closed:
                raise NotFound("The session has ended.")
            body = _seats(session)
            headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"', "Cache-Control": "no-store"}
            if headers["ETag"] not in known:
                return web.Response(body=body, content_type="application/json", headers=headers)
            if self._stopping or not patient:
                return web.Response(status=304, headers=headers)
            patient = await session.stirred(end_s - now())

    async def tracks_options(self, _: web.Request) -> web.Response:
        """OPTIONS of a subscription's tracks."""
        return web.Response(status=204, headers={"Allow": "GET, OPTIONS"})

    async def _wake(self, _: web.Application) -> None:
        """The server is shutting down: nobody keeps waiting."""
        self._stopping = True
        for session in self._server.sessions.values():
            if isinstance(session, Subscription):
                session.stir()

    async def endpoint_options(self, _: web.Request) -> web.Response:
        """OPTIONS of the endpoint: what it takes, and the ICE servers to use."""
        response = web.Response(status=204, headers={"Allow": "OPTIONS, POST", "Accept-Post": SDP_TYPE})
        for link in self._links:
            response.headers.add("Link", link)
        return response

    async def resource_options(self, _: web.Request) -> web.Response:
        """OPTIONS of a session."""
        return web.Response(status=204, headers={"Allow": "DELETE, OPTIONS, PATCH", "Accept-Patch": FRAGMENT_TYPE})

    def _grants(self, token: str, room: str) -> tokens.Grants:
        grants = tokens.verify(token, self._keys)
        if not grants.may_join(room):
            raise Forbidden("The token is not for this room.")
        return grants

    def _session(self, request: web.Request) -> Session:
        """The session of the request's address, if its token's holder may touch it."""
        token, room = _bearer(request), request.match_info["room"]
        session = self._server.sessions.get(request.match_info["session"])
        if session is not None and (session.room.name != room or isinstance(session, Publication) != (self._protocol == "whip")):
            session = None
        if session is not None and hmac.compare_digest(session.owner_proof, _proof(token)):
            return session
        grants = self._grants(token, room)
        if session is None:
            raise NotFound("There is no such session; it may have ended.")
        if session.participant.identity != grants.identity:
            raise Forbidden("The session is somebody else's.")
        return session


def _seats(session: Subscription) -> bytes:
    seats = session.room.seats(session)
    tracks = [{"kind": kind, "index": index, "identity": identity} for kind, index, identity in seats.placed]
    return json.dumps({"tracks": tracks, "mix": seats.mix}).encode()


def _mixed(request: web.Request) -> bool | None:
    """How a subscriber wants sound, None where the query does not say it."""
    audio = request.query.get("audio")
    if audio not in (None, "mixed", "forwarded"):
        raise BadRequest("The audio parameter is mixed or forwarded.")
    return None if audio is None else audio == "mixed"


def _links(ice_server: "IceServer") -> list[str]:
    """A STUN or TURN server as Link header values (RFC 9725 section 4.6)."""
    attributes = 'rel="ice-server"'
    if ice_server.username:
        attributes += f'; username={_quoted(ice_server.username)}; credential={_quoted(ice_server.credential)}; credential-type="password"'
    return [f"<{url}>; {attributes}" for url in ice_server.urls]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("A Bearer token is needed.")
    return token.strip()


def _proof(token: str) -> bytes:
    """Tells the same token again without keeping it."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


async def _body(request: web.Request, content_type: str, hint: str) -> bytes:
    """The request's body, at most MAX_BYTES of it ever in memory."""
    if request.content_type != content_type:
        raise UnsupportedMediaType(f"The body must be {content_type}.", headers={hint: content_type})
    too_large = TooLarge(f"The body is longer than {MAX_BYTES} bytes.")
    if (request.content_length or 0) > MAX_BYTES:
        raise too_large
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise too_large
    return bytes(body)


def _require_acceptable(request: web.Request, content_type: str) -> None:
    ranges = request.headers.get("Accept", "*/*")
    wanted = ("*/*", content_type.partition("/")[0] + "/*", content_type)
    for part in ranges.split(","):
        name, _, parameters = part.partition(";")
        quality = next((each.strip()[2:] for each in parameters.split(";") if each.strip().lower().startswith("q=")), "1")
        if name.strip().lower() in wanted and quality.strip("0.") != "":
            return
    raise NotAcceptable(f"The answer is {content_type}, which the Accept header leaves out.")


def _require_match(request: web.Request, session: Session, *, needed: bool) -> None:
    """If-Match (RFC 9110 section 13.1.1, strong comparison): "*" is any version, as an ICE restart sends it (RFC 9725 section 4.3.3)."""
    condition = request.headers.get("If-Match")
    if condition is None:
        if needed:
            raise PreconditionRequired("If-Match is needed, with the session's ETag or *.")
        return
    if condition.strip() != "*" and f'"{session.etag}"' not in [each.strip() for each in condition.split(",")]:
        raise PreconditionFailed("If-Match names another version of the session.")
