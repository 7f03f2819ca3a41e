"""Child processes that answer requests: one JSON object a line, down their standard input and up their standard output.

`Child` is the parent's end, `serve` the child's. A child ends when its input does, so it never outlives its parent. Not a protocol
for anyone else.
"""

import asyncio
import json
import select
import subprocess
import sys
import traceback
from types import TracebackType
from typing import Any

REPLY_TIMEOUT_S = 120.0


class ChildError(Exception):
    """A child could not do what it was asked, did not answer in time, or died; the message says which."""


class Child:
    """A process of `python -m MODULE`. Use as a context manager, which ends it."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._name = module
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._process.pid

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def send(self, request: str, **arguments: Any) -> None:
        """Asks; `reply` waits for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([request, arguments]).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ChildError(f"{self._name} has ended by itself (see its messages above)") from None

    def reply(self, timeout_s: float = REPLY_TIMEOUT_S) -> Any:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            raise ChildError(f"{self._name} has not answered for {timeout_s:g} s")
        line = self._process.stdout.readline()
        if not line:
            raise ChildError(f"{self._name} has ended by itself (see its messages above)")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildError(f"{self._name}: {answer['error']}")
        return answer["result"]

    def ask(self, request: str, *, timeout_s: float = REPLY_TIMEOUT_S, **arguments: Any) -> Any:
        self.send(request, **arguments)
        return self.reply(timeout_s)


async def serve(handler: object) -> None:
    """Answers requests with the handler's `async def do_<request>` until the input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    while line := await reader.readline():
        request, arguments = json.loads(line)
        try:
            answer = {"result": await getattr(handler, f"do_{request}")(**arguments)}
        except Exception as error:  # noqa: BLE001 - carried to the parent, which raises it
            traceback.print_exc()
            answer = {"error": f"{request}: {error!r}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
