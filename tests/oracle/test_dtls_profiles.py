"""SRTP profile and keys beside a peer that is plain pyOpenSSL, in memory."""

import itertools

import pytest
from cryptography import x509
from OpenSSL import SSL

from mediaserver.dtls import Certificate, DtlsSession, DtlsState, Fingerprint
from mediaserver.dtls.keys import Role
from tests.oracle.dtls_peer import certificate_pair

PROFILES = {"SRTP_AEAD_AES_128_GCM": (7, 16, 12), "SRTP_AEAD_AES_256_GCM": (8, 32, 12), "SRTP_AES128_CM_SHA1_80": (1, 16, 14)}
PREFERRED = list(PROFILES)
ROLES: tuple[Role, Role] = ("server", "client")
OFFERS = [offer for count in (1, 2, 3) for offer in itertools.permutations(PROFILES, count)]


@pytest.fixture(scope="module")
def ours() -> Certificate:
    return Certificate.generate()


class Peer:
    """pyOpenSSL as anyone would use it."""

    def __init__(self, ours: Certificate, role: Role, profiles: str, *, ciphers: str = "", shown: x509.Certificate | None = None) -> None:
        key, certificate, der = certificate_pair()
        context = SSL.Context(SSL.DTLS_METHOD)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        if profiles:
            context.set_tlsext_use_srtp(profiles.encode())
        if ciphers:
            context.set_cipher_list(ciphers.encode())
        self.connection = SSL.Connection(context)
        self.connection.set_ciphertext_mtu(1200)
        (self.connection.set_connect_state if role == "server" else self.connection.set_accept_state)()
        self.session = DtlsSession(ours, role, [Fingerprint.of(der)])
        self.error: SSL.Error | None = None

    def run(self) -> "Peer":
        self.session.start(0.0)
        for _ in range(12):
            for datagram in self.session.outgoing():
                self.connection.bio_write(datagram)
            try:
                self.connection.do_handshake()
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                self.error = error
            try:
                self.session.receive(self.connection.bio_read(65536), 0.0)
            except SSL.WantReadError:
                pass
        return self


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("offer", OFFERS, ids="+".join)
def test_agrees_on_profile_and_keys(ours: Certificate, role: Role, offer: tuple[str, ...]) -> None:
    peer = Peer(ours, role, ":".join(offer)).run()
    keys = peer.session.keys
    assert peer.session.state is DtlsState.CONNECTED and keys is not None
    # The server's order counts: ours where we are it, the peer's where it is.
    chosen = next(name for name in PREFERRED if name in offer) if role == "server" else offer[0]
    number, key_bytes, salt_bytes = PROFILES[chosen]
    assert keys.profile == number and peer.connection.get_selected_srtp_profile() == chosen.encode()
    material = peer.connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key_bytes + salt_bytes))
    client_key, server_key = material[:key_bytes], material[key_bytes : 2 * key_bytes]
    client_salt, server_salt = material[-2 * salt_bytes : -salt_bytes], material[-salt_bytes:]
    client, server = client_key + client_salt, server_key + server_salt
    assert (keys.send_key, keys.receive_key) == ((server, client) if role == "server" else (client, server))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("offer", ["", "SRTP_AES128_CM_SHA1_32"])
def test_no_common_profile_is_a_failure_without_keys(ours: Certificate, role: Role, offer: str) -> None:
    session = Peer(ours, role, offer).run().session
    assert session.state is DtlsState.FAILED and session.error is not None and session.error.reason == "profile"
    assert session.keys is None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"])
def test_ciphers_without_forward_secrecy_or_aead_are_refused(ours: Certificate, role: Role, ciphers: str) -> None:
    session = Peer(ours, role, PREFERRED[0], ciphers=ciphers).run().session
    assert session.state is DtlsState.FAILED and session.error is not None and session.error.reason == "protocol"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_a_settled_session_reads_close_notify_of_each_cipher(ours: Certificate, role: Role, ciphers: str) -> None:
    peer = Peer(ours, role, PREFERRED[0], ciphers=ciphers).run()
    assert peer.connection.get_cipher_name() == ciphers
    peer.session.settle()
    peer.connection.send(b"data that nobody takes")
    peer.session.receive(peer.connection.bio_read(65536), 0.0)
    assert peer.session.state is DtlsState.SETTLED
    peer.connection.shutdown()
    goodbye = peer.connection.bio_read(65536)
    for at in range(13, len(goodbye)):
        peer.session.receive(goodbye[:at] + bytes([goodbye[at] ^ 1]) + goodbye[at + 1 :], 0.0)
    assert peer.session.state is DtlsState.SETTLED
    peer.session.receive(goodbye, 0.0)
    assert peer.session.state is DtlsState.CLOSED


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_the_peer_understands_our_close_notify(ours: Certificate, role: Role, settled: bool) -> None:
    peer = Peer(ours, role, PREFERRED[0]).run()
    if settled:
        peer.session.settle()
    peer.session.close()
    (goodbye,) = peer.session.outgoing()
    peer.connection.bio_write(goodbye)
    with pytest.raises(SSL.ZeroReturnError):
        peer.connection.recv(100)


@pytest.mark.parametrize("role", ROLES)
def test_application_data_and_its_flood_change_nothing(ours: Certificate, role: Role) -> None:
    peer = Peer(ours, role, PREFERRED[0]).run()
    for _ in range(50):
        peer.connection.send(b"x" * 900)
        peer.session.receive(peer.connection.bio_read(65536), 0.0)
    assert peer.session.state is DtlsState.CONNECTED and peer.session.outgoing() == []
