"""The call page and, for the demo, the endpoint that hands a visitor a session.

For `signalling.cli`, which mounts it on the media server's own HTTP application, so that page and media share one origin.
Not a conversation: no queue, no cart; `POST /demo/session` gives anybody who knows the room's name one of its two seats,
which is what a demo is for and why only `tresen demo` mounts it.

Invariants: every page is served under one strict Content-Security-Policy without inline script or style; a demo token lives
for minutes, names one room, and its identity is the seat (`customer`, `rep`), so that a reload takes the same seat again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mediaserver.errors import NotFound, TooLarge, Unprocessable
from signalling.site import Built, answer, found, page_headers, policy

SEATS = {"customer": "rep", "rep": "customer"}
ROOM_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
# Long enough to choose a camera and join; the page asks again when a call outlives it.
TOKEN_TTL_S = 300
BODY_BYTES = 4096

# (room, identity, seconds) -> a token that may publish and subscribe there.
Mint = Callable[[str, str, int], str]


class SessionRequest(BaseModel):
    """What the page sends: which room, which seat."""

    model_config = ConfigDict(extra="forbid")

    room: str = Field(pattern=f"^{ROOM_NAME}$")
    role: str = Field(pattern="^(customer|rep)$")


@dataclass(frozen=True, slots=True)
class Session:
    """What the page gets: a token and where to publish and subscribe with it."""

    token: str
    identity: str
    whip: str
    whep: str

    def json(self) -> dict[str, str]:
        """As the body of the answer."""
        return {"token": self.token, "identity": self.identity, "whip": self.whip, "whep": self.whep}


def session_for(room: str, role: str, mint: Mint) -> Session:
    """One seat of a room: it publishes as itself and subscribes to the other seat, whenever that one is taken."""
    name = quote(room, safe="")
    return Session(
        token=mint(room, role, TOKEN_TTL_S),
        identity=role,
        whip=f"/whip/{name}",
        whep=f"/whep/{name}?participant={SEATS[role]}",
    )


def links(base: str, room: str) -> dict[str, str]:
    """The two links of a demo call, by seat."""
    return {seat: f"{base.rstrip('/')}/call/{quote(room, safe='')}/{seat}" for seat in SEATS}


def mount(application: web.Application, mint: Mint | None, built: Built) -> None:
    """Adds the call page; with `mint`, also the demo's session endpoint and its front door at `/`.

    The page's hashed files are those of all faces (`site.mount_assets`). The application turns `RemoteError` into an answer
    (`mediaserver.http.edge`).
    """

    async def page(request: web.Request) -> web.StreamResponse:
        return answer(request, found(built, request, "call/index.html"), page_headers(policy()))

    async def front_door(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/call/demo/customer")

    async def session(request: web.Request) -> web.StreamResponse:
        if mint is None:
            raise NotFound("Only the demo hands out sessions.")
        body = await request.content.read(BODY_BYTES + 1)
        if len(body) > BODY_BYTES or not request.content.at_eof():
            raise TooLarge(f"A session request has at most {BODY_BYTES} bytes.")
        try:
            wanted = SessionRequest.model_validate_json(body)
        except ValidationError as error:
            first = error.errors()[0]
            raise Unprocessable(str(first["msg"]), pointer="".join(f"/{part}" for part in first["loc"])) from error
        granted = session_for(wanted.room, wanted.role, mint)
        return web.json_response(granted.json(), headers={"Cache-Control": "no-store"})

    application.router.add_get(f"/call/{{room:{ROOM_NAME}}}", page)
    application.router.add_get(f"/call/{{room:{ROOM_NAME}}}/{{role:customer|rep}}", page)
    if mint is not None:
        application.router.add_get("/", front_door)
        application.router.add_post("/demo/session", session)


def is_room_name(text: str) -> bool:
    """Whether this may name a room in a link."""
    return re.fullmatch(ROOM_NAME, text) is not None
