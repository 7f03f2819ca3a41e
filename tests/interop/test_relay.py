"""The relay itself: what it does to datagrams is the seed's doing, each client apart."""

import asyncio
from typing import Any

import pytest

from tests.support.live import until
from tests.support.relay import Impairment, relaying

SENT = 300


class Box(asyncio.DatagramProtocol):
    """Keeps what comes; `echo` sends it back."""

    def __init__(self, echo: bool) -> None:
        self.echo = echo
        self.got: list[tuple[bytes, Any]] = []
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.got.append((data, address))
        if self.echo:
            self.transport.sendto(data, address)


async def box(*, echo: bool = False) -> Box:
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Box(echo), local_addr=("127.0.0.1", 0))
    return protocol


async def passed(impairment: Impairment, seed: int) -> tuple[list[int], list[int]]:
    """Which of one client's datagrams the server got, and which came back, in order."""
    server, client = await box(echo=True), await box()
    async with relaying(seed=seed, up=impairment, down=impairment) as relay:
        relay.target = server.transport.get_extra_info("sockname")
        for number in range(SENT):
            client.transport.sendto(number.to_bytes(2), (relay.host, relay.port))
            await asyncio.sleep(0)
        await until(lambda: relay.sent_up.forwarded + relay.sent_up.lost == SENT, "everything to reach the relay")
        await until(lambda: len(server.got) == relay.sent_up.forwarded, "the server's share")
        await until(lambda: relay.sent_down.forwarded + relay.sent_down.lost == len(server.got), "the way back")
        await until(lambda: len(client.got) == relay.sent_down.forwarded, "the client's share")
    for each in (server, client):
        each.transport.close()
    there, back = ([int.from_bytes(data) for data, _ in each.got] for each in (server, client))
    return there, back


async def test_loss_is_the_seeds_and_near_its_share() -> None:
    there, back = await passed(Impairment(loss=0.2), 5)
    assert there == sorted(there) and back == sorted(back) and set(back) < set(there)
    assert 0.7 * SENT < len(there) < 0.9 * SENT and 0.7 * len(there) < len(back) < 0.9 * len(there)
    assert (there, back) == await passed(Impairment(loss=0.2), 5)
    assert there != (await passed(Impairment(loss=0.2), 6))[0]


async def test_reordered_datagrams_arrive_later_and_all() -> None:
    there, _ = await passed(Impairment(reorder=0.1), 5)
    assert there != sorted(there) and sorted(there) == list(range(SENT))


@pytest.mark.parametrize("impairment", [Impairment(), Impairment(delay_s=0.01)])
async def test_without_loss_everything_arrives_in_order(impairment: Impairment) -> None:
    assert await passed(impairment, 1) == (list(range(SENT)), list(range(SENT)))


async def test_clients_have_addresses_of_their_own() -> None:
    server, clients = await box(echo=True), [await box(), await box()]
    async with relaying() as relay:
        relay.target = server.transport.get_extra_info("sockname")
        for index, client in enumerate(clients):
            client.transport.sendto(bytes([index]), (relay.host, relay.port))
        await until(lambda: all(client.got for client in clients), "both echoes")
        assert [client.got[0][0] for client in clients] == [b"\x00", b"\x01"]
        assert len({address for _, address in server.got}) == relay.clients == 2
    for each in (server, *clients):
        each.transport.close()
