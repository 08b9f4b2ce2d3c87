"""What a connection keeps from one request to the next: what is prepared, never whose rows it may see."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, exists, pool, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from app.domain.ledger import HISTORY_KINDS
from app.domain.payments import OPEN
from app.models import database as of_sessions
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account
from app.models.limits import SpendSettings
from app.models.scope import as_customer, as_service, enter
from app.models.usage import UsageArchive
from app.services.transaction import transaction
from tests.support import spend
from tests.support.browser import Browser
from tests.support.databases import Database
from tests.support.worker import until

LARGE = 3000
PREPARED = "select count(*) from pg_prepared_statements where statement like '%balance_days%'"
postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def prepared() -> int:
    with db.engine.connect() as connection:
        return int(connection.scalar(text(PREPARED)) or 0)


@postgresql_only
def test_what_pages_ask_stays_prepared_although_each_page_ends_with_a_rollback(app: Flask, alice: Browser) -> None:
    for _ in range(8):
        alice.opens("/billing/")
    with app.app_context():
        assert prepared() > 0


@postgresql_only
def test_the_large_statements_of_the_overview_are_planned_once(app: Flask, alice: Browser, acme: Customer) -> None:
    spend.gives(acme, "500")
    for _ in range(14):
        alice.opens("/billing/")
    large = "select custom_plans, generic_plans from pg_prepared_statements where length(statement) > :large"
    with app.app_context(), db.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(large), {"large": LARGE})]
    assert len(found) == 3
    assert all(custom <= 5 < custom + kept for custom, kept in found), found


@postgresql_only
def test_what_is_rare_is_written_into_the_large_statements(app: Flask, alice: Browser) -> None:
    asked: list[dict[str, object]] = []

    def saw(_connection: object, _cursor: object, statement: str, given: dict[str, object], *_rest: object) -> None:
        if len(statement) > LARGE:
            asked.append(given)

    event.listen(Engine, "before_cursor_execute", saw)
    alice.opens("/billing/")
    event.remove(Engine, "before_cursor_execute", saw)
    assert len(asked) == 3
    words = {*HISTORY_KINDS, *OPEN} - {"refund", "dispute"}  # these two say what a row came from, too
    assert [name for given in asked for name, value in given.items() if value in words] == []


@postgresql_only
def test_a_rollback_takes_the_writes_back(app: Flask, acme: Customer) -> None:
    with pytest.raises(ZeroDivisionError), as_service("test"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == acme.customer_id).values(name="Another"))
        raise ZeroDivisionError
    with as_service("test"):
        assert db.session.scalar(select(Customer.name)) == acme.name


@pytest.mark.both_databases
def test_a_statement_that_is_kept_shows_each_customer_its_own_rows(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    other = aliased(Account)
    mine, same = select(Account.customer_id), Account.customer_id != other.customer_id
    kept = [
        mine,
        mine.where(exists().where(Account.customer_id == Customer.customer_id)),
        select(other.customer_id),
        select(Account.customer_id).join(other, same),
    ]
    for each in (acme, globex, acme):
        with as_customer(each.customer_id):
            found = [set(db.session.scalars(wanted)) for wanted in kept]
        assert found == [{each.customer_id}] * 3 + [set()]
    with as_service("test"):
        assert {acme.customer_id, globex.customer_id} <= set(db.session.scalars(mine))
    enter(None)
    assert [db.session.scalars(wanted).all() for wanted in kept] == [[]] * 4


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL lets a customer's role change nothing
def test_a_change_that_names_no_customer_reaches_the_one_in_scope_alone(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    for each in (acme, globex):
        spend.chooses(each, "50", "40")
    with as_customer(acme.customer_id), transaction() as session:
        session.execute(update(SpendSettings).values(enabled=False))
    with as_service("test"):
        found = dict(db.session.execute(select(SpendSettings.customer_id, SpendSettings.enabled)).all())
    assert found == {acme.customer_id: False, globex.customer_id: True}


@postgresql_only
def test_after_a_connection_has_died_in_it_a_transaction_can_be_ended(app: Flask, database: Database) -> None:
    with app.app_context(), db.engine.connect() as connection:
        server = connection.scalar(text("select pg_backend_pid()"))
        with create_engine(database.superuser_url, poolclass=pool.NullPool).connect() as admin:
            admin.execute(text("select pg_terminate_backend(:server)"), {"server": server})
        with pytest.raises(OperationalError):
            connection.execute(text("select pg_sleep(10)"))
        connection.rollback()
        assert connection.scalar(text("select 1")) == 1


@postgresql_only
def test_a_command_waits_for_another_as_long_as_it_takes(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_sessions, "LOCK_WAIT", "20ms")

    def second() -> object:
        with app.app_context(), as_service("a test"), transaction() as session:
            of_sessions.lock_table(session, UsageArchive)
            return session.scalar(text("show lock_timeout"))

    superuser = create_engine(database.superuser_url, poolclass=pool.NullPool)
    with superuser.connect() as first, ThreadPoolExecutor(1) as thread:
        first.execute(text("lock table usage_archives in exclusive mode"))
        waits = thread.submit(second)
        until(
            lambda: waits.done() or bool(first.scalar(text("select exists (select from pg_locks where not granted)")))
        )
        time.sleep(0.1)
        first.rollback()
        assert waits.result() == "20ms"
