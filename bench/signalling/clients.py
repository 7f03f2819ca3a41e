"""The clients' process: `python -m bench.signalling.clients`, driven over its standard input. Requests: open, connect, echo, chat,
close."""

import asyncio
import json
import time
from collections import deque
from typing import Any

import uvloop

from bench.pipe import serve
from bench.server import pin
from bench.signalling.websocket import WebSocket
from signalling.ids import new_id

HOST = "127.0.0.1"
# Connections that are being opened at once: a real crowd comes over seconds.
AT_ONCE = 64
LATE_S = 20.0
PING = b'{"type":"ping","id":"%d"}'


class Clients:
    """All clients of one run."""

    def __init__(self) -> None:
        self.sockets: list[WebSocket] = []
        self.watchers: list[WebSocket] = []
        self.conversations: list[dict[str, str]] = []
        self.answers: list[deque[float]] = []
        self.latencies_s: list[float] = []
        self.sent: dict[str, float] = {}
        self.stored = self.seen = 0
        self.refused: list[str] = []

    async def do_open(self, core: int | None) -> None:
        pin(core)

    async def do_connect(self, port: int, path: str, count: int, conversations: list[dict[str, str]]) -> None:
        """Opens `count` sockets; says hello as the customers of these conversations where there are some."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with gate:
                waiting: deque[float] = deque()
                welcomed = asyncio.get_running_loop().create_future()

                def heard(text: bytes) -> None:
                    if waiting:
                        self.latencies_s.append(time.perf_counter() - waiting.popleft())
                    elif not welcomed.done():
                        welcomed.set_result(text)

                socket = await WebSocket.connect(HOST, port, path, heard)
                if conversations:
                    token = conversations[number % len(conversations)]["customer"]
                    socket.send(json.dumps({"type": "hello", "token": token}).encode())
                    async with asyncio.timeout(LATE_S):
                        await welcomed
                self.sockets.append(socket)
                self.answers.append(waiting)

        await asyncio.gather(*(one(number) for number in range(count)))

    async def do_echo(self, per_s: float, seconds: float) -> dict[str, Any]:
        """Round trips of small frames, so many a second over all sockets in turn: seconds of each, and how many never came back."""
        loop = asyncio.get_running_loop()
        self.latencies_s = []
        total, began_s = int(per_s * seconds), loop.time()
        for number in range(total):
            due_s = began_s + number / per_s
            wait_s = due_s - loop.time()
            if wait_s > 0.0005:
                await asyncio.sleep(wait_s)
            elif number % 64 == 0:
                await asyncio.sleep(0)
            which = number % len(self.sockets)
            self.answers[which].append(time.perf_counter())
            self.sockets[which].send(PING % number)
        await self._until(lambda: len(self.latencies_s) >= total)
        return {"latencies_s": self.latencies_s, "lost": total - len(self.latencies_s), "seconds": loop.time() - began_s}

    async def do_converse(self, port: int, conversations: list[dict[str, str]]) -> None:
        """A customer's and a rep's socket for each conversation; the rep watches it."""
        self.conversations = conversations
        for each in conversations:
            ready = asyncio.get_running_loop().create_future()
            customer = await WebSocket.connect(HOST, port, "/v1/socket", self._customer_hears)
            customer.send(json.dumps({"type": "hello", "token": each["customer"]}).encode())
            rep = await WebSocket.connect(HOST, port, "/v1/socket", self._rep_hears(each["id"], ready))
            rep.send(json.dumps({"type": "hello", "token": each["rep"]}).encode())
            rep.send(json.dumps({"type": "conversation.watch", "id": "w", "conversation_id": each["id"], "after_seq": 1}).encode())
            async with asyncio.timeout(LATE_S):
                await ready
            self.sockets.append(customer)
            self.watchers.append(rep)

    async def do_chat(self, per_s: float, seconds: float, window: int) -> dict[str, Any]:
        """Messages from customers to reps: at a rate, or (0) as fast as a window of unseen ones per conversation allows."""
        loop = asyncio.get_running_loop()
        self.latencies_s, self.sent, self.stored, self.seen, self.refused = [], {}, 0, 0, []
        began_s, number = loop.time(), 0
        count = len(self.conversations)
        while loop.time() - began_s < seconds and not self.refused:
            if per_s:
                wait_s = began_s + number / per_s - loop.time()
                if wait_s > 0.0005:
                    await asyncio.sleep(wait_s)
            elif number - self.seen >= window * count:
                await asyncio.sleep(0.0005)
                continue
            elif number % 16 == 0:
                await asyncio.sleep(0)
            self._say(number % count)
            number += 1
        lasted_s = loop.time() - began_s
        seen_in_time = self.seen
        await self._until(lambda: self.seen >= number and self.stored >= number)
        return {
            "sent": number,
            "stored": self.stored,
            "seen": self.seen,
            "seen_in_time": seen_in_time,
            "seconds": lasted_s,
            "latencies_s": self.latencies_s,
            "refused": self.refused[:3],
        }

    async def do_close(self) -> None:
        for socket in (*self.sockets, *self.watchers):
            socket.close()

    def _say(self, which: int) -> None:
        message_id = new_id("msg")
        frame = {
            "type": "message.send",
            "conversation_id": self.conversations[which]["id"],
            "id": message_id,
            "text": "Is the kettle in stock, and when would it be here?",
        }
        self.sent[message_id] = time.perf_counter()
        self.sockets[which].send(json.dumps(frame).encode())

    def _customer_hears(self, text: bytes) -> None:
        if text.startswith(b'{"type":"result"'):
            self.stored += 1
        elif text.startswith(b'{"type":"error"'):
            self.refused.append(text.decode())

    def _rep_hears(self, conversation_id: str, ready: asyncio.Future[None]) -> Any:
        entries = 0

        def heard(text: bytes) -> None:
            nonlocal entries
            if text.startswith(b'{"type":"entry"'):
                frame = json.loads(text)["entry"]
                message_id = frame["data"].get("message_id") or frame["data"].get("id")
                began_s = self.sent.pop(message_id, None)
                if began_s is not None:
                    self.latencies_s.append(time.perf_counter() - began_s)
                    self.seen += 1
                entries += 1
                if entries % 100 == 0:
                    which = next(n for n, each in enumerate(self.conversations) if each["id"] == conversation_id)
                    ack = {"type": "ack", "conversation_id": conversation_id, "seq": frame["seq"]}
                    self.watchers[which].send(json.dumps(ack).encode())
            elif not ready.done() and text.startswith(b'{"type":"result"'):
                ready.set_result(None)
            elif text.startswith(b'{"type":"error"'):
                self.refused.append(text.decode())

        return heard

    async def _until(self, holds: Any) -> None:
        end_s = time.perf_counter() + LATE_S
        while not holds() and time.perf_counter() < end_s:  # noqa: ASYNC110 - what it waits for is counted on a hot path, without events
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    uvloop.run(serve(Clients()))
