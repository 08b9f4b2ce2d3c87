"""What is used past the exposure is invoiced before the month is over: once, and what is on it is on no other invoice."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.scope import as_service
from app.services import jobs
from app.services.authorizations import holds
from app.services.ledger import corrections as usage
from app.services.month_end import run
from app.services.receivables import ending, interim
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.services.receivables.test_exposure import MORE, cents
from tests.services.test_poisoned import poison
from tests.support import cast, corrections, dunning, periods
from tests.support.databases import Database
from tests.support.documents import documents_of
from tests.support.periods import BEGIN, OVER, USED, now_of
from tests.support.reversals import buys, sends_back
from tests.support.shop import BROKE, GOOD, add_method

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["at_use", "at_purchase"])
def later(app: Flask, request: pytest.FixtureRequest) -> Customer:
    return periods.customer(request.param, "at_invoice", overage="0", more=MORE)


@pytest.fixture
def alice(later: Customer) -> Actor:
    return periods.manager(later)


def writes(at: datetime = USED) -> int:
    with clock.at(at):
        return interim.write_due()


def lines_of(document: Document) -> list[DocumentLine]:
    with as_service("look at a document"):
        of_it = select(DocumentLine).where(DocumentLine.document_id == document.id)
        return list(db.session.scalars(of_it.order_by(DocumentLine.place)))


def invoices(whose: Customer) -> list[tuple[str, str, int, int]]:
    return [(each.source_type, each.state, each.net_minor, each.payable_minor) for each in documents_of(whose)]


@pytest.mark.both_databases
def test_it_is_written_at_once_charged_at_once_and_the_month_bills_the_rest(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, GOOD)
    periods.uses(later, 1999)
    assert writes() == 0
    periods.uses(later, 201)
    assert (writes(), writes()) == (1, 0)
    assert invoices(later) == [("interim", "open", 2200, 2750)]
    assert cents(later) == (2000, 2000, 0)
    assert verify() == []
    dunning.collects(USED + MINUTE)
    assert invoices(later) == [("interim", "paid", 2200, 2750)]
    assert cents(later) == (2000, 0, 2000)
    periods.uses(later, 300, at=USED + timedelta(days=1))
    assert writes(USED + timedelta(days=1)) == 0
    with clock.at(OVER):
        run.run_due()
    assert invoices(later)[1:] == [("period", "open", 300, 375)]
    assert verify() == []


def test_a_call_that_fits_the_exposure_and_is_refused_for_what_was_used_has_it_invoiced(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, GOOD)
    periods.uses(later, 1500)
    with clock.at(USED):
        asked = holds.authorize(AuthorizationRequest(later.customer_id, micros=21_000_000, key="more than ever"))
    assert (asked.reason, writes()) == ("insufficient_credits", 0)
    with clock.at(USED):
        asked = holds.authorize(AuthorizationRequest(later.customer_id, micros=6_000_000, key="a call"))
    assert (asked.reason, writes()) == ("insufficient_credits", 1)
    dunning.collects(USED + MINUTE)
    assert cents(later) == (2000, 0, 2000)
    assert writes(USED + 2 * MINUTE) == 0


def asks(whose: Customer, cents: int) -> str:
    with clock.at(USED):
        return holds.authorize(AuthorizationRequest(whose.customer_id, micros=cents * 10_000)).reason


@pytest.mark.parametrize("overage", ["0", "3"])
def test_a_call_that_was_refused_before_there_was_an_exposure_has_nothing_invoiced(app: Flask, overage: str) -> None:
    later = periods.customer("at_use", "at_invoice", overage=overage, more=MORE)
    periods.uses(later, 250)
    assert asks(later, 1900) == "insufficient_credits"
    add_method(periods.manager(later), GOOD)
    periods.uses(later, 350)
    assert writes() == 0


def test_a_call_that_was_refused_for_holds_while_little_was_used_has_nothing_invoiced(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, GOOD)
    with clock.at(USED):
        held = holds.authorize(AuthorizationRequest(later.customer_id, micros=5_000_000, key="held"))
    assert asks(later, 1900) == "insufficient_credits"
    with clock.at(USED):
        holds.release(held.id)
    periods.uses(later, 600)
    assert writes() == 0
    assert asks(later, 1900) == "insufficient_credits"
    assert writes() == 1


@pytest.mark.both_databases
def test_one_that_is_void_is_not_written_again_and_the_month_bills_it_all(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, BROKE)
    periods.uses(later, 2200)
    assert writes() == 1
    with clock.at(USED + MINUTE):
        ending.void(documents_of(later)[0].id, by="seller", reason="Wait for the month")
    assert (writes(USED + 2 * MINUTE), cents(later)) == (0, (2000, 2000, 0))
    assert verify() == []
    with clock.at(OVER):
        run.run_due()
    assert invoices(later) == [("interim", "void", 2200, 2750), ("period", "open", 2200, 2750)]
    assert verify() == []


def test_one_is_not_voided_after_its_month_was_run_because_no_other_invoice_would_bill_it(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, BROKE)
    periods.uses(later, 2200)
    assert writes() == 1
    periods.uses(later, 300, at=USED + MINUTE)
    with clock.at(OVER):
        run.run_due()
    with clock.at(OVER + MINUTE), pytest.raises(Refused) as refused:
        ending.void(documents_of(later)[0].id, by="seller", reason="Too late")
    assert refused.value.reason == "period_was_run"
    assert [each[:2] for each in invoices(later)] == [("interim", "open"), ("period", "open")]
    assert verify() == []


def test_what_stands_in_its_place_after_a_correction_is_the_only_one_too(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, BROKE)
    periods.uses(later, 2200)
    assert writes() == 1
    with clock.at(USED + MINUTE):
        corrections.corrects(later, documents_of(later)[0], corrections.at(corrections.NEW_YORK))
    periods.uses(later, 2500, at=USED + 2 * MINUTE)
    assert writes(USED + 3 * MINUTE) == 0
    assert [each.source_type for each in documents_of(later) if each.state == "open"] == ["correction"]


def test_one_that_is_not_paid_is_the_only_one_and_suspends_as_any_other(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, BROKE)
    periods.uses(later, 2200)
    assert writes() == 1
    periods.uses(later, 2500, at=USED + MINUTE)
    dunning.collects(USED + 2 * MINUTE)
    assert (writes(USED + 3 * MINUTE), len(documents_of(later))) == (0, 1)
    assert dunning.standing(later) == "past_due"
    dunning.fails_until_suspended(USED + 2 * MINUTE)
    assert dunning.standing(later) == "suspended"
    assert writes(USED + timedelta(days=6)) == 0
    assert now_of(documents_of(later)[0]).state == "open"
    assert verify() == []


RUNS = (
    '\n[[meters]]\nkey = "runs"\ntitle = "Runs"\ndescription = "Runs"\nunit = "runs"\nkind = "sum"\ncredits = "0.25"\n'
)


@pytest.mark.parametrize("burn", ["at_invoice", "realtime"])
@pytest.mark.parametrize("taxed", ["at_use", "at_purchase"])
def test_the_month_has_the_meters_that_were_used_after_it(app: Flask, taxed: str, burn: str) -> None:
    both = periods.customer(taxed, burn, overage="0", more=MORE + RUNS)
    add_method(periods.manager(both), GOOD)
    periods.uses(both, 2200)
    assert writes() == 1
    dunning.collects(USED + MINUTE)
    periods.reports(both, "runs", 40, at=USED + 2 * MINUTE)
    with clock.at(OVER):
        run.run_due()
    (line,) = lines_of(documents_of(both)[1])
    assert (line.meter, line.quantity, line.net_minor) == ("runs", 40, 1000)
    assert verify() == []


@pytest.mark.parametrize("taxed", ["at_use", "at_purchase"])
def test_where_nobody_knows_what_was_used_after_it_no_quantity_is_said(app: Flask, taxed: str) -> None:
    both = periods.customer(taxed, "at_invoice", overage="0", more=MORE + RUNS)
    add_method(periods.manager(both), GOOD)
    for when in (USED, USED + 2 * MINUTE):
        periods.uses(both, 1200, at=when)
        periods.reports(both, "runs", 40, at=when)
        assert writes(when) == 1
        dunning.collects(when + MINUTE)
    periods.uses(both, 100, at=USED + 4 * MINUTE)
    periods.reports(both, "runs", 4, at=USED + 4 * MINUTE)
    with clock.at(OVER):
        run.run_due()
    lines = lines_of(documents_of(both)[2])
    assert [(line.meter, line.quantity, line.unit_price) for line in lines] == [
        ("requests", 1, ""),
        ("runs", 1, ""),
    ]
    assert sum(line.net_minor for line in lines) == 200
    assert verify() == []


@pytest.mark.both_databases
def test_who_has_nothing_but_a_refund_below_zero_is_not_even_looked_for(
    app: Flask, later: Customer, alice: Actor
) -> None:
    with clock.at(BEGIN):
        top_up = buys(app, alice, 2000)
    periods.uses(later, 2000)
    with clock.at(USED):
        sends_back(top_up)
    assert (cents(later), is_looked_for(later, USED), writes()) == ((2000, 2000, 0), False, 0)
    periods.uses(later, 49)
    assert is_looked_for(later, USED) is False
    periods.uses(later, 1)
    assert (is_looked_for(later, USED), writes()) == (True, 1)
    assert invoices(later)[-1][:3] == ("interim", "open", 50)
    dunning.collects(USED + MINUTE)
    assert (is_looked_for(later, USED + MINUTE), writes(USED + MINUTE)) == (False, 0)
    assert verify() == []


def test_whoever_is_found_for_nothing_takes_nobodys_place(app: Flask) -> None:
    both = [periods.customer("at_use", overage="0", more=MORE) for _ in range(2)]
    nothing, owes = sorted(both, key=lambda each: each.customer_id)  # in the order in which they are found
    alice = periods.manager(nothing)
    add_method(cast.make_actor(cast.BOB, owes), GOOD)
    with clock.at(BEGIN):
        top_up = buys(app, alice, 2000)
        recording.record(nothing.customer_id, key="all", credits=Credits(20_000_000), description="Requests")
    with clock.at(USED):
        sends_back(top_up, 1900)
        wrong = recording.record(nothing.customer_id, key="wrong", credits=Credits(1_000_000), description="Requests")
        sends_back(top_up, 100)
        usage.correct(wrong.id, by="support", reason="Counted twice")
    periods.uses(owes, 2200)
    assert is_looked_for(nothing, USED) and is_looked_for(owes, USED)
    with clock.at(USED):
        assert interim.write_due(limit=1) == 1
    assert [each.kind for each in documents_of(nothing) if each.source_type == "interim"] == []
    assert invoices(owes) == [("interim", "open", 2200, 2750)]
    assert verify() == []


def is_looked_for(whose: Customer, at: datetime) -> bool:
    with as_service("look for interim invoices"):
        return whose.customer_id in db.session.scalars(interim.due(), {"now": at}).all()


def test_nobody_without_a_card_has_one(app: Flask, later: Customer) -> None:
    periods.uses(later, 3000)
    assert (writes(), documents_of(later)) == (0, [])


def test_a_customer_whose_rows_cannot_be_written_stops_no_other(app: Flask, database: Database) -> None:
    bad, good = (periods.customer("at_use", overage="0", more=MORE) for _ in range(2))
    add_method(periods.manager(bad), GOOD)
    add_method(cast.make_actor(cast.BOB, good), GOOD)
    for each in (bad, good):
        periods.uses(each, 2200)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    with clock.at(USED):
        jobs.JOBS["interim_invoices_written"](1)
    assert (documents_of(bad), invoices(good)) == ([], [("interim", "open", 2200, 2750)])
