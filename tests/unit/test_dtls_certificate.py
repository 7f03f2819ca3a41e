"""Fingerprints decide who the peer is."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, dump_certificate

from mediaserver.dtls import Certificate, Fingerprint
from mediaserver.dtls.certificate import RemoteIdentity
from mediaserver.errors import Unprocessable


@pytest.fixture(scope="module")
def certificate() -> X509:
    return peer_certificate(Certificate.generate())


def peer_certificate(certificate: Certificate) -> X509:
    found = SSL.Connection(certificate.context).get_certificate()
    assert found is not None
    return found


def fingerprint(certificate: X509, name: str) -> Fingerprint:
    digest = hashlib.new(name.replace("-", ""), dump_certificate(FILETYPE_ASN1, certificate)).hexdigest().upper()
    return Fingerprint(name, ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)))


def wrong(fingerprint: Fingerprint) -> Fingerprint:
    return Fingerprint(fingerprint.algorithm, fingerprint.value[:-1] + ("0" if fingerprint.value[-1] != "0" else "1"))


def test_own_certificate_is_p256_with_its_sha256() -> None:
    made = Certificate.generate()
    certificate = peer_certificate(made)
    key = certificate.to_cryptography().public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    assert made.fingerprint == fingerprint(certificate, "sha-256")
    assert made.fingerprint != Certificate.generate().fingerprint
    assert str(made.fingerprint).startswith("sha-256 ") and len(made.fingerprint.value) == 95


@pytest.mark.parametrize("name", ["sha-256", "sha-384", "sha-512"])
def test_matches_by_each_trusted_hash(certificate: X509, name: str) -> None:
    right = fingerprint(certificate, name)
    assert RemoteIdentity([right]).matches(certificate)
    assert RemoteIdentity([Fingerprint(name.upper(), right.value.lower())]).matches(certificate)
    assert RemoteIdentity([wrong(right), right]).matches(certificate)
    assert not RemoteIdentity([wrong(right)]).matches(certificate)
    assert not RemoteIdentity([right]).matches(peer_certificate(Certificate.generate()))


def test_the_strongest_hash_decides(certificate: X509) -> None:
    weak, strong = fingerprint(certificate, "sha-256"), fingerprint(certificate, "sha-512")
    assert not RemoteIdentity([weak, wrong(strong)]).matches(certificate)
    assert RemoteIdentity([wrong(weak), strong]).matches(certificate)


@pytest.mark.parametrize(
    "refused",
    [
        [],
        [Fingerprint("sha-256", "")],
        [Fingerprint("sha-256", "AA:BB")],
        [Fingerprint("sha-256", "zz" * 32)],
        [Fingerprint("sha-256", "é" * 64)],
        [Fingerprint("md5", "AA" * 16)],
        [Fingerprint("", "")],
    ],
)
def test_refuses_what_cannot_be_trusted(refused: list[Fingerprint]) -> None:
    with pytest.raises(Unprocessable) as failure:
        RemoteIdentity(refused)
    assert failure.value.code == "fingerprint_unusable"


def test_sha1_alone_is_refused_and_beside_a_better_one_ignored(certificate: X509) -> None:
    weak = fingerprint(certificate, "sha-1")
    with pytest.raises(Unprocessable):
        RemoteIdentity([weak])
    assert not RemoteIdentity([weak, wrong(fingerprint(certificate, "sha-256"))]).matches(certificate)
