"""How often a call goes to the database: once to PostgreSQL, and in a few statements of one transaction on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from sqlite3 import Connection
from threading import get_ident
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.models.database import db
from app.services.authorizations import holds, postgresql_calls
from app.services.authorizations.prepared import Prepared
from tests.support import stepped
from tests.support.statements import counted

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@contextmanager
def trips(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect what the connections for authorizations send: to PostgreSQL each statement is a trip.

    The pool opens connections in threads of its own and asks them what they are: no call waits for that.
    """
    seen: list[str] = []
    own = get_ident()
    execute = psycopg.Connection.execute

    def saw(connection: Any, query: Any, *words: Any, **more: Any) -> Any:
        if get_ident() == own:
            seen.append(str(query))
        return execute(connection, query, *words, **more)

    asked, together = Prepared.ask, postgresql_calls.ask_together

    def saw_together(connection: Any, calls: Any) -> Any:
        if get_ident() == own:
            seen.append("together")
        return together(connection, calls)

    def saw_prepared(statement: Prepared, connection: Any, values: Any) -> Any:
        if get_ident() == own:
            seen.append("prepared")
        return asked(statement, connection, values)

    def traced(connection: object, _record: object) -> None:
        if isinstance(connection, Connection):
            connection.set_trace_callback(lambda words: seen.append(words.strip().partition(" ")[0].lower()))

    monkeypatch.setattr(psycopg.Connection, "execute", saw)
    monkeypatch.setattr(Prepared, "ask", saw_prepared)
    monkeypatch.setattr(postgresql_calls, "ask_together", saw_together)
    event.listen(Engine, "connect", traced)
    try:
        yield seen
    finally:
        event.remove(Engine, "connect", traced)


def test_each_call_is_one_trip_or_a_few_statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=100)
        wanted = AuthorizationRequest(acme.customer_id, "falling", 7)
        holds.close()
        db.session.remove()
        db.engine.dispose()
        with trips(monkeypatch) as seen:
            holds.release(holds.authorize(wanted).id)  # what is remembered is remembered now
            found = {}
            for name in ("authorize", "capture", "release"):
                made = None if name == "authorize" else holds.authorize(wanted)
                seen.clear()
                with counted() as others:
                    match name, made:
                        case "capture", hold if hold:
                            holds.capture(hold.id, quantity=3)
                        case "release", hold if hold:
                            holds.release(hold.id)
                        case _:
                            holds.authorize(wanted)
                found[name] = len([each for each in seen if each not in {"begin", "commit"}])
                assert others == [], "nothing is looked up beside it"
    if db.engine.dialect.name == "postgresql":
        assert found == {"authorize": 1, "capture": 1, "release": 1}
    else:
        assert found == {"authorize": 6, "capture": 9, "release": 5}
