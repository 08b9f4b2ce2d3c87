"""A customer's rows are invisible and untouchable for another, below the ORM too; nobody edits the ledger's past."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, pool, select, text
from sqlalchemy.exc import DBAPIError

from app.domain.errors import Broken
from app.models import database as models
from app.models.customers import Customer
from app.models.database import Base, CustomerOwned, db
from app.models.events import AuditEntry
from app.models.ledger import Account, Transfer
from app.models.scope import as_customer, as_service, enter
from app.services.transaction import transaction
from tests.support.databases import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNED = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, CustomerOwned)]
APPEND_ONLY = ("transfers", "allocations", "audit_entries", "catalog_versions")
postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def entry(customer_id: str, name: str = "aud_1") -> AuditEntry:
    return AuditEntry(id=name, customer_id=customer_id, at=NOW, actor="test", action="test", subject="test")


@pytest.fixture
def rows(app: Flask, acme: Customer, globex: Customer) -> None:
    """One row of Acme's in the ledger and one in the audit trail, beside what made both customers."""
    with as_service("test"), transaction() as session:
        # Not `ledger.post`: the row must be there even while that is broken.
        session.add(
            Transfer(
                id="txn_acme",
                customer_id=acme.customer_id,
                unit="money:USD",
                debit_account="processor",
                credit_account="clearing",
                amount=1,
                kind="test",
                source_type="test",
                source_id="1",
                description="Canary",
                booked_at=NOW,
            )
        )
        session.add(entry(acme.customer_id))


@contextmanager
def acting(database: Database, role: str, customer_id: str = "") -> Iterator[Connection]:
    """A connection of the app's login with a role of the database, below everything of ours."""
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        if role:
            connection.execute(
                text("select set_config('role', :role, true), set_config('app.customer_id', :customer_id, true)"),
                {"role": role, "customer_id": customer_id},
            )
        yield connection
        connection.rollback()


@postgresql_only
@pytest.mark.case("AC-59")
def test_raw_sql_in_mallorys_scope_sees_nothing_of_acme(
    rows: None, database: Database, acme: Customer, globex: Customer
) -> None:
    tables = sorted({model.__tablename__ for model in OWNED})
    with acting(database, "purser_app", globex.customer_id) as connection:
        seen = {
            table: connection.scalar(
                text(f"select count(*) from {table} where customer_id = :acme"), {"acme": acme.customer_id}
            )
            for table in tables
        }
        assert seen == dict.fromkeys(tables, 0)
        assert connection.scalar(text("select count(*) from customers")) == 1
    with acting(database, "purser_app", acme.customer_id) as connection:
        assert connection.scalar(text("select description from transfers where id = 'txn_acme'")) == "Canary"


@postgresql_only
def test_raw_sql_without_a_scope_sees_nothing(rows: None, database: Database) -> None:
    with acting(database, "purser_app") as connection:
        for model in OWNED:
            assert connection.scalar(text(f"select count(*) from {model.__tablename__}")) == 0
    with acting(database, "") as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text("select * from customers"))


@postgresql_only
def test_mallorys_scope_cannot_write_for_acme(rows: None, database: Database, acme: Customer, globex: Customer) -> None:
    insert = text(
        "insert into audit_entries (id, customer_id, at, actor, action, subject, before, after, address) "
        "values ('aud_2', :customer_id, now(), '', '', '', '', '', '')"
    )
    with acting(database, "purser_app", globex.customer_id) as connection:
        connection.execute(insert, {"customer_id": globex.customer_id})
    with (
        acting(database, "purser_app", globex.customer_id) as connection,
        pytest.raises(DBAPIError, match="row-level security"),
    ):
        connection.execute(insert, {"customer_id": acme.customer_id})


@postgresql_only
@pytest.mark.parametrize("role", ["purser_app", "purser_service"])
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["update {} set {}", "delete from {}", "truncate {} cascade"])
def test_no_role_edits_the_past(
    rows: None, database: Database, acme: Customer, role: str, table: str, verb: str
) -> None:
    change = verb.format(table, "text = ''" if table == "catalog_versions" else "customer_id = customer_id")
    with acting(database, role, acme.customer_id) as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(change))


@pytest.mark.parametrize(
    "change",
    [
        "update transfers set amount = 2",
        "delete from transfers",
        "delete from audit_entries",
        "update audit_entries set actor = ''",
        "update catalog_versions set text = ''",
        "delete from catalog_versions",
    ],
)
def test_not_even_the_owner_edits_the_past_by_mistake(rows: None, database: Database, change: str) -> None:
    engine = create_engine(database.superuser_url, poolclass=pool.NullPool)
    models.prepare(engine)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(change))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_replacing_a_row_on_sqlite_is_editing_it(rows: None, database: Database) -> None:
    engine = create_engine(database.url, poolclass=pool.NullPool)
    models.prepare(engine)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("insert or replace into transfers select * from transfers"))


@postgresql_only
def test_truncating_the_past_is_refused_to_the_owner(rows: None, database: Database) -> None:
    with (
        create_engine(database.superuser_url, poolclass=pool.NullPool).connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.execute(text("truncate transfers cascade"))


@pytest.mark.case("AC-59")
def test_the_orm_narrows_every_read_to_the_scope(rows: None, acme: Customer, globex: Customer) -> None:
    with as_customer(globex.customer_id):
        for model in OWNED:
            owners = set(db.session.scalars(select(model.customer_id)))
            assert owners <= {globex.customer_id}, model
        assert db.session.get(Transfer, "txn_acme") is None
        assert db.session.scalars(select(Transfer).where(Transfer.customer_id == acme.customer_id)).all() == []
    with as_customer(acme.customer_id):
        found = db.session.get(Transfer, "txn_acme")
        assert found is not None
        assert found.description == "Canary"


def test_without_a_scope_the_orm_sees_nothing(rows: None) -> None:
    enter(None)
    for model in OWNED:
        assert db.session.scalars(select(model)).all() == []


def test_a_row_of_another_customer_is_broken_before_it_is_written(rows: None, acme: Customer, globex: Customer) -> None:
    with as_customer(globex.customer_id):
        with pytest.raises(Broken, match="a row of"), transaction() as session:
            session.add(entry(acme.customer_id, "aud_2"))
        with transaction() as session:
            session.add(entry(globex.customer_id, "aud_3"))
        assert db.session.get(AuditEntry, "aud_3") is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_refuses_fractions(app: Flask, acme: Customer) -> None:
    with as_service("test"), pytest.raises(DBAPIError, match="_whole"), transaction() as session:
        session.execute(text("update accounts set balance = 0.5 where customer_id = :id"), {"id": acme.customer_id})


def test_the_floor_is_in_the_schema(app: Flask, acme: Customer) -> None:
    with as_service("test"), pytest.raises(DBAPIError, match="ck_accounts_floor"), transaction() as session:
        account = session.scalars(
            select(Account).where(Account.name == "credits", Account.customer_id == acme.customer_id)
        ).one()
        assert account.floor is not None
        account.balance = account.floor - 1
