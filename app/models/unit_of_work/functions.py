"""Functions of the database, called in one round trip: each call is a transaction of its own, with its commit.

Nothing of SQLAlchemy's but its pool is on this path. A connection prepares the call once, where it may prepare at all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakSet

from sqlalchemy import Engine

from app.later import later

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult
else:
    psycopg = later("psycopg")

Value = bytes | None
_GOOD = frozenset({1, 2})
"""COMMAND_OK and TUPLES_OK, as libpq numbers them."""


class Function:
    """A function that returns one row. Its values go over as texts, and so comes the row."""

    def __init__(self, name: str, *types: str) -> None:
        marks = ", ".join(f"${number}::{kind}" for number, kind in enumerate(types, 1))
        self._name, self._text = name.encode(), f"select * from {name}({marks})".encode()  # noqa: S608  # our own names
        self._prepared: WeakSet[psycopg.Connection[tuple[object, ...]]] = WeakSet()

    def call(self, engine: Engine, values: Sequence[Value]) -> list[Value] | None:
        """Return the row; None where the call has failed: then it is not known whether it was committed.

        So it is for calls that have their effect once, whose caller goes another way that says what is wrong.
        """
        if any(each is not None and b"\0" in each for each in values):  # libpq would cut it there
            return None
        try:
            pooled = engine.raw_connection()
        except psycopg.Error:
            return None
        try:
            return self._called(pooled.dbapi_connection, values)  # type: ignore[arg-type]  # psycopg's
        except psycopg.Error:
            return None
        finally:
            pooled.close()

    def _called(self, connection: "psycopg.Connection[tuple[object, ...]]", values: Sequence[Value]) -> list[Value]:
        libpq = connection.pgconn
        if connection.prepare_threshold is None:
            return _row(libpq.exec_params(self._text, values))
        if connection in self._prepared:
            try:
                return _row(libpq.exec_prepared(self._name, values))  # type: ignore[arg-type]  # null is None, as above
            except psycopg.errors.InvalidSqlStatementName:  # all that is prepared is dropped when a transaction fails
                self._prepared.discard(connection)
        _checked(libpq.prepare(self._name, self._text))
        self._prepared.add(connection)
        return _row(libpq.exec_prepared(self._name, values))  # type: ignore[arg-type]


def _row(result: "PGresult") -> list[Value]:
    _checked(result)
    return [result.get_value(0, column) for column in range(result.nfields)]


def _checked(result: "PGresult") -> None:
    if result.status not in _GOOD:
        raise psycopg.errors.error_from_result(result)
