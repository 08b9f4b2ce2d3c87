"""Whoever wants an invoice and its customer's row takes the customer first: two who want both wait, and none is refused."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock, ids
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services.papers import papers
from app.services.receivables import ending, transferring
from app.services.reversals import clawbacks
from app.services.transaction import transaction
from tests.support import periods
from tests.support.browser import Browser
from tests.support.corrections import OSLO, at, corrects, seen
from tests.support.databases import Database
from tests.support.periods import pays
from tests.support.shop import GOOD, add_method, bought, payments
from tests.support.worker import until


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["correct", "credit", "pay", "pro-forma", "void"])
def test_who_wants_an_invoice_waits_for_its_customer_before_it_holds_the_invoice(
    app: Flask, database: Database, how: str
) -> None:
    small = periods.customer(more='\n[payment_methods]\nkinds = ["card", "bank_transfer"]\n')
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    alice, due = periods.manager(small), Money(invoice.payable_minor, invoice.currency)
    method, key, given = add_method(alice, GOOD).id, ids.new_form_key(), {"by": "seller", "reason": "As agreed."}
    with clock.at(periods.OVER):
        mark = seen(small, invoice, at(OSLO)).mark
    acts: dict[str, Callable[[], object]] = {
        "correct": lambda: corrects(small, invoice, at(OSLO), mark),
        "credit": lambda: ending.credit(invoice.id, None, **given),
        "pay": lambda: pays(alice, invoice, method),
        "pro-forma": lambda: transferring.order(alice, invoice.id, form_key=key, amount=due),
        "void": lambda: ending.void(invoice.id, **given),
    }
    ends = list[object]()

    def work() -> None:
        with app.app_context(), clock.at(periods.OVER), as_customer(alice.customer_id):
            ends.append(acts[how]())

    db.session.rollback()
    held = "select 1 from customers where customer_id = :customer for no key update"
    free = "select 1 from documents where id = :document for update nowait"
    names = {"customer": small.customer_id, "document": invoice.id}
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as holds, engine.connect() as looks:
        holds.execute(sa.text(held), names)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            somebody_waits_for(holds, looks)
            assert looks.scalar(sa.text(free), names) == 1
        finally:
            looks.rollback()
            holds.rollback()
            thread.join()
    assert len(ends) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_holds_a_payment_lets_rows_that_name_it_be_written(
    app: Flask, database: Database, alice: Browser, acme: Customer
) -> None:
    """Whoever has the books and writes of a payment does not wait for who has the payment and waits for the books."""
    bought(alice)
    (payment,) = (each.id for each in payments(acme))
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    names = sa.text("select 1 from payments where id = :id for key share nowait"), {"id": payment}
    with engine.connect() as other, as_service("hold a payment"), transaction() as session:
        clawbacks.locked(session, payment)
        assert other.scalar(*names) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_papers_that_are_asked_for_at_once_are_counted_one_by_one(
    app: Flask, database: Database, drawing: Renderer, acme: Customer
) -> None:
    asked, own = list[str](), acme.customer_id

    def work() -> None:
        with app.app_context():
            asked.append(papers.request(own, papers.STATEMENT, "2026-01-01:2026-01-31"))

    db.session.rollback()
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as before, engine.connect() as looks:
        before.execute(sa.text("select 1 from customers where customer_id = :own for no key update"), {"own": own})
        thread = threading.Thread(target=work)
        thread.start()
        somebody_waits_for(before, looks)
        before.rollback()
        thread.join()
    assert len(asked) == 1


def somebody_waits_for(holder: sa.Connection, looks: sa.Connection) -> None:
    """Wait until somebody waits for the holder: of other tests' databases in the same server there are locks too."""
    asked = sa.text("select count(*) from pg_locks where not granted and :holder = any(pg_blocking_pids(pid))")
    names = {"holder": holder.scalar(sa.text("select pg_backend_pid()"))}
    until(lambda: looks.scalar(asked, names))
