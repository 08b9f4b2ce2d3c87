"""Credit that a hold needed is free again, or another kind comes: the open invoice is paid with the next look."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.documents import Document
from app.services import jobs
from app.services.authorizations import holds
from app.services.dunning import collecting
from app.services.verification.verify import verify
from tests.services.receivables.test_from_credit import adds, owes, paid_of
from tests.support import dunning, periods, referred
from tests.support.periods import OVER, pays
from tests.support.shop import GOOD, add_method

SENT = "\n[invoices]\ncharge_automatically = false\n"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def prepaid(app: Flask) -> Customer:
    """A customer who has bought 10.00 and used 8.00 of it, which are 10.00 with the tax."""
    made = periods.customer("at_use", "at_invoice", overage="0", more=SENT)
    adds(app, periods.manager(made), 1000, at=periods.BEGIN)
    periods.uses(made, 800)
    return made


def owes_beside_a_hold(prepaid: Customer, micros: int = 2 * MICROS) -> tuple[Document, str]:
    """Return an invoice of which the tax, 2.00, is due because a hold needs the credit, and the hold."""
    with clock.at(OVER - HOUR):
        hold = holds.authorize(AuthorizationRequest(prepaid.customer_id, micros=micros, key="held", ttl_seconds=7200))
    assert hold.state == "held"
    invoice = owes(prepaid)
    assert (invoice.payable_minor, paid_of(invoice)) == (200, ("open", 0, 0))
    dunning.collects(OVER)
    assert (paid_of(invoice), looked_at(OVER + MINUTE)) == (("open", 0, 0), 0)
    return invoice, hold.id


def looked_at(at: object) -> int:
    with clock.at(at):  # type: ignore[arg-type]
        return collecting.collect_due()


@pytest.mark.both_databases
@pytest.mark.parametrize("end", ["released", "expired", "captured in part"])
def test_what_a_hold_gives_free_pays_with_the_next_look(app: Flask, prepaid: Customer, end: str) -> None:
    invoice, hold = owes_beside_a_hold(prepaid)
    with clock.at(OVER + 2 * MINUTE):
        if end == "released":
            holds.release(hold)
        elif end == "captured in part":
            holds.capture(hold, credits=Credits(MICROS))
    at = OVER + (2 * HOUR if end == "expired" else 3 * MINUTE)
    with clock.at(at):
        jobs.JOBS["holds_expired"](10)
    assert (looked_at(at), looked_at(at + MINUTE)) == (1, 0)
    paid = ("open", 100, 100) if end == "captured in part" else ("paid", 200, 200)
    assert paid_of(invoice) == paid
    assert verify() == []


def test_credit_that_was_given_frees_what_was_bought_at_once(app: Flask, prepaid: Customer) -> None:
    invoice, _hold = owes_beside_a_hold(prepaid)
    periods.gives(prepaid, 2, at=OVER + 2 * MINUTE)
    assert paid_of(invoice) == ("paid", 200, 200)
    assert verify() == []


def test_credit_of_a_referral_frees_what_was_bought_at_once(app: Flask) -> None:
    ours = referred.inviter("at_use", more=SENT + referred.OFFERED)
    theirs = referred.invited(ours)
    periods.uses(theirs, 2000)
    mallory = referred.manager(theirs, "Mallory")
    with clock.at(OVER):
        assert pays(mallory, owes(theirs), add_method(mallory, GOOD).id).received_minor == 2500
    month = datetime(2026, 12, 1, tzinfo=UTC)
    adds(app, referred.manager(ours, "Olive"), 1000, at=OVER)
    periods.uses(ours, 800, at=OVER + MINUTE)
    with clock.at(month - HOUR):
        asked = AuthorizationRequest(ours.customer_id, micros=2 * MICROS, key="held", ttl_seconds=7200)
        assert holds.authorize(asked).state == "held"
    invoice = periods.closes(ours, at=month + MINUTE, number=2)
    assert invoice is not None
    assert (invoice.payable_minor, paid_of(invoice)) == (200, ("open", 0, 0))
    referred.counts(month + MINUTE)
    assert referred.gives(month + 2 * MINUTE) > 0
    assert [micros for micros, _words in referred.granted(ours)] == [4 * MICROS]
    assert paid_of(invoice) == ("paid", 200, 200)
    assert verify() == []
