"""Statements that run often: built and compiled once, then handed to SQLite's driver as they are.

    ADVANCE = prepared(update(conversations).where(conversations.c.id == bindparam("of")).values(seq=conversations.c.seq + 1))
    tx.run(ADVANCE, {"of": conversation_id})

For works that run thousands of times a second; every other work gives SQLAlchemy's statements to `tx.execute`. SQLAlchemy asks of every
execution what it may depend on, which costs more than SQLite's own work; here that is asked once. On PostgreSQL, where the way there and
back costs more, a prepared statement goes through SQLAlchemy like any other.

Invariants: made at module level, never per call; every parameter that has no value of its own must be given; an insert takes a column's
default, or NULL, for what it is not given; no expanding IN.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnDefault, Dialect, Insert, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select

from mediaserver.errors import LocalError

Process = Callable[[Any], Any]
# A parameter without a value of its own.
REQUIRED = object()


class Prepared:
    """See the module. Make it with `prepared`."""

    __slots__ = ("_compiled", "statement")

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        """Compiles nothing yet: the database is not known at import."""
        self.statement = statement
        self._compiled: Compiled | None = None

    def on(self, dialect: Dialect) -> "Compiled":
        """For SQLite's driver. Benign when two threads do it at once."""
        if self._compiled is None:
            self._compiled = Compiled(self.statement, dialect)
        return self._compiled


def prepared(statement: Select[Any] | UpdateBase) -> Prepared:
    """`statement` with `bindparam`s in it, for `tx.first`, `tx.all` and `tx.run`. An `insert(table)` without values takes all columns."""
    return Prepared(statement)


def _defaults(table: Table) -> dict[str, Any]:
    """What an insert takes for columns that it is not given."""
    found: dict[str, Any] = {column.key: None for column in table.columns if column.nullable}
    for column in table.columns:
        if column.default is not None and column.default.is_scalar:
            found[column.key] = cast(ColumnDefault, column.default).arg
    return found


class Compiled:
    """SQL and what happens to values on the way in and out."""

    __slots__ = ("_inputs", "_outputs", "_row", "sql")

    def __init__(self, statement: Select[Any] | UpdateBase, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise LocalError("a prepared statement cannot have an expanding parameter")
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        own = {name: bind.effective_value for name, bind in binds.items() if not bind.required and bind.effective_value is not None}
        if isinstance(statement, Insert):
            own |= _defaults(cast(Table, statement.table))
        self.sql: str = compiled.string
        self._inputs: list[tuple[str, Any, Process | None]] = [
            (name, own.get(name, REQUIRED), binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in compiled.positiontup
        ]
        columns = list(statement.exported_columns)
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._outputs: list[tuple[int, Process]] = [(at, process) for at, process in enumerate(processors) if process is not None]
        self._row: Any = namedtuple("Row", [column.key for column in columns], rename=True) if columns else None  # type: ignore[misc]  # its fields are the statement's

    def execute(self, cursor: sqlite3.Cursor, parameters: Mapping[str, Any] | None) -> list[Any]:
        """Runs it; the rows, with a column's name as attribute."""
        try:
            cursor.execute(self.sql, self._values(parameters or {}))
            rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise self._wrapped(error) from error
        if not rows:
            return rows
        if self._outputs:
            rows = [self._processed(row) for row in rows]
        make = self._row._make
        return [make(row) for row in rows]

    def run(self, cursor: sqlite3.Cursor, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> int:
        """Runs it, for each of a list of parameters; how many rows it changed."""
        try:
            if isinstance(parameters, Sequence):
                cursor.executemany(self.sql, [self._values(each) for each in parameters])
            else:
                cursor.execute(self.sql, self._values(parameters or {}))
        except sqlite3.Error as error:
            raise self._wrapped(error) from error
        return cursor.rowcount

    def _values(self, given: Mapping[str, Any]) -> list[Any]:
        values = []
        for name, own, process in self._inputs:
            value = given.get(name, own)
            if value is REQUIRED:
                raise LocalError(f"a prepared statement was not given its parameter {name}")
            values.append(value if process is None else process(value))
        return values

    def _processed(self, row: Sequence[Any]) -> list[Any]:
        changed = list(row)
        for at, process in self._outputs:
            changed[at] = process(changed[at])
        return changed

    def _wrapped(self, error: sqlite3.Error) -> BaseException:
        """As SQLAlchemy would raise it, so that works catch one kind of error. Without parameters: they may be somebody's."""
        wrapped: BaseException = DBAPIError.instance(self.sql, None, error, sqlite3.Error, hide_parameters=True)
        return wrapped
