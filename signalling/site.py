"""The built web (`web/dist`), served: the console's pages, the widget's loader, and the hashed assets of all faces.

For `cli`, which mounts it on the node's application. Not for the plain call page (`pages`) nor for the demonstration's shop, which is on an
origin of its own (`demo_shop`). `npm run build` makes the files and their compressed twins; here they are only found and labelled.

Invariants: no page's policy allows inline script or style, or anything of another origin; a hashed asset is kept by browsers for a year, a
page and the loader are asked for again; assets may be taken by pages of other origins, since the widget lives there, pages may not; an
asset of an earlier version is still found for a while (`earlier_assets`).
"""

import hashlib
import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from mediaserver.errors import LocalError, NotFound, Unavailable

FILE = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
# RFC 9110 section 7.2, as far as hosts are written in practice; anything else gets no socket's origin in the policy.
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wasm": "application/wasm",
}
# Encodings the build makes, the better first.
TWINS = {"br": ".br", "gzip": ".gz"}
FOREVER = "public, max-age=31536000, immutable"
# The loader's name never changes and it names a hashed file: kept without asking, it would name one of another version. Asking is 304.
ASK_AGAIN = "no-cache"
ELSEWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
MISSING = "the web is not built: run `make demo`, or `npm ci && npm run build` in web/ (Node.js 20.19 or later)"
PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), picture-in-picture=(self), geolocation=(), payment=()"


def sockets_of(host: str) -> tuple[str, ...]:
    """The WebSocket origins of a host, as browsers want them in `connect-src` that do not count them as 'self'."""
    return (f"ws://{host}", f"wss://{host}") if HOST.fullmatch(host) else ()


def policy(*, foreign: tuple[str, ...] = (), connect: tuple[str, ...] = (), form_action: str = "'self'") -> str:
    """A Content-Security-Policy without inline anything. `foreign`: origins that scripts, pictures and data may come from besides;
    `connect`: for data alone.
    """
    sources = {
        "default-src": ("'none'",),
        "script-src": ("'self'", *foreign),
        "style-src": ("'self'", *foreign),
        "img-src": ("'self'", "blob:", *foreign),
        "font-src": ("'self'",),
        "media-src": ("'self'", "blob:", *foreign),
        "connect-src": ("'self'", *foreign, *connect),
        "base-uri": ("'none'",),
        "form-action": (form_action,),
        "frame-ancestors": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in sources.items())


def page_headers(content_policy: str) -> dict[str, str]:
    """What every page says."""
    return {
        "Content-Security-Policy": content_policy,
        "Permissions-Policy": PERMISSIONS,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": ASK_AGAIN,
    }


@dataclass(frozen=True, slots=True)
class Stored:
    """One file as it is sent. `encoding` is empty for the file itself."""

    body: bytes
    etag: str
    content_type: str
    encoding: str


class Built:
    """The files of `web/dist`, read when they are asked for and kept until they change, so that a rebuild shows without a restart."""

    def __init__(self, folder: Path, earlier: Path | None = None) -> None:
        """Reads nothing yet. `earlier`: where to look for what is no longer in `folder` (`earlier_assets.keep`)."""
        self.folder = folder
        self._earlier = earlier
        self._kept: dict[Path, tuple[tuple[int, int], Stored]] = {}

    def find(self, name: str, accepted: str) -> Stored | None:
        """A file by its name in the folder, in the best encoding that is accepted (an Accept-Encoding header). None where there is none."""
        path = self.folder / name
        if self._earlier is not None and not path.is_file():
            path = self._earlier / name
        content_type = TYPES.get(path.suffix)
        if content_type is None or not path.is_file():
            return None
        for encoding in encodings(accepted):
            twin = path.with_name(path.name + TWINS[encoding])
            if twin.is_file():
                return self._read(twin, content_type, encoding)
        return self._read(path, content_type, "")

    def _read(self, path: Path, content_type: str, encoding: str) -> Stored:
        state = path.stat()
        mark = (state.st_mtime_ns, state.st_size)
        kept = self._kept.get(path)
        if kept is None or kept[0] != mark:
            body = path.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
            kept = self._kept[path] = (mark, Stored(body, etag, content_type, encoding))
        return kept[1]


def encodings(accepted: str) -> list[str]:
    """Which of our encodings an Accept-Encoding header admits (RFC 9110 section 12.5.3), the better first."""
    admitted = set()
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight):
            admitted.add(name.strip())
    return [name for name in TWINS if name in admitted]


def answer(request: web.Request, file: Stored, headers: Mapping[str, str]) -> web.Response:
    """The file with these headers, or that the browser's copy is still right."""
    said = {**headers, "ETag": file.etag, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    known = request.headers.get("If-None-Match", "")
    if known == "*" or file.etag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return web.Response(status=304, headers=said)
    said["Content-Type"] = file.content_type
    if file.encoding:
        said["Content-Encoding"] = file.encoding
    return web.Response(body=file.body, headers=said)


def dist_folder() -> Path:
    """Where the built web is, or would be, in the repository or in an installed wheel."""
    return Path(str(importlib.resources.files("web").joinpath("dist")))


def require(folder: Path) -> Path:
    """The folder. LocalError where the web was not built into it."""
    if not (folder / "widget" / "v1.js").is_file():
        raise LocalError(MISSING)
    return folder


def found(built: Built, request: web.Request, name: str) -> Stored:
    """A file that is always there once the web is built. Unavailable where it is not."""
    file = built.find(name, request.headers.get("Accept-Encoding", ""))
    if file is None:
        raise Unavailable(MISSING[0].upper() + MISSING[1:] + ".")
    return file


def mount(application: web.Application, built: Built) -> None:
    """Adds the routes. The application turns `RemoteError` into an answer (`mediaserver.http.edge`)."""

    async def console(request: web.Request) -> web.StreamResponse:
        content_policy = policy(connect=sockets_of(request.host))
        return answer(request, found(built, request, "console/index.html"), page_headers(content_policy))

    application.router.add_get("/console", console)
    application.router.add_get("/console/{page:.*}", console)
    mount_assets(application, built)

    async def loader(request: web.Request) -> web.StreamResponse:
        return answer(request, found(built, request, "widget/v1.js"), {**ELSEWHERE, "Cache-Control": ASK_AGAIN})

    application.router.add_get("/widget/v1.js", loader)


def mount_assets(application: web.Application, built: Built) -> None:
    """Adds the hashed files of all faces."""

    async def asset(request: web.Request) -> web.StreamResponse:
        file = built.find(f"assets/{request.match_info['file']}", request.headers.get("Accept-Encoding", ""))
        if file is None:
            raise NotFound("There is no such file.")
        return answer(request, file, {**ELSEWHERE, "Cache-Control": FOREVER})

    application.router.add_get(f"/assets/{{file:{FILE}}}", asset)
