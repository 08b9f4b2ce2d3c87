"""Where the database fails under an authorization the answer is 503 with Retry-After, never 500; its key finds the truth."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import structlog
from flask import Flask
from werkzeug.test import TestResponse

from app.models.customers import Customer
from app.models.database import db
from app.services.authorizations import holds, on_postgresql, on_sqlite
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.refusals import DatabaseAway
from app.services.verification.verify import verify
from tests.support.api import Api, problem_of
from tests.support.databases import Database
from tests.support.files_away import another, gone

GRANT = {"credits": "5", "reason": "Welcome"}
ONE = {"customer": "acme", "credits": "1"}


def held(api: Api) -> str:
    assert api.post("/customers/acme/credit_grants", GRANT).status_code == 201
    made: str = api.post("/authorizations", ONE).get_json()["authorization"]
    return made


def each(api: Api, hold: str) -> list[tuple[str, TestResponse]]:
    """Send each call of authorizations."""
    return [
        ("authorize", api.post("/authorizations", {**ONE, "capture": True}, once="one")),
        ("capture", api.post(f"/authorizations/{hold}/capture", {"credits": "0.5", "keep": True})),
        ("release", api.post(f"/authorizations/{hold}/release")),
    ]


def refused_by_each(api: Api, hold: str) -> None:
    with structlog.testing.capture_logs() as logs:
        for name, answer in each(api, hold):
            assert problem_of(answer) == (503, "unavailable"), name
            assert answer.headers["Retry-After"] == "1"
    assert [line["event"] for line in logs if line["event"] == "failed"] == []


def done_by_each(api: Api, hold: str) -> None:
    """What was refused is done when it is sent again, and once."""
    assert [answer.status_code for _name, answer in each(api, hold)] == [200] * 3
    again = api.post("/authorizations", {**ONE, "capture": True}, once="one").get_json()
    assert (again["allowed"], again["available_to_use"]) == (True, "53.00")
    assert api.get("/customers/acme/balance").get_json()["remaining_credits"] == "3.50"
    assert verify() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("put", [Path.mkdir, another], ids=["unreadable", "no database"])
def test_without_its_file(database: Database, api: Api, acme: Customer, put: Callable[[Path], None]) -> None:
    hold = held(api)
    with gone(Path(database.url.removeprefix("sqlite:///")), put):
        refused_by_each(api, hold)
    done_by_each(api, hold)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_connection_that_failed_is_opened_anew(database: Database, app: Flask) -> None:
    """The file may be another one by then."""
    with on_sqlite.writer().writing() as rows:
        first = rows
    with pytest.raises(DatabaseAway), on_sqlite.writer().writing():
        raise sqlite3.DatabaseError("database disk image is malformed")
    with on_sqlite.writer().writing() as rows:
        assert rows is not first
        assert rows.execute("select count(*) from customers").fetchone() == (0,)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("code", ["XX001", "58030", "25006", "57014"])
def test_what_the_server_itself_fails_at_is_no_mistake_of_ours(database: Database, app: Flask, code: str) -> None:
    """Its data or its disk is damaged, it only reads, or it was asked to give up."""
    fails = f"do $$ begin raise exception using errcode = '{code}'; end $$"
    with pytest.raises(DatabaseAway):
        on_postgresql.path().call(Prepared("fails", fails), [], about="acme")
    holds.close()
    db.session.remove()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_statement_of_ours_that_is_wrong_is_our_mistake(database: Database, app: Flask) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        on_postgresql.path().call(Prepared("wrong", "select from nothing"), [], about="acme")
