"""Authorizations on PostgreSQL: one statement each, prepared where that can be, on a pool of connections of its own.

Nothing of SQLAlchemy is on this path. Calls about one customer go one after the other, and those that waited meanwhile
together: more would only wait for the same row, and hold connections that other customers need.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

import psycopg
from psycopg.errors import LockNotAvailable, QueryCanceled
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests
from sqlalchemy.engine import make_url

from app.models.postgresql import AWAY, choose_preparing, has_died, keep_to_indexes, was_lost
from app.services.authorizations.lines import Call, Lines
from app.services.authorizations.prepared import Prepared, Row, ask_together

PATIENCE = 3
"""Seconds that a call waits for a connection, or for its turn. Then the answer is no."""


class DatabaseAway(Exception):
    """The database did not answer in time, so that nothing can be allowed."""


OF_ALL = (DatabaseAway, PoolTimeout, TooManyRequests, LockNotAvailable, QueryCanceled)
"""What is no less true of each call alone: it would wait as long for the same."""
UNANSWERED = (*AWAY, psycopg.InterfaceError, psycopg.InternalError)
"""What says nothing of the question: the connection, or the server itself, has failed. See `handlers.UNAVAILABLE`."""
RECONNECTING = 2
"""Seconds for which a lost connection is opened again, a second apart. Later the next call opens one: it never waits
for a pause that has grown while the database was away."""
Found = TypeVar("Found")


class HotPath:
    """The pool, and whose turn it is. One for each app; the connections come with the first call."""

    def __init__(self, database_url: str, size: int = 10, prepared_statements: str = "auto") -> None:
        url = make_url(database_url)

        def configure(connection: "psycopg.Connection[Any]") -> None:
            choose_preparing(connection, prepared_statements)
            keep_to_indexes(connection)

        # SQLAlchemy's own reading of the address: libpq's differs, for a space in an option as an example.
        _words, address = url.get_dialect()().create_connect_args(url)
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            min_size=1,
            max_size=size,
            timeout=PATIENCE,
            max_idle=300,
            reconnect_timeout=RECONNECTING,
            configure=configure,
            open=False,
            kwargs={**address, "autocommit": True, "row_factory": namedtuple_row, "connect_timeout": 3},
            name="hot path",
        )
        self._opening = Lock()
        self._lines = Lines()

    def call(self, statement: Prepared, values: Sequence[bytes | None], *, about: str, again: bool = False) -> Row:
        """Return the row that the statement answers, or raise `DatabaseAway`.

        Calls `about` the same that wait at the same time are asked in one transaction, and each has its own answer.
        `again`: it may be sent twice, because it has its effect once. Any other is not repeated when its connection
        dies after it was sent: it may have been committed.
        """
        call = Call(statement, values, again)
        self._lines.settle(about, call, PATIENCE, self._settle)
        if isinstance(call.answer, Exception):
            raise call.answer
        if call.answer is None:
            raise DatabaseAway
        return call.answer

    def _settle(self, calls: Sequence[Call], *, may_repeat: bool = True) -> None:
        """Give each call its answer. What is wrong with one of several undoes all of them: then each is asked alone."""
        try:
            rows = self.on_one(lambda connection: _rows(connection, calls))
        except Exception as problem:  # noqa: BLE001  # it is raised again where its call came from
            if _is_lost(problem):
                self._pool.drain()  # where one has died, the others have too
                repeated = [each for each in calls if each.again and may_repeat]
                _refuse([each for each in calls if each not in repeated], problem)
                if repeated:
                    self._settle(repeated, may_repeat=False)
            elif len(calls) == 1 or isinstance(problem, OF_ALL):
                _refuse(calls, problem)
            else:
                for each in calls:
                    self._settle([each], may_repeat=may_repeat)
        else:
            for each, row in zip(calls, rows, strict=True):
                each.answer = row

    def on_one(self, once: Callable[["psycopg.Connection[Any]"], Found]) -> Found:
        """Ask on one of the connections that lives."""
        self._open()
        with self._living() as connection:
            return once(connection)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _open(self) -> None:
        if self._pool.closed:
            with self._opening:
                if self._pool.closed:
                    self._pool.open()

    @contextmanager
    def _living(self) -> Iterator["psycopg.Connection[Any]"]:
        """Take a connection. Those that died while they were idle are all dropped at the first of them."""
        for _ in range(self._pool.max_size + 1):
            with self._pool.connection() as connection:
                if not has_died(connection):
                    yield connection
                    return
                connection.close()
            self._pool.drain()
        raise DatabaseAway


def _rows(connection: "psycopg.Connection[Any]", calls: Sequence[Call]) -> list[Row]:
    if len(calls) == 1:
        return [calls[0].statement.ask(connection, calls[0].values)]
    return ask_together(connection, [(each.statement, each.values) for each in calls])


def _refuse(calls: Sequence[Call], problem: Exception) -> None:
    """Let each call raise what went wrong: what says nothing of the question is that there is no answer."""
    for each in calls:
        each.answer = problem
        if isinstance(problem, UNANSWERED):
            each.answer = DatabaseAway()
            each.answer.__cause__ = problem


def _is_lost(problem: Exception) -> bool:
    """Say whether the connection was lost."""
    if not isinstance(problem, psycopg.Error) or isinstance(problem, OF_ALL):
        return False
    return isinstance(problem, UNANSWERED) and was_lost(problem)
