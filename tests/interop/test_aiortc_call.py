"""A call through the whole server with aiortc at both ends: HTTP, ICE, DTLS, SRTP, decoded frames."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

pytest.importorskip("native.engine.worker", reason="the native engine is not built")

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from mediaserver import MediaServer, http
from mediaserver.transport import TransportState
from mediaserver.workers import KINDS
from native.engine import worker
from tests.support.serving import settings, token

# Only ever waited out by a test that fails.
PATIENCE_S = 60


@pytest.fixture
async def server() -> AsyncIterator[MediaServer]:
    server = MediaServer(settings(announced_addresses=["127.0.0.1"]))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: MediaServer) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(http.application(server))) as client:
        yield client


@pytest.fixture
async def peers() -> AsyncIterator[Callable[[], RTCPeerConnection]]:
    made: list[RTCPeerConnection] = []

    def make() -> RTCPeerConnection:
        made.append(RTCPeerConnection())
        return made[-1]

    yield make
    await asyncio.gather(*(peer.close() for peer in made))


async def open_session(client: TestClient, path: str, peer: RTCPeerConnection, identity: str) -> str:
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token(identity)}"}
    response = await client.post(path, data=peer.localDescription.sdp, headers=headers)
    answer = await response.text()
    assert response.status == 201, answer
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return response.headers["Location"]


async def subscribe(client: TestClient, peer: RTCPeerConnection, identity: str = "bob") -> list[Any]:
    tracks: list[Any] = []
    peer.on("track", tracks.append)
    for kind in ("audio", "video"):
        peer.addTransceiver(kind, direction="recvonly")
    await open_session(client, "/whep/shop", peer, identity)
    return tracks


async def publish(client: TestClient, peer: RTCPeerConnection, identity: str = "alice") -> str:
    for track in (AudioStreamTrack(), VideoStreamTrack()):
        peer.addTransceiver(track, direction="sendonly")
    return await open_session(client, "/whip/shop", peer, identity)


async def frames(track: Any, count: int) -> None:
    for _ in range(count):
        await asyncio.wait_for(track.recv(), PATIENCE_S)


async def until(condition: Callable[[], bool], tick: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0.01)) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await tick()


def test_kinds_are_the_engines() -> None:
    assert KINDS == {"audio": worker.KIND_AUDIO, "video": worker.KIND_VIDEO}


async def test_late_publisher_is_seen_and_reloads_unseen(
    server: MediaServer, client: TestClient, peers: Callable[[], RTCPeerConnection]
) -> None:
    viewer, first, second = peers(), peers(), peers()
    audio, video = await subscribe(client, viewer)
    await publish(client, first)
    await asyncio.gather(frames(audio, 10), frames(video, 10))
    await until(lambda: {session.transport.state for session in server.sessions.values()} == {TransportState.SECURE})
    text = server.metrics.render()[0].decode()
    assert "tresen_join_seconds_count 2.0" in text and 'tresen_dtls_handshakes_total{result="connected"} 2.0' in text

    await publish(client, second)
    await until(lambda: first.connectionState == "closed")  # told by close_notify
    assert len(server.sessions) == 2
    await asyncio.gather(frames(audio, 60), frames(video, 40))
    stats = [await server.stats(session) for session in server.sessions.values()]
    assert all(each["packets_received"] for each in stats)


async def test_peer_that_leaves_or_is_hung_up_leaves_nothing(
    server: MediaServer, client: TestClient, peers: Callable[[], RTCPeerConnection]
) -> None:
    viewer, publisher = peers(), peers()
    audio, _ = await subscribe(client, viewer)
    location = await publish(client, publisher)
    await frames(audio, 3)
    response = await client.delete(location, headers={"Authorization": f"Bearer {token('alice')}"})
    assert response.status == 200
    await until(lambda: publisher.connectionState == "closed")
    await viewer.close()  # sends close_notify
    await until(lambda: not server.sessions)
    assert not server.rooms and not server.workers[0].transports and not server.workers[0].media


async def test_peer_with_another_certificate_is_refused(
    server: MediaServer, client: TestClient, peers: Callable[[], RTCPeerConnection]
) -> None:
    publisher = peers()
    publisher.addTransceiver(AudioStreamTrack(), direction="sendonly")
    await publisher.setLocalDescription(await publisher.createOffer())
    lines = [line for line in publisher.localDescription.sdp.splitlines() if not line.startswith("a=fingerprint")]
    forged = "\r\n".join([*lines, "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)]) + "\r\n"
    response = await client.post(
        "/whip/shop", data=forged, headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {token()}"}
    )
    await publisher.setRemoteDescription(RTCSessionDescription(await response.text(), "answer"))
    await until(lambda: not server.sessions)
    assert 'tresen_dtls_handshakes_total{result="fingerprint"} 1.0' in server.metrics.render()[0].decode()
