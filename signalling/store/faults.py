"""What a database's errors mean for whoever asked: come back later, or a fault of ours.

For `sqlite` and `postgres`. Invariant: whatever was answered with Unavailable was not acknowledged; it may all the same have been committed
(the connection died in between), which is why ids come from the caller.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mediaserver.errors import Unavailable

# Short: sockets and calls go on meanwhile, and a database comes back within seconds or after somebody's work.
RETRY_AFTER_S = 2

# SQLite's primary result codes that speak of the file, the disk or the lock, not of the statement.
SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
# PostgreSQL's classes (SQL standard and its appendix A): connection, resources, operator intervention, system, internal; and two codes:
# a standby that takes no writes, a lock that was not to be had.
SQLSTATE_CLASSES = ("08", "53", "57", "58", "XX")
SQLSTATES = frozenset({"25006", "55P03"})
# serialization_failure, deadlock_detected: somebody else was first; the same again may succeed.
RACES = frozenset({"40001", "40P01"})


def is_outage(error: BaseException) -> bool:
    """Whether the database, not the statement, is at fault: gone, full, locked, its disk failing."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in SQLITE_OUTAGES
    state = sqlstate(error)
    return state is not None and (state.startswith(SQLSTATE_CLASSES) or state in SQLSTATES)


def is_race(error: BaseException) -> bool:
    """Whether the whole transaction is to be run again."""
    return sqlstate(error.orig if isinstance(error, DBAPIError) else error) in RACES


def sqlstate(error: BaseException | None) -> str | None:
    """PostgreSQL's code of an error, where it has one."""
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def unavailable() -> Unavailable:
    """The answer while the database is away."""
    return Unavailable(
        "The database cannot be reached or cannot write; nothing was changed. Try again.", code="store", retry_after_s=RETRY_AFTER_S
    )
