"""What the control plane asked before a datagram was sent is in force when the datagram is read.

An answer travels to the peer as soon as its commands are in the ring; the peer's first check may reach the socket before the worker
has woken. Were it judged by the old state, it would be dropped, and the peer would wait half a second to try again.
"""

import select
import socket

from native.engine.worker import Worker
from tests.engine_peers import attribute, stun, stun_attributes

USERNAME, PRIORITY, USE_CANDIDATE, ICE_CONTROLLING, XOR_MAPPED_ADDRESS = 0x0006, 0x0024, 0x0025, 0x802A, 0x0020
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
# Only ever waited out by a test that fails.
PATIENCE_S = 30


def check(password: str) -> bytes:
    attributes = attribute(USERNAME, b"ours:theirs") + attribute(PRIORITY, bytes([110, 0, 0, 255]))
    attributes += attribute(ICE_CONTROLLING, bytes(8)) + attribute(USE_CANDIDATE)
    return stun(BINDING_REQUEST, bytes(12), attributes, password)


def test_a_check_that_waits_beside_its_transports_opening_is_answered() -> None:
    worker = Worker("127.0.0.1", 0)
    password = "p" * 24
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            # The thread does not run yet: its first turn finds both, as one that was busy would.
            worker.transport_open(1, local_ufrag="ours", local_password=password, remote_ufrag="theirs")
            peer.sendto(check(password), ("127.0.0.1", worker.port))
            worker.start()
            readable, _, _ = select.select([peer], [], [], PATIENCE_S)
            assert readable, "the check is answered without being repeated"
            answer = peer.recv(1500)
        assert int.from_bytes(answer[:2]) == BINDING_SUCCESS and XOR_MAPPED_ADDRESS in stun_attributes(answer)
    finally:
        worker.stop()
