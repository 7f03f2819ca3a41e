"""`python -m bench.outage`: the database goes away for a while under a running server; what customers, reps and calls notice of it.

A real `tresen serve` on a PostgreSQL of its own, which is killed (or stopped, so that it hangs) and comes back. Meanwhile a call of two
people runs over WHIP and WHEP, sockets are open, and a customer goes on sending messages by REST, each again until it is acknowledged.
Counted are refusals and how soon they came, sockets that were closed, media that was lost, the time until all goes on, and whether what
was acknowledged is there.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from bench.machine import machine
from bench.pipe import Child
from bench.postgres import Postgres
from bench.scenarios import Load
from bench.signalling.websocket import WebSocket
from signalling import tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import conversation
from signalling.identity.caller import Caller, Role
from signalling.ids import new_id
from signalling.store import Transaction

HOST = "127.0.0.1"
CALL = Load(rooms=1, participants=2, publishers=0, subscribers=0, video_bps=500_000)
SOCKETS = 50
BEGINS_WITHIN_S = 60.0
BACK_WITHIN_S = 60.0
EVERY_S = 0.1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def prepared(settings: Settings) -> tuple[str, str]:
    """A customer's conversation, and their session token."""
    tenant = new_id("ten")
    customer = Caller(tenant, new_id("cust"), Role.CUSTOMER, "Ana", session_id=new_id("ses"))

    def begun(tx: Transaction) -> str:
        tenants.create(tx, tenant, "Outage")
        return conversation.begin(tx, tenant, customer.id, customer.actor).id

    core = SignallingCore(settings)
    await core.start()
    made = await core.store.write(begun)
    token = core.services.identity.session_token(customer, 3600)
    await core.stop()
    return made, token


class Customer:
    """Sends one message after the other; each again until it is acknowledged."""

    def __init__(self, base: str, conversation_id: str, token: str) -> None:
        self._url = f"{base}/v1/conversations/{conversation_id}/messages"
        self._headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: list[str] = []
        self.refused_s: list[float] = []
        self.without_retry_after = 0
        self.other: list[int] = []

    async def talk(self, http: ClientSession) -> None:
        """Until cancelled."""
        message_id = new_id("msg")
        while True:
            began_s = time.perf_counter()
            body = {"id": message_id, "text": "Is anybody there?"}
            async with http.post(self._url, json=body, headers=self._headers) as answer:
                await answer.read()
            if answer.status == 503:
                self.refused_s.append(time.perf_counter() - began_s)
                self.without_retry_after += "Retry-After" not in answer.headers
            elif answer.status == 201:
                self.acknowledged.append(message_id)
                message_id = new_id("msg")
            else:
                self.other.append(answer.status)
            await asyncio.sleep(EVERY_S)

    async def stored(self, http: ClientSession) -> list[str]:
        """The messages that are there."""
        found: list[str] = []
        after = 0
        while True:
            url = self._url.replace("/messages", f"/timeline?limit=500&after_seq={after}")
            async with http.get(url, headers=self._headers) as answer:
                page = await answer.json()
            found += [entry["data"]["id"] for entry in page["entries"] if entry["type"] == "message.created" and "id" in entry["data"]]
            if not page["has_more"]:
                return found
            after = page["entries"][-1]["seq"]


async def until_served(http: ClientSession, url: str, within_s: float) -> float:
    """Seconds until this is answered with 200."""
    began_s = time.perf_counter()
    async with asyncio.timeout(within_s):
        while True:
            try:
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - began_s
            except OSError:
                pass
            await asyncio.sleep(0.02)


async def measure(seconds: float, *, hang: bool) -> dict[str, Any]:
    """One outage."""
    postgres = Postgres(free_port())
    with tempfile.TemporaryDirectory(prefix="tresen-bench-") as folder:
        try:
            postgres.sql("CREATE DATABASE outage")
            return await _measure(postgres, Path(folder), seconds, hang=hang)
        finally:
            postgres.resume()
            postgres.close()


async def _measure(postgres: Postgres, folder: Path, seconds: float, *, hang: bool) -> dict[str, Any]:
    key, secret, port = "bench", secrets.token_hex(32), free_port()
    settings = Settings(data_dir=folder, database_url=postgres.url("outage"))
    conversation_id, token = await prepared(settings)
    environment = os.environ | {
        "TRESEN_DATA_DIR": str(folder),
        "TRESEN_DATABASE_URL": postgres.url("outage"),
        "TRESEN_HTTP_PORT": str(port),
        "TRESEN_UDP_PORT": "0",
        "TRESEN_UDP_HOST": HOST,
        "TRESEN_API_KEYS": f"{key}:{secret}",
        "TRESEN_LOG_LEVEL": "error",
        "TRESEN_RATE_LIMIT_WRITES_PER_MIN": "0",
    }
    server = subprocess.Popen([sys.executable, "-c", "from signalling.cli import main; main()", "serve"], env=environment)  # noqa: ASYNC220 - nothing else runs yet
    base = f"http://{HOST}:{port}"
    try:
        with Child("bench.client") as call:
            async with ClientSession(timeout=ClientTimeout(total=30)) as http:
                await until_served(http, f"{base}/health/ready", BEGINS_WITHIN_S)
                call.ask("open", load=CALL.to_json())
                call.ask("connect", server={"http_port": port, "key": key, "secret": secret}, ice=True)
                sockets = [await WebSocket.connect(HOST, port, "/v1/socket", lambda text: None) for _ in range(SOCKETS)]
                for each in sockets:
                    each.send(json.dumps({"type": "hello", "token": token, "after": {conversation_id: 0}}).encode())
                customer = Customer(base, conversation_id, token)
                talking = asyncio.create_task(customer.talk(http))
                await asyncio.sleep(2)
                before = call.ask("sample")
                (postgres.pause if hang else postgres.kill)()
                await asyncio.sleep(seconds)
                during = call.ask("sample")
                (postgres.resume if hang else postgres.restart)()
                count, back_s = len(customer.acknowledged), time.perf_counter()
                async with asyncio.timeout(BACK_WITHIN_S):
                    while len(customer.acknowledged) <= count:  # noqa: ASYNC110 - looked at as often as the figure is exact
                        await asyncio.sleep(0.01)
                back_s = time.perf_counter() - back_s
                await asyncio.sleep(2)
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
                stored = await customer.stored(http)
                media = call.ask("stop")
                closed = sum(each.closed for each in sockets)
                for each in sockets:
                    each.close()
    finally:
        server.terminate()
        server.wait(30)
    return {
        "outage_s": seconds,
        "way": "hangs" if hang else "gone",
        "refusals": len(customer.refused_s),
        "refusal_max_s": max(customer.refused_s),
        "refusals_without_retry_after": customer.without_retry_after,
        "other_answers": customer.other,
        "back_after_s": back_s,
        "sockets": SOCKETS,
        "sockets_closed": closed,
        "acknowledged": len(customer.acknowledged),
        "acknowledged_missing": len(set(customer.acknowledged) - set(stored)),
        "stored_twice": len(stored) - len(set(stored)),
        "media_packets_during": during["received"] - before["received"],
        "media_lost": media["lost"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--hang", action="store_true", help="the server hangs instead of being gone")
    options = parser.parse_args()
    print(json.dumps({"machine": machine(), **asyncio.run(measure(options.seconds, hang=options.hang))}, indent=1))


if __name__ == "__main__":
    main()
