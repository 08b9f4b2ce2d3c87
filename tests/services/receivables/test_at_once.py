"""Many at once: a period has one invoice, its number none beside it, and an invoice is charged once."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import clock
from app.domain.errors import Refused
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, NumberSeries
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.receivables import closing
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import periods, tiers
from tests.support.databases import Database
from tests.support.periods import OVER, now_of, pays
from tests.support.shop import GOOD, add_method


def _together(app: Flask, many: int, work: Callable[[int], str]) -> Counter[str]:
    ends = list[str]()
    db.session.rollback()

    def one(number: int) -> None:
        with app.app_context():
            ends.append(work(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(ends)


class _GaveUp(Exception):
    """Something later in the transaction failed."""


@pytest.mark.both_databases
@pytest.mark.case("AC-67")
def test_a_period_closed_many_times_at_once_has_one_invoice_and_no_number_is_left_out(
    app: Flask, database: Database
) -> None:
    many, on_postgresql = tiers.sample_of(12, proof=50), database.kind == "postgresql"
    owners = [periods.customer() for _ in range(4)]
    for each in owners:
        periods.uses(each, 500)

    def work(number: int) -> str:
        customer_id = owners[number % 4].customer_id
        try:
            with clock.at(OVER), as_service("close a period"), transaction() as session:
                closing.write(session, customer_id, 1, by="seller")
                if number % 10 == 3:
                    raise _GaveUp
                if number % 10 == 7 and on_postgresql:
                    session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        except _GaveUp:
            return "rolled back"
        except DBAPIError:
            return "died"
        return "closed"

    ends = _together(app, many, work)
    assert ends["rolled back"] == many // 10
    with as_service("look at invoices"):
        found = db.session.scalars(select(Document).order_by(Document.place)).all()
        last = db.session.scalars(select(NumberSeries.last)).one()
    assert [each.place for each in found] == [1, 2, 3, 4]
    assert {each.customer_id for each in found} == {each.customer_id for each in owners}
    assert last == 4
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.case("AC-17")
def test_two_tabs_and_two_methods_charge_it_once(app: Flask) -> None:
    small: Customer = periods.customer()
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    alice = periods.manager(small)
    ways = [add_method(alice, GOOD).id, add_method(alice, "pm_card_mastercard").id]

    def work(number: int) -> str:
        try:
            return pays(alice, invoice, ways[number % 2]).state
        except Refused as refused:
            return refused.reason

    ends = _together(app, 4, work)
    assert ends["succeeded"] == 1, ends
    assert set(ends) <= {"succeeded", "payment_under_way", "not_payable"}
    with as_service("look at payments"):
        assert len(db.session.scalars(select(Payment).where(Payment.received_minor > 0)).all()) == 1
    assert (now_of(invoice).state, now_of(invoice).paid_minor) == ("paid", 881)
    assert verify() == []
