"""What a search of documents and the sums of a statement read: the customer's own, no further than the page, no usage."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, insert, pool, select

from app import clock, ids
from app.domain.invoices.statement import Span
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.scope import as_customer, as_service
from app.services.invoices import reads, statement
from app.services.invoices.reads import DocumentQuery
from app.services.usage import recording
from tests.pages.test_invoices import invoices
from tests.services.operations.test_retention import looked
from tests.support.databases import Database
from tests.support.documents import let_documents_change
from tests.support.reversals import buys

OWN, OTHERS, USED = 60, 240, 30
BEGAN = datetime(2026, 6, 1, tzinfo=UTC)
Seen = list[tuple[str, Any]]


@pytest.fixture
def filled(database: Database, acme: Customer, globex: Customer) -> None:
    """Many invoices of two customers, written as a restore writes them: all of the years before."""
    for customer, many in ((acme, OWN), (globex, OTHERS)):
        first = invoices(customer, 10_050)
        with as_service("take one as an example"):
            row = db.session.execute(select(Document.__table__).where(Document.id == first)).mappings().one()
        rows = [
            dict(row) | {
                "id": ids.new("inv"), "number": f"OLD-{customer.customer_id[-6:]}-{number:06}", "place": number,
                "source_id": f"old {number}", "issued_at": BEGAN + timedelta(minutes=number), "po_number": f"PO {number}",
                "prefix": "OLD",
            }
            for number in range(1, many)
        ]  # fmt: skip
        with create_engine(database.superuser_url, poolclass=pool.NullPool).begin() as connection:
            let_documents_change(connection)
            connection.execute(insert(Document.__table__), rows)
            connection.exec_driver_sql("analyze documents")


def rows_read(database: Database, customer: Customer, seen: Seen) -> dict[str, int]:
    """Return how many rows of each table the statements read, by PostgreSQL's count, once it knows its tables.

    SQLite does not count: that each search begins with an index of the customer's own, and sorts nothing, is enough.
    """
    read = defaultdict[str, int](int)
    with as_customer(customer.customer_id):
        connection = db.session.connection()
        if database.kind == "postgresql":
            for each in ("seqscan", "bitmapscan", "sort"):  # cheaper among so few, and never among many
                connection.exec_driver_sql(f"set local enable_{each} = off")
        for words, values in seen:
            if database.kind == "postgresql":
                (plan,) = connection.exec_driver_sql(f"explain (analyze, format json) {words}", values).one()
                _count(plan[0]["Plan"] if isinstance(plan, list) else json.loads(plan)[0]["Plan"], read)
            else:
                steps = [str(each[3]) for each in connection.exec_driver_sql(f"explain query plan {words}", values)]
                assert not [each for each in steps if each.startswith("SCAN ") and "documents" in each], steps
                assert all("(customer_id=?" in each for each in steps if " documents " in each), steps
        db.session.rollback()
    return read


def _count(node: dict[str, Any], read: dict[str, int]) -> None:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    if "Relation Name" in node:
        read[node["Relation Name"]] += round((node["Actual Rows"] + removed) * node["Actual Loops"])
    for each in node.get("Plans", ()):
        _count(each, read)


def searched(customer: Customer, text: str, limit: int = 5) -> tuple[int, Seen]:
    with as_customer(customer.customer_id), looked() as seen:
        found = len(reads.listed(DocumentQuery(text=text, limit=limit)).rows)
    return found, seen


@pytest.mark.both_databases
@pytest.mark.usefixtures("filled")
def test_a_search_reads_the_customers_own_documents_and_no_further_than_its_page(
    app: Flask, database: Database, acme: Customer
) -> None:
    for text, found, most in (("OLD-", 5, 8), ("PO 5", 5, OWN), ("nothing", 0, OWN)):
        many, seen = searched(acme, text)
        assert many == found, text
        assert sum(rows_read(database, acme, seen).values()) <= most, text


@pytest.mark.both_databases
@pytest.mark.usefixtures("filled")
def test_a_statement_reads_own_documents_and_what_moved_money_and_no_usage(
    app: Flask, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    for number in range(USED):
        recording.record(acme.customer_id, key=f"{number}", credits=Credits(1_000), description="Calls")
    today = clock.now().date()
    with create_engine(database.superuser_url, poolclass=pool.NullPool).begin() as connection:
        connection.exec_driver_sql("analyze transfers")
    with as_customer(acme.customer_id), looked() as seen:
        found = statement.statement(acme, Span(date(2026, 1, 1), today), None, 10)
    assert len(found.rows) == 10 and found.credits.used == Credits(USED * 1_000)
    sums, page, credit = seen
    read = rows_read(database, acme, [sums])
    if database.kind == "postgresql":
        assert read["documents"] <= OWN + 1, "each once; none of them is void, or was paid from credit"
        assert read["transfers"] <= 4, "the purchase, from each side, and no row of usage"
    behind = rows_read(database, acme, [page])
    assert behind["documents"] <= 11 and behind["transfers"] <= 4, "no further than the page, from each source"
    assert rows_read(database, acme, [credit])["documents"] == 0
