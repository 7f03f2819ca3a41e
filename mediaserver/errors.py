"""What can go wrong at the edge of the media server, split by who is to blame.

    TresenError
    +-- RemoteError                 a peer sent something we will not serve: knows the answer to give
    |   +-- BadRequest              400  cannot be understood (SDP, JSON, header syntax)
    |   +-- Unauthorized            401  no token, or one that does not verify
    |   +-- Forbidden               403  the token is good but does not grant this
    |   +-- NotFound                404  no such room, session or resource
    |   +-- MethodNotAllowed        405  the resource has no such method
    |   +-- NotAcceptable           406  no representation the peer accepts
    |   +-- Conflict                409  the resource is in another state
    |   +-- PreconditionFailed      412  If-Match names an older version
    |   +-- TooLarge                413  beyond a documented size
    |   +-- UnsupportedMediaType    415  the body has another type than the resource takes
    |   +-- Unprocessable           422  understood, but its content cannot be served
    |   +-- PreconditionRequired    428  If-Match is needed here
    |   +-- TooMany                 429  a rate or count limit of this peer
    |   +-- Unavailable             503  we cannot at the moment: overload or draining
    +-- LocalError                  our own misuse of an interface, or a machine that is not set up: never a peer's doing

Not for broken invariants (assertions) nor for malformed media packets (counted drops in native). Raised everywhere in
`mediaserver`; turned into bytes by the HTTP and socket handlers alone. RFC 9457 (problem details), RFC 9110 section 15
(status codes). Invariant: `title` is the same for every occurrence of a class and neither it nor `detail` carries a secret.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "BadRequest",
    "Conflict",
    "Forbidden",
    "LocalError",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "PreconditionFailed",
    "PreconditionRequired",
    "RemoteError",
    "TooLarge",
    "TooMany",
    "TresenError",
    "Unauthorized",
    "Unavailable",
    "Unprocessable",
    "UnsupportedMediaType",
]

PROBLEM_CONTENT_TYPE = "application/problem+json"


class TresenError(Exception):
    """Any error this library raises on purpose."""


class LocalError(TresenError):
    """This process used an interface wrongly or is not set up; the message says what to do."""


class RemoteError(TresenError):
    """A peer's request cannot be served. `status` is the HTTP code to answer, `code` a stable word for programs."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"
    default_code: ClassVar[str] = "bad_request"

    def __init__(
        self, detail: str = "", *, code: str | None = None, headers: Mapping[str, str] | None = None, pointer: str | None = None
    ) -> None:
        """`detail`: one sentence for a person about this occurrence. `pointer`: JSON pointer (RFC 6901) into the body at fault."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.default_code
        self.headers: dict[str, str] = dict(headers or {})
        self.pointer = pointer

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 problem object; `type` is left at its default (about:blank), so `title` is the status phrase's own."""
        body: dict[str, Any] = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail, "code": self.code}
        if self.pointer is not None:
            body["errors"] = [{"pointer": self.pointer, "code": self.code, "detail": self.detail}]
        return body


class BadRequest(RemoteError):
    """Cannot be understood."""


class Unauthorized(RemoteError):
    """No token or one that does not verify. Answers the challenge RFC 6750 section 3 asks for."""

    status = 401
    title = "Unauthorized"
    default_code = "unauthorized"

    def __init__(
        self, detail: str = "", *, code: str | None = None, headers: Mapping[str, str] | None = None, pointer: str | None = None
    ) -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": 'Bearer realm="tresen"', **(headers or {})}, pointer=pointer)


class Forbidden(RemoteError):
    """The token is good but does not grant this."""

    status = 403
    title = "Forbidden"
    default_code = "forbidden"


class NotFound(RemoteError):
    """No such room, session or resource."""

    status = 404
    title = "Not found"
    default_code = "not_found"


class MethodNotAllowed(RemoteError):
    """The resource has no such method; give the ones it has as `headers={"Allow": ...}` (RFC 9110 section 15.5.6)."""

    status = 405
    title = "Method not allowed"
    default_code = "method_not_allowed"


class NotAcceptable(RemoteError):
    """No representation the peer accepts."""

    status = 406
    title = "Not acceptable"
    default_code = "not_acceptable"


class Conflict(RemoteError):
    """The resource is in another state."""

    status = 409
    title = "Conflict"
    default_code = "conflict"


class PreconditionFailed(RemoteError):
    """If-Match names another version than the current one."""

    status = 412
    title = "Precondition failed"
    default_code = "precondition_failed"


class TooLarge(RemoteError):
    """Beyond a documented size."""

    status = 413
    title = "Content too large"
    default_code = "too_large"


class UnsupportedMediaType(RemoteError):
    """The body has another type than the resource takes."""

    status = 415
    title = "Unsupported media type"
    default_code = "unsupported_media_type"


class Unprocessable(RemoteError):
    """Understood, but its content cannot be served."""

    status = 422
    title = "Unprocessable content"
    default_code = "unprocessable"


class PreconditionRequired(RemoteError):
    """If-Match is needed here (RFC 6585 section 3)."""

    status = 428
    title = "Precondition required"
    default_code = "precondition_required"


class _RetryLater(RemoteError):
    """Errors that tell the peer when to come back (Retry-After, RFC 9110 section 10.2.3)."""

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        pointer: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail, code=code, headers=headers, pointer=pointer)
        self.retry_after_s = retry_after_s
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))  # whole seconds; 0 would invite a storm


class TooMany(_RetryLater):
    """A rate or count limit of this peer."""

    status = 429
    title = "Too many requests"
    default_code = "too_many"


class Unavailable(_RetryLater):
    """We cannot at the moment: overload or draining."""

    status = 503
    title = "Service unavailable"
    default_code = "unavailable"
