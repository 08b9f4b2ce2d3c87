"""Whoever has a card is served without credit up to the exposure, and no further: one number everywhere."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.dunning import arrears
from app.domain.dunning.arrears import PayLater
from app.domain.money import Credits
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.balance import history
from app.services.payment_methods import saved
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.periods import OVER, USED, now_of, pays
from tests.support.reversals import buys
from tests.support.shop import BROKE, GOOD, add_method

MORE = '\n[arrears]\nexposure = "20"\n'


@pytest.fixture
def later(app: Flask) -> Customer:
    """A customer who may pay 20.00 later once there is a card, and has no overage protection."""
    return periods.customer("at_use", "at_invoice", overage="0", more=MORE)


@pytest.fixture
def alice(later: Customer) -> Actor:
    return periods.manager(later)


def cents(whose: Customer, at: object = USED) -> tuple[int, int, int]:
    """Return how far the customer may pay later, what of it is used, and what may be used now, in cents."""
    with clock.at(at), as_customer(whose.customer_id):  # type: ignore[arg-type]
        numbers = history.numbers()
    found = arrears.of(numbers) or PayLater(*[Credits(0)] * 4)
    return tuple(each.micros // 10_000 for each in (found.limit, found.used, numbers.available_to_use))  # type: ignore[return-value]


def allowed(whose: Customer, some: int, key: str, at: object = USED) -> str:
    with clock.at(at):  # type: ignore[arg-type]
        return holds.authorize(AuthorizationRequest(whose.customer_id, micros=some * 10_000, key=key)).reason


@pytest.mark.both_databases
def test_a_card_serves_up_to_the_exposure_and_without_one_nothing_is_served(
    app: Flask, later: Customer, alice: Actor
) -> None:
    assert (cents(later), allowed(later, 1, "none")) == ((0, 0, 0), "insufficient_credits")
    card = add_method(alice, GOOD)
    assert cents(later) == (2000, 0, 2000)
    assert allowed(later, 2001, "too much") == "insufficient_credits"
    periods.uses(later, 500)
    assert cents(later) == (2000, 500, 1500)
    assert allowed(later, 1501, "beyond") == "insufficient_credits"
    assert allowed(later, 1500, "all of it") == ""
    assert allowed(later, 1, "more") == "insufficient_credits"
    assert verify() == []
    saved.remove(alice, card.id)
    assert cents(later) == (0, 0, 0)
    assert verify() == []


@pytest.mark.both_databases
def test_what_is_invoiced_uses_it_until_it_is_paid(app: Flask, later: Customer, alice: Actor) -> None:
    card = add_method(alice, GOOD)
    periods.uses(later, 800)
    invoice = periods.closes(later)
    assert invoice is not None
    assert (invoice.payable_minor, cents(later, OVER)) == (1000, (2000, 800, 1200))
    assert allowed(later, 1201, "beyond", OVER) == "insufficient_credits"
    with clock.at(OVER):
        assert pays(alice, invoice, card.id).state == "succeeded"
    assert cents(later, OVER) == (2000, 0, 2000)
    assert verify() == []


def test_credit_comes_first_and_is_beside_it(app: Flask, later: Customer, alice: Actor) -> None:
    with clock.at(periods.BEGIN):
        buys(app, alice, 1000)
    assert cents(later) == (2000, 0, 3000)
    periods.uses(later, 1200)
    assert cents(later) == (2000, 200, 1800)


def test_it_stands_beside_overage_protection_and_is_used_first(app: Flask) -> None:
    both = periods.customer("at_use", overage="5", more=MORE)
    add_method(periods.manager(both), GOOD)
    assert cents(both) == (2000, 0, 2500)
    periods.uses(both, 2100)
    assert cents(both) == (2000, 2000, 400)
    with clock.at(USED), as_customer(both.customer_id):
        found = arrears.of(history.numbers())
    assert found is not None
    assert (found.protection, found.left) == (Credits(5_000_000), Credits(0))


def test_who_is_suspended_has_none_and_has_it_again_with_what_was_paid(
    app: Flask, later: Customer, alice: Actor
) -> None:
    add_method(alice, BROKE)
    periods.uses(later, 800)
    invoice = periods.closes(later)
    assert invoice is not None
    end = dunning.fails_until_suspended()
    assert (dunning.standing(later), cents(later, end)) == ("suspended", (0, 0, 0))
    assert verify() == []
    with clock.at(end + timedelta(hours=1)):
        pays(alice, now_of(invoice), add_method(alice, GOOD).id)
    dunning.collects(end + timedelta(hours=2))
    assert (dunning.standing(later), cents(later, end)) == ("good", (2000, 0, 2000))
    assert verify() == []


@pytest.mark.both_databases
def test_another_card_keeps_it_and_a_method_for_top_ups_alone_gives_none(app: Flask) -> None:
    ways = '\n[payment_methods]\nkinds = ["card", "paypal"]\ntop_up_only = ["paypal"]\n'
    later = periods.customer("at_use", overage="0", more=MORE + ways)
    alice = periods.manager(later)
    first, second = add_method(alice, GOOD), add_method(alice, "pm_card_mastercard")
    assert cents(later)[0] == 2000
    saved.make_default(alice, second.id)
    saved.remove(alice, second.id)
    assert cents(later)[0] == 2000
    saved.remove(alice, first.id)
    assert cents(later)[0] == 0
    assert verify() == []
