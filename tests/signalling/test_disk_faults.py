"""A disk that is full or does not keep what it is given: refused with 503, nothing acknowledged that is not there, over by itself.

The failures are the C library's answers to SQLite's own calls, in a real server process (`disk_faults.c`).
"""

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bench.crash import verdict
from bench.crash.program import Program
from bench.crash.run import prepare
from bench.crash.storm import TENANT, Customer, customer
from signalling.bus import LocalBus
from signalling.ids import new_id
from signalling.installation import installation_secrets
from signalling.store import Store, migrations
from tests.support.until import until


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The failing disk, compiled."""
    made = tmp_path_factory.mktemp("disk") / "disk_faults.so"
    source = Path(__file__).with_name("disk_faults.c")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


class Faulty:
    """A server on that disk, and one customer of it."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.control = folder / "fault"
        self.program = Program(folder, f"sqlite:///{folder / 'tresen.db'}", LD_PRELOAD=str(library), DISK_FAULT=str(self.control))
        self.customer = Customer(self.program.address, {}, customer(1), 1)
        self.token = self.program.token(self.customer.caller)
        self.kept: list[str] = []

    @property
    def hits(self) -> int:
        """How many calls have failed."""
        file = Path(f"{self.control}.hits")
        return file.stat().st_size if file.exists() else 0

    def store(self) -> Store:
        """Its database, seen from this process."""
        secrets = installation_secrets(self.program.settings)
        return Store(self.program.settings.database, bus=LocalBus(), master_keys=secrets.master_keys)

    async def begin(self, client: aiohttp.ClientSession) -> None:
        store = self.store()
        await store.open(migrations.upgrade)
        await store.write(prepare)
        await store.close()
        await self.program.start()
        body = {"id": self.customer.conversation_id}
        async with client.post(f"{self.program.address}/v1/conversations", json=body, headers=self.token) as answer:
            assert answer.status == 201, await answer.text()

    async def say(self, client: aiohttp.ClientSession, message_id: str) -> tuple[int, str | None]:
        """Sends a message: the status and Retry-After."""
        path = f"{self.program.address}/v1/conversations/{self.customer.conversation_id}/messages"
        async with client.post(path, json={"id": message_id, "text": "hello " * 50}, headers=self.token) as answer:
            if answer.status == 201:
                self.customer.memory.messages.add(message_id)
            return answer.status, answer.headers.get("Retry-After")


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["no room", "write error", "flush error"])
async def test_a_failing_disk_is_a_503_and_over_when_it_is_over(
    fault: str, library: Path, tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    faulty = Faulty(tmp_path, library)
    try:
        await faulty.begin(client)
        for _ in range(5):
            assert (await faulty.say(client, new_id("msg")))[0] == 201
        for _ in range(2):  # and again, on the connection that was made anew
            faulty.control.write_text(fault)
            before, lost = faulty.hits, [new_id("msg") for _ in range(10)]
            answers = [await faulty.say(client, each) for each in lost]
            assert {status for status, _ in answers} == {503}
            assert all(retry is not None and int(retry) >= 1 for _, retry in answers)
            assert faulty.hits > before
            path = f"{faulty.program.address}/v1/conversations/{faulty.customer.conversation_id}"
            async with client.get(path, headers=faulty.token) as answer:
                assert answer.status == 200, "reading goes on"
            faulty.control.write_text("")
            again = new_id("msg")

            async def accepted(message_id: str = again) -> bool:
                return (await faulty.say(client, message_id))[0] == 201

            await until(accepted)
            for each in lost[:5]:  # asked again with the same id: there once
                assert (await faulty.say(client, each))[0] == 201
        await faulty.program.kill()
        store = faulty.store()
        await store.open()
        broken = await store.read(verdict.broken, TENANT, [faulty.customer], {})
        await store.close()
        assert [each for each in broken if "never delivered" not in each] == []
        assert len(faulty.customer.memory.messages) == 5 + 2 * 6
    finally:
        faulty.program.close()
