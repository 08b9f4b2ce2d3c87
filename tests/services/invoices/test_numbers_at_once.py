"""Many documents are numbered at once while some roll back and some die: consecutive, none left out, none twice."""

import threading
from collections import Counter
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import clock, create_app
from app.config import Settings
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, NumberSeries
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.invoices import drafting, numbering
from app.services.ledger import posting
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import tiers
from tests.support.databases import Database

OUTSIDE = Treatment(Category.OUTSIDE, Decimal(0), "", "", Reason.OUTSIDE)


class _GaveUp(Exception):
    """Something later in the transaction failed."""


def _finalize(app: Flask, customer_id: str, number: int, *, on_postgresql: bool) -> str:
    """Number one document; every fifth rolls back and, where there is a server to notice, every fifth dies."""
    with app.app_context(), as_service("number a document"):
        try:
            with transaction() as session:
                books = posting.lock(session, customer_id)
                catalog = versions.of(books.customer)
                line = Line(LineKind.USAGE, "API calls", Money(100 + number, "USD"), drafting.rate_of(OUTSIDE))
                source = drafting.Source("test", str(number))
                buyer = dict.fromkeys(drafting.BUYER, "")
                made = drafting.draft(books, catalog, Kind.INVOICE, source, [line], totals([line]), [OUTSIDE], buyer)
                numbering.finalize(session, made, State.OPEN, clock.now())
                if number % 10 == 3:
                    raise _GaveUp
                if number % 10 == 7 and on_postgresql:
                    session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        except _GaveUp:
            return "rolled back"
        except DBAPIError:
            return "died"
        return "numbered"


@pytest.mark.both_databases
@pytest.mark.case("AC-67")
def test_numbers_are_consecutive_whatever_rolls_back_or_dies(
    app: Flask, settings: Settings, database: Database, acme: Customer, globex: Customer
) -> None:
    many, on_postgresql = tiers.sample_of(20, proof=50), database.kind == "postgresql"
    portals = [app, *(create_app(settings) for _ in range(tiers.sample_of(0, proof=2)))]  # a pool has 20 connections
    ends: list[str] = []
    owners = [acme.customer_id, globex.customer_id]
    db.session.rollback()

    def work(number: int) -> None:
        portal, owner = portals[number % len(portals)], owners[number % 2 ^ number // 10 % 2]
        ends.append(_finalize(portal, owner, number, on_postgresql=on_postgresql))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for portal in portals[1:]:
        with portal.app_context():
            db.engine.dispose()
    counted = Counter(ends)
    assert counted["rolled back"] == many // 10
    assert counted["died"] == (many // 10 if on_postgresql else 0)
    with as_service("look at numbers"):
        numbered = db.session.execute(select(Document.place, Document.number, Document.issued_at)).all()
        last = db.session.scalars(select(NumberSeries.last)).one()
    assert sorted(row.place for row in numbered) == list(range(1, counted["numbered"] + 1))
    assert [row.issued_at for row in sorted(numbered)] == sorted(row.issued_at for row in numbered)
    assert len({row.number for row in numbered}) == last == counted["numbered"]
    assert verify() == []
