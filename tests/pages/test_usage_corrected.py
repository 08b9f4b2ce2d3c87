"""Corrections are a line of their own where usage is summed, and what they bring below zero has its reason."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.scope import as_customer
from app.services import jobs
from app.services.ledger import corrections
from tests.pages.test_overview_sums import sums
from tests.support import cast, spend
from tests.support.browser import Browser, Page
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme

__all__ = ["acme", "noon"]

OVERVIEW, USAGE = "/billing/", "/billing/usage/"
OCTOBER = datetime(2026, 10, 10, 12, tzinfo=UTC)


def used(customer: Customer, units: int, at: datetime) -> str:
    """Use so much and let it be posted; return the movement's id."""
    spend.uses(customer, str(units), at)
    with clock.at(at + timedelta(days=1)):
        jobs.run_due()
        jobs.run_due()
    with as_customer(customer.customer_id):
        rows = db.session.scalars(select(Transfer).where(Transfer.kind == "usage").order_by(Transfer.sequence.desc()))
        newest = rows.first()
    assert newest is not None and newest.amount == units * 10**6
    return newest.id


def table(page: Page) -> list[str]:
    """Return what the foot of the table of meters says."""
    return page.texts("#usage-meters tfoot tr")


@pytest.mark.both_databases
def test_the_sums_of_both_pages_agree_and_a_correction_is_its_own_line(alice: Browser, acme: Customer) -> None:
    used(acme, 7, NOON - timedelta(days=2))
    wrong = used(acme, 30, NOON - timedelta(days=1))
    page = alice.opens(OVERVIEW)
    assert page.texts("#overview-used") == ["$37.00 used since 1 Nov 2026"]
    assert table(alice.opens(USAGE)) == ["Together $37.00"]
    corrections.correct(wrong, by="support", reason="Charged twice")
    page = alice.opens(OVERVIEW)
    assert page.texts("#overview-used") == [
        "$7.00 this period: $37.00 used since 1 Nov 2026, less $30.00 of corrections made since then"
    ]
    assert table(alice.opens(USAGE)) == [
        "Together $37.00",
        "Corrections Made in this billing period, also of usage before it −$30.00",
        "Usage this period $7.00",
    ]


def test_a_correction_of_an_earlier_period_says_why_the_figure_is_below_zero(alice: Browser, acme: Customer) -> None:
    wrong = used(acme, 30, OCTOBER)
    used(acme, 7, NOON - timedelta(days=2))
    corrections.correct(wrong, by="support", reason="Charged twice")
    page = alice.opens(OVERVIEW)
    assert page.texts("#overview-used") == [
        "−$23.00 this period: $7.00 used since 1 Nov 2026, less $30.00 of corrections made since then"
    ]
    assert sums(page) == {
        "Total credits": "$1,000.00",
        "Used so far": "−$37.00",
        "Corrections": "+$30.00",
        "Remaining credits": "$993.00",
    }
    rows = alice.follows(page, "#overview-sums a[href*=all_usage]")
    assert rows.texts("#balance_history-summed") == ["$37.00"]
    rows = alice.follows(page, "#overview-sums a[href*=correction]")
    assert rows.texts(".table--days td.end:nth-of-type(3)") == ["+$30.00"]
    assert table(alice.opens(USAGE))[2] == "Usage this period −$23.00"


def test_what_was_corrected_before_this_period_is_not_its_line(
    app: Flask, origin: str, acme: Customer, alice_actor: Actor
) -> None:
    wrong = used(acme, 30, OCTOBER)
    with clock.at(OCTOBER + timedelta(days=3)):
        corrections.correct(wrong, by="support", reason="Charged twice")
    alice = cast.signed_in(app, origin, alice_actor)
    assert table(alice.opens(USAGE)) == ["Together $0.00"]
    assert alice.opens(OVERVIEW).texts("#overview-used") == ["$0.00 used since 1 Nov 2026"]
