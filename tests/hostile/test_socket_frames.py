"""Whatever comes down a socket, it is answered or closed with the documented code, nobody else notices, and memory stays flat."""

import asyncio
import gc
import json
import struct
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.errors import RemoteError
from mediaserver.http import edge
from signalling import tenants
from signalling.api import connection as connection_module
from signalling.api import socket as socket_module
from signalling.api.frame import Malformed, form, parsed, request
from signalling.api.messages import CONTROLS, FRAME_BYTES_MOST, HELLO
from signalling.api.operation import Context
from signalling.api.routes import all_operations
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import messages
from signalling.identity.revocation import revoke
from signalling.ids import new_id
from tests.signalling.people import CUSTOMER, REP, TENANT, clock_now
from tests.support.raw_socket import BINARY, CLOSE, PING, PONG, WITHIN_S, Closed, RawSocket, frame


class Served:
    """A core on SQLite behind HTTP."""

    def __init__(self, core: SignallingCore, server: TestServer) -> None:
        self.core = core
        self.server = server

    async def connect(self) -> RawSocket:
        assert self.server.port is not None
        return await RawSocket.connect("127.0.0.1", self.server.port)

    async def welcomed(self, caller: Any = CUSTOMER) -> RawSocket:
        made = await self.connect()
        await made.hello(self.token(caller))
        return made

    def token(self, caller: Any = CUSTOMER, ttl_s: int = 3600) -> str:
        return self.core.services.identity.session_token(caller, ttl_s)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something of the server's."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():  # noqa: ASYNC110 - the server tells tests of nothing
                await asyncio.sleep(0.02)

    def closed_with(self, code: str) -> float:
        """How many sockets it has closed with this code."""
        value = self.core.services.metrics.registry.get_sample_value("tresen_sockets_closed_total", {"code": code})
        return value or 0.0


@asynccontextmanager
async def serving(tmp_path: Path, **settings: Any) -> AsyncIterator[Served]:
    core = SignallingCore(Settings(data_dir=tmp_path, **{"rate_limit_writes_per_min": 0, **settings}), clock=clock_now)
    await core.start()
    await core.store.write(tenants.create, TENANT, "Shop")
    application = web.Application(middlewares=[edge(["*"])])
    core.mount(application)
    server = TestServer(application)
    await server.start_server()
    try:
        yield Served(core, server)
    finally:
        await core.stop()
        await server.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as made:
        yield made


NESTED = b'{"type":"ping","id":' + b"[" * 5000 + b"]" * 5000 + b"}"
# What is sent after hello, and the code it is closed with.
FATAL = {
    "more than 64 KiB": (frame(b'{"type":"ping","id":"' + b"x" * FRAME_BYTES_MOST + b'"}'), 1009),
    "a length of 2^62": (b"\x81\xff" + struct.pack("!Q", 2**62) + b"\0\0\0\0", 1009),
    "many fragments of more than 64 KiB": (
        frame(b'{"type":"', final=False) + frame(b"x" * 9000, 0, final=False) * 8 + frame(b'"}', 0),
        1009,
    ),
    "invalid UTF-8": (frame(b'{"type":"ping","id":"\xff\xfe"}'), 1007),
    "half a character": (frame(b'{"type":"ping","id":"\xc3"}'), 1007),
    "not JSON": (frame(b"hello there"), 1007),
    "nothing": (frame(b""), 1007),
    "an array": (frame(b"[]"), 1007),
    "NaN": (frame(b'{"type":"ping","id":NaN}'), 1007),
    "deep arrays": (frame(NESTED), 1007),
    "deep objects that never end": (frame(b'{"a":' * 12000), 1007),
    "binary": (frame(b"{}", BINARY), 1003),
    "a second hello": (frame(b'{"type":"hello","token":"x"}'), 1008),
    "an unknown opcode": (frame(b"{}", 0x3), 1002),
    "reserved bits": (b"\xf1\x80\0\0\0\0", 1002),
    "a control frame of 126 bytes": (frame(b"x" * 126, PING), 1002),
    "a continuation of nothing": (frame(b"x", 0), 1002),
    "a close code that is not allowed": (frame(struct.pack("!H", 1005), CLOSE), 1002),
}


@pytest.mark.parametrize("name", FATAL)
async def test_what_is_no_frame_closes_the_socket_with_its_code(served: Served, name: str) -> None:
    sent, code = FATAL[name]
    socket = await served.welcomed()
    await socket.raw(sent)
    assert await socket.close_code() == code
    await served.until(lambda: served.core.sockets.count == 0)


REFUSED: dict[str, tuple[Any, str]] = {
    "no type": ({}, "unknown_type"),
    "a type that is a number": ({"type": 7}, "unknown_type"),
    "a type that is a list": ({"type": ["ping"]}, "unknown_type"),
    "an unknown type": ({"type": "drop table"}, "unknown_type"),
    "a field too many": ({"type": "ping", "x": 1}, "invalid"),
    "no conversation": ({"type": "conversation.watch"}, "invalid"),
    "a number that is text": ({"type": "ack", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "seq": "1"}, "invalid"),
    "a huge number": ({"type": "ack", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "seq": 10**400}, "invalid"),
    "another's type of id": ({"type": "conversation.read", "conversation_id": "call_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}, "invalid"),
    "an id that is an object": ({"type": "conversation.read", "conversation_id": {"$ne": 1}}, "invalid"),
    "NUL in a text": (
        {
            "type": "message.send",
            "id": "msg_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
            "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X",
            "text": "\0",
        },
        "control_character",
    ),
    "forty deep": ({"type": "conversation.list", "x": json.loads("[" * 40 + "]" * 40)}, "too_deep"),
    "a bad idempotency key": ({"type": "conversation.create", "idempotency_key": ["x"], "body": {}}, "idempotency_key"),
    "a negative version": ({"type": "conversation.read", "if_match": -1}, "if_match"),
    "a body where there is none": (
        {"type": "conversation.read", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "body": {}},
        "extra_forbidden",
    ),
    "a conversation there is not": ({"type": "conversation.watch", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}, "not_found"),
    "another role's request": ({"type": "conversation.claim", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}, "role"),
    "writing where one does not watch": ({"type": "typing", "conversation_id": "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X"}, "not_watched"),
    "a token that does not verify": ({"type": "token.renew", "token": "x.y.z"}, "token_malformed"),
}


async def test_what_is_no_good_request_is_answered_and_the_socket_goes_on(served: Served) -> None:
    socket = await served.welcomed()
    for name, (message, code) in REFUSED.items():
        await socket.send(message)
        answer = await socket.message()
        assert (answer["type"], answer["problem"]["code"]) == ("error", code), name
        assert 400 <= answer["problem"]["status"] < 500, name
    await socket.send({"type": "ping", "id": "still there"})
    assert await socket.message() == {"type": "pong", "id": "still there"}
    await socket.close()


async def test_of_a_name_that_is_there_twice_the_last_counts(served: Served) -> None:
    socket = await served.welcomed()
    await socket.raw(frame(b'{"type":"nonsense","id":"a","type":"ping","id":"b"}'))
    assert await socket.message() == {"type": "pong", "id": "b"}
    await socket.close()


async def test_one_byte_a_read_is_slow_but_no_fault(served: Served) -> None:
    socket = await served.connect()
    for byte in frame(json.dumps({"type": "hello", "token": served.token()}).encode()):
        await socket.raw(bytes((byte,)))
        await asyncio.sleep(0)
    assert (await socket.message())["type"] == "welcome"
    for byte in frame(b'{"type":"pi', final=False) + frame(b"in between", PING) + frame(b'ng","id":"x"}', 0):
        await socket.raw(bytes((byte,)))
        await asyncio.sleep(0)
    while (answer := await socket.read()) != (PONG, b"in between"):
        assert answer == (PING, b"")
    assert await socket.message() == {"type": "pong", "id": "x"}
    await socket.close()


async def test_no_hello_in_time_is_1008(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "HELLO_WITHIN_S", 0.2)
    silent, slow = await served.connect(), await served.connect()
    await slow.raw(frame(b'{"type":"hello"', final=False))
    await slow.raw(frame(b"", PING))
    assert await silent.close_code() == 1008
    assert await slow.close_code() == 1008


HELLOS: dict[str, tuple[Callable[[Served], bytes], int]] = {
    "no token": (lambda served: b'{"type":"hello"}', 1008),
    "another frame": (lambda served: b'{"type":"ping"}', 1008),
    "a token that is a number": (lambda served: b'{"type":"hello","token":1}', 1008),
    "a forged token": (lambda served: json.dumps({"type": "hello", "token": served.token()[:-3] + "AAA"}).encode(), 1008),
    "an expired token": (lambda served: json.dumps({"type": "hello", "token": served.token(ttl_s=-5)}).encode(), 1008),
    "another protocol": (lambda served: json.dumps({"type": "hello", "token": served.token(), "protocol": 99}).encode(), 1008),
    "seventy places to resume from": (
        lambda served: json.dumps({"type": "hello", "token": served.token(), "after": {new_id("conv"): 0 for _ in range(70)}}).encode(),
        1008,
    ),
    "a token of 60 KiB": (lambda served: json.dumps({"type": "hello", "token": "x" * 60_000}).encode(), 1008),
    "not JSON": (lambda served: b"hello", 1007),
    "too long": (lambda served: b"x" * 70_000, 1009),
}


@pytest.mark.parametrize("name", HELLOS)
async def test_a_hello_that_is_refused_closes_with_its_code(served: Served, name: str) -> None:
    make, code = HELLOS[name]
    socket = await served.connect()
    await socket.raw(frame(make(served)))
    assert await socket.close_code() == code
    assert served.core.sockets.count == 0


async def test_a_token_that_expires_closes_with_4401_unless_it_is_renewed(served: Served) -> None:
    left, renewed = await served.connect(), await served.connect()
    for socket in (left, renewed):
        await socket.hello(served.token(ttl_s=2))
    await renewed.send({"type": "token.renew", "id": "r", "token": served.token()})
    assert (await renewed.message())["type"] == "result"
    await renewed.send({"type": "token.renew", "id": "r", "token": served.token(REP)})
    assert (await renewed.message())["problem"]["code"] == "other_caller"
    assert await left.close_code() == 4401
    await renewed.send({"type": "ping", "id": "x"})
    assert (await renewed.message())["type"] == "pong"
    await renewed.close()


async def test_a_session_that_is_ended_closes_its_sockets_with_4403(served: Served) -> None:
    ended, other = await served.welcomed(), await served.welcomed(REP)
    await served.core.store.write(revoke, CUSTOMER, "signed out")
    assert await ended.close_code() == 4403
    await other.send({"type": "ping"})
    assert (await other.message())["type"] == "pong"
    await other.close()


async def test_a_client_that_is_gone_without_a_word_is_noticed(tmp_path: Path) -> None:
    async with serving(tmp_path, socket_heartbeat_s=0.3) as served:
        dead, alive = await served.welcomed(), await served.welcomed()
        # Only one of them answers the server's pings.
        async with asyncio.timeout(WITHIN_S):
            while served.closed_with("gone") < 1:
                opcode, payload = await alive.read()
                if opcode == PING:
                    await alive.raw(frame(payload, PONG))
        assert served.core.sockets.count == 1
        assert await dead.close_code() is None
        await alive.close()


async def test_too_many_requests_are_refused_and_a_flood_closes_with_1008(tmp_path: Path) -> None:
    async with serving(tmp_path, socket_requests_per_s=5) as served:
        socket = await served.welcomed()
        await socket.raw(frame(b'{"type":"ping"}') * 30)
        answers = [await socket.message() for _ in range(30)]
        refused = [answer["problem"] for answer in answers if answer["type"] == "error"]
        assert 5 <= len(refused) <= 10
        assert {(each["status"], each["code"]) for each in refused} == {(429, "rate")}
        await socket.raw(frame(b'{"type":"ping"}') * 200)
        assert await socket.close_code() == 1008


async def watched(served: Served, socket: RawSocket) -> str:
    """A conversation that this socket watches."""
    conversation = new_id("conv")
    await socket.send({"type": "conversation.create", "id": conversation})
    assert (await socket.message())["type"] == "result"
    await socket.send({"type": "conversation.watch", "conversation_id": conversation})
    assert (await socket.message())["type"] == "result"
    return conversation


async def flood(served: Served, conversation: str, count: int) -> None:
    """So many long messages from the rep's side."""
    for at in range(0, count, 50):
        await asyncio.gather(
            *(
                served.core.store.write(messages.post, TENANT, conversation, REP.actor, messages.Said(text="x" * 3000), new_id("msg"))
                for _ in range(min(50, count - at))
            )
        )


async def test_a_slow_reader_is_closed_with_1013_and_costs_no_memory(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "STUCK_S", 1.0)
    socket = await served.welcomed()
    conversation = await watched(served, socket)
    [connection] = served.core.sockets._connections
    tracemalloc.start()
    try:
        await flood(served, conversation, 200)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        most = 0
        # 6 MB and more, beyond what the system's own buffers take; nothing of it is read.
        for _ in range(10):
            await flood(served, conversation, 200)
            most = max(most, connection.transport.get_write_buffer_size())
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most <= connection_module.OUTBOX_HIGH_BYTES + FRAME_BYTES_MOST
    assert after - before < 2_000_000
    await served.until(lambda: served.closed_with("1013") == 1)
    assert await socket.close_code() == 1013
    await served.until(lambda: served.core.sockets.count == 0)


async def test_who_never_acknowledges_is_sent_no_more_and_closed_with_1013(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "UNACKNOWLEDGED_MOST", 50)
    monkeypatch.setattr(socket_module, "STUCK_S", 1.0)
    socket = await served.welcomed()
    conversation = await watched(served, socket)
    await flood(served, conversation, 120)
    got = []
    with pytest.raises(Closed) as closed:
        while True:
            got.append(await socket.message())
            if len(got) == 45:
                await socket.send({"type": "ack", "conversation_id": conversation, "seq": 40})
    seqs = [each["entry"]["seq"] for each in got if each["type"] == "entry"]
    assert seqs == list(range(1, 91))
    assert closed.value.code == 1013


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
FORMS = {operation.name: form(operation) for operation in all_operations() if operation.socket}
NAMES = sorted({name for each in FORMS.values() for name in [*each.operation.params, "id", "body", "text", "idempotency_key", "if_match"]})
VALUES = JSON | st.sampled_from(["conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "msg_01JD3Q8Z6W0V7M9K4C2T5B8N1X", 0, -1, 2**63, 2**64])


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_object_or_malformed(data: bytes) -> None:
    try:
        assert isinstance(parsed(data), dict)
    except Malformed:
        pass


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(FORMS)), fields=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6))
def test_any_fields_are_arguments_or_a_problem(name: str, fields: dict[str, Any]) -> None:
    context = Context(None, CUSTOMER, FORMS[name].operation)  # type: ignore[arg-type]  # nothing of them is asked for here
    try:
        request(context, FORMS[name], {**fields, "type": name})
    except RemoteError as error:
        assert 400 <= error.status < 500


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from([*sorted(CONTROLS), "hello"]), fields=st.dictionaries(st.text(max_size=12), VALUES, max_size=5))
def test_any_control_frame_is_one_or_a_fault_in_it(name: str, fields: dict[str, Any]) -> None:
    adapter: Any = HELLO if name == "hello" else CONTROLS[name]
    try:
        adapter.validate_python({**fields, "type": name})
    except ValueError:
        pass
