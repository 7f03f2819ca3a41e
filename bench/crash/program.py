"""A signalling server that can be started, killed and started again at the same address.

For `bench.crash` and the tests of faults. Its environment is given, so that a test may preload a library into it.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from signalling.config import Settings
from signalling.identity import sessions
from signalling.identity.caller import Caller
from signalling.installation import installation_secrets

ROOT = Path(__file__).resolve().parents[2]
# From the word to the answer, on a machine that does much else.
STARTS_WITHIN_S = 120


class Program:
    """See the module. Not started yet."""

    def __init__(self, folder: Path, database_url: str, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(data_dir=folder, database_url=database_url)
        self.secret = installation_secrets(self.settings).session_secret
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TRESEN_")}
        limits = {f"TRESEN_RATE_LIMIT_{each}_PER_MIN": "0" for each in ("READS", "WRITES", "LOGINS", "INBOUND")}
        self._environment = {
            **clean,
            **limits,
            "PYTHONPATH": str(ROOT),
            "TRESEN_DATA_DIR": str(folder),
            "TRESEN_DATABASE_URL": database_url,
            "TRESEN_HTTP_PORT": str(self.port),
            "TRESEN_WEBHOOK_PRIVATE_ADDRESSES": "true",
            "TRESEN_DATABASE_PATIENCE_S": "5",  # a machine that starts servers all the time is slow, not away
            **environment,
        }
        self._log = folder / "program.log"
        self._zygote: subprocess.Popen[str] | None = None
        self.pid = 0

    def token(self, caller: Caller) -> Mapping[str, str]:
        """The header of this caller's requests."""
        return {"Authorization": f"Bearer {sessions.mint(self.secret, caller, 86400)}"}

    async def start(self) -> None:
        """Starts it and waits until its database answers."""
        self.pid = int(await self._say("start"))
        until = time.monotonic() + STARTS_WITHIN_S
        async with aiohttp.ClientSession() as client:
            while True:
                try:
                    async with client.get(f"{self.address}/health/ready") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                if time.monotonic() > until:
                    raise RuntimeError(f"the server does not start: {self.log()[-3000:]}")
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Ends it at once."""
        os.kill(self.pid, signal.SIGKILL)
        await self._say("wait")

    def log(self) -> str:
        """What it said."""
        return self._log.read_text() if self._log.exists() else ""

    def close(self) -> None:
        """Ends everything."""
        if self._zygote is not None and self._zygote.stdin is not None:
            self._zygote.stdin.close()
            self._zygote.wait(30)
            self._zygote = None

    async def _say(self, word: str) -> str:
        zygote = self._zygote = self._zygote or self._parent()
        assert zygote.stdin is not None and zygote.stdout is not None
        zygote.stdin.write(word + "\n")
        zygote.stdin.flush()
        answer = await asyncio.to_thread(zygote.stdout.readline)
        if not answer:
            raise RuntimeError(f"the server's parent has ended: {self.log()[-3000:]}")
        return answer.strip()

    def _parent(self) -> subprocess.Popen[str]:
        with self._log.open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "bench.crash.zygote"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
