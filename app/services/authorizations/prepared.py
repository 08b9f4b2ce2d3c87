"""A statement that is asked as libpq has it: alone, or several in one round trip and one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Connection = psycopg.Connection[Any]
Row = list[bytes | None]
_GOOD = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Prepared:
    """A statement that is asked so often that psycopg's reading of it would cost as much as the database's answer.

    It goes to libpq as it is, with values as texts. Each connection prepares it once, where it may prepare at all.
    """

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name.encode(), text.encode()
        self._prepared: WeakSet[Connection] = WeakSet()

    def ask(self, connection: Connection, values: Sequence[bytes | None]) -> Row:
        """Return the row, or raise what psycopg would raise."""
        with _naming(connection):
            return self._asked(connection, values)

    def prepare(self, connection: Connection) -> bool:
        """Let the connection know it by its name, if it may; say whether it does."""
        if connection.prepare_threshold is None:
            return False
        if connection not in self._prepared:
            _checked(connection.pgconn.prepare(self._name, self._text))
            self._prepared.add(connection)
        return True

    def send(self, connection: Connection, values: Sequence[bytes | None]) -> None:
        """Add it to what a connection in pipeline mode sends."""
        if connection.prepare_threshold is None:
            connection.pgconn.send_query_params(self._text, values)
        else:
            connection.pgconn.send_query_prepared(self._name, values)

    def _asked(self, connection: Connection, values: Sequence[bytes | None]) -> Row:
        libpq = connection.pgconn
        if self.prepare(connection):
            result = libpq.exec_prepared(self._name, values)  # type: ignore[arg-type]  # null is None, as for exec_params
        else:
            result = libpq.exec_params(self._text, values)
        return _checked(result)


Asked = tuple[Prepared, Sequence[bytes | None]]


def ask_together(connection: Connection, asked: Sequence[Asked]) -> list[Row]:
    """Ask them one after the other in one transaction and one round trip; return their rows, or raise what one raised.

    Each sees what those before it wrote. They are committed together before any of them is answered, or not at all.
    """
    with _naming(connection):
        for statement in {statement for statement, _values in asked}:
            statement.prepare(connection)
        connection.pgconn.enter_pipeline_mode()
        try:
            results = _piped(connection, asked)
            connection.pgconn.exit_pipeline_mode()
        except BaseException:
            connection.close()  # what it says next would be no answer to what is asked next
            raise
    return [_checked(each) for each in results]


def _piped(connection: Connection, asked: Sequence[Asked]) -> list[PGresult]:
    """Return what was said to each, once it is committed; or, among it, what was wrong."""
    libpq, results = connection.pgconn, list[PGresult]()
    for statement, values in asked:
        statement.send(connection, values)
    libpq.pipeline_sync()  # the server commits when it comes to this
    connection.wait(generators.send(libpq))
    while not results or results[-1].status != ExecStatus.PIPELINE_SYNC:
        said = connection.wait(generators.fetch_many(libpq))
        if not said:
            raise psycopg.OperationalError("the connection was lost")
        results += said
    return results[:-1]  # what fails at the commit comes after what was said to the last


@contextmanager
def _naming(connection: Connection) -> Iterator[None]:
    """Name what fails as psycopg does. Of a lost connection libpq gives no result, or one without a code."""
    try:
        yield
    except (MemoryError, psycopg.DatabaseError) as problem:
        if connection.pgconn.status == ConnStatus.OK or isinstance(problem, psycopg.OperationalError):
            raise
        raise psycopg.OperationalError("the connection was lost") from problem


def _checked(result: PGresult) -> Row:
    if result.status not in _GOOD:
        raise error_from_result(result)
    return _row(result)


def _row(result: PGresult) -> Row:
    return [result.get_value(0, column) for column in range(result.nfields)]
