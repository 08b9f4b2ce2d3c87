"""The one connection by which a process writes authorizations to SQLite, when it is its turn.

A connection that is always the same keeps its statements prepared and its pages at hand.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import OperationalError

from app.services.authorizations.refusals import DatabaseAway
from app.services.writing_turn import writing_to

MISTAKES = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)
"""What says that a statement of ours was wrong. Whatever else SQLite says is about the database."""


class Writer:
    """The connection, made by the app's engine with the first call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._opened: PoolProxiedConnection | None = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one transaction under the write lock, or raise `DatabaseAway`: rolled back if it raises.

        Where it was SQLite that failed, the next call opens the file anew: another may be in its place.
        """
        try:
            with writing_to(self._engine):
                yield from self._written()
        except OperationalError as problem:  # its turn did not come
            raise DatabaseAway from problem

    def _written(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection()
            try:
                connection.execute("begin immediate")
                yield connection
                connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")
        except MISTAKES:
            raise
        except sqlite3.Error as problem:
            if getattr(problem, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                self._hang_up()
            raise DatabaseAway from problem

    def close(self) -> None:
        """Close the connection."""
        with writing_to(self._engine):
            self._hang_up()

    def _hang_up(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._engine.raw_connection()
            self._opened.detach()  # ours until it is closed: the pool has one less to tidy up
        return cast(sqlite3.Connection, self._opened.dbapi_connection)
