"""Seats that come and go before they are paid cost nothing: no invoice, no charge."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.subscriptions import PlanChange
from app.services.subscriptions import undoing
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import HALF, confirms, previews, target
from tests.support.shop import ASKS, GOOD, add_method


@pytest.fixture
def alice(app: Flask) -> Actor:
    """The manager of a team of three."""
    made = plans.manager(plans.customer())
    confirms(made, target("team"), add_method(made, GOOD).id)
    return made


@pytest.fixture
def acme(alice: Actor) -> Customer:
    """Her customer."""
    return plans.customer_of(alice)


def test_added_and_removed_in_one_change_they_come_to_nothing(acme: Customer, alice: Actor) -> None:
    assert previews(acme, target(seats=5)).charged.amount_minor == 1875  # two at 15.00, half a period: 15.00 and tax
    with pytest.raises(Refused) as refused:  # and taken off again before it is confirmed
        confirms(alice, target(seats=3), plans.method_of(acme))
    assert refused.value.reason == "nothing_changes"
    assert (len(plans.invoices(acme)), len(plans.payments(acme)), len(plans.rows(PlanChange, acme))) == (1, 1, 1)


def test_removed_before_the_addition_is_paid_nothing_is_charged_or_invoiced(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target(seats=5), add_method(alice, ASKS).id)
    assert (waits.state, waits.total_minor) == ("waiting", 1875)
    with clock.at(HALF):
        assert undoing.undo(acme.customer_id, waits.id, by="alice").state == "failed"
    with pytest.raises(Refused, match="the plan that you have"):
        previews(acme, target(seats=3))
    assert plans.payments(acme) == [("succeeded", 3063), ("canceled", 1875)]
    assert [(state, total) for state, _net, total, _lines in plans.invoices(acme)] == [("paid", 3063)]
    assert (plans.subscription(acme), verify()) == (("team", "monthly", 3), [])
