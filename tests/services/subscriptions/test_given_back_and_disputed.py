"""A bank takes a payment back of which a part was given as credit: the credit goes with it, and returns with it."""

from datetime import timedelta
from itertools import count

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.reversals import Dispute
from app.services import jobs
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method

IMMEDIATE = ('downgrade = "period_end"', 'downgrade = "immediate"')
AT_USE = ('credits = "at_purchase"', 'credits = "at_use"')
LATER = HALF + timedelta(hours=1)
_hours = count(1)


def team(*words: tuple[str, str]) -> tuple[Actor, Customer, Payment]:
    """Return a customer who has paid 49.38 for a team and given two seats back: 15.00 and 3.75 of tax."""
    acme = plans.customer(IMMEDIATE, *words)
    alice = plans.manager(acme)
    confirms(alice, target("team", 5), add_method(alice, GOOD).id)
    confirms(alice, target(seats=3), "")
    return alice, acme, payment(acme)


def payment(acme: Customer) -> Payment:
    return plans.payment_rows(acme)[0]


def credit(acme: Customer) -> int:
    """Return what is left of the credit, in micros."""
    return sum(each.remaining_micros for each in plans.rows(Grant, acme))


def disputed(settings: Settings, paid: Payment, minor: int | None = None) -> str:
    """Let the bank dispute so much of the payment, or all of it."""
    with clock.at(LATER):
        return controls.dispute(settings, paid.processor_id or "", amount=minor)


def hears(app: Flask, settings: Settings) -> None:
    """Let the processor's events arrive and be worked on, an hour after those before."""
    with clock.at(LATER + next(_hours) * timedelta(hours=1)):
        controls.deliver_due(settings, app.wsgi_app)
        jobs.run_due(names=["webhooks_worked"])


def counted(acme: Customer) -> tuple[int, int, int]:
    """Return what of the payment went back, is or was disputed, and is credit."""
    row = payment(acme)
    return row.refunded_minor, row.disputed_minor, row.as_credit_minor


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("words", "given", "won"),
    [((AT_USE,), 18_750_000, False), ((AT_USE,), 18_750_000, True), ((), 15_000_000, False), ((), 15_000_000, True)],
)
def test_a_dispute_takes_the_credit_too_and_where_it_is_won_both_are_back(
    app: Flask, settings: Settings, words: tuple[tuple[str, str], ...], given: int, won: bool
) -> None:
    _alice, acme, paid = team(*words)
    assert (credit(acme), counted(acme)) == (given, (0, 0, 1875))
    dispute = disputed(settings, paid)
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (0, (0, 4938, 0), [])
    controls.close_dispute(settings, dispute, won=won)
    hears(app, settings)
    after = (given, (0, 0, 1875), []) if won else (0, (0, 4938, 0), [])
    assert (credit(acme), counted(acme), verify()) == after
    if not won:
        assert sum(each.returned_minor for each in plans.documents(acme)) == 4938


def test_a_dispute_of_what_is_left_beside_the_credit_leaves_the_credit(app: Flask, settings: Settings) -> None:
    _alice, acme, paid = team(AT_USE)
    disputed(settings, paid, 3063)
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (18_750_000, (0, 3063, 1875), [])


def test_a_dispute_of_more_takes_so_much_of_the_credit_and_a_won_one_gives_it_back(
    app: Flask, settings: Settings
) -> None:
    _alice, acme, paid = team(AT_USE)
    dispute = disputed(settings, paid, 4000)
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (18_750_000 - 9_370_000, (0, 4000, 938), [])
    (row,) = plans.rows(Dispute, acme)
    assert (row.of_credit_minor, row.credits_micros) == (937, 9_370_000)
    controls.close_dispute(settings, dispute, won=True)
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (18_750_000, (0, 0, 1875), [])


def test_credit_that_was_used_becomes_a_debt(app: Flask, settings: Settings) -> None:
    alice, acme, paid = team(AT_USE)
    confirms(alice, target(seats=5), plans.method_of(acme), at=LATER)
    uses(acme)
    disputed(settings, paid)
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (0, (0, 4938, 0), [])


def uses(acme: Customer) -> None:
    """Use 10.00 of the credit."""
    from tests.support import periods

    periods.reports(acme, "requests", 25_000, LATER)
    with clock.at(LATER):
        jobs.run_due(names=["usage_posted"])


@pytest.mark.parametrize("arrives", [True, False])
def test_a_refund_that_was_made_at_the_processor_takes_the_credit_too(
    app: Flask, settings: Settings, arrives: bool
) -> None:
    _alice, acme, paid = team(AT_USE)
    made = controls.refund(settings, paid.processor_id or "")
    hears(app, settings)
    assert (credit(acme), counted(acme), verify()) == (0, (4938, 0, 0), [])
    controls.end_refund(settings, made, succeeded=arrives)
    hears(app, settings)
    if not arrives:
        assert (credit(acme), counted(acme)) == (18_750_000, (0, 0, 1875))
    assert verify() == []


def test_ours_takes_no_more_than_is_left(app: Flask) -> None:
    _alice, acme, paid = team(AT_USE)
    with clock.at(LATER):
        refunds.refund(paid.id, reason="Asked for", requested_by="seller")
    assert (credit(acme), counted(acme), verify()) == (18_750_000, (3063, 0, 1875), [])
