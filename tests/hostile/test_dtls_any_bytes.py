"""Any bytes into a DTLS session: nothing is raised, nothing connects, memory stays bounded."""

import random
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from mediaserver.dtls import Certificate, DtlsSession, DtlsState
from mediaserver.dtls.keys import Role
from mediaserver.dtls.session import EARLY_RECORDS_MAX, HANDSHAKE_BYTES_MAX
from tests.scenario.dtls_pair import Pair

SERVER, CLIENT = Certificate.generate(), Certificate.generate()
ROLES: tuple[Role, Role] = ("server", "client")


def recorded() -> dict[Role, list[bytes]]:
    """What each side is sent in one good handshake."""
    pair = Pair(SERVER, CLIENT)
    seen: dict[Role, list[bytes]] = {"server": [], "client": []}
    while pair.run(done=lambda pair: bool(pair.wire)).wire:
        _, _, role, datagram = pair.wire.pop(0)
        seen[role].append(datagram)
        pair.sides[role].receive(datagram, 0.0)
        pair.take()
    assert pair.states == {DtlsState.CONNECTED} and all(seen.values())
    return seen


RECORDED = recorded()


def fresh(role: Role) -> DtlsSession:
    session = DtlsSession(SERVER if role == "server" else CLIENT, role, [(CLIENT if role == "server" else SERVER).fingerprint])
    session.start(0.0)
    session.outgoing()
    return session


def noise(chance: random.Random, _role: Role) -> bytes:
    return chance.randbytes(chance.randrange(80))


def framed_noise(chance: random.Random, _role: Role) -> bytes:
    body = chance.randbytes(chance.randrange(200))
    return bytes([chance.randrange(20, 25), 0xFE, 0xFD, 0, chance.randrange(3)]) + bytes(6) + len(body).to_bytes(2) + body


def mutated(chance: random.Random, role: Role) -> bytes:
    datagram = bytearray(chance.choice(RECORDED[chance.choice((role, role, "server", "client"))]))
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(datagram))
        action = chance.randrange(4)
        if action == 0:
            datagram[at] ^= 1 << chance.randrange(8)
        elif action == 1:
            datagram[at] = chance.randrange(256)
        elif action == 2:
            del datagram[at : at + chance.randrange(1, 9)]
        else:
            datagram[at:at] = chance.randbytes(chance.randrange(1, 9))
        if not datagram:
            break
    return bytes(datagram)


def replayed(chance: random.Random, role: Role) -> bytes:
    """Another session's good handshake: its keys are not ours."""
    return chance.choice(RECORDED[role])


@pytest.mark.parametrize("make", [noise, framed_noise, mutated, replayed])
@pytest.mark.parametrize("role", ROLES)
def test_any_bytes_never_raise_and_never_connect(role: Role, make: Callable[[random.Random, Role], bytes]) -> None:
    chance = random.Random(f"{role}{make.__name__}")
    session = fresh(role)
    for number in range(2000):
        if session.state in (DtlsState.FAILED, DtlsState.CLOSED) or number % 50 == 0:
            session = fresh(role)
        session.receive(make(chance, role), number * 0.001)
        session.handle_timeout(number * 0.001)
        session.outgoing()
        assert session.keys is None and session.state is not DtlsState.CONNECTED


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_any_bytes_leave_a_connected_session_as_it_is(role: Role, settled: bool) -> None:
    chance = random.Random(7)
    pair = Pair(SERVER, CLIENT).run()
    session = pair.sides[role]
    keys = session.keys
    if settled:
        session.settle()
    state = session.state
    answered = 0
    for make in (noise, framed_noise, mutated, replayed):
        for _ in range(1000):
            session.receive(make(chance, role), pair.now_s)
            answered += len(session.outgoing())
    assert session.state is state and session.keys == keys
    assert answered <= 16


def record(content_type: int, epoch: int, number: int, body: bytes) -> bytes:
    return bytes([content_type]) + b"\xfe\xfd" + epoch.to_bytes(2) + number.to_bytes(6) + len(body).to_bytes(2) + body


def greedy_fragments() -> Iterator[bytes]:
    """One byte each of many large messages, to be kept until the rest comes."""
    for number in range(4000):
        length, sequence = 16384, number % 12
        header = bytes([11]) + length.to_bytes(3) + sequence.to_bytes(2) + (number // 12).to_bytes(3) + (1).to_bytes(3)
        yield record(22, 0, number, header + b"x")


def early_records() -> Iterator[bytes]:
    """Encrypted records before there are keys, to be kept until there are."""
    for number in range(4000):
        yield record(22, 1, number, bytes(30))


def overlapping_fragments() -> Iterator[bytes]:
    for number in range(4000):
        start = (number * 37) % 300
        header = bytes([1]) + (400).to_bytes(3) + bytes(2) + start.to_bytes(3) + (100).to_bytes(3)
        yield record(22, 0, number, header + bytes([number % 256]) * 100)


@pytest.mark.parametrize("make", [greedy_fragments, early_records, overlapping_fragments])
@pytest.mark.parametrize("role", ROLES)
def test_what_a_handshake_keeps_is_bounded(role: Role, make: Callable[[], Iterator[bytes]]) -> None:
    session = fresh(role)
    tracemalloc.start()
    try:
        for datagram in make():
            session.receive(datagram, 0.0)
            session.outgoing()
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert session._received_bytes <= HANDSHAKE_BYTES_MAX + 1500  # what reached OpenSSL
    assert held_bytes < 256 * 1024
    if make is early_records:  # each of them would cost OpenSSL a 16 KiB buffer
        assert session._received_bytes <= EARLY_RECORDS_MAX * 43
    assert session.keys is None
