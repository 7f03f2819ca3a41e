"""What a database's errors mean for whoever asked: come back later, or a fault of ours.

For `sqlite` and `postgres`. Invariant: whatever was answered with Unavailable was not acknowledged; it may all the same have been committed
(the connection died in between), which is why ids come from the caller.
"""

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mediaserver.errors import Unavailable

# Short: sockets and calls go on meanwhile, and a database comes back within seconds or after somebody's work.
RETRY_AFTER_S = 2


def is_outage(error: BaseException) -> bool:
    """Whether the database, not the statement, is at fault: gone, full, locked, its disk failing."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | InternalError | PoolTimeout | OSError | TimeoutError)


def unavailable() -> Unavailable:
    """The answer while the database is away."""
    return Unavailable(
        "The database cannot be reached or cannot write; nothing was changed. Try again.", code="store", retry_after_s=RETRY_AFTER_S
    )
