"""Where everything that was acknowledged lies: one database, and the unit of work that changes it.

    value = await store.write(work, argument)     # work(tx, argument) -> value, a plain function; committed when this returns

See `store.store` for the promise, `transaction` for what a work may do, and `statement` for statements that run often.
"""

from signalling.store.statement import prepared
from signalling.store.store import Store
from signalling.store.transaction import Transaction

__all__ = ["Store", "Transaction", "prepared"]
