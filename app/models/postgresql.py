"""Connections to PostgreSQL as both pools and the queue keep them: what they may prepare, and whether one has died."""

import select
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError

AWAY = (psycopg.OperationalError, ReadOnlySqlTransaction)
"""What says that the database does not answer, or that it is a server that only reads: another has taken its place."""


def listen(engine: Engine, prepared_statements: str) -> None:
    """Let the engine's connections prepare statements or not, keep none that has died, and end as below."""
    event.listen(engine, "connect", lambda connection, _record: choose_preparing(connection, prepared_statements))
    event.listen(engine, "checkout", _refuse_dead)
    event.listen(engine, "rollback", _roll_back)
    event.listen(engine, "handle_error", _leave_one_that_only_reads)


def has_died(connection: psycopg.Connection[Any]) -> bool:
    """Say whether the other side has ended an idle connection, without asking it.

    Nothing is sent, so a call that is made over another connection then is made for the first time. A server that ends
    a connection says so or closes it, and either can be read; from one that is well and idle there is nothing to read.
    """
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


def was_lost(problem: psycopg.Error) -> bool:
    """Say whether it was the connection that failed, not what was asked over it.

    57P…: the server ended it. Or it leads to a server that only reads: another one may reach the one that writes.
    """
    ended = problem.sqlstate is None or problem.sqlstate.startswith("57P")
    return ended or isinstance(problem, ReadOnlySqlTransaction)


def choose_preparing(connection: psycopg.Connection[Any], prepared_statements: str) -> None:
    """Let a new connection prepare statements or not: `on`, `off`, or (`auto`) only straight to the server.

    A pooler hands the next transaction to any server process, which does not know what another one has prepared, or
    knows the name for something else. Leaves no transaction open.
    """
    if prepared_statements == "off" or (prepared_statements == "auto" and _is_pooled(connection)):
        connection.prepare_threshold = None


def keep_to_indexes(connection: psycopg.Connection[Any]) -> None:
    """Let the plans of an autocommit connection find rows by their indexes alone: those that it makes now are kept.

    A table that is small yet, or of which nothing is known, would else be read whole by each call, with all versions of
    its rows that nobody has swept, until the plan is made again. Through a pooler a setting would be everybody's.
    """
    if not _is_pooled(connection):
        connection.execute("set enable_seqscan = off")


def roll_back(connection: psycopg.Connection[Any]) -> bool:
    """End a transaction in which nothing failed, and keep what is prepared. Return whether the connection is there.

    psycopg's own rollback drops all that the connection has prepared, because a table may have been made in the
    transaction. Ours make none, and every page ends with a rollback: nothing would ever be prepared. After a failure
    psycopg does it as it likes, and so it does where the connection has died.
    """
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        with suppress(MemoryError):  # so psycopg says that libpq had no result: the connection was lost
            connection.pgconn.exec_(b"ROLLBACK")
    return not connection.closed


def _is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Say whether a pooler answers for the server: the process at work is not the one that greeted us."""
    row = connection.execute("select pg_backend_pid()").fetchone()
    connection.rollback()
    return row is None or row[0] != connection.info.backend_pid


def _roll_back(connection: Connection) -> None:
    """End the transaction, unless its connection has died: then there is nothing to end, and nothing that has failed.

    Else whoever has all that it asked for, as a page that is already made, would fail with its session's end.
    """
    if not connection.invalidated and not roll_back(connection.connection.dbapi_connection):  # type: ignore[arg-type]  # psycopg's
        connection.invalidate()


def _leave_one_that_only_reads(problem: ExceptionContext) -> None:
    """Let the pool drop all its connections where they lead to a server that only reads, as it does with dead ones."""
    if isinstance(problem.original_exception, ReadOnlySqlTransaction):
        problem.is_disconnect = True


def _refuse_dead(connection: Any, _record: object, _fairy: object) -> None:
    """Let the pool drop all its connections where this one has died: no question is asked, as a ping would."""
    if has_died(connection):
        raise InvalidatePoolError
