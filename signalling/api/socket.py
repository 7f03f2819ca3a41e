"""`/v1/socket`: one WebSocket per client, JSON text frames both ways. The protocol is in docs/socket.md, its frames in `api.messages`.

For `app`. Per socket there is one task, which reads and dispatches; requests run in tasks of their own, a few at a time; everything that
is pushed is written by whoever has it (`api.connection`). One timer serves all sockets: heartbeats, expiring tokens, clogged outboxes.
RFC 6455. Invariants: nothing is served before a `hello` that verified; a caller's tenant comes from the token alone.
"""

import asyncio
import heapq
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import ValidationError
from pydantic_core import to_json

from mediaserver.errors import BadRequest, Conflict, Forbidden, NotFound, RemoteError, TooMany, Unauthorized, Unavailable
from signalling.api import edge, restoring
from signalling.api import messages as frames
from signalling.api.connection import STUCK_S, TICK_S, UNACKNOWLEDGED_MOST, Connection
from signalling.api.fanout import Fanout
from signalling.api.frame import Form, Malformed, failure, form, parsed, request, validated
from signalling.api.messages import (
    CONTROLS,
    HELLO,
    Ack,
    Caption,
    CaptionsWanted,
    Hello,
    LobbyUnwatch,
    LobbyWatch,
    Ping,
    Renew,
    Typing,
    Unwatch,
    Watch,
)
from signalling.api.operation import Context, Operation
from signalling.api.perform import admit, perform
from signalling.api.resume import Held, ResumeTokens
from signalling.bus import LocalBus
from signalling.commerce import mirror
from signalling.conversation import conversation, lobby, timeline
from signalling.conversation.timeline import Entry
from signalling.identity.caller import Caller
from signalling.identity.revocation import REVOCATIONS, Revoked
from signalling.services import Services
from signalling.store import Transaction
from signalling.times import rfc3339

log = logging.getLogger(__name__)

# A client on a bad line has its `hello` ready; who has none in this time wants only to hold a socket.
HELLO_WITHIN_S = 10.0
# What one client may have under way. More would let it take the database from others.
RUNNING_MOST = 16
# A burst a page makes when it loads; the rate is a setting.
BURST_S = 4.0
# Refused requests, counted as debt, after which a client is no longer only told.
DEBT_S = 20.0
TYPING_EVERY_S = 1.0
# A sentence that grows is read no faster; its end is never left out.
CAPTION_EVERY_S = 0.2
CLOSE_WITHIN_S = 5.0
# Open conversations that `welcome` carries.
CUSTOMERS_MOST = 20
STAFFS_MOST = 50


class Sockets:
    """All sockets of this process."""

    def __init__(self, services: Services, operations: Sequence[Operation], secret: str) -> None:
        self.services = services
        self.fanout = Fanout(services.bus)
        self.rate = float(services.settings.socket_requests_per_s)
        self.burst = self.rate * BURST_S
        self._forms = {operation.name: form(operation) for operation in operations if operation.socket}
        self._operations = operations
        self._schema = b""  # made when somebody asks for it
        self._tokens = ResumeTokens(secret)
        services.restorers[:0] = (restoring.call, restoring.cart)
        self._heartbeat_s = float(services.settings.socket_heartbeat_s)
        # In one process no hint is lost; where a network is between, what is watched is looked up at each heartbeat.
        self._lossless = isinstance(services.bus, LocalBus)
        self._connections: set[Connection] = set()
        self._stuck: set[Connection] = set()
        self._expiries: list[tuple[int, int, Connection]] = []
        self._sequence = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ticker: asyncio.Task[None] | None = None
        self._stopping = False
        self._cancel: Callable[[], None] = lambda: None
        self.loop: asyncio.AbstractEventLoop

    def mount(self, application: web.Application) -> None:
        """Adds the socket and its description."""
        application.router.add_get("/v1/socket", self._accept)
        application.router.add_get("/v1/socket.json", self._describe)

    async def start(self) -> None:
        """Begins."""
        self.loop = asyncio.get_running_loop()
        self._stopping = False
        self._ticker = self.loop.create_task(self._tick_until_stopped(), name="sockets-timer")
        self._cancel = self.services.bus.subscribe(REVOCATIONS, self._revoked)

    async def stop(self) -> None:
        """Closes all sockets with 1001. Idempotent."""
        self._stopping = True
        self._cancel()
        for connection in tuple(self._connections):
            connection.close(frames.GOING_AWAY, "the server stops")
        if self._ticker is not None:
            self._ticker.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=CLOSE_WITHIN_S)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs it beside, and remembers it until it is done."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    # ---- one socket

    async def _describe(self, _: web.Request) -> web.Response:
        self._schema = self._schema or to_json(frames.schema(self._operations))
        return web.Response(body=self._schema, content_type="application/json")

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        request[edge.OPERATION] = "socket"
        remote = edge.address(request, self.services.settings.forwarded_hops)
        self.services.doors.patience(remote)
        if self._stopping or len(self._connections) >= self.services.settings.sockets_max:
            raise Unavailable("No further sockets are taken at the moment.", code="sockets", retry_after_s=2)
        ws: web.WebSocketResponse[Any] = web.WebSocketResponse(
            timeout=CLOSE_WITHIN_S, autoping=False, compress=False, max_msg_size=frames.FRAME_BYTES_MOST, decode_text=False
        )
        await ws.prepare(request)
        assert request.transport is not None
        connection = await self._greeted(ws, request.transport, remote)
        if connection is None:
            return ws
        try:
            await self._read(connection)
        finally:
            self._connections.discard(connection)
            self._stuck.discard(connection)
            connection.end()
            if connection.caller.staff:
                self.services.desk.disconnected(connection.caller.tenant_id, connection.caller.id)
        return ws

    async def _greeted(self, ws: "web.WebSocketResponse[Any]", transport: asyncio.Transport, remote: str) -> Connection | None:
        """The connection, once `hello` was heard and answered; None where the socket was closed instead."""
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                message = await ws.receive()
                while message.type in (WSMsgType.PING, WSMsgType.PONG):
                    message = await ws.receive()
        except TimeoutError:
            await self._refuse(ws, frames.POLICY, "no hello")
            return None
        if message.type is WSMsgType.BINARY:
            await self._refuse(ws, frames.UNSUPPORTED, "text only")
            return None
        if message.type is not WSMsgType.TEXT:
            return None
        try:
            hello: Hello = HELLO.validate_python(parsed(message.data))
            caller = await self.services.identity.authenticate(hello.token)
        except Malformed as error:
            await self._refuse(ws, frames.INVALID_PAYLOAD, str(error))
        except ValidationError:
            await self._refuse(ws, frames.POLICY, "the first frame is a hello")
        except Unauthorized as error:
            self.services.doors.refused(remote)
            self.services.metrics.token_refused(error.code)
            await self._refuse(ws, frames.POLICY, error.code)
        except RemoteError as error:
            await self._refuse(ws, frames.TRY_LATER, error.code)
        else:
            return await self._welcome(ws, transport, hello, caller)
        return None

    async def _welcome(
        self, ws: "web.WebSocketResponse[Any]", transport: asyncio.Transport, hello: Hello, caller: Caller
    ) -> Connection | None:
        now_us = self.services.store.clock()
        held = self._tokens.read(caller, hello.resume, now_us) if hello.resume is not None else None
        wanted = {**(held.watches if held is not None else {}), **hello.after}
        try:
            restored = await self.services.store.read(self._restored, caller, tuple(wanted)[: frames.WATCHES_MOST])
        except RemoteError as error:
            await self._refuse(ws, frames.TRY_LATER, error.code)
            return None
        connection = Connection(self, ws, transport, caller)
        self._connections.add(connection)
        self._expire(connection)
        connection.open()
        if caller.staff:
            self.services.desk.connected(caller.tenant_id, caller.id, caller.name)
        lobby_too = held is not None and held.lobby and caller.staff
        if lobby_too:
            connection.watch_lobby()
        shown = []
        for item in restored:
            made = item["conversation"]
            watching = made.id in wanted
            # A client cannot have what there is not: it has been somewhere else, or makes it up.
            after_seq = min(wanted.get(made.id, 0), made.seq)
            place = restoring.ticket(self.services.desk, caller, made, now_us)
            shown.append({**item, **place, "watching": watching, "after_seq": after_seq})
        watches = {item["conversation"].id: item["after_seq"] for item in shown if item["watching"]}
        connection.send(
            frames.json_frame(
                {
                    "type": "welcome",
                    "id": hello.id,
                    "protocol": frames.PROTOCOL,
                    "caller": {
                        "id": caller.id,
                        "role": caller.role.value,
                        "name": caller.name,
                        "verified": caller.verified,
                        "expires_at": rfc3339(caller.expires_at_us) if caller.expires_at_us else None,
                    },
                    "resumed": held is not None,
                    "resume": self._tokens.make(caller, Held(watches, lobby_too), now_us),
                    "lobby": lobby_too,
                    "heartbeat_s": self._heartbeat_s,
                    "unacknowledged_most": UNACKNOWLEDGED_MOST,
                    "conversations": shown,
                }
            )
        )
        for item in shown:
            if item["watching"]:
                connection.watch(item["conversation"].id, item["after_seq"], item["conversation"].seq)
        return connection

    def _restored(self, tx: Transaction, caller: Caller, wanted: Sequence[str]) -> list[dict[str, Any]]:
        """A work: the caller's open conversations and those wanted again, each with what the other parts add to it."""
        most = STAFFS_MOST if caller.staff else CUSTOMERS_MOST
        whose: lobby.Whose = "mine" if caller.staff else "anybody"
        shown, _ = lobby.page(tx, caller, status="open", whose=whose, limit=most)
        ids = {each.id for each in shown}
        for conversation_id in wanted:
            row = conversation.find(tx, caller.tenant_id, conversation_id)
            if conversation_id not in ids and row is not None and (caller.staff or row.customer_id == caller.id):
                shown.append(conversation.view(tx, row))
        return [
            {
                "conversation": each,
                **{name: value for restore in self.services.restorers for name, value in restore(tx, caller, each).items()},
            }
            for each in shown
        ]

    async def _refuse(self, ws: "web.WebSocketResponse[Any]", code: int, reason: str) -> None:
        self.services.metrics.count("sockets_closed", code=str(code))
        await ws.close(code=code, message=reason.encode(), drain=False)

    async def _read(self, connection: Connection) -> None:
        ws = connection.ws
        while True:
            message = await ws.receive()
            kind = message.type
            connection.heard = True
            if kind is WSMsgType.TEXT:
                if not connection.closing:
                    self._frame(connection, message.data)
                    while connection.running >= RUNNING_MOST and not connection.closing:
                        connection.waiter = self.loop.create_future()
                        await connection.waiter
                    while not connection.room and not connection.closing:
                        self.stuck(connection)
                        await asyncio.sleep(TICK_S)
            elif kind is WSMsgType.PING:
                connection.send(_control(0x8A, message.data))
            elif kind is WSMsgType.BINARY:
                connection.close(frames.UNSUPPORTED, "text only")
            elif kind is not WSMsgType.PONG:
                return

    # ---- one frame

    def _frame(self, connection: Connection, data: bytes) -> None:
        try:
            frame = parsed(data)
        except Malformed as error:
            connection.close(frames.INVALID_PAYLOAD, str(error))
            return
        identifier = frame.get("id")
        if not (identifier is None or (isinstance(identifier, str) and len(identifier) <= frames.REQUEST_ID_MOST)):
            identifier = None
        try:
            if 0 < connection.caller.expires_at_us <= self.services.store.clock():
                connection.close(frames.TOKEN_EXPIRED, "the token has expired")
                return
            self._afford(connection)
            self._dispatch(connection, frame, identifier)
        except RemoteError as error:
            connection.send(failure(identifier, error))
        except Exception:  # further out it would become an HTTP answer in the middle of a WebSocket
            log.exception("A frame failed")
            connection.close(frames.INTERNAL, "a fault of ours")

    def _afford(self, connection: Connection) -> None:
        """Takes one request from the client's allowance. TooMany where it is used up; far beyond it the client is closed."""
        now = self.loop.time()
        tokens = min(self.burst, connection.tokens + (now - connection.refilled_at) * self.rate) - 1.0
        connection.refilled_at = now
        connection.tokens = tokens
        if tokens < 0:
            if tokens < -DEBT_S * self.rate:
                connection.close(frames.POLICY, "too many requests")
            raise TooMany(f"A socket has {self.rate:g} requests a second.", code="rate", retry_after_s=1 - tokens / self.rate)

    def _dispatch(self, connection: Connection, frame: dict[str, Any], identifier: str | None) -> None:
        name = frame.get("type")
        if name == "ping" and len(frame) == 2 and "id" in frame:  # what clients measure by
            connection.send(frames.json_frame({"type": "pong", "id": identifier}))
            return
        asked = self._forms.get(name) if isinstance(name, str) else None
        if asked is not None:
            self._request(connection, asked, frame, identifier)
            return
        adapter = CONTROLS.get(name) if isinstance(name, str) else None
        if adapter is None:
            if name == "hello":
                connection.close(frames.POLICY, "hello was said")
                return
            raise BadRequest("There is no such type of frame.", code="unknown_type", pointer="/type")
        control = validated(adapter, frame)
        match control:
            case Ping():
                connection.send(frames.json_frame({"type": "pong", "id": identifier}))
            case Ack():
                connection.acknowledge(control.conversation_id, control.seq)
            case Typing():
                self._typing(connection, control)
            case Caption():
                self._caption(connection, control)
            case CaptionsWanted():
                self._watched(connection, control.conversation_id)
                self.services.chat.captions_wanted(connection.caller, control.conversation_id, control.active)
            case Watch():
                self._run(connection, self._watch(connection, control, identifier), identifier)
            case Unwatch():
                connection.unwatch(control.conversation_id)
                self._answer(connection, identifier, None)
                self._renew_resume(connection)
            case LobbyWatch():
                if not connection.caller.staff:
                    raise Forbidden("The lobby is for staff.", code="role")
                connection.watch_lobby()
                self._answer(connection, identifier, None)
                self._renew_resume(connection)
            case LobbyUnwatch():
                connection.unwatch_lobby()
                self._answer(connection, identifier, None)
                self._renew_resume(connection)
            case Renew():
                self._run(connection, self._renew(connection, control, identifier), identifier)

    def _request(self, connection: Connection, form: Form, frame: dict[str, Any], identifier: str | None) -> None:
        context = Context(self.services, connection.caller, form.operation)
        admit(context)
        arguments = request(context, form, frame)
        # Begun in the order they came, and the store does what it is given in that order too.
        self._run(connection, self._serve(connection, context, arguments, identifier), identifier)

    async def _serve(self, connection: Connection, context: Context, arguments: dict[str, Any], identifier: str | None) -> None:
        body = (await perform(context, arguments)).body
        assert isinstance(body, bytes), "what is not JSON is not on the socket"
        result = b'{"type":"result","id":' + to_json(identifier) + b',"result":' + (body or b"null") + b"}"
        await connection.answer(frames.text_frame(result))

    def _run(self, connection: Connection, work: Coroutine[Any, Any, None], identifier: str | None) -> None:
        """Runs a request beside the reading; its errors are answered."""
        connection.running += 1
        self.spawn(self._guarded(connection, work, identifier))

    async def _guarded(self, connection: Connection, work: Coroutine[Any, Any, None], identifier: str | None) -> None:
        try:
            await work
        except RemoteError as error:
            connection.send(failure(identifier, error))
        except Exception:
            log.exception("A request failed")
            connection.close(frames.INTERNAL, "a fault of ours")
        finally:
            connection.running -= 1
            waiter = connection.waiter
            if waiter is not None:
                connection.waiter = None
                if not waiter.done():
                    waiter.set_result(None)

    def _answer(self, connection: Connection, identifier: str | None, result: Any) -> None:
        connection.send(frames.json_frame({"type": "result", "id": identifier, "result": result}))

    async def _watch(self, connection: Connection, wanted: Watch, identifier: str | None) -> None:
        conversation_id = wanted.conversation_id
        if conversation_id not in connection.watches and len(connection.watches) >= frames.WATCHES_MOST:
            raise Conflict(f"A socket watches {frames.WATCHES_MOST} conversations.", code="watches_most")
        detail = await self.services.store.read(conversation.read, connection.caller, conversation_id)
        if connection.closing:
            return
        self._answer(connection, identifier, detail)
        connection.watch(conversation_id, min(wanted.after_seq, detail.conversation.seq), detail.conversation.seq)
        self._renew_resume(connection)

    async def _renew(self, connection: Connection, renewal: Renew, identifier: str | None) -> None:
        caller = await self.services.identity.authenticate(renewal.token)
        before = connection.caller
        if (caller.tenant_id, caller.id, caller.role) != (before.tenant_id, before.id, before.role):
            raise Forbidden("This token is somebody else's.", code="other_caller")
        connection.caller = caller
        self._expire(connection)
        self._answer(connection, identifier, {"expires_at": rfc3339(caller.expires_at_us) if caller.expires_at_us else None})

    def _renew_resume(self, connection: Connection) -> None:
        token = self._tokens.make(connection.caller, connection.held(), self.services.store.clock())
        connection.send(frames.json_frame({"type": "resume", "resume": token}))

    def _typing(self, connection: Connection, typing: Typing) -> None:
        self._watched(connection, typing.conversation_id)
        now = self.loop.time()
        if not typing.active or now - connection.typed_at >= TYPING_EVERY_S:
            connection.typed_at = now if typing.active else 0.0
            self.services.chat.typing(connection.caller, typing.conversation_id, typing.active)

    def _caption(self, connection: Connection, caption: Caption) -> None:
        self._watched(connection, caption.conversation_id)
        now = self.loop.time()
        if caption.final or caption.unavailable or now - connection.captioned_at >= CAPTION_EVERY_S:
            connection.captioned_at = now
            self.services.chat.caption(
                connection.caller,
                caption.conversation_id,
                line=caption.line,
                text=caption.text,
                final=caption.final,
                unavailable=caption.unavailable,
            )

    def _watched(self, connection: Connection, conversation_id: str) -> None:
        if conversation_id not in connection.watches:
            raise NotFound("Watch a conversation before you write in it.", code="not_watched")

    # ---- for connections

    async def stretch(self, caller: Caller, conversation_id: str, after_seq: int, most: int) -> list[Entry]:
        """Entries from the store, as far as the caller may see them at the moment."""
        return await self.services.store.read(_stretch, caller, conversation_id, after_seq, most)

    def stuck(self, connection: Connection) -> None:
        """This connection cannot be written to, or waits for acknowledgements: look at it now and then."""
        if not connection.closing and connection not in self._stuck:
            connection.stuck_since = self.loop.time()
            self._stuck.add(connection)

    def _revoked(self, _: str, ended: Revoked) -> None:
        """Rare, so all are looked through: a map of sessions would cost every socket more than this costs a revocation."""
        for connection in tuple(self._connections):
            caller = connection.caller
            if caller.session_id == ended.session_id and caller.tenant_id == ended.tenant_id:
                connection.close(frames.SESSION_REVOKED, "the session was ended")

    # ---- the timer

    def _expire(self, connection: Connection) -> None:
        if connection.caller.expires_at_us:
            self._sequence += 1
            heapq.heappush(self._expiries, (connection.caller.expires_at_us, self._sequence, connection))

    async def _tick_until_stopped(self) -> None:
        ticks = 0
        per_round = max(1, round(self._heartbeat_s / TICK_S))
        due: list[Connection] = []
        share = 0
        while True:
            await asyncio.sleep(TICK_S)
            if ticks % per_round == 0:
                due = list(self._connections)
                share = -(-len(due) // per_round)
            ticks += 1
            try:
                for connection in due[:share]:
                    self._beat(connection)
                del due[:share]
                self._look_at_stuck()
                self._look_at_expiries()
            except Exception:  # the timer serves all sockets: one connection's fault must not stop it
                log.exception("The sockets' timer failed")

    def _beat(self, connection: Connection) -> None:
        """A ping now and then; who has not been heard of since the last one is gone without saying so."""
        if not connection.heard:
            connection.closing = True
            self.services.metrics.count("sockets_closed", code="gone")
            connection.transport.abort()
            return
        connection.heard = False
        connection.send(_control(0x89, b""))
        if not self._lossless:
            connection.check()

    def _look_at_stuck(self) -> None:
        for connection in tuple(self._stuck):
            if connection.closing or connection.drained():
                self._stuck.discard(connection)
            elif self.loop.time() - connection.stuck_since > STUCK_S:
                self._stuck.discard(connection)
                connection.close(frames.TRY_LATER, "you read or acknowledge too slowly")

    def _look_at_expiries(self) -> None:
        now_us = self.services.store.clock()
        while self._expiries and self._expiries[0][0] <= now_us:
            _, _, connection = heapq.heappop(self._expiries)
            if connection.caller.expires_at_us <= now_us:
                connection.close(frames.TOKEN_EXPIRED, "the token has expired")


def _stretch(tx: Transaction, caller: Caller, conversation_id: str, after_seq: int, most: int) -> list[Entry]:
    conversation.require(tx, caller, conversation_id)
    entries = timeline.read(tx, caller.tenant_id, conversation_id, after_seq=after_seq, limit=most)
    return mirror.visible(tx, caller, conversation_id, entries)


def _control(first: int, payload: bytes) -> bytes:
    """A control frame (RFC 6455 section 5.5): 0x89 ping, 0x8a pong."""
    return bytes((first, len(payload))) + payload
