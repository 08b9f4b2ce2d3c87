"""Who has saved no method pays on the processor's page: upgraded once, or not at all, and the method is saved."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.reversals import Refund
from app.models.scope import as_customer
from app.models.subscriptions import PlanChange
from app.services.payments import settlement, sweep
from app.services.reconciliation import inbox
from app.services.reversals import refunds
from app.services.subscriptions import changes, undoing
from app.services.verification.verify import verify
from tests.support import plans, terms
from tests.support.plans import HALF, confirms, target
from tests.support.shop import ASKS, BROKE, GOOD

SOON, NEXT_DAY = HALF.replace(minute=20), HALF + timedelta(hours=25)


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer on the free plan who has saved no method."""
    return plans.customer()


@pytest.fixture
def alice(acme: Customer) -> Actor:
    """Its manager."""
    return plans.manager(acme)


def session_of(order: PlanChange) -> str:
    """Return the checkout of an order."""
    return plans.payment_of(order).checkout_id or ""


def pays(order: PlanChange, method: str) -> str | None:
    """The customer pays on the processor's page, and the portal has not heard of it."""
    with clock.at(SOON):
        return controls.pay_at_checkout(settings(), session_of(order), method)


def settled(order: PlanChange, at: object = SOON) -> tuple[str, str]:
    """The portal hears of it; return state and problem of the order then."""
    with clock.at(at):  # type: ignore[arg-type]  # a moment
        settlement.settle(order.payment_id or "")
    found = plans.order_of(order)
    return found.state, found.problem


def test_paid_at_the_checkout_the_plan_is_had_once_and_the_card_is_saved(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    with as_customer(acme.customer_id):
        assert changes.onward(waits).endswith(f"/sandbox/checkout/{session_of(waits)}")
    assert (waits.state, plans.subscription(acme)[0], plans.invoices(acme)) == ("waiting", "", [])
    assert settled(waits) == ("waiting", "")  # back without having paid
    assert pays(waits, GOOD) is not None
    assert [settled(waits) for _again in range(2)] == [("applied", ""), ("applied", "")]
    assert (plans.subscription(acme)[0], plans.payments(acme)) == ("team", [("succeeded", 3063)])
    (saved,) = plans.rows(PaymentMethod, acme)
    payment = plans.payment_of(waits)
    assert (saved.brand, saved.last4, saved.is_default, payment.method_id) == ("visa", "4242", True, saved.id)
    assert [each[0] for each in plans.invoices(acme)] == ["paid"]
    assert verify() == []
    assert confirms(alice, target(seats=4), "", at=SOON).state == "applied"  # by the card that is saved now


def test_declined_there_it_can_be_paid_by_another_card(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    assert pays(waits, BROKE) is None
    assert settled(waits) == ("waiting", "")
    assert pays(waits, GOOD) is not None
    assert settled(waits) == ("applied", "")
    assert (plans.payments(acme), verify()) == ([("succeeded", 3063)], [])


def test_left_the_old_plan_stays_and_nobody_can_pay_any_more(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    with clock.at(NEXT_DAY):
        assert sweep.payments_due() == 1
    assert settled(waits, NEXT_DAY) == ("expired", "checkout_left")
    till = controls.checkout(settings(), session_of(waits))
    assert (till is not None and till.is_open, plans.subscription(acme)[0], plans.invoices(acme)) == (False, "", [])
    assert (plans.payments(acme), verify()) == ([("canceled", 3063)], [])


def test_given_up_or_followed_by_another_order_nobody_can_pay_there(acme: Customer, alice: Actor) -> None:
    first = confirms(alice, target("team"), "")
    second = confirms(alice, target("personal"), "")
    assert (plans.order_of(first).state, second.state) == ("failed", "waiting")
    with clock.at(SOON):
        assert undoing.undo(acme.customer_id, second.id, by="alice").state == "failed"
    for order in (first, second):
        till = controls.checkout(settings(), session_of(order))
        assert till is not None and not till.is_open
    assert (plans.subscription(acme)[0], plans.invoices(acme), verify()) == ("", [], [])


def test_given_up_after_it_was_paid_it_is_had(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    pays(waits, GOOD)
    with clock.at(SOON):
        assert undoing.undo(acme.customer_id, waits.id, by="alice").state == "applied"
    assert (plans.subscription(acme)[0], verify()) == ("team", [])


def test_paid_after_something_else_was_changed_the_money_goes_back(acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    terms.gives(acme, "personal")  # the seller was quicker
    pays(waits, GOOD)
    assert settled(waits) == ("superseded", "changed_meanwhile")
    with clock.at(SOON + timedelta(hours=1)):
        refunds.sweep_due()
    assert [(each.state, each.amount_minor) for each in plans.rows(Refund, acme)] == [("succeeded", 3063)]
    assert (plans.subscription(acme)[0], plans.invoices(acme), verify()) == ("personal", [], [])


def test_the_bank_asks_there_and_the_webhook_alone_settles_it(app: Flask, acme: Customer, alice: Actor) -> None:
    waits = confirms(alice, target("team"), "")
    onward = pays(waits, ASKS)
    assert onward is not None and "/challenge/" in onward
    assert settled(waits) == ("waiting", "")
    with clock.at(SOON):
        controls.answer_challenge(settings(), onward.rsplit("/", 1)[1], approved=True)
        controls.deliver_due(settings(), app.wsgi_app)
        inbox.work()
    assert (plans.order_of(waits).state, plans.subscription(acme)[0]) == ("applied", "team")
    assert verify() == []
