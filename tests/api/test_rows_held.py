"""A customer's row that somebody holds, as by hand in psql: whoever asks waits for seconds, reads 503, and may ask again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from flask import Flask
from sqlalchemy import text
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.models import database as of_sessions
from app.models.customers import Customer
from app.models.database import db
from app.services.verification.verify import verify
from tests.api.test_usage_without_database import FORMS, counted_once, send
from tests.services.authorizations.test_together import superuser_of
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.client import outside_contexts
from tests.support.databases import Database

ONE = {"id": "keyed", "customer": "acme", "meter": "requests", "quantity": 3}
PATIENCE = 30
"""Seconds after which the row is free again, whoever still waits for it."""
PAGE = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
FUNCTIONS = """
select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where nspname = 'public' and proname like 'purser%' and not prosecdef and prorettype <> 'trigger'::regtype
    and prosrc ~* '(insert into|for (no key )?update|^ *update|delete from)'
    and prosrc !~ '(lock_timeout|skip locked)' and coalesce(array_to_string(proconfig, ','), '') !~ 'lock_timeout'
"""


def said(answer: TestResponse) -> tuple[int, bool]:
    """Return the status of the answer, which must be a problem document, and whether it says when to ask again."""
    return problem_of(answer)[0], "Retry-After" in answer.headers


@ON_POSTGRESQL
def test_each_function_of_the_database_that_locks_says_for_how_long_it_waits(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert connection.execute(text(FUNCTIONS)).scalars().all() == []


@ON_POSTGRESQL
def test_calls_and_pages_end_while_somebody_holds_a_row(
    app: Flask, database: Database, acme: Customer, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain event waits for the four seconds of its function, whatever else for one: some of them behind each other."""
    monkeypatch.setattr(of_sessions, "LOCK_WAIT", "1s")
    api = api_for(app)
    opened = alice.opens(PAGE)
    grant = {"credits": "5", "reason": "Welcome"}
    asked: dict[str, Callable[[], tuple[int, bool]]] = {
        **{form: lambda form=form: said(send(api, form)) for form in FORMS},  # type: ignore[misc]
        "with a key": lambda: said(api.post("/usage_events", ONE, once="one")),
        "grant": lambda: said(api.post("/customers/acme/credit_grants", grant, once="two")),
        "page": lambda: (alice.submits(opened, FORM, daily_limit="25").status, True),
    }
    db.session.remove()
    with (
        capture_logs() as logs,
        outside_contexts(),
        ThreadPoolExecutor(len(asked)) as threads,
        superuser_of(database) as other,
    ):
        other.execute(text("select from spending for update"))
        answers = {name: threads.submit(each) for name, each in asked.items()}
        wait(answers.values(), PATIENCE)
        waiting = [name for name, each in answers.items() if not each.done()]
        other.rollback()
    assert (waiting, [each["event"] for each in logs if each["log_level"] == "error"]) == ([], [])
    assert {name: each.result() for name, each in answers.items()} == dict.fromkeys(asked, (503, True))
    counted_once(api)
    assert api.post("/usage_events", ONE, once="one").get_json()["accepted"] == 1
    assert api.post("/customers/acme/credit_grants", grant, once="two").status_code == 201
    assert verify() == []
