"""Authorizations on PostgreSQL: one statement each, prepared where that can be, on a pool of connections of its own.

Nothing of SQLAlchemy is on this path. Two transactions of a process are under way at a time. Calls that come meanwhile
go together in the next, which takes the rows of all their customers first and waits for none. A call whose customer's
row somebody else has waits for it with those about the same customer, and holds up nobody else.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

import psycopg
from psycopg.errors import LockNotAvailable, QueryCanceled
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests
from sqlalchemy.engine import make_url

from app.models.postgresql import AWAY, choose_preparing, has_died, keep_to_indexes, was_lost
from app.services.authorizations.lines import Call, Lines
from app.services.authorizations.prepared import Prepared, Row, ask_together
from app.services.authorizations.refusals import DatabaseAway

LINES = 2
"""How many lines of all customers there are. While one asks, the process answers the other; more would be shorter."""
TAKE = Prepared("purser_take", "select purser_take($1::text[])")
"""Locks customers' rows, or says which of them somebody else has."""
PATIENCE = 3
"""Seconds that a call waits for a connection, or for its turn. Then the answer is no."""


WAITED = (LockNotAvailable, QueryCanceled)
OF_ALL = (DatabaseAway, PoolTimeout, TooManyRequests, *WAITED)
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
        self._places = BoundedSemaphore(max(1, size - LINES))
        """Connections on which may be waited for a customer's row: never those of the lines of all customers."""

    def call(
        self,
        statement: Prepared,
        values: Sequence[bytes | None],
        *,
        about: str,
        customer_id: str = "",
        again: bool = False,
    ) -> Row:
        """Return the row that the statement answers, or raise `DatabaseAway`.

        Calls that wait at the same time are asked in one transaction, and each has its own answer: those that say
        which customer's row they lock with each other, any others with those `about` the same.
        `again`: it may be sent twice, because it has its effect once. Any other is not repeated when its connection
        dies after it was sent: it may have been committed.
        """
        call = Call(statement, values, again, customer_id)
        if customer_id:
            self._lines.settle(line_of(customer_id), call, PATIENCE, self._settle)
        if not customer_id or call.is_busy:
            call = Call(statement, values, again)
            self._lines.settle(about, call, PATIENCE, self._settle_apart)
        if isinstance(call.answer, Exception):
            raise call.answer
        if call.answer is None:
            raise DatabaseAway
        return call.answer

    def _settle_apart(self, calls: Sequence[Call]) -> None:
        """Give the calls of a line of their own their answers, when there is a place to wait for what they lock."""
        if not self._places.acquire(timeout=PATIENCE):
            _refuse(calls, DatabaseAway())
            return
        try:
            self._settle(calls)
        finally:
            self._places.release()

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
            elif calls[0].customer_id and isinstance(problem, WAITED):
                self._settle_free(calls, problem, may_repeat=may_repeat)
            elif len(calls) == 1 or isinstance(problem, OF_ALL):
                _refuse(calls, problem)
            else:
                for each in calls:
                    self._settle([each], may_repeat=may_repeat)
        else:
            for each, row in zip(calls, rows, strict=True):
                each.answer = row

    def _settle_free(self, calls: Sequence[Call], problem: psycopg.Error, *, may_repeat: bool) -> None:
        """Ask the calls again whose customers nobody else has; say of the others that they are busy.

        Where it is not said whose row was waited for, all are, so that nobody waits here.
        """
        busy = set((problem.diag.message_detail or "").split())
        for each in calls:
            each.is_busy = not busy or each.customer_id in busy
        free = [each for each in calls if not each.is_busy]
        if free:
            self._settle(free, may_repeat=may_repeat)

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


def line_of(customer_id: str) -> str:
    """Return in which line of all customers this one's calls stand."""
    return str(hash(customer_id) % LINES)


def _rows(connection: "psycopg.Connection[Any]", calls: Sequence[Call]) -> list[Row]:
    asked = [(each.statement, each.values) for each in calls]
    if calls[0].customer_id:
        customers = ",".join(sorted({each.customer_id for each in calls}))
        return ask_together(connection, [(TAKE, [f"{{{customers}}}".encode()]), *asked])[1:]
    if len(calls) == 1:
        return [calls[0].statement.ask(connection, calls[0].values)]
    return ask_together(connection, asked)


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
