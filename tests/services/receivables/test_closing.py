"""A billing period becomes an invoice, once: overage where credit is taxed when it is bought, all of it at use."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.ledger import Transfer
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.ledger import corrections
from app.services.verification.verify import verify
from tests.support import periods
from tests.support.documents import documents_of
from tests.support.periods import OVER


def said(document: Document | None) -> tuple[object, ...]:
    """Return the figures of an invoice: state, net, tax, total, credits applied, what is to be paid."""
    assert document is not None
    return (
        document.state,
        document.net_minor,
        document.tax_minor,
        document.total_minor,
        document.credits_applied_minor,
        document.payable_minor,
    )


def lines(document: Document | None) -> list[tuple[str, str, int]]:
    """Return its lines."""
    assert document is not None
    with as_service("look at lines"):
        rows = db.session.scalars(
            select(DocumentLine).where(DocumentLine.document_id == document.id).order_by(DocumentLine.place)
        )
        return [(row.kind, row.meter, row.net_minor) for row in rows]


def figures(whose: Customer) -> tuple[int, int, int]:
    """Return the balance, the overage protection that is left, and what may be used, in cents."""
    with clock.at(OVER), as_customer(whose.customer_id):
        found = history.numbers()
    return tuple(
        each.micros // 10_000 for each in (found.remaining_credits, found.overage_protection, found.available_to_use)
    )  # type: ignore[return-value]


def of_ledger(whose: Customer, kind: str) -> list[int]:
    with as_service("look at the ledger"):
        return list(
            db.session.scalars(
                select(Transfer.amount).where(Transfer.customer_id == whose.customer_id, Transfer.kind == kind)
            )
        )


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_overage_is_invoiced_with_its_tax_and_the_balance_is_zero_again(app: Flask, burn: str) -> None:
    small = periods.customer(burn=burn)
    periods.gives(small, 5)
    periods.uses(small, 1205)
    assert figures(small) == (-705, 2000, 1295)
    invoice = periods.closes(small)
    assert said(invoice) == ("open", 705, 176, 881, 0, 881)
    assert lines(invoice) == [("overage", "requests", 705)]
    assert figures(small) == (0, 1295, 1295)
    assert of_ledger(small, "overage_invoiced") == [7_050_000]
    assert verify() == []


def test_what_bought_or_given_credit_paid_is_not_invoiced_at_purchase(app: Flask) -> None:
    small = periods.customer()
    periods.gives(small, 5)
    periods.uses(small, 500)
    assert periods.closes(small) is None
    assert documents_of(small) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_at_use_all_of_it_is_taxed_and_gifts_are_a_discount(app: Flask, burn: str) -> None:
    small = periods.customer(taxed="at_use", burn=burn)
    periods.gives(small, 10)
    periods.uses(small, 3000)
    invoice = periods.closes(small)
    assert said(invoice) == ("open", 2000, 500, 2500, 0, 2500)
    assert lines(invoice) == [("usage", "requests", 3000), ("discount", "", -1000)]
    assert figures(small) == (0, 0, 0)
    assert verify() == []


def test_a_discount_names_the_credit_that_it_is(app: Flask) -> None:
    for kinds, words in (
        (("trial",), "Trial credit used"),
        (("promotional",), "Promotional credit used"),
        (("trial", "promotional", "referral"), "Promotional, trial and referral credit used"),
    ):
        small = periods.customer(taxed="at_use")
        for kind in kinds:
            periods.gives(small, 10, kind)
        periods.gives(small, 10, "refund", at=periods.USED + timedelta(days=1))  # nothing of it is used
        periods.uses(small, 1000 * len(kinds))
        invoice = periods.closes(small)
        assert invoice is not None
        with as_service("look at lines"):
            rows = db.session.scalars(select(DocumentLine).where(DocumentLine.document_id == invoice.id))
            assert [row.description for row in rows if row.kind == "discount"] == [words]


def test_a_period_has_one_invoice_however_often_it_is_closed(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 500)
    first, again = periods.closes(small), periods.closes(small, at=OVER + timedelta(days=3))
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert len(of_ledger(small, "overage_invoiced")) == 1


def test_only_a_period_that_is_over_is_closed(app: Flask) -> None:
    small = periods.customer()
    with pytest.raises(Refused) as refused:
        periods.closes(small, at=periods.USED)
    assert refused.value.reason == "period_open"
    with pytest.raises(NotFound):
        periods.closes(small, number=9)


def test_what_is_used_after_the_period_waits_for_its_own_invoice(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 500)
    periods.uses(small, 300, at=OVER - timedelta(hours=1))
    assert said(periods.closes(small))[1] == 500
    assert figures(small) == (-300, 1500, 1200)
    assert verify() == []


def test_credit_that_came_since_has_paid_the_oldest_debt(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 500)
    periods.gives(small, 2, at=OVER - timedelta(hours=2))
    assert said(periods.closes(small))[1] == 300


def test_a_due_date_is_set_and_an_invoice_too_small_for_a_charge_has_none(app: Flask) -> None:
    small = periods.customer(more="[invoices]\ndue_days = 14\n")
    periods.uses(small, 500)
    invoice = periods.closes(small)
    assert invoice is not None
    assert invoice.due_on == date(2026, 11, 16)
    tiny = periods.customer(more="[invoices]\ndue_days = 14\n")
    periods.uses(tiny, 24)
    little = periods.closes(tiny)
    assert said(little) == ("open", 24, 6, 30, 0, 30)
    assert little is not None
    assert little.due_on is None


@pytest.mark.both_databases
def test_what_is_too_small_is_carried_over_exactly_once(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 24)
    first = periods.closes(small)
    periods.uses(small, 400, at=OVER + timedelta(days=1))
    second = periods.closes(small, at=datetime(2026, 12, 2, tzinfo=UTC), number=2)
    assert first is not None
    assert second is not None
    assert (second.payable_minor, second.carried_minor) == (500, 30)
    periods.uses(small, 100, at=datetime(2026, 12, 3, tzinfo=UTC))
    third = periods.closes(small, at=datetime(2027, 1, 2, tzinfo=UTC), number=3)
    assert third is not None
    assert third.carried_minor == 0
    assert [each.carried_to_id for each in documents_of(small)] == [second.id, None, None]
    assert verify() == []


def test_in_tokens_nothing_below_zero_is_invoiced(app: Flask) -> None:
    small = periods.customer(overage="0", unit="tokens")
    periods.uses(small, 500)
    assert periods.closes(small) is None
    assert figures(small) == (-500, 0, 0)


def test_usage_on_an_invoice_is_not_corrected_until_that_is_void(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 500)
    periods.closes(small)
    with as_service("find the usage"):
        used = db.session.scalars(select(Transfer.id).where(Transfer.kind == "usage")).one()
    with pytest.raises(Refused) as refused, clock.at(OVER):
        corrections.correct(used, by="seller", reason="Wrong meter")
    assert refused.value.reason == "on_an_invoice"
