"""Passwords of local accounts: argon2id in threads, a few at once, and as long for nobody as for somebody.

For `Identity`. RFC 9106 section 4 (second recommended option: 64 MiB, 3 passes, 4 lanes), which argon2-cffi defaults to; NIST SP 800-63B
section 5.1.1.2 (length, no composition rules). Invariants: the loop's thread never hashes; memory is bounded by `AT_ONCE`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mediaserver.errors import TooMany, Unprocessable

T = TypeVar("T")
LENGTH_MIN, LENGTH_MAX = 12, 256
# Each takes 64 MiB and some 50 ms of a core; more at once would starve calls.
AT_ONCE = 2
# Beyond this somebody floods us, and waiting in line helps nobody.
WAITING_MOST = 32


class Passwords:
    """See the module."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """To be stored. Unprocessable for one that is too short or too long."""
        check(password)
        return await self._run(self._hasher.hash, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether this is the password. `stored` None: there is no such account, which takes as long to find out."""
        if len(password) > LENGTH_MAX:
            return False
        if stored is None and self._nobody is None:
            self._nobody = await self._run(self._hasher.hash, "nobody has this password")
        good = await self._run(self._verify, stored or self._nobody or "", password)
        return good and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Ends the threads. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError, ValueError):
            return False

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._waiting >= WAITING_MOST:
            raise TooMany("Too many logins at once; try again.", code="logins", retry_after_s=2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


def check(password: str) -> None:
    """Unprocessable for a password that is too short or too long to be one."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise Unprocessable(f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.", code="password", pointer="/password")
