"""While the bank asks nothing changes; whoever approves late is upgraded once, or gets the money back."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.models.reversals import Refund
from app.models.subscriptions import PlanChange
from app.services.authorizations import holds
from app.services.payments import settlement
from app.services.reversals import refunds
from app.services.subscriptions import undoing
from app.services.verification.verify import verify
from tests.support import plans, terms
from tests.support.holding import ask
from tests.support.plans import HALF, confirms, target
from tests.support.shop import ASKS, GOOD, add_method

SOON = HALF.replace(minute=20)


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer on the free plan."""
    return plans.customer()


@pytest.fixture
def alice(acme: Customer) -> Actor:
    """Its manager."""
    return plans.manager(acme)


def approves(order: PlanChange) -> None:
    """The bank is answered, and the portal has not heard of it."""
    payment = plans.payment_of(order)
    controls.answer_challenge(settings(), payment.processor_id or "", approved=True)


def settles(order: PlanChange) -> str:
    """The portal hears of it; return the state of the order then."""
    with clock.at(SOON):
        settlement.settle(order.payment_id or "")
    return plans.order_of(order).state


def refunded(whose: Customer) -> list[tuple[str, int]]:
    """Let the sweep ask for what goes back; return states and amounts."""
    with clock.at(SOON.replace(hour=1)):
        refunds.sweep_due()
    return [(each.state, each.amount_minor) for each in plans.rows(Refund, whose)]


def test_once_approved_it_is_had_once(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), add_method(alice, ASKS).id)
    assert (waits.state, plans.subscription(acme)[0], plans.invoices(acme)) == ("waiting", "", [])
    approves(waits)
    assert [settles(waits) for _again in range(2)] == ["applied", "applied"]
    assert (plans.subscription(acme)[0], plans.payments(acme)) == ("team", [("succeeded", 3063)])
    assert (len(plans.invoices(acme)), refunded(acme)) == (1, [])
    assert verify() == []


@pytest.mark.case("AC-83")
def test_left_or_given_up_the_old_plan_stays_with_nothing_to_pay(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), add_method(alice, ASKS).id)
    with clock.at(HALF.replace(day=17, minute=1)):
        settlement.settle(waits.payment_id or "")
    left = plans.order_of(waits)
    assert (left.state, left.problem) == ("failed", "not_confirmed")
    again = confirms(alice, target("team"), add_method(alice, ASKS).id)
    assert undoing.undo(acme.customer_id, again.id, by="alice").state == "failed"
    assert (plans.subscription(acme)[0], plans.invoices(acme)) == ("", [])
    assert verify() == []


def test_another_order_gives_up_the_one_that_waits(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), add_method(alice, ASKS).id)
    other = confirms(alice, target("personal"), add_method(alice, GOOD).id)
    assert (plans.order_of(waits).state, other.state) == ("failed", "applied")
    assert [state for state, _amount in plans.payments(acme)] == ["canceled", "succeeded"]
    assert verify() == []


@pytest.mark.case("AC-83")
def test_approved_after_something_else_was_changed_the_money_goes_back(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), add_method(alice, ASKS).id)
    approves(waits)
    terms.gives(acme, "personal")  # the seller was quicker
    assert settles(waits) == "superseded"
    assert (plans.subscription(acme)[0], plans.invoices(acme)) == ("personal", [])
    assert (plans.order_of(waits).problem, refunded(acme)) == ("changed_meanwhile", [("succeeded", 3063)])
    assert "payment.needs_review" in {each.type for each in plans.rows(OutboxEvent, acme)}
    assert settles(waits) == "superseded"
    assert verify() == []


@pytest.mark.both_databases
def test_where_open_holds_have_no_room_under_the_new_terms_the_money_goes_back(app: Flask) -> None:
    """The trial to give the terms leaves nothing of itself."""
    acme = plans.customer(("requests = 50000", "requests = 5000"))
    alice = plans.manager(acme)
    waits = confirms(alice, target("personal"), add_method(alice, ASKS).id)
    with clock.at(HALF):
        held = ask(acme, meter="requests", quantity=10_000, ttl_seconds=7_200)
    approves(waits)
    assert settles(waits) == "superseded"
    assert (plans.order_of(waits).problem, refunded(acme)) == ("open_holds", [("succeeded", 750)])
    assert (plans.subscription(acme)[0], plans.invoices(acme)) == ("", [])
    with pytest.raises(Refused) as refused:  # asked for now, it is refused before anything is charged
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
    assert (refused.value.reason, len(plans.payments(acme))) == ("open_holds", 1)
    with clock.at(HALF):
        holds.release(held.id)
    assert confirms(alice, target("personal"), add_method(alice, GOOD).id).state == "applied"
    assert verify() == []
