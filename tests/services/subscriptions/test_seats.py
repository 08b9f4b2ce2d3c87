"""Seats that come and go before they are paid cost nothing: no invoice, no charge."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.subscriptions import PlanChange
from app.services.subscriptions import seats, undoing
from app.services.verification.verify import verify
from tests.support import cast, plans
from tests.support.months import at, runs
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


@pytest.mark.case("AC-79")
def test_added_and_removed_in_one_change_they_come_to_nothing(acme: Customer, alice: Actor) -> None:
    assert previews(acme, target(seats=5)).charged.amount_minor == 1875  # two at 15.00, half a period: 15.00 and tax
    with pytest.raises(Refused) as refused:  # and taken off again before it is confirmed
        confirms(alice, target(seats=3), plans.method_of(acme))
    assert refused.value.reason == "nothing_changes"
    assert (len(plans.invoices(acme)), len(plans.payments(acme)), len(plans.rows(PlanChange, acme))) == (1, 1, 1)


@pytest.mark.case("AC-79")
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


def test_fewer_seats_than_are_used_by_then_are_had_as_ordered_and_the_page_says_so(
    app: Flask, origin: str, acme: Customer, alice: Actor
) -> None:
    """Nobody is billed for more than was confirmed; who uses more reads it, and adds none without more seats."""
    confirms(alice, target(seats=6), plans.method_of(acme))
    waits = confirms(alice, target(seats=4), "")
    with clock.at(HALF):
        seats.report(acme.customer_id, 5, by="host")
        page = cast.signed_in(app, origin, alice).opens("/billing/plan/")
        assert page.texts("#plan-scheduled em") == ["5 seats are in use: free 1 by then."]
    runs(at(2027, 7, 1))
    assert (plans.order_of(waits).state, plans.subscription(acme)[2]) == ("applied", 4)
    with clock.at(at(2027, 7, 2)):
        page = cast.signed_in(app, origin, alice).opens("/billing/plan/")
        assert page.texts("#plan-too_few") == ["5 seats are in use, 1 more than you have. Free 1, or add seats."]
        assert page.value("seats") == "5"
    assert verify() == []


def test_a_plan_for_one_is_not_to_be_chosen_by_four(app: Flask) -> None:
    alone = plans.customer(('annual = "120.00"\n', 'annual = "120.00"\nseats = { included = 1, max = 1 }\n'))
    with clock.at(HALF):
        seats.report(alone.customer_id, 4, by="host")
    with pytest.raises(Refused) as refused:
        previews(alone, target("personal"))
    assert refused.value.sentence == "4 seats are in use, and Personal has at most 1. Free 3 of them first."
