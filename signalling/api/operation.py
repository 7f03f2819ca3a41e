"""Operations: what callers can ask for. One declaration serves REST, the socket, OpenAPI and the documentation.

    operations = Operations("Messages")

    @operations.add("message.send", "POST", "/v1/conversations/{conversation_id}/messages", roles=ANYBODY, status=201)
    async def send(context: Context, conversation_id: ConversationId, body: Draft) -> Message:
        \"\"\"Sends a message. ...\"\"\"

`body` and `query` are pydantic models (or dataclasses) by their annotation; every other parameter after `context` is a part of the path.
On the socket
the same operation is a frame `{"type": "message.send", "id": "r1", "conversation_id": ..., ...the body's or query's fields}`. The
docstring is the
documentation. Invariant: nothing reaches a handler that its annotations do not admit, nor a caller without one of its roles.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

from mediaserver.errors import PreconditionRequired
from signalling.identity.caller import Caller, Role
from signalling.store import Transaction

if TYPE_CHECKING:
    from signalling.services import Services

P = ParamSpec("P")
T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is not JSON: a file, a page, an archive."""

    content: bytes | AsyncIterator[bytes]
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """One request: who asks, and what its handler needs to answer."""

    services: "Services"
    caller: Caller
    operation: "Operation"
    idempotency_key: str | None = None
    if_match: int | None = None
    remote: str = ""  # the peer's address
    content_type: str = ""  # of a raw body
    raw: bytes = b""  # the body as it came, for signatures over it
    request_headers: Mapping[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)  # of the answer

    @property
    def tenant_id(self) -> str:
        """The caller's."""
        return self.caller.tenant_id

    async def read(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`Store.read`."""
        return await self.services.store.read(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`Store.write`; in an operation that `creates`, its value is also the answer kept under the request's Idempotency-Key."""
        return await self.services.store.write(work, *args, **kwargs)

    def version(self) -> int:
        """The version that If-Match names. PreconditionRequired (428) where it names none."""
        if self.if_match is None:
            raise PreconditionRequired("This needs If-Match with the version you have seen.")
        return self.if_match


@dataclass(frozen=True, slots=True)
class Operation:
    """See the module. `params`, `query`, `body` and `returns` hold pydantic adapters of the annotations."""

    name: str
    method: Method
    path: str
    handler: Handler
    roles: frozenset[Role]  # empty: anybody, without a token
    status: int
    tag: str
    params: Mapping[str, TypeAdapter[Any]]
    query: TypeAdapter[Any] | None
    body: TypeAdapter[Any] | None
    returns: TypeAdapter[Any] | None  # None: no content, or Raw
    creates: bool  # takes an Idempotency-Key
    if_match: bool  # takes If-Match
    socket: bool  # may also be asked for on the socket
    body_types: tuple[str, ...]  # content types of a raw body; empty: JSON
    body_bytes: int  # the largest body
    media_type: str  # of the answer
    summary: str
    description: str


class Operations(list[Operation]):
    """The operations of one subject, in the order of the documentation."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag

    def add(
        self,
        name: str,
        method: Method,
        path: str,
        *,
        roles: frozenset[Role],
        status: int = 200,
        creates: bool = False,
        if_match: bool = False,
        socket: bool = True,
        body_types: tuple[str, ...] = (),
        body_bytes: int = 64 * 1024,
        media_type: str = "application/json",
    ) -> Callable[[Handler], Handler]:
        """Declares the decorated coroutine function; see the module."""

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            returned = hints.pop("return", None)
            names = [each for each in inspect.signature(handler).parameters if each not in ("context", "query", "body")]
            summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
            self.append(
                Operation(
                    name=name,
                    method=method,
                    path=path,
                    handler=handler,
                    roles=roles,
                    status=status,
                    tag=self.tag,
                    params={each: TypeAdapter(hints[each]) for each in names},
                    query=TypeAdapter(hints["query"]) if "query" in hints else None,
                    body=TypeAdapter(hints["body"]) if "body" in hints and not body_types else None,
                    returns=None if returned in (None, type(None), Raw) else TypeAdapter(returned),
                    creates=creates,
                    if_match=if_match,
                    socket=socket and not body_types and returned is not Raw,
                    body_types=body_types,
                    body_bytes=body_bytes,
                    media_type=media_type,
                    summary=summary,
                    description=description.strip(),
                )
            )
            return handler

        return declare
