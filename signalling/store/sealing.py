"""Encryption at rest: AES-256-GCM with a data key per tenant, itself wrapped with the installation's master key.

For the store's sealed columns and attachments. A sealed value is key number (4 bytes, big-endian), nonce (12 random bytes), ciphertext and
tag; the additional data is tenant and place, so that a value moved to another row or tenant does not open. NIST SP 800-38D: with random
nonces a key must not seal more than 2^32 values; `rotate` makes the next number, older ones still open.

Invariants: a plain data key never reaches the database; a tenant whose wrapped keys are deleted is erased.
"""

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, insert, select

from mediaserver.errors import LocalError, TresenError
from signalling.store.tables.tenants import tenant_keys

if TYPE_CHECKING:
    from signalling.store.transaction import Transaction

NUMBER_BYTES = 4
NONCE_BYTES = 12
KEY_BYTES = 32


class SealBroken(TresenError):
    """A sealed value does not open: changed, moved, or sealed with a key that is gone."""


class Sealer:
    """Keeps the master keys and the opened data keys. Safe to use from several threads."""

    def __init__(self, master_keys: Mapping[str, bytes]) -> None:
        """`master_keys`: id -> 32 bytes; new data keys are wrapped with the first, opened with any."""
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys.values()):
            raise LocalError("sealing needs at least one master key of 32 bytes")
        self._masters = dict(master_keys)
        self._keys: dict[tuple[str, int], AESGCM] = {}
        self._current: dict[str, int] = {}
        self._lock = threading.Lock()

    def add_key(self, tx: "Transaction", tenant_id: str) -> int:
        """Makes the tenant's next data key; it seals from now on. Its number."""
        number: int = (tx.execute(select(func.max(tenant_keys.c.number)).where(tenant_keys.c.tenant_id == tenant_id)).scalar() or 0) + 1
        master_id, master = next(iter(self._masters.items()))
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + AESGCM(master).encrypt(nonce, AESGCM.generate_key(KEY_BYTES * 8), _place(tenant_id, f"key/{number}"))
        tx.execute(
            insert(tenant_keys).values(tenant_id=tenant_id, number=number, master_id=master_id, wrapped=wrapped, created_at_us=tx.now_us)
        )
        return number

    def seal(self, tx: "Transaction", tenant_id: str, plain: bytes, about: str) -> bytes:
        """See `Transaction.seal`."""
        number = self._current.get(tenant_id) or max((n for t, n in tx.keys if t == tenant_id), default=0) or self._newest(tx, tenant_id)
        nonce = os.urandom(NONCE_BYTES)
        return (
            number.to_bytes(NUMBER_BYTES, "big") + nonce + self._key(tx, tenant_id, number).encrypt(nonce, plain, _place(tenant_id, about))
        )

    def unseal(self, tx: "Transaction", tenant_id: str, sealed: bytes, about: str) -> bytes:
        """See `Transaction.unseal`."""
        number = int.from_bytes(sealed[:NUMBER_BYTES], "big")
        nonce, body = sealed[NUMBER_BYTES : NUMBER_BYTES + NONCE_BYTES], sealed[NUMBER_BYTES + NONCE_BYTES :]
        try:
            return self._key(tx, tenant_id, number).decrypt(nonce, body, _place(tenant_id, about))
        except (InvalidTag, ValueError):
            raise SealBroken(f"a sealed value does not open: {about.partition('/')[0]}") from None

    def committed(self, tx: "Transaction") -> None:
        """A unit of work is on disk: what it read or made of keys serves everybody."""
        if tx.keys:
            with self._lock:
                for (tenant_id, number), key in tx.keys.items():
                    self._keys[tenant_id, number] = AESGCM(key)
                    self._current[tenant_id] = max(number, self._current.get(tenant_id, 0))

    def forget(self, tenant_id: str) -> None:
        """Reads this tenant's keys anew at their next use: after a rotation or an erasure."""
        with self._lock:
            self._current.pop(tenant_id, None)
            for each in [each for each in self._keys if each[0] == tenant_id]:
                del self._keys[each]

    def _newest(self, tx: "Transaction", tenant_id: str) -> int:
        number = tx.execute(select(func.max(tenant_keys.c.number)).where(tenant_keys.c.tenant_id == tenant_id)).scalar()
        if number is None:
            raise SealBroken("this tenant has no key: it was erased, or never made")
        return int(number)

    def _key(self, tx: "Transaction", tenant_id: str, number: int) -> AESGCM:
        key = self._keys.get((tenant_id, number))
        if key is not None:
            return key
        plain = tx.keys.get((tenant_id, number))
        if plain is None:
            plain = tx.keys[tenant_id, number] = self._unwrapped(tx, tenant_id, number)
        return AESGCM(plain)

    def _unwrapped(self, tx: "Transaction", tenant_id: str, number: int) -> bytes:
        row = tx.first(
            select(tenant_keys.c.master_id, tenant_keys.c.wrapped).where(
                tenant_keys.c.tenant_id == tenant_id, tenant_keys.c.number == number
            )
        )
        if row is None:
            raise SealBroken("the key of a sealed value is gone: its tenant was erased")
        master = self._masters.get(row.master_id)
        if master is None:
            raise LocalError(f"the master key {row.master_id} is not configured; add it to TRESEN_MASTER_KEYS")
        try:
            return AESGCM(master).decrypt(row.wrapped[:NONCE_BYTES], row.wrapped[NONCE_BYTES:], _place(tenant_id, f"key/{number}"))
        except InvalidTag:
            raise LocalError(f"the master key {row.master_id} is another one than the data was sealed with") from None


def _place(tenant_id: str, about: str) -> bytes:
    return f"{tenant_id}/{about}".encode()
