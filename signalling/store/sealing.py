"""Encryption at rest: AES-256-GCM with a data key per tenant, itself wrapped with the installation's master key.

For the store's sealed columns and attachments. A sealed value is key number (4 bytes, big-endian), nonce (12 random bytes), ciphertext and
tag; the additional data is tenant and place, so that a value moved to another row or tenant does not open. NIST SP 800-38D: with random
nonces a key must not seal more than 2^32 values; `rotate` makes the next number, older ones still open.

Invariants: a plain data key never reaches the database; a tenant whose wrapped keys are deleted is erased.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, insert, select, update

from mediaserver.errors import LocalError, TresenError
from signalling.store.tables.tenants import tenant_keys

if TYPE_CHECKING:
    from signalling.store.transaction import Transaction

NUMBER_BYTES = 4
NONCE_BYTES = 12
KEY_BYTES = 32
# How long a tenant's present key is used without asking whether there is a newer one: what rotation waits for.
LOOK_AGAIN_S = 20.0


class SealBroken(TresenError):
    """A sealed value does not open: changed, moved, or sealed with a key that is gone."""


class Sealer:
    """Keeps the master keys and the opened data keys. Safe to use from several threads."""

    def __init__(self, master_keys: Mapping[str, bytes], reload: Callable[[], Mapping[str, bytes]] | None = None) -> None:
        """`master_keys`: id -> 32 bytes; new data keys are wrapped with the first, opened with any. `reload`: asked for one that is not
        among them, since another process may have made it."""
        self._reload = reload
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys.values()):
            raise LocalError("sealing needs at least one master key of 32 bytes")
        self._masters = dict(master_keys)
        self._keys: dict[tuple[str, int], AESGCM] = {}
        self._current: dict[str, tuple[int, float]] = {}  # number, and until when (monotonic, s) it is not asked for
        self._lock = threading.Lock()

    def add_key(self, tx: "Transaction", tenant_id: str) -> int:
        """Makes the tenant's next data key; it seals from now on. Its number."""
        number: int = (tx.execute(select(func.max(tenant_keys.c.number)).where(tenant_keys.c.tenant_id == tenant_id)).scalar() or 0) + 1
        master_id, wrapped = self._wrapped(AESGCM.generate_key(KEY_BYTES * 8), tenant_id, number)
        tx.execute(
            insert(tenant_keys).values(tenant_id=tenant_id, number=number, master_id=master_id, wrapped=wrapped, created_at_us=tx.now_us)
        )
        tx.newest[tenant_id] = number
        return number

    def rewrap(self, tx: "Transaction", tenant_id: str, number: int) -> bool:
        """Wraps a data key with the present master key; False where it is already."""
        here = (tenant_keys.c.tenant_id == tenant_id) & (tenant_keys.c.number == number)
        row = tx.first(select(tenant_keys.c.master_id).where(here))
        if row is None or row.master_id == next(iter(self._masters)):
            return False
        master_id, wrapped = self._wrapped(self._unwrapped(tx, tenant_id, number), tenant_id, number)
        tx.execute(update(tenant_keys).where(here).values(master_id=master_id, wrapped=wrapped))
        return True

    def seal(self, tx: "Transaction", tenant_id: str, plain: bytes, about: str) -> bytes:
        """See `Transaction.seal`."""
        known = self._current.get(tenant_id)
        if known is not None and time.monotonic() < known[1]:
            number = known[0]
        else:
            number = tx.newest.get(tenant_id) or self.newest(tx, tenant_id)
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
        if tx.keys or tx.newest:
            until_s = time.monotonic() + LOOK_AGAIN_S
            with self._lock:
                for (tenant_id, number), key in tx.keys.items():
                    if (tenant_id, number) not in self._keys:
                        self._keys[tenant_id, number] = AESGCM(key)
                for tenant_id, number in tx.newest.items():
                    self._current[tenant_id] = (number, until_s)

    def forget(self, tenant_id: str) -> None:
        """Reads this tenant's keys anew at their next use: after a rotation or an erasure."""
        with self._lock:
            self._current.pop(tenant_id, None)
            for each in [each for each in self._keys if each[0] == tenant_id]:
                del self._keys[each]

    def newest(self, tx: "Transaction", tenant_id: str) -> int:
        """The number of the tenant's present key."""
        number = tx.execute(select(func.max(tenant_keys.c.number)).where(tenant_keys.c.tenant_id == tenant_id)).scalar()
        if number is None:
            raise SealBroken("this tenant has no key: it was erased, or never made")
        tx.newest[tenant_id] = int(number)
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
        if master is None and self._reload is not None:
            self._masters = {**self._masters, **self._reload()}
            master = self._masters.get(row.master_id)
        if master is None:
            raise LocalError(f"the master key {row.master_id} is not configured; add it to TRESEN_MASTER_KEYS")
        try:
            return AESGCM(master).decrypt(row.wrapped[:NONCE_BYTES], row.wrapped[NONCE_BYTES:], _place(tenant_id, f"key/{number}"))
        except InvalidTag:
            raise LocalError(f"the master key {row.master_id} is another one than the data was sealed with") from None

    def _wrapped(self, key: bytes, tenant_id: str, number: int) -> tuple[str, bytes]:
        master_id, master = next(iter(self._masters.items()))
        nonce = os.urandom(NONCE_BYTES)
        return master_id, nonce + AESGCM(master).encrypt(nonce, key, _place(tenant_id, f"key/{number}"))


def _place(tenant_id: str, about: str) -> bytes:
    return f"{tenant_id}/{about}".encode()
