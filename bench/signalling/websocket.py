"""A WebSocket client that costs little, so that thousands fit beside the server they measure. Not for anything but benchmarks.

RFC 6455, text frames both ways, no extensions. Its masking key is zero, which is a legal one (the server cannot tell) and leaves bytes as
they are.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import cast

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
ZERO_MASK = b"\0\0\0\0"
CONNECT_S = 60.0


class WebSocket(asyncio.Protocol):
    """One connection. `on_text` is called with each text frame's payload."""

    __slots__ = ("_buffer", "_key", "_open", "_path", "closed", "on_text", "transport")

    def __init__(self, path: str, on_text: Callable[[bytes], None]) -> None:
        self._path = path
        self._buffer = bytearray()
        self._key = base64.b64encode(os.urandom(16)).decode()
        self._open: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self.on_text = on_text
        self.closed = False
        self.transport: asyncio.Transport

    @classmethod
    async def connect(cls, host: str, port: int, path: str, on_text: Callable[[bytes], None]) -> "WebSocket":
        """An open connection; ConnectionError where the server wants none."""
        _, made = await asyncio.get_running_loop().create_connection(lambda: cls(path, on_text), host, port)
        assert made._open is not None
        async with asyncio.timeout(CONNECT_S):
            await made._open
        made._open = None
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        host, port = transport.get_extra_info("peername")[:2]
        self.transport.write(HANDSHAKE.format(path=self._path, host=f"{host}:{port}", key=self._key).encode())

    def connection_lost(self, error: Exception | None) -> None:
        """Over."""
        self.closed = True
        if self._open is not None and not self._open.done():
            self._open.set_exception(ConnectionError("closed before it was open"))

    def data_received(self, data: bytes) -> None:
        """Takes whole frames out of the stream."""
        buffer = self._buffer
        buffer += data
        if self._open is not None and not self._open.done():
            head, end, rest = bytes(buffer).partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._open.set_exception(ConnectionError(head.split(b"\r\n", 1)[0].decode()))
                return
            self._open.set_result(None)
            buffer[:] = rest
        at = 0
        while len(buffer) - at >= 2:
            kind, size, start = buffer[at] & 0x0F, buffer[at + 1], at + 2
            if size == 126:
                if len(buffer) < start + 2:
                    break
                (size,), start = struct.unpack_from("!H", buffer, start), start + 2
            elif size == 127:
                if len(buffer) < start + 8:
                    break
                (size,), start = struct.unpack_from("!Q", buffer, start), start + 8
            if len(buffer) < start + size:
                break
            payload = bytes(buffer[start : start + size])
            at = start + size
            if kind == TEXT:
                self.on_text(payload)
            elif kind == PING:
                self._send(PONG, payload)
            elif kind == CLOSE:
                self.closed = True
                self.transport.close()
        del buffer[:at]

    def send(self, text: bytes) -> None:
        """One text frame."""
        self._send(TEXT, text)

    def _send(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | kind, 0x80 | size))
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        self.transport.write(head + ZERO_MASK + payload)

    def close(self) -> None:
        """Without ceremony."""
        self.transport.abort()
