"""D1: the connection of a page is lost between any two of its statements: 503 says so, never 500, and the next is well."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, pool, text

from app.models.customers import Customer
from app.models.database import db
from tests.support.browser import Browser
from tests.support.databases import Database

OVERVIEW = "/billing/"
Lose = Callable[[Any], None]


def ended_by_the_server(database: Database) -> Lose:
    """Return what lets the server end a connection, with a word, as it does when it is stopped."""
    superuser = create_engine(database.superuser_url, poolclass=pool.NullPool)

    def lose(connection: Any) -> None:
        with superuser.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": connection.info.backend_pid})

    return lose


def cut_off(_database: Database) -> Lose:
    """Return what cuts the line of a connection, without a word."""

    def lose(connection: Any) -> None:
        with socket.socket(fileno=connection.fileno()) as line:
            line.shutdown(socket.SHUT_RDWR)
            line.detach()

    return lose


@contextmanager
def lost(after: int, lose: Lose) -> Iterator[list[str]]:
    """Lose the connection after so many statements inside the block; hand out what was asked so far."""
    asked = list[str]()

    def done(_c: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)
        if len(asked) == after:
            lose(cursor.connection)

    event.listen(db.engine, "after_cursor_execute", done)
    try:
        yield asked
    finally:
        event.remove(db.engine, "after_cursor_execute", done)


@pytest.mark.fault("D1")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", [ended_by_the_server, cut_off])
def test_a_page_answers_503_wherever_its_connection_is_lost(
    app: Flask, database: Database, alice: Browser, acme: Customer, how: Callable[[Database], Lose]
) -> None:
    lose = how(database)
    alice.opens(OVERVIEW)
    with app.app_context(), lost(0, lose) as asked:
        alice.opens(OVERVIEW)
    answers = []
    for number in range(1, len(asked) + 1):
        with app.app_context(), lost(number, lose):
            answers.append(alice.opens(OVERVIEW).status)
        assert alice.opens(OVERVIEW).status == 200
    assert set(answers) == {200, 503}
    assert answers[-1] == 200  # by then it had all that it asked for
