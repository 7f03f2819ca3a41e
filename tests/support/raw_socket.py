"""A WebSocket client that can do everything wrong: bytes as one likes, no reading, half a frame. For hostile tests.

Only what a client needs to be let in (RFC 6455 section 4.1) and to read what a server answers (section 5.2).
"""

import asyncio
import json
import os
import struct
from typing import Any

WITHIN_S = 30.0
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def frame(payload: bytes, opcode: int = TEXT, *, final: bool = True) -> bytes:
    """A masked frame."""
    length = len(payload)
    head = bytes(((0x80 if final else 0) | opcode,))
    if length < 126:
        head += bytes((0x80 | length,))
    elif length < 65536:
        head += b"\xfe" + struct.pack("!H", length)
    else:
        head += b"\xff" + struct.pack("!Q", length)
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


class Closed(Exception):
    """The server closed it, with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class RawSocket:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, host: str, port: int, path: str = "/v1/socket", headers: str = "") -> "RawSocket":
        """After the handshake. `headers`: further lines, each with its line end."""
        # A small buffer on our side, so that not reading is soon felt.
        reader, writer = await asyncio.open_connection(host, port, limit=2**16)
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
        )
        writer.write(request.encode())
        async with asyncio.timeout(WITHIN_S):
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        return cls(reader, writer)

    async def hello(self, token: str, **fields: Any) -> dict[str, Any]:
        """Says hello; the welcome."""
        await self.send({"type": "hello", "token": token, **fields})
        welcome = await self.message()
        assert welcome["type"] == "welcome"
        return welcome

    async def send(self, message: Any) -> None:
        """One message as JSON."""
        await self.raw(frame(json.dumps(message).encode()))

    async def raw(self, data: bytes) -> None:
        """These bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def read(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        async with asyncio.timeout(WITHIN_S):
            head = await self.reader.readexactly(2)
            length = head[1] & 0x7F
            if length == 126:
                [length] = struct.unpack("!H", await self.reader.readexactly(2))
            elif length == 127:
                [length] = struct.unpack("!Q", await self.reader.readexactly(8))
            return head[0] & 0x0F, await self.reader.readexactly(length)

    async def message(self) -> dict[str, Any]:
        """The next message; the server's pings are answered on the way. `Closed` where there is none any more."""
        while True:
            opcode, payload = await self.read()
            if opcode == TEXT:
                message: dict[str, Any] = json.loads(payload)
                return message
            if opcode == PING:
                await self.raw(frame(payload, PONG))
            elif opcode == CLOSE:
                raise Closed(struct.unpack("!H", payload[:2])[0])

    async def close_code(self) -> int | None:
        """Reads on until the server closes; its code, None where it just went."""
        try:
            while True:
                opcode, payload = await self.read()
                if opcode == CLOSE:
                    code: int = struct.unpack("!H", payload[:2])[0]
                    return code
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Leaves without a word."""
        self.writer.transport.abort()
