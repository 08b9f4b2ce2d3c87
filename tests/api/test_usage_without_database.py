"""Without its database the intake answers 503 with Retry-After and never 500, which exporters drop; nothing is lost."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app import clock, create_app
from app.config import Settings
from app.models import database as databases_of_ours
from app.models.customers import Customer
from app.models.database import db
from app.services.authorizations import holds
from tests.support.api import Api, api_for, problem_of
from tests.support.client import StandAloneClient
from tests.support.databases import Database
from tests.support.files_away import another, gone

NOW = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
OWN = {"id": "own-1", "customer": "acme", "meter": "requests", "quantity": 3}
CLOUD = {
    "specversion": "1.0", "id": "1", "source": "/eu", "type": "requests", "subject": "acme", "time": NOW,
    "data": {"value": 3},
}  # fmt: skip
IN_HEADERS = {f"ce-{name}": str(value) for name, value in CLOUD.items() if name != "data"}
JSON = {"Content-Type": "application/json"}
FORMS: dict[str, tuple[Any, dict[str, str]]] = {
    "single": (OWN, JSON),
    "batch": ({"events": [OWN | {"id": "own-2"}, OWN | {"id": "own-3"}]}, JSON),
    "structured": (CLOUD | {"id": "2"}, {"Content-Type": "application/cloudevents+json"}),
    "cloud batch": ([CLOUD | {"id": "3"}], {"Content-Type": "application/cloudevents-batch+json"}),
    "binary": ({"value": 3}, JSON | IN_HEADERS),
}


def send(api: Api, form: str) -> TestResponse:
    body, headers = FORMS[form]
    return api.open("POST", "/usage_events", data=json.dumps(body), headers=headers)


def refused_by_each(api: Api) -> None:
    """Every form of a report is answered as one that may be sent again, and the log says why."""
    for form in FORMS:
        with structlog.testing.capture_logs() as logs:
            answer = send(api, form)
        assert problem_of(answer) == (503, "unavailable"), form
        assert answer.headers["Retry-After"] == "5"
        assert [each["event"] for each in logs if each["log_level"] == "error"] == ["database_unavailable"], form


def counted_once(api: Api) -> None:
    """What was refused is counted when it is sent again, and once."""
    assert [send(api, form).get_json()["accepted"] for form in FORMS] == [1, 2, 1, 1, 1]
    assert [send(api, form).get_json()["duplicates"] for form in FORMS] == [1, 2, 1, 1, 1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("put", [Path.mkdir, another], ids=["unreadable", "no database"])
def test_without_its_file(database: Database, api: Api, acme: Customer, put: Callable[[Path], None]) -> None:
    path = Path(database.url.removeprefix("sqlite:///"))
    with gone(path, put):
        refused_by_each(api)
    counted_once(api)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_while_another_program_locks_it(
    settings: Settings, app: Flask, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = api_for(app)
    db.session.remove()
    db.engine.dispose()
    monkeypatch.setattr(databases_of_ours, "SQLITE_BUSY_MS", 20)
    other = create_app(settings)
    other.test_client_class = StandAloneClient
    with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)) as locker:
        locker.execute("begin immediate")
        refused_by_each(Api(other, api.key))
        locker.execute("rollback")
    counted_once(api)
    with other.app_context():
        holds.close()
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("change", ["allow_connections false", "set default_transaction_read_only = on"])
def test_without_its_server_and_with_one_that_only_reads(
    database: Database, app: Flask, acme: Customer, change: str
) -> None:
    api, name = api_for(app), database.url.rpartition("/")[2].partition("?")[0]
    server = database.superuser_url.replace("postgresql+psycopg", "postgresql").replace(f"/{name}", "/postgres")

    def alter(words: str) -> None:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"alter database {name} {words}".encode())
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])

    db.session.remove()
    alter(change)
    try:
        refused_by_each(api)
    finally:
        alter(change.replace("false", "true").replace("= on", "= off"))
    db.session.remove()
    db.engine.dispose()
    counted_once(api)


def test_whichever_statement_it_goes_away_at(api: Api, acme: Customer) -> None:
    for form in ("single", "cloud batch"):
        for statement in range(100):
            with away_after(statement):
                answer = send(api, form)
            if answer.status_code == 200:
                break
            assert problem_of(answer) == (503, "unavailable"), (form, statement)
        assert (answer.status_code, statement > 2) == (200, True), form
        assert send(api, form).get_json()["accepted"] == 0


@contextmanager
def away_after(statements: int) -> Iterator[None]:
    """Let the database go away after so many statements."""
    done = 0

    def asked(*_about: object) -> None:
        nonlocal done
        done += 1
        if done > statements:
            raise OperationalError("select", {}, Exception("the database is away"))

    event.listen(Engine, "before_cursor_execute", asked)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", asked)
