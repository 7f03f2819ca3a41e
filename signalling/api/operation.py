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
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter

from mediaserver.errors import PreconditionRequired
from signalling.api.idempotency import Claim, keep
from signalling.api.input import Kind, kind_of, kinds_of
from signalling.api.models import Bounded
from signalling.identity.caller import Caller, Role
from signalling.store import Transaction

if TYPE_CHECKING:
    from signalling.services import Services

P = ParamSpec("P")
T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
# Kinds of requests that have a rate limit of their own; see `doors`.
Limit = Literal["read", "write", "login", "inbound"]
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
    claim: Claim | None = None  # its Idempotency-Key, until the first write keeps the answer under it
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
        claim, self.claim = self.claim, None
        if claim is None:
            return await self.services.store.write(work, *args, **kwargs)
        return await self.services.store.write(keep, claim, partial(_called, work, args, kwargs), self.operation.answer)

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
    param_kinds: Mapping[str, Kind]
    query: TypeAdapter[Any] | None
    query_kinds: Mapping[str, Kind]
    body: TypeAdapter[Any] | None
    returns: TypeAdapter[Any] | None  # None: no content, or Raw
    raw: bool  # answers a Raw
    creates: bool  # takes an Idempotency-Key
    if_match: bool  # takes If-Match
    socket: bool  # may also be asked for on the socket
    body_types: tuple[str, ...]  # content types of a raw body; empty: JSON
    body_bytes: int  # the largest body
    media_type: str  # of the answer; of a Raw one perhaps several, comma between
    limit: Limit
    summary: str
    description: str

    def answer(self, value: Any) -> tuple[int, bytes]:
        """Status and JSON of the answer that a handler's value is."""
        if self.returns is None:
            return (204 if self.status == 200 else self.status), b""
        return self.status, self.returns.dump_json(value)


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
        limit: Limit | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declares the decorated coroutine function; see the module. `limit` is by method where it is not said."""

        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            returned = hints.pop("return", None)
            names = [each for each in inspect.signature(handler).parameters if each not in ("context", "query", "body")]
            params: dict[str, TypeAdapter[Any]] = {each: _bounded(hints[each]) for each in names}
            query = TypeAdapter(hints["query"]) if "query" in hints else None
            body = TypeAdapter(hints["body"]) if "body" in hints and not body_types else None
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
                    params=params,
                    param_kinds={each: kind_of(schema, schema) for each, schema in ((n, a.json_schema()) for n, a in params.items())},
                    query=query,
                    query_kinds=kinds_of(query.json_schema()) if query is not None else {},
                    body=body,
                    raw=returned is Raw,
                    returns=None if returned in (None, type(None), Raw) else TypeAdapter(returned),
                    creates=creates,
                    if_match=if_match,
                    socket=socket and not body_types and returned is not Raw,
                    body_types=body_types,
                    body_bytes=body_bytes,
                    media_type=media_type,
                    limit=limit or ("read" if method == "GET" else "write"),
                    summary=summary,
                    description=description.strip(),
                )
            )
            return handler

        return declare


def _bounded(hint: Any) -> TypeAdapter[Any]:
    bounded: Any = Annotated[hint, Bounded()]
    return TypeAdapter(bounded)


def _called(work: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], tx: Transaction) -> Any:
    return work(tx, *args, **kwargs)
