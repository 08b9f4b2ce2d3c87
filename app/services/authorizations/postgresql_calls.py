"""Authorizations on PostgreSQL: one statement each, prepared where that can be, on a pool of connections of its own.

Nothing of SQLAlchemy is on this path. A customer that everybody asks about at once is let through a few at a time: more
would only wait for the same row, and hold connections that other customers need.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests
from sqlalchemy.engine import make_url

from app.models.postgresql import AWAY, choose_preparing, has_died, was_lost

AT_ONCE = 4
"""How many calls of a process may be about one customer at the same time."""
PATIENCE = 3
"""Seconds that a call waits for a connection, or for its turn. Then the answer is no."""
UNANSWERED = (*AWAY, psycopg.InterfaceError, psycopg.InternalError)
"""What says nothing of the question: the connection, or the server itself, has failed. See `handlers.UNAVAILABLE`."""
RECONNECTING = 2
"""Seconds for which a lost connection is opened again, a second apart. Later the next call opens one: it never waits
for a pause that has grown while the database was away."""


class Prepared:
    """A statement that is asked so often that psycopg's reading of it would cost as much as the database's answer.

    It goes to libpq as it is, with values as texts. Each connection prepares it once, where it may prepare at all.
    """

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name.encode(), text.encode()
        self._prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def ask(self, connection: "psycopg.Connection[Any]", values: Sequence[bytes | None]) -> list[bytes | None]:
        """Return the row, or raise what psycopg would raise."""
        try:
            return self._asked(connection, values)
        except (MemoryError, psycopg.DatabaseError) as problem:
            # Of a lost connection libpq gives no result, or one that says no code of the server's.
            if connection.pgconn.status == ConnStatus.OK or isinstance(problem, psycopg.OperationalError):
                raise
            raise psycopg.OperationalError("the connection was lost") from problem

    def _asked(self, connection: "psycopg.Connection[Any]", values: Sequence[bytes | None]) -> list[bytes | None]:
        libpq = connection.pgconn
        if connection.prepare_threshold is None:
            result = libpq.exec_params(self._text, values)
        else:
            if connection not in self._prepared:
                _checked(libpq.prepare(self._name, self._text))
                self._prepared.add(connection)
            result = libpq.exec_prepared(self._name, values)  # type: ignore[arg-type]  # null is None, as for exec_params
        _checked(result)
        return [result.get_value(0, column) for column in range(result.nfields)]


def _checked(result: PGresult) -> None:
    if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        raise error_from_result(result)


Row = TypeVar("Row")


class DatabaseAway(Exception):
    """The database did not answer in time, so that nothing can be allowed."""


@dataclass
class _Turn:
    gate: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    waiting: int = 0


class HotPath:
    """The pool, and whose turn it is. One for each app; the connections come with the first call."""

    def __init__(self, database_url: str, size: int = 10, prepared_statements: str = "auto") -> None:
        url = make_url(database_url)
        # SQLAlchemy's own reading of the address: libpq's differs, for a space in an option as an example.
        _words, address = url.get_dialect()().create_connect_args(url)
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            min_size=1,
            max_size=size,
            timeout=PATIENCE,
            max_idle=300,
            reconnect_timeout=RECONNECTING,
            configure=lambda connection: choose_preparing(connection, prepared_statements),
            open=False,
            kwargs={**address, "autocommit": True, "row_factory": namedtuple_row, "connect_timeout": 3},
            name="hot path",
        )
        self._opening = threading.Lock()
        self._turns: dict[str, _Turn] = {}
        self._counting = threading.Lock()

    def ask(self, statement: str, values: Mapping[str, object], *, about: str, again: bool = False) -> Any:
        """Run the statement, prepared where that can be, and return its row, or raise `DatabaseAway`. See `do`."""

        def once(connection: "psycopg.Connection[Any]") -> Any:
            return connection.execute(statement, values, prepare=True).fetchone()

        return self.do(once, about=about, again=again)

    def do(self, once: Callable[["psycopg.Connection[Any]"], Row], *, about: str, again: bool = False) -> Row:
        """Return what is asked of a connection, or raise `DatabaseAway`.

        `about` is whose turn is waited for. `again`: it may be sent twice, because it has its effect once. Any other
        is not repeated when its connection dies after it was sent: it may have been committed.
        """
        self._open()
        with self._turn(about):
            try:
                return self._on_one(once)
            except UNANSWERED as problem:
                if isinstance(problem, PoolTimeout | TooManyRequests) or not was_lost(problem):
                    raise DatabaseAway from problem
                self._pool.drain()  # where one has died, the others have too
                if not again:
                    raise DatabaseAway from problem
            try:
                return self._on_one(once)
            except UNANSWERED as problem:
                raise DatabaseAway from problem

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _open(self) -> None:
        if self._pool.closed:
            with self._opening:
                if self._pool.closed:
                    self._pool.open()

    def _on_one(self, once: Callable[["psycopg.Connection[Any]"], Row]) -> Row:
        with self._living() as connection:
            return once(connection)

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

    @contextmanager
    def _turn(self, about: str) -> Iterator[None]:
        with self._counting:
            turn = self._turns.setdefault(about, _Turn())
            turn.waiting += 1
        try:
            if not turn.gate.acquire(timeout=PATIENCE):
                raise DatabaseAway
            try:
                yield
            finally:
                turn.gate.release()
        finally:
            with self._counting:
                turn.waiting -= 1
                if not turn.waiting:
                    self._turns.pop(about, None)
