"""Handshakes between two of our own sessions over a bad network, in virtual time."""

import datetime
import itertools

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from mediaserver.dtls import Certificate, DtlsSession, DtlsState
from mediaserver.dtls.keys import Role
from mediaserver.dtls.session import HANDSHAKE_DEADLINE_S, MTU_BYTES, RESEND_FIRST_S
from tests.scenario.dtls_pair import DELAY_S, Pair, clean, seeded


@pytest.fixture(scope="module")
def certificates() -> tuple[Certificate, Certificate]:
    return Certificate.generate(), Certificate.generate()


def assert_connected(pair: Pair) -> None:
    assert pair.states == {DtlsState.CONNECTED}, (pair.server.error, pair.client.error)
    server, client = pair.server.keys, pair.client.keys
    assert server is not None and client is not None
    assert (server.profile, server.send_key, server.receive_key) == (client.profile, client.receive_key, client.send_key)
    assert server.send_key != server.receive_key


def test_clean_network_needs_two_round_trips_and_four_datagrams(certificates: tuple[Certificate, Certificate]) -> None:
    pair = Pair(*certificates).run()
    assert_connected(pair)
    assert pair.now_s == pytest.approx(4 * DELAY_S)
    assert pair.sent == {"server": 2, "client": 2}
    assert pair.server.keys is not None and pair.server.keys.profile == 0x0007


@pytest.mark.parametrize("lost", [(role, number) for role in ("client", "server") for number in (0, 1)])
def test_one_lost_datagram_costs_one_short_timeout(certificates: tuple[Certificate, Certificate], lost: tuple[str, int]) -> None:
    pair = Pair(*certificates, fate=lambda role, number: [] if (role, number) == lost else [DELAY_S]).run()
    assert_connected(pair)
    assert pair.now_s <= RESEND_FIRST_S + 6 * DELAY_S


@pytest.mark.parametrize(("first", "second"), list(itertools.product(range(3), range(3))))
def test_survives_two_lost_datagrams_a_side(certificates: tuple[Certificate, Certificate], first: int, second: int) -> None:
    lost = {("client", first), ("client", first + 1), ("server", second), ("server", second + 1)}
    assert_connected(Pair(*certificates, fate=lambda role, number: [] if (role, number) in lost else [DELAY_S]).run())


@pytest.mark.parametrize("seed", range(25))
def test_survives_loss_reordering_and_duplicates(certificates: tuple[Certificate, Certificate], seed: int) -> None:
    assert_connected(Pair(*certificates, fate=seeded(seed, loss=0.3, duplicate=0.3, jitter_s=0.1)).run())


def test_a_silent_peer_is_given_up(certificates: tuple[Certificate, Certificate]) -> None:
    pair = Pair(*certificates, fate=lambda _role, _number: []).run(until_s=2 * HANDSHAKE_DEADLINE_S)
    assert pair.client.state is DtlsState.FAILED and pair.client.error is not None and pair.client.error.reason == "timeout"
    assert pair.server.state is DtlsState.NEW and pair.server.next_timeout_s(pair.now_s) is None
    assert pair.now_s == pytest.approx(HANDSHAKE_DEADLINE_S, abs=0.1)
    assert pair.sent["client"] < 40


def test_flights_beyond_the_mtu_are_split_and_survive_loss(certificates: tuple[Certificate, Certificate]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "large")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(f"{number:04}.example") for number in range(250)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1)).add_extension(
        names, critical=False
    )
    large = Certificate(key, builder.sign(key, hashes.SHA256()))
    for fate in (clean, seeded(5, loss=0.2, duplicate=0.2, jitter_s=0.05)):
        pair = Pair(large, large, fate=fate).run()
        assert_connected(pair)
        assert max(pair.sizes) <= MTU_BYTES and sum(pair.sizes) > 8000 and len(pair.sizes) >= 10


def test_a_wrong_fingerprint_ends_both_sides_without_keys(certificates: tuple[Certificate, Certificate]) -> None:
    other = Certificate.generate().fingerprint
    roles: tuple[Role, Role] = ("server", "client")
    for wrong, certificate in zip(roles, certificates, strict=True):
        pair = Pair(*certificates)
        pair.sides[wrong] = DtlsSession(certificate, wrong, [other])
        pair.run(done=lambda pair: pair.states == {DtlsState.FAILED})
        judge, judged = (pair.server, pair.client) if wrong == "server" else (pair.client, pair.server)
        assert judge.error is not None and judge.error.reason == "fingerprint"
        assert judged.error is not None and judged.error.reason == "protocol" and "alert" in str(judged.error)
        assert pair.server.keys is None and pair.client.keys is None


def test_the_fingerprint_is_checked_again_before_keys_are_taken() -> None:
    trusting, peer = Certificate.generate(), Certificate.generate()
    trusting.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    pair = Pair(trusting, peer)
    pair.sides["server"] = DtlsSession(trusting, "server", [Certificate.generate().fingerprint])
    pair.run(done=lambda pair: pair.server.state is DtlsState.FAILED)
    assert pair.server.error is not None and pair.server.error.reason == "fingerprint" and pair.server.keys is None


def connected(certificates: tuple[Certificate, Certificate]) -> Pair:
    pair = Pair(*certificates).run()
    assert_connected(pair)
    return pair


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("leaver", ["server", "client"])
def test_close_notify_ends_the_other_side(certificates: tuple[Certificate, Certificate], leaver: str, settled: bool) -> None:
    pair = connected(certificates)
    leaving, staying = (pair.server, pair.client) if leaver == "server" else (pair.client, pair.server)
    if settled:
        leaving.settle()
        staying.settle()
        assert leaving.state is staying.state is DtlsState.SETTLED and staying.keys is not None
    leaving.close()
    assert leaving.state is DtlsState.CLOSED
    for datagram in leaving.outgoing():
        staying.receive(datagram, pair.now_s)
    assert staying.state is DtlsState.CLOSED and staying.keys is None and staying.error is None
    staying.close()
    leaving.close()
    assert leaving.outgoing() == []


def test_last_flight_is_sent_again_to_a_client_that_missed_it(certificates: tuple[Certificate, Certificate]) -> None:
    pair = Pair(*certificates, fate=lambda role, number: [] if (role, number) == ("server", 1) else [DELAY_S])
    pair.run(done=lambda pair: pair.server.state is DtlsState.CONNECTED)
    assert pair.client.state is DtlsState.CONNECTING and pair.server.next_timeout_s(pair.now_s) is None
    assert_connected(pair.run())


def test_plain_records_cannot_touch_a_connected_session(certificates: tuple[Certificate, Certificate]) -> None:
    pair = connected(certificates)
    fatal_alert = bytes.fromhex("15fefd000000000000ff0000020228")
    hello = Pair(*certificates)
    hello.client.start(0.0)
    for session in (pair.server, pair.client):
        for datagram in (fatal_alert, fatal_alert.replace(b"\x02\x28", b"\x01\x00"), *hello.client.outgoing()):
            session.receive(datagram, pair.now_s)
        assert session.state is DtlsState.CONNECTED and session.outgoing() == []
