"""Handshakes with other implementations over a real loop: aiortc, and the openssl program over UDP."""

import asyncio
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pylibsrtp import Policy, Session

from mediaserver.dtls import Certificate, DtlsTransport, Fingerprint, SrtpKeys
from mediaserver.dtls.keys import Role
from tests.oracle.dtls_peer import certificate_pair

pytestmark = pytest.mark.asyncio
ROLES: tuple[Role, Role] = ("server", "client")
RTP = bytes.fromhex("80600001000000010000002a") + b"payload"
LIBSRTP_PROFILES = {
    0x0001: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    0x0007: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    0x0008: Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


class Cable:
    """The part of an ICE transport that aiortc's DTLS uses."""

    role, state = "controlling", "completed"

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.receive = lambda _datagram: None

    async def _recv(self) -> bytes:
        return await self.inbox.get()

    async def _send(self, datagram: bytes) -> None:
        self.receive(datagram)


def libsrtp(keys: SrtpKeys, key: bytes, direction: int) -> Session:
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=LIBSRTP_PROFILES[keys.profile]))


@pytest.mark.parametrize("role", ROLES)
async def test_aiortc(role: Role) -> None:
    loop = asyncio.get_running_loop()
    ours, theirs, cable = Certificate.generate(), RTCCertificate.generateCertificate(), Cable()
    peer = RTCDtlsTransport(cable, [theirs])
    peer._set_role("client" if role == "server" else "server")
    remote = [Fingerprint(print.algorithm, print.value) for print in peer.getLocalParameters().fingerprints]
    connected: asyncio.Future[SrtpKeys] = loop.create_future()
    gone = asyncio.Event()
    with ThreadPoolExecutor(1) as executor:
        transport = DtlsTransport(
            ours,
            role,
            remote,
            executor=executor,
            send=cable.inbox.put_nowait,
            on_keys=connected.set_result,
            on_failed=connected.set_exception,
            on_closed=gone.set,
        )
        cable.receive = transport.receive
        transport.start()
        fingerprint = RTCDtlsFingerprint(algorithm=ours.fingerprint.algorithm, value=ours.fingerprint.value)
        async with asyncio.timeout(60):
            await peer.start(RTCDtlsParameters(fingerprints=[fingerprint]))
            keys = await connected
            assert peer.state == "connected"
            assert libsrtp(keys, keys.receive_key, Policy.SSRC_ANY_INBOUND).unprotect(peer._tx_srtp.protect(RTP)) == RTP
            assert peer._rx_srtp.unprotect(libsrtp(keys, keys.send_key, Policy.SSRC_ANY_OUTBOUND).protect(RTP)) == RTP
            await peer.stop()
            await gone.wait()


class Socket(asyncio.DatagramProtocol):
    """Carries a DtlsTransport over UDP to whoever wrote last."""

    def __init__(self) -> None:
        self.peer: tuple[str, int] | None = None
        self.receive = lambda _datagram: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, datagram: bytes, address: tuple[str, int]) -> None:
        self.peer = address
        self.receive(datagram)

    def send(self, datagram: bytes) -> None:
        self.transport.sendto(datagram, self.peer)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")
@pytest.mark.parametrize("role", ROLES)
async def test_openssl_program(role: Role, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    key, certificate, der = certificate_pair()
    pem = tmp_path / "peer.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM))
    ours = Certificate.generate()
    connected: asyncio.Future[SrtpKeys] = loop.create_future()
    endpoint, wire = await loop.create_datagram_endpoint(Socket, local_addr=("127.0.0.1", 0))
    transport = DtlsTransport(
        ours,
        role,
        [Fingerprint.of(der)],
        executor=None,
        send=wire.send,
        on_keys=connected.set_result,
        on_failed=connected.set_exception,
        on_closed=lambda: None,
    )
    wire.receive = transport.receive
    common = [
        "-dtls1_2",
        "-cert",
        str(pem),
        "-use_srtp",
        "SRTP_AES128_CM_SHA1_80",
        "-keymatexport",
        "EXTRACTOR-dtls_srtp",
        "-keymatexportlen",
        "60",
    ]
    if role == "server":
        command = ["s_client", *common, "-connect", f"127.0.0.1:{endpoint.get_extra_info('sockname')[1]}"]
    else:
        port = free_port()
        wire.peer = ("127.0.0.1", port)
        command = ["s_server", *common, "-accept", f"127.0.0.1:{port}", "-verify", "0", "-mtu", "1200"]
    program = await asyncio.create_subprocess_exec(
        "openssl", *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert program.stdout is not None
    try:
        async with asyncio.timeout(60):
            printed = ""
            while role == "client" and "ACCEPT" not in printed:
                printed += (await program.stdout.readline()).decode()
            transport.start()
            keys = await connected
            while "Keying material: " not in printed:
                line = await program.stdout.readline()
                assert line, printed
                printed += line.decode()
    finally:
        transport.close()
        endpoint.close()
        program.kill()
        await program.wait()
    found = re.search(r"Keying material: ([0-9A-F]{120})", printed)
    assert found, printed
    material = bytes.fromhex(found[1])
    client, server = material[:16] + material[32:46], material[16:32] + material[46:]
    assert keys == SrtpKeys(0x0001, *((server, client) if role == "server" else (client, server)))
