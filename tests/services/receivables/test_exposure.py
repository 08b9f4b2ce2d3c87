"""Whoever has a card is served without credit up to the exposure, and no further: one number everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.dunning import arrears
from app.domain.dunning.arrears import PayLater
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.services import jobs
from app.services.authorizations import holds
from app.services.balance import history
from app.services.payment_methods import changes, saved
from app.services.verification.verify import verify
from tests.services.test_poisoned import poison
from tests.support import cast, dunning, periods
from tests.support.databases import Database
from tests.support.methods import ACCOUNT, renewed_at_bank
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


NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.both_databases
def test_a_card_serves_to_the_end_of_its_month_and_its_renewal_or_another_one_serves_again(
    app: Flask, settings: Settings, database: Database, later: Customer, alice: Actor
) -> None:
    card = add_method(alice, GOOD)
    dated(settings, database, card, 10, 2026)
    periods.uses(later, 500)
    with clock.at(NOVEMBER - timedelta(seconds=1)):
        assert jobs.JOBS["exposures_ended"](10) == 0
    assert cents(later, NOVEMBER)[0] == 2000
    with clock.at(NOVEMBER):
        assert jobs.JOBS["exposures_ended"](10) == 1
        assert jobs.JOBS["exposures_ended"](10) == 0
    assert cents(later, NOVEMBER) == (0, 0, 0)
    assert allowed(later, 1, "nothing", NOVEMBER) == "insufficient_credits"
    with clock.at(NOVEMBER):
        assert verify() == []
    dated(settings, database, card, 11, 2026, NOVEMBER)
    assert cents(later, NOVEMBER) == (2000, 500, 1500)
    with clock.at(NOVEMBER + timedelta(days=30)):
        assert jobs.JOBS["exposures_ended"](10) == 1
        other = add_method(alice, "pm_card_mastercard")
    assert [each.id for each in defaults(later)] == [other.id]
    assert cents(later, NOVEMBER + timedelta(days=30)) == (2000, 500, 1500)


@pytest.mark.parametrize(("others", "ended"), [("false", 1), ("true", 0)])
def test_a_second_card_serves_where_the_seller_has_others_charged(
    app: Flask, settings: Settings, database: Database, others: str, ended: int
) -> None:
    dunning_of = f"\n[dunning]\nother_methods = {others}\n"
    both = periods.customer("at_use", overage="0", more=MORE + dunning_of)
    mary = periods.manager(both)
    first, _second = add_method(mary, GOOD), add_method(mary, "pm_card_mastercard")
    dated(settings, database, first, 10, 2026)
    with clock.at(NOVEMBER):
        assert jobs.JOBS["exposures_ended"](10) == ended
    assert cents(both, NOVEMBER)[0] == (0 if ended else 2000)


def test_a_method_for_top_ups_alone_gives_none_where_others_are_charged(app: Flask) -> None:
    ways = '\n[payment_methods]\nkinds = ["card", "sepa_debit"]\ntop_up_only = ["sepa_debit"]\n'
    more = f"{MORE}{ways}\n[dunning]\nother_methods = true\n"
    both = periods.customer("at_use", overage="0", more=more, currency="EUR")
    mary = periods.manager(both)
    account = add_method(mary, ACCOUNT)
    assert (account.kind, cents(both)) == ("sepa_debit", (0, 0, 0))
    add_method(mary, GOOD)
    assert cents(both)[0] == 2000


def test_one_that_is_over_gives_none_to_who_comes_to_have_an_exposure(
    app: Flask, settings: Settings, database: Database, later: Customer, alice: Actor
) -> None:
    card = add_method(alice, GOOD)
    dated(settings, database, card, 9, 2026)
    assert cents(later)[0] == 0
    with clock.at(USED):
        saved.remove(alice, add_method(alice, "pm_card_mastercard").id)
    assert (cents(later)[0], [each.id for each in defaults(later)]) == (0, [card.id])


def test_customers_whose_card_is_over_stop_no_other(app: Flask, settings: Settings, database: Database) -> None:
    bad, good = (periods.customer("at_use", overage="0", more=MORE) for _ in range(2))
    for who in (periods.manager(bad), cast.make_actor(cast.BOB, good)):
        dated(settings, database, add_method(who, GOOD), 10, 2026)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    with clock.at(NOVEMBER):
        assert jobs.JOBS["exposures_ended"](1) == 1
    assert (cents(bad, NOVEMBER)[0], cents(good, NOVEMBER)[0]) == (2000, 0)


def dated(
    settings: Settings, database: Database, card: PaymentMethod, month: int, year: int, at: datetime = USED
) -> None:
    """Let the bank give the card another date, and hear of it."""
    renewed_at_bank(settings, database, card, exp_month=month, exp_year=year)
    with clock.at(at):
        assert changes.look(card.id)


def defaults(whose: Customer) -> list[PaymentMethod]:
    with as_customer(whose.customer_id):
        return [each for each in saved.saved() if each.is_default]
