"""The SRTP keys a finished handshake yields.

For `DtlsSession`, which calls it after the peer's certificate was found right, never before. RFC 5764 sections 4.1.2 and 4.2
(profiles, order of the keys), RFC 7714 sections 12 and 14.2 (GCM), RFC 5705 (exporter).
"""

from dataclasses import dataclass, field
from typing import Literal

from OpenSSL import SSL

__all__ = ["Role", "SrtpKeys", "export"]

Role = Literal["server", "client"]

EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"

# OpenSSL's name -> (profile, master key bytes, master salt bytes).
PROFILES = {
    b"SRTP_AES128_CM_SHA1_80": (0x0001, 16, 14),
    b"SRTP_AEAD_AES_128_GCM": (0x0007, 16, 12),
    b"SRTP_AEAD_AES_256_GCM": (0x0008, 32, 12),
}


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """`profile`: 0x0001, 0x0007 or 0x0008. Each key is master key + master salt: 30, 28 or 44 bytes."""

    profile: int
    send_key: bytes = field(repr=False)
    receive_key: bytes = field(repr=False)


def export(connection: SSL.Connection, role: Role) -> SrtpKeys | None:
    """The keys of a connected session, None where no profile of ours was agreed on."""
    profile = PROFILES.get(connection.get_selected_srtp_profile())
    if profile is None:
        return None
    number, key_bytes, salt_bytes = profile
    material = connection.export_keying_material(EXPORTER_LABEL, 2 * (key_bytes + salt_bytes))
    # Client key, server key, client salt, server salt.
    keys = material[:key_bytes], material[key_bytes : 2 * key_bytes]
    salts = material[2 * key_bytes : 2 * key_bytes + salt_bytes], material[2 * key_bytes + salt_bytes :]
    client, server = keys[0] + salts[0], keys[1] + salts[1]
    send, receive = (server, client) if role == "server" else (client, server)
    return SrtpKeys(number, send, receive)
