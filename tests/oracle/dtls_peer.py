"""Material for foreign DTLS peers."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding


def certificate_pair() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate, bytes]:
    """A key, a self-signed certificate for it, and that as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    return key, certificate, certificate.public_bytes(Encoding.DER)
